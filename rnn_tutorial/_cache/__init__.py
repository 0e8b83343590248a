"""Private: what was computed before is not computed again."""
