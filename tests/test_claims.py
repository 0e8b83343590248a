import IPython
import numpy as np
import pytest

from rnn_tutorial.claims import claim, glue_numbers


@pytest.mark.parametrize(
    ("values", "bounds", "holds", "runs"),
    [
        ([0.7, 0.9], {"above": 0.75}, False, 1),
        ([0.7, 0.9], {"above": 0.75, "at_least": 1}, True, 1),
        ([0.75], {"above": 0.75}, False, 0),  # a bound is no part of what is claimed
        ([0.2, 0.3], {"below": 0.3}, False, 1),
        ([0.2, 0.5, 0.9], {"above": 0.1, "below": 0.8, "at_least": 2}, True, 2),
        ([np.nan], {"above": 0}, False, 0),
        ([np.nan], {"below": 0}, False, 0),
        (np.float32(0.9), {"above": 0.75}, True, 1),
        (np.array([[0.8], [0.9]]), {"above": 0.75}, True, 2),
        ([0.2, 0.9], {"above": np.float32(0.5), "below": np.int64(1), "at_least": np.int64(1)}, True, 1),
        ({"one": 1, "two": 2}.values(), {"above": 0}, True, 2),
    ],
)
def test_a_claim_holds_where_enough_runs_keep_its_bounds(values, bounds, holds, runs, capsys):
    made = claim("a number", values, **bounds)
    assert (made.holds, made.runs) == (holds, runs)
    assert ("IT DOES NOT HOLD HERE" in (said := capsys.readouterr().out)) is bool(said) is not holds


@pytest.mark.parametrize(
    ("seeds", "kept"),
    [(None, None), ((), ()), (range(103, 101, -1), (103, 102)), ([101, 102, 101], (101, 102)), (np.arange(2), (0, 1))],
)
def test_a_claim_keeps_its_seeds_in_their_order_and_each_once(seeds, kept):
    assert claim("a number", 1, above=0, seeds=seeds).seeds == kept


@pytest.mark.parametrize(
    ("argument", "values", "bounds"),
    [
        ("values", [], {"above": 0}),
        ("above`, `below", [1], {}),
        ("above`, `below", [1], {"above": -np.inf}),
        ("above`, `below", [1], {"above": 0, "below": np.nan}),
        ("at_least", [1, 2], {"above": 0, "at_least": 3}),
        ("at_least", [1, 2], {"above": 0, "at_least": 0}),
    ],
)
def test_what_cannot_be_claimed_is_refused(argument, values, bounds):
    with pytest.raises(ValueError, match=f"`{argument}`: expected"):
        claim("a number", values, **bounds)


def test_glued_numbers_are_plain_and_keep_the_seeds_behind_them(monkeypatch):
    """tests/extensions/test_glue.py has what a build makes of them."""
    told = []
    monkeypatch.setattr(IPython, "get_ipython", object)
    monkeypatch.setattr(IPython.display, "publish_display_data", lambda *output: told.append(output))
    glue_numbers(seeds=np.array([102, 101, 102]), accuracy=np.float64(0.5), best="LSTM")
    assert [[*data.values()] for data, _ in told] == [["0.5"], ["'LSTM'"]]
    assert [about["seeds"] for _, about in told] == [[101, 102]] * 2
