"""Recorded runs come back as they were written, a cut loses one line, and differences are paired."""

import json

import numpy as np
import pytest

from rnn_tutorial.recorded import (
    RecordedRun,
    judge,
    mean_run,
    of_setting,
    paired_difference,
    read_runs,
    write_run,
)


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
    runs = [run("gru"), one, run(seed=101, beside="triples"), run(seed=101, **avx), other]
    assert of_setting(runs, "lstm") == [one, other]
    assert of_setting(runs, "lstm", "triples") == [runs[2]]
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


def test_a_linear_model_beside_a_network_makes_a_run_of_its_own(file):
    beside = run(seed=101, beside="triples")
    write_run(file, beside)
    assert read_runs(file) == [RUNS[2], RUNS[0], RUNS[1], beside]


def test_a_missing_file_says_where_they_lie(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file.*rnn_tutorial.experiments"):
        read_runs(tmp_path / "grid.jsonl")


def test_a_difference_is_that_of_the_means_and_its_error_that_of_pairs():
    random = np.random.default_rng(1)
    ones, others = ([RecordedRun("", seed, right=random.random(500) < p) for seed in range(3)] for p in (0.9, 0.8))
    difference, error = paired_difference(ones, others)
    assert difference == pytest.approx(np.mean([r.accuracy for r in ones]) - np.mean([r.accuracy for r in others]))
    d = np.mean([r.right for r in ones], axis=0) - np.mean([r.right for r in others], axis=0)
    again = [random.choice(d, len(d)).mean() for _ in range(4000)]  # the bootstrap over reviews
    assert error == pytest.approx(np.std(again), rel=0.1)
    assert paired_difference(ones, ones) == (0, 0)


def runs_right(*counts, of=400):
    """Make a run for each count of right answers; the wrong ones come first."""
    return [RecordedRun("", 101 + k, right=np.arange(of) >= of - count) for k, count in enumerate(counts)]


def test_ahead_asks_for_nine_seeds_of_ten_and_for_two_sampling_errors():
    low = runs_right(*[300] * 10)
    for counts, verdict in {
        (320,) * 10: "ahead",
        (320,) * 9 + (290,): "ahead",
        (320,) * 8 + (290,) * 2: "level",  # eight seeds
        (302,) * 10: "level",  # less than twice its sampling error
        (300,) * 10: "level",
    }.items():
        found = judge(runs_right(*counts), low)
        assert found.verdict == verdict
        assert found.better == np.mean(np.array(counts) > 300)
        turned = judge(low, runs_right(*counts))
        assert turned.verdict == ("behind" if verdict == "ahead" else "level")
        assert (turned.points, turned.error) == (-found.points, found.error)


def test_settings_that_answer_alike_are_level_and_no_error_ahead():
    found = judge(runs_right(320, 320), runs_right(320, 320))
    assert (found.points, found.error, found.errors, found.verdict) == (0, 0, 0, "level")


def test_a_linear_model_has_one_run_which_stands_beside_each():
    found = judge(runs_right(320, 330, 300), runs_right(310))
    assert found.better == pytest.approx(2 / 3)
    assert found.points == pytest.approx(100 * (950 / 3 - 310) / 400)
    with pytest.raises(ValueError, match=r"the same seeds, got \[101, 102, 103\] and \[101, 102\]"):
        judge(runs_right(320, 330, 300), runs_right(310, 320))


@pytest.mark.parametrize(("ones", "others"), [([], RUNS[:1]), (RUNS[:1], []), (RUNS[:1], RUNS[2:])])
def test_runs_that_cannot_be_paired_are_told(ones, others):
    with pytest.raises(ValueError, match="`ones`, `others`: expected runs of both"):
        paired_difference(ones, others)


def test_a_line_is_plain_json(file):
    assert json.loads(file.read_text().splitlines()[0])["seed"] == 101


def test_log_odds_come_back_in_steps_and_with_their_signs(tmp_path):
    log_odds = np.array([0.0, 1e-9, -1e-9, 0.9, -0.9, 7.9, 50, -50])
    right = np.arange(8) % 3 == 0
    write_run(tmp_path / "grid.jsonl", RecordedRun("lstm", 101, right=right, log_odds=log_odds))
    [read] = read_runs(tmp_path / "grid.jsonl")
    assert np.array_equal(read.log_odds > 0, log_odds > 0)
    assert np.abs(read.log_odds - log_odds)[:6].max() <= 1 / 32
    assert np.abs(read.log_odds[6:] - [8, -8]).max() <= 1 / 32
    assert len(run().log_odds) == 0


def test_a_line_with_as_many_log_odds_as_answers_is_asked_for(tmp_path):
    says = "`log_odds`: expected one for each of 2 answers, got 1"
    with pytest.raises(ValueError, match=says):
        RecordedRun("lstm", 101, right=[True, False], log_odds=[1.0])
    write_run(tmp_path / "grid.jsonl", RecordedRun("lstm", 101, right=[True, False], log_odds=[1.0, 2.0]))
    line = json.loads((tmp_path / "grid.jsonl").read_text())
    (tmp_path / "grid.jsonl").write_text(json.dumps(line | {"log_odds": "AA=="}) + "\n")
    with pytest.raises(ValueError, match=says):
        read_runs(tmp_path / "grid.jsonl")


def test_a_mean_answers_with_the_mean_of_log_odds():
    """It is right where the mean has the sign of the label, and a mean of a mean gives weights."""
    random = np.random.default_rng(1)
    labels = random.integers(2, size=200) == 1
    runs = []
    for seed in range(3):
        log_odds = random.normal(np.where(labels, 1, -1), 1.5)
        runs.append(
            RecordedRun("net", seed, parameters=10, seconds=2.0, log_odds=log_odds, right=(log_odds > 0) == labels)
        )
    mean = mean_run("three", runs)
    sums = runs[0].log_odds + runs[1].log_odds + runs[2].log_odds
    assert mean.log_odds == pytest.approx(sums / 3)
    assert np.array_equal(mean.right, (sums > 0) == labels)
    assert mean.accuracy > max(run.accuracy for run in runs)
    assert (mean.setting, mean.seed, mean.parameters, mean.seconds) == ("three", 0, 30, 6.0)
    half = mean_run("half", [mean_run("two", runs[:2]), runs[2]])
    assert half.log_odds == pytest.approx((runs[0].log_odds + runs[1].log_odds) / 4 + runs[2].log_odds / 2)
    assert mean_run("one", runs[:1]).log_odds == pytest.approx(runs[0].log_odds)


@pytest.mark.parametrize(
    ("runs", "got"),
    [
        ([], "got 0 with log-odds on no reviews"),
        ([RecordedRun("", 1, right=[True])], "got 1 with log-odds on 0 reviews"),
        (
            [RecordedRun("", 1, right=[True], log_odds=[1]), RecordedRun("", 2, right=[True])],
            "got 2 with log-odds on 0 and 1 reviews",
        ),
        (
            [RecordedRun("", 1, right=[True], log_odds=[1]), RecordedRun("", 2, right=[True], log_odds=[-1])],
            "got 2 that do not agree about the labels of 1 of 1 reviews",
        ),
    ],
)
def test_runs_that_cannot_be_averaged_are_told(runs, got):
    with pytest.raises(ValueError, match=f"`runs`: expected runs with log-odds on the same test reviews, {got}"):
        mean_run("mean", runs)


def test_a_mean_of_zero_counts_as_a_negative_answer():
    runs = [RecordedRun("", seed, right=[seed == 1], log_odds=[odds]) for seed, odds in ((1, -0.5), (2, 0.5))]
    mean = mean_run("mean", runs)
    assert (mean.log_odds.tolist(), mean.right.tolist()) == ([0.0], [True])
