"""Which machine code the libraries run, and so how they round the last bit.

TensorFlow's oneDNN, XLA, NumPy and its OpenBLAS carry several versions of each routine and take the newest that the
processor knows. The versions round the last bit in different ways, and training is chaotic: after some hundred updates
two of them may give different networks. So the pages are run with the routines for AVX2, which x86-64 processors have
since about 2013. That costs no time that can be measured, and it makes one build's numbers those of another on most
machines. It does not make them so on all: another make of processor, or ARM, may still differ in the last bit.
``nox -s robust`` runs the pages with other routines.

The libraries read the environment variables when they are loaded. So a program is started with them:

    python -m rnn_tutorial.routines avx2 python my_program.py
"""

import os
import platform
import sys
from pathlib import Path

__all__ = ["pinned_routines", "AVX2", "AVX", "WITHOUT_ONEDNN"]

AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}
"""The environment variables that choose the routines for AVX2, as on :doc:`/sentiment/comparison`."""

AVX = {
    "ONEDNN_MAX_CPU_ISA": "AVX",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX",
    "OPENBLAS_CORETYPE": "Sandybridge",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
}
"""Those for AVX, which processors have since 2011; the claims of :doc:`/sentiment/comparison` are tried with them."""

WITHOUT_ONEDNN = AVX2 | {"TF_ENABLE_ONEDNN_OPTS": "0"}
"""Those for AVX2, without oneDNN; the claims of :doc:`/sentiment/comparison` are tried with them, too."""

VARIABLES = tuple(WITHOUT_ONEDNN)


def pinned_routines(processor: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """Return the environment variables that choose the routines for AVX2, or none where the processor lacks it.

    OpenBLAS takes the name of a processor on trust, and its routines for another one end in an illegal instruction. So
    nothing is pinned where the system does not tell what its processor has. :doc:`/sentiment/comparison` is run so.

    :param processor: the file in which Linux tells what the processor has
    :returns: the variables

    Example:

    >>> from pathlib import Path
    >>> from rnn_tutorial.routines import pinned_routines
    >>> pinned_routines(Path("there-is-no-such-file"))
    {}
    """
    if platform.machine() not in ("x86_64", "AMD64") or not processor.is_file():
        return {}
    flags = next((line.split() for line in processor.read_text().splitlines() if line.startswith("flags")), [])
    return AVX2 if {"avx2", "fma"} <= set(flags) else {}


def chosen_routines() -> dict[str, str]:
    """Return what this process was told."""
    return {name: value for name in VARIABLES if (value := os.environ.get(name))}


def main(arguments: list[str]) -> None:
    """Run a command with the routines that the first argument names, where the processor has AVX2."""
    known = {"avx2": AVX2, "avx": AVX, "without-onednn": WITHOUT_ONEDNN}
    if len(arguments) < 2 or arguments[0] not in known:
        sys.exit(f"expected one of {', '.join(known)} and a command, got {' '.join(arguments) or 'nothing'}")
    os.environ |= known[arguments[0]] if pinned_routines() else {}
    os.execvp(arguments[1], arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
