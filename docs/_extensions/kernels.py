"""Run the pages with the machine code that most processors have.

TensorFlow's oneDNN, XLA, NumPy and its OpenBLAS carry several versions of each routine and take the newest that the
processor knows. The versions round the last bit in different ways, and training is chaotic: after some hundred updates
two of them may give different networks. So the pages are run with the routines for AVX2, which x86-64 processors have
since about 2013. That costs no time that can be measured, and it makes one build's numbers those of another on most
machines. It does not make them so on all: another make of processor, or ARM, may still differ in the last bit.

``nox -s robust`` runs the pages with other routines.
"""

import platform
from pathlib import Path

AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}
AVX = {
    "ONEDNN_MAX_CPU_ISA": "AVX",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX",
    "OPENBLAS_CORETYPE": "Sandybridge",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
}
WITHOUT_ONEDNN = AVX2 | {"TF_ENABLE_ONEDNN_OPTS": "0"}


def pinned(processor: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """Give the environment variables that choose the routines for AVX2, or none where the processor lacks it.

    OpenBLAS takes the name of a processor on trust, and its routines for another one end in an illegal instruction. So
    nothing is pinned where the system does not tell what its processor has.
    """
    if platform.machine() not in ("x86_64", "AMD64") or not processor.is_file():
        return {}
    flags = next((line.split() for line in processor.read_text().splitlines() if line.startswith("flags")), [])
    return AVX2 if {"avx2", "fma"} <= set(flags) else {}
