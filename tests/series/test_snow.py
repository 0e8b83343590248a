"""The degree-day store of snow, by hand and by its balance."""

import numpy as np
import pytest

from rnn_tutorial.series.snow import (
    degree_day_store,
    exchange_memories,
    find_store,
    simulate_emptied,
    snow_scores,
    states_on,
    with_melt,
)
from rnn_tutorial.series.sources import load_river
from rnn_tutorial.series.training import new_network, simulate
from rnn_tutorial.theory.cells import GRUCell, LSTMCell, LSTMState, unroll
from rnn_tutorial.theory.networks import Network


def test_no_water_is_lost_or_made():
    random = np.random.default_rng(1)
    P, T = random.exponential(2, (3, 400)), random.normal(-1, 6, (3, 400))
    store, water = degree_day_store(P, T, melt=2.0)
    np.testing.assert_allclose(water.sum(axis=1) + store[:, -1], P.sum(axis=1))
    assert (store >= 0).all() and (water >= -1e-12).all() and (store.max(axis=1) > 0).all()


def test_melt_takes_the_place_of_precipitation():
    river = load_river("Au Saumon")
    melting = with_melt(river)
    assert (melting.inputs[:, 1:] == river.inputs[:, 1:]).all() and melting.names == river.names
    water = degree_day_store(river.inputs[:, 0], river.inputs[:, 2])[1]
    np.testing.assert_array_equal(melting.inputs[:, 0], water)
    with pytest.raises(ValueError, match=r"`series`: expected the inputs P and T, got P, E0\."):
        with_melt(load_river("Leaf"))


def test_the_cell_that_follows_a_store_is_found_also_upside_down():
    random = np.random.default_rng(1)
    store = random.exponential(50, 300)
    cells = random.normal(size=(300, 4))
    cells[:, 2] = 3 - 0.02 * store + 0.01 * cells[:, 2]
    found = find_store(cells, store)
    assert found["unit"] == 2 and found["correlation"] < -0.99
    assert (found["slope"], found["empty"]) == (pytest.approx(-0.02, abs=1e-3), pytest.approx(3, abs=0.01))


def test_a_cell_is_emptied_before_one_day_alone():
    network, x = new_network(LSTMCell, 3, inputs=2, seed=1), np.random.default_rng(1).normal(size=(30, 2)).astype("f4")
    whole, emptied = simulate(network, x), simulate_emptied(network, x, 20, unit=1, empty=0.7)
    np.testing.assert_array_equal(emptied[:20], whole[:20])
    states = unroll(network.cell, x[None, :20])
    last = LSTMState(*(part[:, -1].copy() for part in states))
    last.c[:, 1] = 0.7
    last.h[:, 1] = last.o[:, 1] * np.tanh(0.7)
    after = network.cell.step(x[20:21], last)
    assert emptied[20] == pytest.approx(network.read_out(after.h)[0, 0]) != whole[20]
    same = simulate_emptied(network, x, 20, unit=1, empty=float(states.c[0, -1, 1]))
    np.testing.assert_allclose(same, whole, atol=1e-6)
    with pytest.raises(ValueError, match="`network`: expected an LSTM, got a GRUCell"):
        simulate_emptied(new_network(GRUCell, 3, inputs=2, seed=1), x, 20, 1, 0.0)


def test_exchanged_memories_are_those_of_other_years():
    network, x = new_network(LSTMCell, 3, inputs=2, seed=1), np.random.default_rng(1).normal(size=(900, 2)).astype("f4")
    firsts = np.array([100, 350, 700])
    gained = exchange_memories(network, x, firsts)
    assert (np.diag(gained) == 0).all()
    weather, memory = 2, 0
    state = states_on(network, x, firsts - 1)
    one = LSTMState(*(part[memory : memory + 1] for part in state))
    y = network.read_out(unroll(network.cell, x[None, 700:822], initial_state=one).h).sum()
    assert gained[weather, memory] == pytest.approx(y - simulate(network, x)[700:822].sum(), abs=1e-4)


def test_a_network_that_stores_snow_passes_and_a_new_one_does_not():
    """One cell has gates that are made by hand: cold lets snow in, warmth lets it out and into the discharge."""
    dates = np.arange(np.datetime64("1990-01-01"), np.datetime64("2010-01-01"))
    random, of_year = np.random.default_rng(1), np.arange(len(dates)) % 365.25
    T = -12 * np.cos(2 * np.pi * of_year / 365.25) + random.normal(scale=3, size=len(dates))
    P = random.exponential(2, len(dates)) * (1 + (dates.astype("datetime64[Y]").astype(int) % 3))
    store, water = degree_day_store(P, T)
    W = np.array([[0, -20], [0, -0.3], [0.004, 0], [0, 5.0]])  # i, f, candidate, o see P and T
    cell = LSTMCell(W, np.zeros((4, 1)), np.array([0, 4.0, 0, -4.0]))
    made = Network(cell, np.ones((1, 1)), np.zeros(1), "linear")
    x = np.column_stack([P, T])
    scores = snow_scores(made, new_network(LSTMCell, 1, inputs=2, seed=1), dates, x, store, water, slice(0, 4000))
    assert scores["trained, one cell"] > 0.9 > scores["untrained, one cell"]
    assert scores["trained, one cell, without season"] > 0.7
    assert scores["trained, exchanged, correlation"] > 0.8 > scores["untrained, exchanged, correlation"]
    assert scores["trained, exchanged, equally wet"] > 0.8 > scores["untrained, exchanged, equally wet"]
    assert (
        scores["one cell, emptied"] == pytest.approx(scores["all cells, emptied"]) and scores["one cell, emptied"] > 0
    )
