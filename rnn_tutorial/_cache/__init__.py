"""Private: what was computed before is not computed again, and the CPU kernels that decide how results are rounded."""
