"""What is kept comes back whole or not at all, and a store that fails costs time and no result."""

import logging
import os
import pickle
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from rnn_tutorial import store
from rnn_tutorial.store import keep, locked, look_up

FACTS = {"seed": 101, "settings": {"epochs": 2, "rate": 0.002}, "words": ["naïve", "film"]}
RECORD = {"history": [0.1, 1 / 3], "trained": "2026-11-26"}
ARRAYS = {
    "weights": np.arange(12, dtype=np.float32).reshape(3, 4).T,  # in another order of memory
    "ids": np.array([1, 2**31 - 1], dtype=np.int32),
    "none": np.zeros((0, 2)),
    "flags": np.array([True, False]),
    "one": np.float32(0.5),
}


@pytest.fixture
def kept(tmp_path):
    keep(tmp_path, FACTS, RECORD, ARRAYS)
    return tmp_path


def entry(folder):
    (file,) = folder.glob("*.safetensors")
    return file


def test_what_was_kept_comes_back_to_the_last_bit(kept):
    record, arrays = look_up(kept, FACTS)
    assert record == RECORD
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == np.asarray(array).dtype
        assert np.array_equal(arrays[name], array)


@pytest.mark.parametrize(
    "facts",
    [
        FACTS | {"seed": 102},
        FACTS | {"settings": {"epochs": 2, "rate": 0.0020000001}},
        FACTS | {"words": ["film", "naïve"]},
        FACTS | {"more": None},
        {},
    ],
)
def test_another_fact_finds_nothing(kept, facts):
    assert look_up(kept, facts) is None


def test_the_order_in_which_facts_are_told_does_not_matter(kept):
    assert look_up(kept, dict(reversed(FACTS.items()))) is not None


def damage(file, how, sprung):
    content = file.read_bytes()
    size = int.from_bytes(content[:8], "little")

    class Trap:
        def __reduce__(self):
            return (os.mkdir, (sprung,))

    return {
        "cut": content[: len(content) // 2],
        "cut by one byte": content[:-1],
        "emptied": b"",
        "a number altered": content[:-1] + bytes([content[-1] ^ 1]),
        "the record altered": content.replace(b"2026-11-26", b"2026-11-27"),
        "the header a billion bytes long": (10**9).to_bytes(8, "little") + content[8:],
        "the header no JSON": content[:8] + b"x" * size + content[8 + size :],
        "a foreign file": save({"weights": np.zeros(3)}),
        "a foreign file with metadata": save({"weights": np.zeros(3)}, {"format": "pt"}),
        "a pickle": pickle.dumps(Trap()),
    }[how]


@pytest.mark.parametrize(
    "how",
    [
        "cut", "cut by one byte", "emptied", "a number altered", "the record altered",
        "the header a billion bytes long", "the header no JSON", "a foreign file", "a foreign file with metadata",
        "a pickle",
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_set_aside_and_not_used(kept, how, caplog):
    file, sprung = entry(kept), kept / "sprung"
    file.write_bytes(damage(file, how, str(sprung)))
    with caplog.at_level(logging.WARNING):
        assert look_up(kept, FACTS) is None
    assert [str(file) in line and "computed again" in line for line in caplog.messages] == [True]
    assert [other.suffix for other in kept.iterdir()] == [".damaged"]
    assert not sprung.exists()
    keep(kept, FACTS, RECORD, ARRAYS)
    assert look_up(kept, FACTS) is not None


def test_a_result_under_the_name_of_another_one_is_not_used(kept, tmp_path):
    mine = entry(kept)
    keep(kept, FACTS | {"seed": 102}, RECORD, ARRAYS)
    (other,) = set(kept.glob("*.safetensors")) - {mine}
    other.replace(mine)
    assert look_up(kept, FACTS) is None


def test_a_folder_that_cannot_be_made_or_read_is_told_and_nothing_fails(tmp_path, caplog):
    (tmp_path / "file").write_text("not a folder")
    with caplog.at_level(logging.WARNING):
        keep(tmp_path / "file" / "runs", FACTS, RECORD, ARRAYS)
        assert look_up(tmp_path / "file" / "runs", FACTS) is None
    assert "could not be saved" in caplog.messages[0]
    assert len(caplog.messages) == 2


def in_process(tmp_path, code):
    return [sys.executable, "-c", textwrap.dedent(code)], {"cwd": tmp_path, "capture_output": True, "text": True}


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path):
    command, how = in_process(
        tmp_path,
        """
        import resource
        from pathlib import Path
        import numpy as np
        from rnn_tutorial.store import keep, locked, look_up
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        keep(Path("runs"), {"seed": 1}, {}, {"weights": np.zeros(100_000)})
        print(look_up(Path("runs"), {"seed": 1}), list(Path("runs").iterdir()))
        """,
    )
    done = subprocess.run(command, **how, check=True)
    assert done.stdout == "None []\n"
    assert "could not be saved in runs" in done.stderr


def test_a_stop_while_it_is_written_leaves_nothing(tmp_path, monkeypatch):
    def stop(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path, FACTS, RECORD, ARRAYS)
    assert list(tmp_path.iterdir()) == []


def test_two_builds_that_keep_the_same_result_leave_a_whole_one_at_any_time(tmp_path):
    command, how = in_process(
        tmp_path,
        """
        from pathlib import Path
        import numpy as np
        from rnn_tutorial.store import keep
        for number in range(200):
            keep(Path("."), {"seed": 1}, {"number": number}, {"weights": np.full(50_000, number)})
        """,
    )
    how.pop("capture_output")
    builds = [subprocess.Popen(command, stderr=subprocess.PIPE, **how) for _ in range(2)]
    found = []
    while any(build.poll() is None for build in builds):
        if result := look_up(tmp_path, {"seed": 1}):
            record, arrays = result
            found.append(bool((arrays["weights"] == record["number"]).all()))
    assert [build.communicate()[1] for build in builds] == ["", ""]
    assert len(found) > 5
    assert all(found)
    assert [file.suffix for file in tmp_path.iterdir()] == [".safetensors"]


def test_two_that_want_the_same_result_compute_it_once(tmp_path):
    def found_or_computed(_):
        with locked(tmp_path, FACTS):
            found = look_up(tmp_path, FACTS)
            if not found:
                time.sleep(0.3)
                keep(tmp_path, FACTS, RECORD, ARRAYS)
        return found is not None

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(found_or_computed, range(2))) == [False, True]


def test_without_a_folder_to_write_there_is_no_lock(tmp_path):
    (tmp_path / "file").touch()
    with locked(tmp_path / "file" / "runs", FACTS):
        assert look_up(tmp_path / "runs", FACTS) is None


def test_what_was_not_used_for_the_longest_time_makes_room(tmp_path, monkeypatch):
    keep(tmp_path, {"seed": 0}, {}, {"weights": np.zeros(100)})
    file = entry(tmp_path)
    monkeypatch.setattr(store, "LARGEST", 3 * file.stat().st_size)
    file.unlink()
    for seed in (1, 2, 3):
        keep(tmp_path, {"seed": seed}, {}, {"weights": np.zeros(100)})
        os.utime(max(tmp_path.iterdir(), key=lambda file: file.stat().st_mtime), (seed, seed))
    assert look_up(tmp_path, {"seed": 1}) is not None  # used now
    keep(tmp_path, {"seed": 4}, {}, {"weights": np.zeros(100)})
    assert [look_up(tmp_path, {"seed": seed}) is not None for seed in (1, 2, 3, 4)] == [True, False, True, True]
