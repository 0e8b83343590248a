import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from importlib.metadata import requires

import nbformat
import psutil
import pytest

from rnn_tutorial.exercises import names, solution, starter

GRADE = [sys.executable, "-m", "rnn_tutorial.exercises", "grade"]
FORGED = "import os\nfor k in range(3, 9):\n    try: os.write(k, b'1')\n    except OSError: pass\nos._exit(0)"
ENDLESS = "def recurrent_step(*given):\n    while True:\n        print('text')"
SECOND = {"linear_scan": solution("linear_scan")}


def write(folder, name, cells):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps({"exercises": {"theory/recurrence#one": "done"}, "cells": cells}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    write(folder, "a wrong.json", {"recurrent_step": solution("recurrent_step").replace("U @ h", "U.T @ h"), "1f": "x"})
    write(folder, "an empty.json", {})
    write(
        folder,
        "an endless.json",
        {"recurrent_step": ENDLESS, **SECOND, "attention": "import os\nos._exit(0)", "gru_step": FORGED},
    )
    right = {"recurrent_step": solution("recurrent_step"), "attention": "def attention(*_): 1/0"}
    write(folder, "=b/right.json", right)
    write(folder, "cut.json", SECOND)
    (folder / "cut.json").write_bytes((folder / "cut.json").read_bytes()[:-9])
    for number, text in enumerate(["", "[]", '{"cells": 1}', '{"cells": "linear_scan"}', '{"cells": [1]}', "\udcff"]):
        (folder / f"d{number}.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    return folder


def test_a_table_has_a_row_for_each_file_and_a_column_for_each_function(folder):
    done = subprocess.run([*GRADE, folder, "--seconds", "2"], capture_output=True, text=True, check=True)
    head, *rows = csv.reader(io.StringIO(done.stdout))
    assert head == ["file", "passes", *names()]
    assert [row[1] for row in rows[4:]] == ["neither an exported file nor a notebook, or cut short"] * 7
    table = {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows[:4]}
    assert list(table) == ["'=b/right.json", "a wrong.json", "an empty.json", "an endless.json"]
    right, wrong, empty, endless = table.values()
    assert wrong["recurrent_step"] == "fails: U is transposed: a row belongs to a unit of h_t"
    assert Counter(empty.values()) == {"0": 1, "not handed in": len(names())}
    assert endless["recurrent_step"] == "time limit"
    assert (endless["linear_scan"], endless["passes"]) == ("passes", "1")
    assert endless["attention"] == endless["gru_step"] == "fails: it ends Python"
    assert (right["recurrent_step"], right["passes"]) == ("passes", "1")
    assert right["attention"] == "fails: line 1, `def attention(*_): 1/0`: ZeroDivisionError: division by zero"
    assert done.stderr.splitlines()[:2] == ["1 of 11: =b/right.json: 1", "2 of 11: a wrong.json: 0"]


def test_what_was_judged_before_an_interrupt_is_in_the_table(folder, tmp_path):
    run = subprocess.Popen([*GRADE, folder, "--to", tmp_path / "table.csv"], stderr=subprocess.PIPE, text=True)
    with run:
        assert [run.stderr.readline() for _ in range(3)][2] == "3 of 11: an empty.json: 0\n"
        run.send_signal(signal.SIGINT)
        assert run.stderr.read().endswith("Interrupted: the table ends with the last file above.\n")
    assert run.returncode == 1
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["file", "'=b/right.json", "a wrong.json", "an empty.json"]


def graded(folder, *options):
    done = subprocess.run([*GRADE, folder, *options], capture_output=True, text=True, check=True)
    return list(csv.DictReader(io.StringIO(done.stdout)))


def notebook(file, *codes):
    cells = [nbformat.v4.new_markdown_cell("def gru_step("), *map(nbformat.v4.new_code_cell, codes)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), file)


def test_of_a_notebook_the_functions_that_were_begun_are_judged(tmp_path):
    codes = ["%pip install numpy", starter("attention"), solution("linear_scan"), "check_function(linear_scan)"]
    notebook(tmp_path / "ada.ipynb", *codes)
    (row,) = graded(tmp_path)
    assert [name for name in names() if row[name] != "not handed in"] == ["linear_scan"]
    assert (row["linear_scan"], row["passes"]) == ("passes", "1")


def test_a_function_of_a_notebook_finds_what_the_cells_before_it_define(tmp_path):
    scan = solution("linear_scan").replace("def linear_scan(", "def scan_(")
    step = solution("recurrent_step").replace("import numpy as np", "").replace("np.tanh", "squash")
    later = "%timeit linear_scan(one, one)\nendless = recurrent_step()\nsquash = None"
    notebook(
        tmp_path / "ada.ipynb",
        "import no_such_library\nimport numpy as np\n%matplotlib inline\ndef squash(a):\n    return np.tanh(a)",
        f"{scan}\none = np.ones((2, 1))",
        "%%time\nlinear_scan = scan_\nif True:\n    !ls",
        ENDLESS,
        "y = recurrent_step(1)\nrecurrent_step(2)",
        step.replace("def recurrent_step(", "def recurrent_step ("),
        later,
    )
    (row,) = graded(tmp_path, "--seconds", "20")
    assert (row["linear_scan"], row["recurrent_step"], row["passes"]) == ("passes", "passes", "2")


def test_what_a_function_starts_ends_with_it(tmp_path):
    sleep = f"import os, time\nif not os.fork():\n    open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
    sleep += "    time.sleep(600)\n" + solution("linear_scan")
    write(tmp_path, "ada.json", {"linear_scan": sleep})
    os.mkfifo(tmp_path / "pipe.json")  # which is no file
    (row,) = graded(tmp_path, "--seconds", "5")
    assert row["file"] == "ada.json"
    child = int((tmp_path / "pid").read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_what_was_handed_in_is_not_overwritten_and_has_to_be_there(tmp_path):
    write(tmp_path, "ada.json", SECOND)
    done = subprocess.run([*GRADE, tmp_path, "--to", tmp_path / "ada.json"], capture_output=True, text=True)
    assert done.returncode == 2 and "which was handed in" in done.stderr
    assert graded(tmp_path)[0]["passes"] == "1"
    (tmp_path / "ada.json").unlink()
    done = subprocess.run([*GRADE, tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"there is no file in {tmp_path} that ends in .json or .ipynb" in done.stderr


def test_the_functions_need_numpy_alone():
    code = """if True:
        import sys
        from rnn_tutorial.exercises import judge, names, solution
        assert all(passed for name in names() for passed, _ in judge(name, solution(name)))
        print(*{name.partition(".")[0] for name in sys.modules})
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    required = {re.split("[=>]", line)[0].replace("scikit-learn", "sklearn") for line in requires("rnn_tutorial")}
    assert required & set(done.stdout.split()) == {"numpy"}
