"""Train the models on the official split and print their test accuracies: ``official.py PATH [SEED …]``."""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["RNN_TUTORIAL_RUNS"] = "off"  # each call trains

from rnn_tutorial import keras_models
from rnn_tutorial.keras_training import train
from rnn_tutorial.reviews import load_reviews

MODELS = {
    "bag_of_words": (keras_models.bag_of_words(), {"epochs": 3, "learning_rate": 0.01}),
    "feed_forward": (keras_models.feed_forward(), {"epochs": 2, "batching": "padded"}),
    "simple_rnn": (keras_models.simple_rnn(mask_padding=True), {"epochs": 3}),
    "lstm": (keras_models.lstm(mask_padding=True), {"epochs": 3}),
}


def main(path, *seeds):
    """Train each model once for each seed."""
    reviews = load_reviews(path)
    print(reviews.provenance())
    for name, (model, settings) in MODELS.items():
        for seed in map(int, seeds or ["1"]):
            run = train(model, reviews, seed=seed, **settings)
            print(
                f"{name}, seed {seed}: test {100 * run.test['accuracy']:.2f} %, validation "
                f"{100 * run.validation['accuracy']:.2f} % (epoch {run.best_epoch}), {run.seconds:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
