"""Language: counted and learned models of it, attention, and recurrences that replaced it."""
