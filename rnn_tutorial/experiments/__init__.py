"""Training runs that take hours and are recorded: the plans, what runs them, and the results that pages read."""
