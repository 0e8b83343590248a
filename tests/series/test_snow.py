"""The degree-day store of snow, by hand and by its balance."""

import numpy as np
import pytest

from rnn_tutorial.series.snow import degree_day_store, with_melt
from rnn_tutorial.series.sources import load_river


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
