import keras
import numpy as np
import pytest

from rnn_tutorial.language.letter_transformer import CONTEXT, LetterTransformer, _in_keras
from rnn_tutorial.language.minimal_cells import MinGRUCell
from rnn_tutorial.language.mixers import DeltaMixer, MinGRUMixer, with_recent
from rnn_tutorial.theory.cells import unroll

SIZE, HEADS = 8, 2
X = np.random.default_rng(1).normal(size=(3, 20, SIZE))


def new(kind):
    random = np.random.default_rng(2)
    return kind(**{name: random.normal(size=of) for name, of in kind.shapes(SIZE, HEADS).items()})


@pytest.mark.parametrize("kinds", ["attention attention", "mingru mingru", "delta attention", "mingru attention"])
def test_numpy_finds_the_probabilities_of_keras(kinds):
    model = _in_keras(16, HEADS, 24, kinds.split())
    random = np.random.default_rng(3)
    model.set_weights([w + random.normal(0, 0.3, w.shape) for w in model.get_weights()])
    network, ids = LetterTransformer.from_keras(model), random.integers(52, size=(3, CONTEXT))
    weights, y = network(ids)
    assert np.abs(y - keras.ops.softmax(model(ids)).numpy()).max() < 1e-5
    assert len(weights) == kinds.count("attention")
    assert sum(map(np.size, network.parameters.values())) == model.count_params()
    assert np.allclose(network(ids[:, :30])[1], y[:, :30], atol=1e-5)  # no letter sees a later one


def test_a_mingru_mixer_is_a_mingru_cell_between_two_matrices():
    mixer = new(MinGRUMixer)
    W, b = np.concatenate([mixer.W_z, mixer.W_h]), np.concatenate([mixer.b_z, 0 * mixer.b_z])
    h = unroll(MinGRUCell(W, b), with_recent(X, mixer.recent)).h
    assert np.allclose(mixer(X).context, h @ mixer.W_o.T)


def test_a_delta_mixer_is_a_gradient_step_on_the_error_of_reading():
    mixer = new(DeltaMixer)
    u, part = with_recent(X, mixer.recent)[0], SIZE // HEADS
    read = []
    for head in range(HEADS):
        own = slice(head * part, (head + 1) * part)
        S, of_head = np.zeros((part, part)), []
        for u_t in u:
            q, k, v = (W[own] @ u_t for W in (mixer.W_q, mixer.W_k, mixer.W_v))
            q, k = q / np.linalg.norm(q), k / np.linalg.norm(k)
            beta = 2 / (1 + np.exp(-mixer.W_beta[head] @ u_t))
            S = S @ (np.eye(part) - beta * np.outer(k, k)) + beta * np.outer(v, k)
            of_head.append(S @ q)
        read.append(of_head)
    assert np.allclose(mixer(X).context[0], np.concatenate(read, axis=1) @ mixer.W_o.T, atol=1e-5)


def test_what_does_not_fit_is_refused():
    for kind, name in ((MinGRUMixer, "W_h"), (DeltaMixer, "W_k")):
        parts = vars(new(kind))
        with pytest.raises(ValueError, match="`recent`"):
            kind(**parts | {"recent": parts["recent"][:, 1:]})
        with pytest.raises(ValueError, match=f"`{name}`"):
            kind(**parts | {name: parts[name][1:]})


def test_gates_of_a_new_mingru_remember_from_one_step_to_a_window():
    mixer = LetterTransformer.from_keras(_in_keras(16, HEADS, 24, ["mingru"])).blocks[0].attention
    z = 1 / (1 + np.exp(-mixer.b_z))
    assert np.allclose(1 / (1 - z), np.linspace(2, CONTEXT, 16), rtol=1e-4)
