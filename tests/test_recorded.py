"""Recorded runs come back as they were written, and a cut loses one line."""

import json

import numpy as np
import pytest

from rnn_tutorial.recorded import RecordedRun, of_setting, read_runs, write_run


def run(setting="lstm", seed=101, count=25, **facts):
    right = np.random.default_rng(seed).random(count) < 0.8
    return RecordedRun(setting, seed, right=right, test={"loss": 1 / 3, "accuracy": float(right.mean())}, **facts)


RUNS = [run(seed=101), run(seed=102, facts={"code": "0a", "routines": {"XLA_FLAGS": "x"}}), run("gru", 101, count=8)]


@pytest.fixture
def file(tmp_path):
    for one in RUNS:
        write_run(tmp_path / "new folder" / "grid.jsonl", one)
    return tmp_path / "new folder" / "grid.jsonl"


def test_runs_come_back_sorted_and_whole(file):
    assert read_runs(file) == [RUNS[2], RUNS[0], RUNS[1]]
    assert [one.accuracy for one in read_runs(file)] == [one.test["accuracy"] for one in (RUNS[2], RUNS[0], RUNS[1])]


def test_the_runs_of_a_setting_are_those_alone_and_with_the_machine_code_of_the_first():
    avx = {"facts": {"routines": {"XLA_FLAGS": "x"}}}
    one, other = run(seed=101), run(seed=102)
    runs = [run("gru"), one, run(seed=101, **avx), other]
    assert of_setting(runs, "lstm") == [one, other]
    assert of_setting(runs, "rnn") == of_setting([], "lstm") == []


def test_a_record_of_25000_answers_is_small(tmp_path):
    write_run(tmp_path / "grid.jsonl", run(count=25_000))
    assert (tmp_path / "grid.jsonl").stat().st_size < 5_000


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_a_line_that_was_cut_is_left_out_and_the_next_one_is_whole(file, cut):
    file.write_bytes(file.read_bytes()[:-cut])
    whole = RUNS[:2] if cut > 1 else [RUNS[2], *RUNS[:2]]  # one byte is the end of the line
    assert read_runs(file) == whole
    new = run("new", 101)
    write_run(file, new)
    assert read_runs(file) == [*whole, new]


def test_a_run_done_again_counts_once_and_other_machine_code_beside_it(file):
    again = run(seed=101, machine="another")
    other = run(seed=101, facts={"routines": {"XLA_FLAGS": "y"}})
    write_run(file, again)
    write_run(file, other)
    assert [one for one in read_runs(file) if (one.setting, one.seed) == ("lstm", 101)] == [again, other]


@pytest.mark.parametrize(
    "line", ['{"setting": "lstm"}', "[1, 2]", '{"setting": "lstm", "seed": 1, "right": [9, "AA=="]}']
)
def test_a_line_that_is_no_run_is_told(file, line):
    file.write_text(f"{line}\n{file.read_text()}")
    with pytest.raises(ValueError, match="expected a recorded run in line 1 of"):
        read_runs(file)


def test_a_missing_file_says_where_they_lie(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file.*rnn_tutorial.experiments"):
        read_runs(tmp_path / "grid.jsonl")


def test_a_line_is_plain_json(file):
    assert json.loads(file.read_text().splitlines()[0])["seed"] == 101
