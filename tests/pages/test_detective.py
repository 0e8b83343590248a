import json
from types import SimpleNamespace

import numpy as np
import pytest

from rnn_tutorial.pages.detective import SUSPECTS, detective_file, investigations
from rnn_tutorial.sentiment.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def found():
    """Give what the trainings find in 800 reviews of 25 words."""
    random = np.random.default_rng(1)
    train = SimpleNamespace(sequences=random.integers(4, 104, (800, 25)), labels=random.integers(0, 2, 800))
    vocabulary = Vocabulary([f"w{k}" for k in range(100)])
    return investigations(SimpleNamespace(train=train, vocabulary=vocabulary), seed=2)


def test_what_no_training_decides_is_as_each_fault_implies(found):
    """The size of the first update, what zeros change, and the labels."""
    cases, without = found
    assert {name: case.signs[2:5] for name, case in cases.items()} == {
        name: signs[2:5] for name, (signs, how) in SUSPECTS.items() if how
    }
    assert np.shape(without) == (2, 16) and all(len(case.curve) == 16 for case in cases.values())


def test_the_widget_gets_each_case(found):
    cases, without = found
    shown = json.loads(detective_file(cases, without, [0.6, 0.5]))
    assert (shown["fixed"], shown["ends"], list(shown["suspects"])) == (without[0], [0.6, 0.5], list(SUSPECTS))
    name, curve, (*_, reviews, arrives) = shown["cases"][2]
    assert (name, curve, arrives) == ("words lost", cases[name].curve, cases[name].found[-1])
    assert [len(text.split()) for text, _ in reviews] == [12, 12, 12]
