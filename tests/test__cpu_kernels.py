import os
import platform
import subprocess
import sys

import pytest

from rnn_tutorial import _cpu_kernels as cpu_kernels


@pytest.mark.skipif(platform.machine() != "x86_64", reason="nothing is pinned on other machines")
@pytest.mark.parametrize(
    ("flags", "expected"),
    [("fpu avx avx2 fma avx512f", cpu_kernels.AVX2), ("fpu avx avx2 fma", cpu_kernels.AVX2), ("fpu avx", {})],
)
def test_the_kernels_for_avx2_are_taken_where_the_processor_has_them(tmp_path, flags, expected):
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags : {flags}\n\nprocessor : 1\nflags : {flags}\n")
    assert cpu_kernels.pinned_cpu_kernels(tmp_path / "cpuinfo") == expected


def test_nothing_is_pinned_where_the_processors_features_are_unknown(tmp_path):
    assert cpu_kernels.pinned_cpu_kernels(tmp_path / "missing") == {}


def test_numpy_follows_without_a_word():
    code = "import numpy; from numpy._core._multiarray_umath import __cpu_features__ as f; print(f['X86_V4'])"
    command, environment = [sys.executable, "-W", "always", "-c", code], os.environ | cpu_kernels.pinned_cpu_kernels()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")
