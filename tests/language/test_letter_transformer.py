import numpy as np
import pytest
from safetensors.numpy import load

from rnn_tutorial.language.characters import encode, writer_file
from rnn_tutorial.language.letter_transformer import LetterTransformer, _in_keras, fit_letter_transformer

TEXT = encode("\nthe film was good. the end was not. " * 150)
SMALL = {"size": 16, "heads": 2, "hidden": 24, "batch_size": 2, "learning_rate": 0.02}


@pytest.fixture(scope="module")
def network():
    """Give a network of which no bias is near 0, and no gain near 1; test_mixers compares such with Keras."""
    model, random = _in_keras(16, 2, 24, ["attention"] * 2), np.random.default_rng(1)
    model.set_weights([array + random.normal(0, 0.3, array.shape) for array in model.get_weights()])
    return LetterTransformer.from_keras(model)


def test_a_letter_attends_to_itself_and_to_earlier_ones_and_the_first_to_itself(network):
    weights, y = network(TEXT[None, :40])
    assert weights.shape == (2, 1, 2, 40, 40) and y.shape == (1, 40, 52)
    assert np.allclose(weights.sum(axis=-1), 1, atol=1e-5) and not np.triu(weights, 1).any()
    x = np.sqrt(np.float32(16)) * network.E[TEXT[:1]]
    x[:, 8:] += 1  # the cosines of position 0
    attention = network.blocks[0].attention
    keys = (x @ attention.W_k.T, x @ attention.W_v.T)
    assert np.allclose(attention(x[None]).context[0], keys[1] @ attention.W_o.T, atol=1e-5)  # one letter is all it sees
    assert y.sum(axis=-1) == pytest.approx(1, abs=1e-5)


def test_a_text_is_read_in_windows_that_overlap_by_half(network):
    y = network.read(TEXT[:150])
    assert y.shape == (150, 52)
    for t in (0, 31, 63, 64, 95, 96, 149):
        start = max(0, 32 * (t // 32) - 32)
        alone = network(TEXT[None, start : t + 1])[1][0, -1]
        assert np.allclose(y[t], alone, atol=1e-5), t
    for length in (1, 32, 33, 64, 65):
        assert np.allclose(network.read(TEXT[:length]), y[:length], atol=1e-5)


def test_it_learns_and_the_same_seed_learns_the_same():
    trained, again = (fit_letter_transformer(TEXT, 1, **SMALL) for _ in range(2))
    assert all(map(np.array_equal, trained.get_weights(), again.get_weights()))
    y = LetterTransformer.from_keras(trained).read(TEXT[:400])
    assert np.exp(-np.log(y[np.arange(64, 399), TEXT[65:400]]).mean()) < 5  # 52 by chance, 14 by counting letters
    assert LetterTransformer.from_keras(trained) == LetterTransformer.from_keras(again)


def test_what_does_not_fit_is_refused(network):
    with pytest.raises(ValueError, match="`ids`: expected windows of at most 64 characters, got 65"):
        network(TEXT[None, :65])
    with pytest.raises(ValueError, match=r"`ids`: expected at least 1,025 characters, got 1,024"):
        fit_letter_transformer(TEXT[:1024], 1)
    with pytest.raises(ValueError, match="`V`"):
        LetterTransformer(network.E, network.blocks, network.V[1:], network.b_y)


def test_its_file_has_all_its_weights(network):
    tensors = load(writer_file(network))
    assert tensors["0.W_q"].shape == (2, 8, 16)
    assert np.array_equal(tensors["1.W_q"].reshape(16, 16), network.blocks[1].attention.W_q)
    assert sum(array.size for array in tensors.values()) == sum(map(np.size, network.parameters.values()))
    assert set(tensors) == set(network.parameters) and len(tensors) == 3 + 2 * 10
