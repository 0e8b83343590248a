from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refuses

from rnn_tutorial.language.linear_recurrences import compose, lru_eigenvalues, recur, scan


@st.composite
def recurrences(draw, dtypes=("float32", "float64", "complex128")):
    """Draw a, b and h_0; the factors lie within the unit circle, so that nothing grows over 300 steps."""
    dtype = draw(st.sampled_from(dtypes))
    shape = draw(st.lists(st.integers(1, 4), max_size=2))
    time = draw(st.one_of(st.integers(1, 20), st.integers(1, 300)))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    a, b = random.uniform(-1, 1, size=(2, time, *shape))
    h_0 = random.normal(size=shape)
    if dtype == "complex128":
        a, b = a * np.exp(2j * random.normal(size=a.shape)), b + 1j * random.normal(size=b.shape)
    return a.astype(dtype), b.astype(dtype), draw(st.sampled_from([None, h_0.astype(dtype)]))


@settings(max_examples=150)
@given(recurrences())
def test_the_scan_is_the_loop_and_the_loop_is_the_equation(case):
    by_loop, by_scan = recur(*case), scan(*case)
    assert by_scan.dtype == by_loop.dtype == case[0].dtype
    tolerance = 1e-5 if by_loop.dtype == "float32" else 1e-12
    np.testing.assert_allclose(by_scan, by_loop, rtol=0, atol=tolerance * max(1, np.abs(by_loop).max()))
    a, b, h_0 = case
    states = [np.zeros(b.shape[1:]) if h_0 is None else h_0]
    for a_t, b_t in zip(a, b, strict=True):
        states.append(a_t * states[-1] + b_t)
    np.testing.assert_allclose(by_loop, states[1:], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("time", "rounds"), [(1, 0), (2, 1), (3, 2), (8, 3), (9, 4), (1000, 10), (1024, 10)])
def test_the_rounds_are_the_logarithm_of_the_steps(time, rounds, monkeypatch):
    calls = []
    monkeypatch.setattr(
        "rnn_tutorial.language.linear_recurrences.compose", lambda *pairs: calls.append(pairs) or compose(*pairs)
    )
    scan(np.ones(time), np.ones(time))
    assert len(calls) == rounds


@pytest.mark.parametrize("first", [0.0, 1e-300])
def test_factors_whose_product_overflows_are_no_exception(first):
    a, b = np.full(1100, 2.0), np.zeros(1100)
    b[0] = first
    assert scan(a, b).tolist() == recur(a, b).tolist() == np.ldexp(first, np.arange(1100)).tolist()


def test_integers_and_one_step_are_no_exception():
    assert recur([2, 3], [1, 1]).tolist() == scan([2, 3], [1, 1]).tolist() == [1, 4]
    assert scan([0.5], [1.0], np.array(4.0)).tolist() == [3.0]


def test_an_lru_stays_within_the_unit_circle_and_turns_by_theta():
    nu, theta = np.linspace(-20, 3, 24), np.linspace(0, 3, 24)
    eigenvalues = lru_eigenvalues(nu, theta)
    np.testing.assert_allclose(np.abs(eigenvalues), np.exp(-np.exp(nu)), rtol=1e-12)
    assert (np.abs(eigenvalues) < 1).all()
    np.testing.assert_allclose(np.angle(eigenvalues), theta, atol=1e-12)


WRONG = [("a`, `b", (4, 2), (4, 3)), ("a`, `b", (0, 2), (0, 2)), ("a`, `b", (), ()), ("h_0", (4, 2), (4, 2), (3,))]
CALLS = [(argument, partial(f, *map(np.zeros, shapes))) for f in (recur, scan) for argument, *shapes in WRONG]

test_what_does_not_fit_is_refused_by_name = refuses(*CALLS)
