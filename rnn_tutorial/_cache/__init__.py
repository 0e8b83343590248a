"""What was computed before is not computed again. Private: nothing here changes a result."""
