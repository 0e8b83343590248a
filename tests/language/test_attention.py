from functools import partial

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrences import differences
from refusals import refuses

from rnn_tutorial.language.attention import causal_mask, dot_attention, dot_attention_backward


@st.composite
def cases(draw):
    """Draw queries, keys, values and a mask with a True in each row."""
    batch, steps, time, size = (draw(st.integers(1, 4)) for _ in range(4))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shapes = (batch, steps, size), (batch, time, size), (batch, time, draw(st.integers(1, 3)))
    mask = random.random((batch, steps, time)) < 0.6
    mask[..., 0] = True
    return [random.normal(size=shape) for shape in shapes], draw(st.sampled_from([None, mask]))


def test_keras_computes_the_same():
    random = np.random.default_rng(1)
    query, key, value = (random.normal(size=shape).astype("float32") for shape in ((3, 4, 5), (3, 6, 5), (3, 6, 2)))
    there = np.arange(6) < np.array([[6], [2], [4]])
    masks = [None, keras.ops.convert_to_tensor(there)]
    context, weights = keras.layers.Attention()([query, value, key], mask=masks, return_attention_scores=True)
    ours = dot_attention(query, key, value, mask=there[:, None])
    assert np.allclose(ours.weights, weights, atol=1e-6) and np.allclose(ours.context, context, atol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 0.5])
@settings(max_examples=30)
@given(case=cases())
def test_gradients_are_central_differences(scale, case):
    arrays, mask = case
    compute = partial(dot_attention, scale=scale, mask=mask)
    attention = compute(*arrays)
    grad = np.random.default_rng(1).normal(size=attention.context.shape)
    grads = dot_attention_backward(*arrays, attention, grad, scale=scale)
    for k, (found, array) in enumerate(zip(grads, arrays, strict=True)):

        def loss(moved, k=k):
            return np.sum(grad * compute(*arrays[:k], moved, *arrays[k + 1 :]).context)

        assert np.allclose(found, differences(loss, array, step=1e-6), atol=1e-7)


def test_large_scores_do_not_overflow():
    one = np.array([[1000.0], [-1000.0]])
    assert dot_attention(one, one, one).context.tolist() == [[1000.0], [-1000.0]]


X = np.ones((4, 3))

test_what_does_not_fit_is_refused_by_name = refuses(
    ("queries", lambda: dot_attention(X[:, :2], X, X)),
    ("queries", lambda: dot_attention(X[0], X, X)),
    ("values", lambda: dot_attention(X, X, X[:2])),
    ("mask", lambda: dot_attention(X, X, X, mask=np.zeros((4, 4), bool))),
    ("mask", lambda: dot_attention(X, X, X, mask=np.zeros(4, bool))),
    ("mask", lambda: dot_attention(X, X, X, mask=np.zeros((4, 4)))),
    *(("keys", partial(dot_attention, X, keys, X)) for keys in (None, "text", X.astype(str), X * 1j)),
    ("attention", lambda: dot_attention_backward(X, X, X, None, X)),
    ("queries", lambda: dot_attention_backward(X[:, :1], X, X, dot_attention(X, X, X), X)),
    ("grad_context", lambda: dot_attention_backward(X, X, X, dot_attention(X, X, X), X[:1])),
    *(("time", partial(causal_mask, time)) for time in (-1, 2.5)),
)
