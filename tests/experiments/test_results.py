import dataclasses
import json

import numpy as np
import pytest

from rnn_tutorial.experiments import results
from rnn_tutorial.experiments.results import RecordedRun, of_setting, read_runs, recorded_runs, write_run


def run(setting="lstm", seed=101, count=25, **facts):
    correct = np.random.default_rng(seed).random(count) < 0.8
    return RecordedRun(setting, seed, correct=correct, test={"loss": 1 / 3, "accuracy": float(correct.mean())}, **facts)


RUNS = [run(seed=101), run(seed=102, facts={"code": "0a", "cpu_kernels": {"XLA_FLAGS": "x"}}), run("gru", 101, count=8)]


@pytest.fixture
def file(tmp_path):
    for one in RUNS:
        write_run(tmp_path / "new folder" / "grid.jsonl", one)
    return tmp_path / "new folder" / "grid.jsonl"


def test_runs_come_back_sorted_and_whole(file):
    assert json.loads(file.read_text().splitlines()[0])["seed"] == 101
    assert read_runs(file) == [RUNS[2], RUNS[0], RUNS[1]]
    assert [one.accuracy for one in read_runs(file)] == [one.test["accuracy"] for one in (RUNS[2], RUNS[0], RUNS[1])]


def test_the_runs_of_a_setting_have_the_cpu_kernels_of_the_first():
    avx = {"facts": {"cpu_kernels": {"XLA_FLAGS": "x"}}}
    one, other = run(seed=101), run(seed=102)
    runs = [run("gru"), one, run(seed=101, **avx), other]
    assert of_setting(runs, "lstm") == [one, other]
    assert of_setting(runs, "rnn") == of_setting([], "lstm") == []


def test_an_interrupted_write_leaves_the_earlier_runs_and_the_next_one_is_whole(file, monkeypatch):
    earlier, new = read_runs(file), run("new", 101)
    with monkeypatch.context() as patch:
        patch.setattr(type(file), "replace", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write_run(file, new)
    assert read_runs(file) == earlier
    write_run(file, new)
    assert read_runs(file) == [*earlier, new]


def test_a_run_done_again_counts_once_and_other_cpu_kernels_beside_it(file):
    again = run(seed=101, machine="another")
    other = run(seed=101, facts={"cpu_kernels": {"XLA_FLAGS": "y"}})
    write_run(file, again)
    write_run(file, other)
    assert [one for one in read_runs(file) if (one.setting, one.seed) == ("lstm", 101)] == [again, other]


def test_a_flipped_bit_anywhere_is_noticed(file):
    content = file.read_bytes()
    for place in range(len(content)):
        file.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        line = content[:place].count(b"\n") + 1
        with pytest.raises(ValueError, match=f"`file`: expected a recorded run in line {line}"):
            read_runs(file)


def test_a_page_is_told_if_the_runs_are_about_other_reviews(file, monkeypatch, small_reviews, capsys):
    monkeypatch.setattr(results, "FOLDER", file.parent)
    assert recorded_runs("grid") == read_runs(file)
    of_page = dataclasses.replace(small_reviews, source="")  # that of the runs above
    assert recorded_runs("grid", of_page) == read_runs(file)
    assert capsys.readouterr().out == ""
    recorded_runs("grid", small_reviews)
    assert capsys.readouterr().out.startswith("The recorded runs are about other reviews")


def test_what_is_no_recorded_run_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match="`file`: expected recorded runs in .*no such file"):
        recorded_runs("grid")
    (tmp_path / "grid.jsonl").touch()
    with pytest.raises(ValueError, match="`experiment`: expected recorded runs in .*, got an empty file"):
        recorded_runs("grid")
    with pytest.raises(ValueError, match="`correct`: expected True or False"):
        RecordedRun("lstm", 101, correct=[0.2, 0.3])
