import keras
import numpy as np
import pytest
import tensorflow as tf

from rnn_tutorial.language.attention import dot_attention, dot_attention_backward
from rnn_tutorial.sentiment import models
from rnn_tutorial.sentiment.layers import AttentionPooling, PostPadding, RankedEmbedding
from rnn_tutorial.sentiment.models import larger_updates_for_rare_words, post_pad

N, D, U = 40, 5, 3
IDS = np.random.default_rng(1).integers(1, N, 7)
RECURRENT = {name: getattr(models, name) for name in ("simple_rnn", "lstm", "gru")}


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(1)


@pytest.mark.parametrize("name", RECURRENT)
def test_a_network_on_padding_behind_is_the_network_without_a_mask(name):
    masked, plain = (RECURRENT[name](N, embedding_dim=D, units=U, mask_padding=mask) for mask in (True, False))
    weights = masked.get_weights()  # a bias that is 0 hides in which order the gates stand
    weights = [w + 0.1 * np.random.default_rng(2).normal(size=w.shape) for w in weights]
    masked.set_weights(weights)
    plain.set_weights(weights)
    moved = post_pad(masked)
    front, behind = np.pad(IDS, (5, 0))[None], np.pad(IDS, (0, 5))[None]
    assert PostPadding().compute_output_shape((4, None, D)) == (4, None, D)
    assert moved.count_params() == plain.count_params()
    assert moved(front).numpy() == pytest.approx(plain(behind).numpy(), abs=1e-6)
    assert abs(moved(front).numpy() - masked(front).numpy()).item() > 1e-4


def test_attention_pooling_is_dot_attention_with_a_learnt_query():
    random, layer = np.random.default_rng(3), AttentionPooling()
    h, w, grad = (random.normal(size=shape).astype(np.float32) for shape in ((2, 6, U), (U,), (2, U)))
    read = np.arange(6) < np.array([[6], [4]])
    layer.build(h.shape)
    layer.set_weights([w])
    states = tf.constant(h)
    with tf.GradientTape() as tape:
        tape.watch(states)
        total = tf.reduce_sum(layer(states, mask=read) * grad)
    of_w, of_h = tape.gradient(total, [layer.query, states])
    query = np.broadcast_to(w, (2, 1, U))
    by_hand = dot_attention(query, h, h, mask=read[:, None])
    of_query, of_keys, of_values = dot_attention_backward(query, h, h, by_hand, grad[:, None])
    assert layer(h, mask=read).numpy() == pytest.approx(by_hand.context[:, 0], abs=1e-6)
    assert of_w.numpy() == pytest.approx(of_query.sum(axis=(0, 1)), abs=1e-5)
    assert of_h.numpy() == pytest.approx(of_keys + of_values, abs=1e-5)


@pytest.mark.parametrize(("power", "by_row"), [(1, np.arange(20.0)), (0, np.ones(20)), (0.5, np.sqrt(np.arange(20)))])
def test_a_step_of_word_i_is_longer_by_a_power_of_i(power, by_row):
    ids = np.array([[1, 3, 3, 0, 19]])
    plain = models.bag_of_words(20, D)
    ranked = larger_updates_for_rare_words(plain, factor=5.0, power=power)
    ranked.set_weights(plain.get_weights())
    gradients = []
    for network in (plain, ranked):
        with tf.GradientTape() as tape:
            y = network(ids)
        of_all = tape.gradient(y, network.trainable_variables)
        gradients.append([tf.convert_to_tensor(gradient).numpy() for gradient in of_all])
    assert ranked(ids).numpy().tolist() == plain(ids).numpy().tolist()
    assert gradients[1][0] == pytest.approx(5 * by_row[:, None] * gradients[0][0], rel=1e-5)
    assert np.abs(gradients[0][0][[1, 3, 19]]).min() > 0
    for one, other in zip(*(of_network[1:] for of_network in gradients), strict=True):
        assert one.tolist() == other.tolist()


def test_a_ranked_embedding_can_be_made_again_and_hands_its_mask_on():
    layer = RankedEmbedding(5.0, 0.5, N, D, mask_zero=True)
    again = RankedEmbedding.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert (again.factor, again.power, again.mask_zero) == (5.0, 0.5, True)
    assert again.compute_mask(np.array([[0, 3]])).numpy().tolist() == [[False, True]]
