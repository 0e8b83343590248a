"""The degree-day store of snow, by hand and by its balance."""

import numpy as np
import pytest

from rnn_tutorial.series.snow import degree_day_store, find_store, simulate_emptied, with_melt
from rnn_tutorial.series.sources import load_river
from rnn_tutorial.series.training import new_network, simulate
from rnn_tutorial.theory.cells import GRUCell, LSTMCell, LSTMState, unroll


def test_three_days_by_hand():
    """8 mm of snow, then 2 degrees of melt at 3 mm, then rain on what is left."""
    store, water = degree_day_store(np.array([8.0, 0.0, 5.0]), np.array([-4.0, 2.0, 9.0]))
    np.testing.assert_allclose(store, [8, 2, 0])
    np.testing.assert_allclose(water, [0, 6, 7])


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
