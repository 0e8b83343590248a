import logging
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from rnn_tutorial._cache import memory
from rnn_tutorial._cache.memory import look_up, result

FACTS = {"seed": 101, "settings": {"epochs": 2, "rate": 0.002}, "words": ["naïve", "film"]}


@pytest.fixture(autouse=True)
def folder(empty_cache, monkeypatch):
    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "on")
    memory.warn_once.cache_clear()
    return empty_cache / "runs"


def compute(facts=FACTS, value="computed"):
    """Return what is kept under these facts, or keep the value."""
    return result("runs", facts, lambda: value)


@pytest.mark.parametrize(
    "facts",
    [
        FACTS | {"settings": {"epochs": 2, "rate": 0.0020000001}},
        FACTS | {"settings": {"epochs": 2, "rate": np.float32(0.002)}},
        FACTS | {"words": ["film", "naïve"]},
        FACTS | {"more": None},
    ],
)
def test_another_fact_finds_nothing_and_their_order_does_not_matter(facts):
    compute()
    assert look_up("runs", facts) == []
    assert compute(facts, "another") == "another"
    assert compute(dict(reversed(FACTS.items())), "never") == "computed"


@pytest.mark.parametrize("facts", [None, {"code": None}, {"object": object()}])
def test_nothing_is_kept_of_what_is_not_known(folder, facts):
    assert (compute(facts, 1), compute(facts, 2)) == (1, 2)
    assert not folder.exists()


def test_nothing_but_reviews_is_kept_where_runs_are_off(folder, monkeypatch):
    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "off")
    assert (compute(value=1), compute(value=2)) == (1, 2)
    assert [result("reviews", FACTS, lambda number=number: number) for number in (1, 2)] == [1, 1]


@pytest.mark.parametrize("how", ["cut", "emptied", "a bit", "no checksum", "another's"])
def test_a_damaged_file_is_reported_and_computed_again(folder, how, caplog):
    compute(FACTS | {"seed": 1})
    [other] = folder.glob("*.pickle")
    others = other.read_bytes()
    other.unlink()
    compute()
    [file] = folder.glob("*.pickle")
    content = file.read_bytes()
    damaged = {"cut": content[:-1], "emptied": b"", "no checksum": content[32:], "another's": others}
    file.write_bytes(damaged.get(how, content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]))
    with caplog.at_level(logging.WARNING):
        assert compute(value="again") == compute() == "again"
    assert [str(file) in line and "cannot be read" in line for line in caplog.messages] == [True]


def test_a_folder_that_cannot_be_made_is_reported_once(folder, caplog):
    folder.parent.mkdir()
    folder.write_text("not a folder")
    with caplog.at_level(logging.WARNING):
        assert (compute(value=1), compute(value=2)) == (1, 2)
    assert ["cannot be written" in line for line in caplog.messages] == [True]


def in_process(code, **how):
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stderr=subprocess.PIPE, text=True, **how)


def test_a_full_disk_is_reported_and_leaves_nothing(folder):
    process = in_process("""
        import resource
        from rnn_tutorial._cache.memory import result
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        assert len(result("runs", {"seed": 1}, lambda: bytes(800_000))) == 800_000
        """)
    assert "rnn_tutorial: " in (said := process.communicate()[1]) and "cannot be written" in said
    assert process.returncode == 0
    assert list(folder.glob("*.pickle")) == []


def test_three_processes_that_want_the_same_result_compute_it_once(tmp_path):
    code = f"""
        import time
        from rnn_tutorial._cache.memory import result

        def compute():
            with open({str(tmp_path / "log")!r}, "a") as file:
                file.write("computed ")
            time.sleep(0.5)
            return "slow"

        assert result("runs", {{"seed": 1}}, compute) == "slow"
        """
    assert [process.communicate()[1] for process in [in_process(code) for _ in range(3)]] == [""] * 3
    assert (tmp_path / "log").read_text() == "computed "


def test_only_what_was_not_used_for_the_longest_time_makes_room(folder, monkeypatch):
    compute({"seed": 0}, bytes(1000))
    [file] = folder.glob("*.pickle")
    monkeypatch.setattr(memory, "LARGEST", 3 * file.stat().st_size)
    file.unlink()
    left = ["one.part", "one.damaged", "one.1234.pickle"]  # by older versions, and by a process that was killed
    for name in ["notes.txt", *left]:
        (folder / name).write_bytes(bytes(100_000))
        os.utime(folder / name, (0, 0))
    for seed in (1, 2, 3):
        compute({"seed": seed}, bytes(1000))
        os.utime(max(folder.glob("*.pickle"), key=lambda file: file.stat().st_mtime), (seed, seed))
    compute({"seed": 1}, "used now")
    compute({"seed": 4}, bytes(1000))
    assert [look_up("runs", {"seed": seed}) == [] for seed in (1, 3, 4, 2)] == [False, False, False, True]
    assert [(folder / name).is_file() for name in ["notes.txt", *left]] == [True, False, False, False]
