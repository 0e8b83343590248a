"""Snow as hydrologists store it, which no network of these pages has seen."""

from dataclasses import replace
from typing import Any

import numpy as np

from rnn_tutorial.series.sources import Series
from rnn_tutorial.series.windows import day_of_year
from rnn_tutorial.theory.cells import LSTMState, unroll
from rnn_tutorial.theory.networks import Network

__all__ = [
    "degree_day_store", "with_melt", "find_store", "simulate_emptied", "states_on", "exchange_memories",
    "snow_scores",
]  # fmt: skip

SPRING = 122  # days from 1 March on


def degree_day_store(P: np.ndarray, T: np.ndarray, melt: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Store snow, and let it melt by the degree and day.

    m_t = min(melt · max(T_t, 0), S_{t-1} + snow_t),  S_t = S_{t-1} + snow_t - m_t,  S_0 = 0

    snow_t is P_t below 0 °C, else 0. This is equation :eq:`degree-day` of :doc:`/series/river`.

    :param P: precipitation in mm, shape (..., days)
    :param T: temperature in °C, of the same shape
    :param melt: mm per degree and day
    :returns: the store S of each day in mm, and the water that rained or melted on it, of the same shape

    >>> import numpy as np
    >>> from rnn_tutorial.series.snow import degree_day_store
    >>> degree_day_store(np.array([5.0, 0.0, 2.0]), np.array([-1.0, 1.0, 4.0]))
    (array([5., 2., 0.]), array([0., 3., 4.]))
    """
    snow, warmth = np.where(T < 0, P, 0.0), melt * np.maximum(T, 0)
    store, left = np.empty_like(snow), np.zeros(snow.shape[:-1])
    for t in range(snow.shape[-1]):
        left = np.maximum(left + snow[..., t] - warmth[..., t], 0)
        store[..., t] = left
    return store, P - np.diff(store, axis=-1, prepend=0)


def with_melt(series: Series, melt: float = 3.0) -> Series:
    """Replace the precipitation of a series by what rains and melts, so that its reader needs no store of snow.

    :param series: a series with the inputs P and T
    :param melt: as of :func:`degree_day_store`
    :raises ValueError: if it has no T

    >>> from rnn_tutorial.series.snow import with_melt
    >>> from rnn_tutorial.series.sources import load_river
    >>> river = with_melt(load_river("Au Saumon"))
    >>> bool(river.inputs[:, 0].max() > 60)  # mm, on a warm day with rain on snow
    True
    """
    if not {"P", "T"} <= set(series.names):
        raise ValueError(f"`series`: expected the inputs P and T, got {', '.join(series.names)}.")
    inputs = series.inputs.copy()
    P, T = (inputs[:, series.names.index(name)] for name in "PT")
    inputs[:, series.names.index("P")] = degree_day_store(P, T, melt)[1]
    return replace(series, inputs=inputs)


def find_store(cells: np.ndarray, store: np.ndarray) -> dict[str, Any]:
    """Find the cell that follows a store best, and the line by which it does.

    c_t ≈ empty + slope · S_t, by least squares, for the cell whose correlation with S has the largest size

    :param cells: cell states of an LSTM, shape (days, units)
    :param store: a store in mm, shape (days,)
    :returns: ``unit``, ``correlation``, ``slope``, and ``empty``, the cell's number where the store is 0

    >>> import numpy as np
    >>> from rnn_tutorial.series.snow import find_store
    >>> store = np.array([0.0, 10.0, 20.0, 5.0])
    >>> found = find_store(np.stack([store % 3, 1 - 0.1 * store], axis=1), store)
    >>> found["unit"], round(found["slope"], 6), round(found["empty"], 6)
    (1, -0.1, 1.0)
    """
    with np.errstate(invalid="ignore"):  # a cell that never changes
        correlations = np.nan_to_num(np.corrcoef(cells.T, store)[-1, :-1])
    unit = int(np.abs(correlations).argmax())
    slope, empty = np.polyfit(store, cells[:, unit], 1)
    return {"unit": unit, "correlation": float(correlations[unit]), "slope": float(slope), "empty": float(empty)}


def simulate_emptied(network: Network, x: np.ndarray, day: int, unit: int, empty: float) -> np.ndarray:
    """Read a series, but set a cell to another number before one day: c_k ← empty, h_k ← o_k tanh(empty).

    :param network: one linear output, and an LSTM with tanh
    :param x: scaled inputs, shape (days, inputs)
    :param day: before which, 1 to days - 1
    :param unit: k
    :param empty: the cell's new number
    :returns: the scaled target of each day, shape (days,), as :func:`~rnn_tutorial.series.training.simulate` has it
    :raises ValueError: if the cell is no LSTM
    """
    before = unroll(network.cell, x[None, :day])
    if not isinstance(before, LSTMState):
        raise ValueError(f"`network`: expected an LSTM, got a {type(network.cell).__name__}.")
    state = LSTMState(*(part[:, -1].copy() for part in before))
    state.c[0, unit], state.h[0, unit] = empty, state.o[0, unit] * np.tanh(empty)
    after = unroll(network.cell, x[None, day:], initial_state=state)
    return network.read_out(np.concatenate([before.h, after.h], axis=1))[0, :, 0]


def states_on(network: Network, x: np.ndarray, days: np.ndarray) -> LSTMState:
    """Return the states of an LSTM after some days of a series, one row a day."""
    states = unroll(network.cell, x[None])
    return LSTMState(*(part[0, days] for part in states))


def _spring_water(network: Network, x: np.ndarray, firsts: np.ndarray, state: LSTMState) -> np.ndarray:
    """Sum the scaled discharge of each spring, from 1 March to June, for states that an LSTM may have before."""
    days = firsts[:, None] + np.arange(SPRING)
    return network.read_out(unroll(network.cell, x[days], initial_state=state).h).sum(axis=(1, 2))


def exchange_memories(network: Network, x: np.ndarray, firsts: np.ndarray) -> np.ndarray:
    """Give each spring the state of each other year, and compute what that changes.

    Δ_{ij} = Σ y(weather of i, state of j) - Σ y(weather of i, state of i), in the unit of the scaled target

    :param network: one linear output, and an LSTM
    :param x: scaled inputs, shape (days, inputs)
    :param firsts: the first day of each spring, shape (springs,)
    :returns: shape (springs, springs)
    """
    state, years = states_on(network, x, firsts - 1), np.arange(len(firsts))
    weather, memory = np.repeat(years, len(years)), np.tile(years, len(years))
    water = _spring_water(network, x, firsts[weather], LSTMState(*(part[memory] for part in state)))
    water = water.reshape(len(years), len(years))
    return water - np.diag(water)[:, None]


def snow_scores(
    trained: Network,
    untrained: Network,
    dates: np.ndarray,
    x: np.ndarray,
    store: np.ndarray,
    water: np.ndarray,
    known: slice,
) -> dict[str, float]:
    """Measure whether an LSTM stores snow: by correlations, and by what changes if its state is changed on 1 March.

    Correlations are those of unseen days with the store: of the one cell that follows it best on training days, and of
    the linear read-out of all cells that fits it best there. They are compared with those of the network before
    training, with stores of other years, and without the season, the mean of each day of the year. ``emptied`` is the
    discharge lost from March to June per mm of snow, if cells get the number that they have without snow; ``exchanged``
    the discharge gained per mm of snow more, if all springs get the states of all other years. ``equally wet`` is the
    correlation of what a linear function of the difference in water of the 90 days before 1 March leaves of both.

    :param trained: an LSTM that computes the discharge
    :param untrained: the same before training
    :param dates: of the days, shape (days,)
    :param x: scaled inputs, shape (days, inputs)
    :param store: in mm, nan where it is not known, shape (days,)
    :param water: what rains and melts, in mm, shape (days,)
    :param known: the training days; all later ones are unseen
    :returns: each measure by its name, discharge in the unit of the scaled target
    """
    there = np.isfinite(store)
    day, of_year, found = np.arange(len(dates)), day_of_year(dates), dict[str, float]()
    fitted, unseen = there & (day >= 365) & (day < known.stop), np.flatnonzero(there & (day >= known.stop))
    march = (dates.astype("datetime64[Y]").astype("datetime64[M]") + 2).astype("datetime64[D]")
    firsts = np.flatnonzero((dates == march) & there & (day >= 365) & (day < len(dates) - SPRING))

    def correlation(one: np.ndarray, other: np.ndarray) -> float:
        with np.errstate(invalid="ignore"):  # what never changes
            return float(np.nan_to_num(np.corrcoef(one, other)[0, 1]))

    def differences(of: np.ndarray) -> np.ndarray:  # each other year's number less that of the year itself
        return (of - of[:, None])[snowier]

    def at_equal_wetness(values: np.ndarray) -> np.ndarray:
        return values - wetter * (values @ wetter) / (wetter @ wetter)

    snowier = store[firsts] != store[firsts][:, None]
    more, wetter = differences(store[firsts]), differences(np.array([water[day - 90 : day].sum() for day in firsts]))

    def without_season(values: np.ndarray) -> np.ndarray:
        sums, counts = (np.bincount(of_year[fitted], weights, 366) for weights in (values[fitted], None))
        return values - (sums / np.maximum(1, counts))[of_year]

    def compare(name: str, follows: np.ndarray) -> None:
        found[name] = correlation(follows[unseen], store[unseen])
        found[f"{name}, without season"] = correlation(without_season(follows)[unseen], without_season(store)[unseen])
        others = [unseen[there[unseen - 365 * years]] for years in range(1, 6)]
        pairs = [(follows[days], store[days - 365 * years]) for years, days in enumerate(others, start=1)]
        found[f"{name}, other years"] = float(np.mean([correlation(*pair) for pair in pairs]))

    for name, network in (("untrained", untrained), ("trained", trained)):
        cells = unroll(network.cell, x[None]).c[0].astype(float)
        snow = find_store(cells[fitted], store[fitted])
        compare(f"{name}, one cell", cells[:, snow["unit"]] * np.sign(snow["correlation"]))
        design = np.column_stack([cells, np.ones(len(cells))])
        compare(f"{name}, all cells", design @ np.linalg.lstsq(design[fitted], store[fitted], rcond=None)[0])
        gained = exchange_memories(network, x, firsts)[snowier]
        found[f"{name}, exchanged"] = float(np.polyfit(more, gained, 1)[0])
        found[f"{name}, exchanged, correlation"] = correlation(more, gained)
        found[f"{name}, exchanged, equally wet"] = correlation(at_equal_wetness(more), at_equal_wetness(gained))
    state, empty = states_on(trained, x, firsts - 1), np.polyfit(store[fitted], cells[fitted], 1)[1]
    whole = _spring_water(trained, x, firsts, state)
    for name, units in (("one cell", [snow["unit"]]), ("all cells", list(range(trained.cell.units)))):
        h, c = state.h.copy(), state.c.copy()
        c[:, units] = empty[units]
        h[:, units] = state.o[:, units] * np.tanh(empty[units])
        lost = whole - _spring_water(trained, x, firsts, state._replace(h=h, c=c))
        found[f"{name}, emptied"] = float(lost.sum() / store[firsts].sum())
        found[f"{name}, emptied, correlation"] = correlation(lost, store[firsts])
    return found
