import numpy as np
import pytest

from rnn_tutorial.language.characters import encode
from rnn_tutorial.language.units import text_properties, units_that_follow


def walk(random, time):
    """Return numbers that change slowly, as what a text is about does."""
    steps = np.zeros(time)
    for t in range(1, time):
        steps[t] = 0.98 * steps[t - 1] + random.normal()
    return steps


def test_planted_units_are_found_and_slow_noise_is_not():
    random = np.random.default_rng(1)
    values = walk(random, 20_000)
    h = np.column_stack([walk(random, 20_000) for _ in range(20)])
    h[:, [3, 7]] += np.outer(values, [2, -2])
    found = units_that_follow(h, values)
    assert {3, 7} <= set(found.units) and len(found.units) <= 4
    assert found.correlations[3] > 0.5 and found.correlations[7] < -0.5


def test_what_chance_finds_does_not_depend_on_what_the_property_finds():
    random = np.random.default_rng(1)
    values = random.normal(size=5000)
    h = values[:, None] + 0.1 * random.normal(size=(5000, 20))
    found = units_that_follow(h, values)
    assert len(found.units) == 20 and found.most_by_chance >= 1  # each unit is nearest to some shift


@pytest.mark.parametrize("value", [0.0, 0.1, 1.0])
def test_units_that_never_change_follow_nothing(value):
    values, h = np.random.default_rng(1).normal(size=500), np.full((500, 300), value, np.float32)
    found = units_that_follow(h, values)
    assert len(found.units) == found.most_by_chance == 0
    h[:, 7] = values
    assert units_that_follow(h, values)[1:] == ([7], 1)


def test_correlations_are_pearsons():
    random = np.random.default_rng(2)
    values, h = random.normal(size=300), random.normal(size=(300, 4)) * [1, 5, 0, 1] + 3
    found = units_that_follow(h, values, shifts=5).correlations
    assert np.allclose(found[[0, 1, 3]], [np.corrcoef(h[:, k], values)[0, 1] for k in (0, 1, 3)])
    assert abs(found[2]) < 1e-3  # a unit that never moves


def test_by_chance_few_units_are_found():
    found = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        h, values = random.normal(size=(2000, 30)), random.normal(size=2000)
        found.append(len(units_that_follow(h, values, seed=seed).units))
    assert 0 < np.mean(found) < 0.9  # 30 units of which one in 101 is found by chance


@pytest.mark.parametrize("size", [4, 5])
def test_a_property_has_to_fit_and_to_change(size):
    with pytest.raises(ValueError, match="^`values`: expected"):
        units_that_follow(np.ones((5, 2)), np.ones(size))


def test_properties_of_a_small_text():
    ids = encode('\nan "old" (bad) one. it\n"no')
    found = text_properties(ids, np.arange(len(ids)) > 22)
    assert all(values.shape == ids.shape for values in found.values())
    rows = {name: "".join(str(int(v)) if v < 10 else "+" for v in values) for name, values in found.items()}
    assert rows["letters of the word so far"] == "012001230001230012300120012"
    assert rows["inside quotation marks"] == "000011110000000000000000111"
    assert found["the review is positive"].sum() == len(ids) - 23
