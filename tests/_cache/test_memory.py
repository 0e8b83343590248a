"""What is kept comes back whole or not at all, and a cache that fails costs time and no result."""

import logging
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from rnn_tutorial._cache import memory
from rnn_tutorial._cache.memory import kept, result

FACTS = {"seed": 101, "settings": {"epochs": 2, "rate": 0.002}, "words": ["naïve", "film"]}


@pytest.fixture
def folder(empty_cache):
    return empty_cache / "runs"


def compute(facts=FACTS, value="computed"):
    """Return what is kept under these facts, or keep the value."""
    return result("runs", facts, lambda: value)


def test_a_result_comes_back_to_the_last_bit(folder):
    array = np.arange(12, dtype=np.float32).reshape(3, 4).T
    compute(value={"array": array, "number": np.float32(1 / 3), "nan": float("nan")})
    found = compute()
    assert found["array"].tobytes("A") == array.tobytes("A")
    assert found["array"].strides == array.strides
    assert (found["number"], type(found["number"])) == (np.float32(1 / 3), np.float32)
    assert np.isnan(found["nan"])


@pytest.mark.parametrize(
    "facts",
    [
        FACTS | {"seed": 102},
        FACTS | {"settings": {"epochs": 2, "rate": 0.0020000001}},
        FACTS | {"settings": {"epochs": 2, "rate": np.float32(0.002)}},
        FACTS | {"words": ["film", "naïve"]},
        FACTS | {"more": None},
        {},
    ],
)
def test_another_fact_finds_nothing(folder, facts):
    compute()
    assert compute(facts, "another") == "another"
    assert compute(dict(reversed(FACTS.items())), "never") == "computed"  # their order does not matter


@pytest.mark.parametrize("how", ["cut", "emptied", "a bit altered", "a pickle without its digest"])
def test_a_damaged_file_is_told_set_aside_and_not_used(folder, how, caplog):
    compute()
    (file,) = folder.glob("*.pickle")
    content = file.read_bytes()
    file.write_bytes(
        {
            "cut": content[:-1],
            "emptied": b"",
            "a bit altered": content[:-3] + bytes([content[-3] ^ 1]) + content[-2:],
            "a pickle without its digest": content[32:],
        }[how]
    )
    with caplog.at_level(logging.WARNING):
        assert compute(value="again") == "again"
    assert [str(file) in line and "computed again" in line for line in caplog.messages] == [True]
    assert compute() == "again"
    assert len(list(folder.glob("*.damaged"))) == 1


def test_a_folder_that_cannot_be_made_is_told_and_nothing_fails(folder, caplog):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("not a folder")
    with caplog.at_level(logging.WARNING):
        assert compute() == "computed"
    assert "could not be saved" in caplog.messages[-1]


def in_process(code, **how):
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stderr=subprocess.PIPE, text=True, **how)


def test_a_full_disk_is_told_and_leaves_nothing(folder):
    code = """
        import resource
        from rnn_tutorial._cache.memory import result
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        assert len(result("runs", {"seed": 1}, lambda: bytes(800_000))) == 800_000
        """
    process = in_process(code)
    assert "rnn_tutorial: A result could not be saved" in process.communicate()[1]
    assert process.returncode == 0
    assert list(folder.iterdir()) == []


def test_a_stop_while_it_is_written_leaves_nothing(folder, monkeypatch):
    def stop(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        compute()
    assert list(folder.iterdir()) == []


def test_two_processes_that_want_the_same_result_compute_it_once(folder, tmp_path, monkeypatch):
    code = f"""
        import time
        from pathlib import Path
        from rnn_tutorial._cache.memory import kept

        @kept(lambda: {{"seed": 1}})
        def compute():
            with open({str(tmp_path / "log")!r}, "a") as file:
                file.write("computed ")
            time.sleep(0.5)
            return "slow"

        assert compute() == "slow"
        """
    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "on")
    assert [process.communicate()[1] for process in [in_process(code) for _ in range(3)]] == [""] * 3
    assert (tmp_path / "log").read_text() == "computed "


def test_what_was_not_used_for_the_longest_time_makes_room_and_nothing_else_goes(folder, monkeypatch):
    compute({"seed": 0}, bytes(1000))
    (file,) = folder.glob("*.pickle")
    monkeypatch.setattr(memory, "LARGEST", 3 * file.stat().st_size)
    file.unlink()
    (folder / "mine").mkdir()
    (folder / "notes.txt").write_bytes(bytes(100_000))
    for seed in (1, 2, 3):
        compute({"seed": seed}, bytes(1000))
        os.utime(max(folder.glob("*.pickle"), key=lambda file: file.stat().st_mtime), (seed, seed))
    compute({"seed": 1}, "used now")
    compute({"seed": 4}, bytes(1000))
    assert [compute({"seed": seed}, "gone") == "gone" for seed in (1, 3, 4, 2)] == [False, False, False, True]
    assert (folder / "notes.txt").is_file() and (folder / "mine").is_dir()


def test_a_function_is_called_once_for_each_key(folder, monkeypatch):
    calls = []

    @kept(lambda number, **named: None if number is None else {"number": number, **named})
    def double(number, **named):
        calls.append(number)
        return [number, number]

    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "on")
    assert double.look_up(1) is None
    assert double(1) == double(1) == double.look_up(1) == [1, 1]
    assert double(np.int64(1)) == [1, 1]  # a number of another type may compute another result
    assert double(1, other=2) == [1, 1]
    assert calls == [1, 1, 1]
    for unknown in (None, object()):  # code that no version covers, and what JSON cannot hold
        assert double.look_up(unknown) is None
        double(unknown)
        double(unknown)
    assert len(calls) == 7
    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "off")
    assert double.look_up(1) is None
    double(1)
    assert len(calls) == 8
    assert double.__name__ == "double"
