"""CPU instruction sets of the numerical libraries, which decide how they round the last bit.

TensorFlow's oneDNN, XLA, NumPy and its OpenBLAS contain several versions of each CPU kernel, and use the one for the
newest instruction set that the processor supports. The versions round the last bit differently, and training is
chaotic: after some hundred updates two of them may give different networks. So the pages are run with the kernels for
AVX2, which x86-64 processors have had since about 2013. That has no measurable cost, and on one machine it makes the
numbers of two builds equal. Another make or generation of processor may still differ in the last bit: a simple RNN of
the same seed differed between two of AMD's. ``nox -s robust`` runs the pages with other instruction sets.

The libraries read the environment variables when they are loaded. So a program is started with them:

    python -m rnn_tutorial._cpu_kernels avx2 python my_program.py
"""

import os
import platform
import sys
from pathlib import Path

AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}
"""The environment variables that select the CPU kernels for AVX2."""

AVX = {
    "ONEDNN_MAX_CPU_ISA": "AVX",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX",
    "OPENBLAS_CORETYPE": "Sandybridge",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
}
"""Those for AVX, on processors since 2011; ``nox -s robust`` also checks claims with them."""

WITHOUT_ONEDNN = AVX2 | {"TF_ENABLE_ONEDNN_OPTS": "0"}
"""Those for AVX2, without oneDNN; ``nox -s robust`` also checks claims with them."""

VARIABLES = tuple(WITHOUT_ONEDNN)


def pinned_cpu_kernels(processor: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """Return the environment variables that select the CPU kernels for AVX2, or none if the processor lacks it.

    OpenBLAS does not check the processor name that it is given, and the kernels for another processor end in an illegal
    instruction. So nothing is set where the system does not list the processor's features in ``processor``.
    """
    if platform.machine() not in ("x86_64", "AMD64") or not processor.is_file():
        return {}
    flags = next((line.split() for line in processor.read_text().splitlines() if line.startswith("flags")), [])
    return AVX2 if {"avx2", "fma"} <= set(flags) else {}


def chosen_cpu_kernels() -> dict[str, str]:
    """Return those of the variables that are set for this process."""
    return {name: value for name in VARIABLES if (value := os.environ.get(name))}


def main(arguments: list[str]) -> None:
    """Run a command with the instruction set that the first argument names, if the processor has AVX2."""
    known = {"avx2": AVX2, "avx": AVX, "without-onednn": WITHOUT_ONEDNN}
    if len(arguments) < 2 or arguments[0] not in known:
        sys.exit(f"expected one of {', '.join(known)} and a command, got {' '.join(arguments) or 'nothing'}")
    os.environ |= known[arguments[0]] if pinned_cpu_kernels() else {}
    os.execvp(arguments[1], arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
