"""How fast the reviews load, the batches come and the LSTM trains. Prints figures; asserts nothing.

All figures of a table come from one process. Ratios compare two ways of doing the same.
"""

import os
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["RNN_TUTORIAL_RUNS"] = "off"  # each call trains

from rnn_tutorial import keras_models
from rnn_tutorial.keras_batches import bucketed_batches, padded_batches
from rnn_tutorial.keras_optimizers import clipped_adam
from rnn_tutorial.reviews import load_reviews

REPETITIONS = 3
BATCH = 128  # the notebook's


def seconds(action):
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def epochs(model, batches):
    """Train some epochs, the first as warm-up, and give the seconds of the others."""
    optimizer = clipped_adam((REPETITIONS + 1) * int(batches.cardinality()))
    model.compile(loss="binary_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    times = [seconds(lambda: model.fit(batches, shuffle=False, verbose=0)) for _ in range(REPETITIONS + 1)]
    return statistics.median(times[1:])


def main():
    """Measure and print."""
    load_reviews()
    code = "import time; from rnn_tutorial.reviews import load_reviews; a = time.perf_counter(); load_reviews(); "
    code += "print(time.perf_counter() - a)"
    second = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(REPETITIONS)]
    print(f"second load of the bundled reviews, another process: {statistics.median(second):.2f} s")

    reviews = load_reviews()
    bucketed = bucketed_batches(reviews.train, BATCH, seed=1)
    padded = padded_batches(reviews.train, BATCH, seed=1)
    alone = statistics.median(seconds(lambda: sum(1 for _ in bucketed)) for _ in range(REPETITIONS))
    print(f"one pass over the bucketed batches alone: {alone:.2f} s")

    by_model = {}
    for model in (
        keras_models.bag_of_words(),
        keras_models.simple_rnn(mask_padding=True),
        keras_models.lstm(mask_padding=True),
    ):
        by_model[model.name] = epochs(model, bucketed)
        print(
            f"{model.name}, buckets and masks: {by_model[model.name]:.1f} s an epoch; "
            f"batches alone are {100 * alone / by_model[model.name]:.1f} % of it",
            flush=True,
        )
    notebook = epochs(keras_models.lstm(), padded)
    print(f"lstm, 500 padded: {notebook:.1f} s an epoch")
    print(f"ratio of the two ways, LSTM, medians of {REPETITIONS}: {by_model['lstm'] / notebook:.2f}")


if __name__ == "__main__":
    main()
