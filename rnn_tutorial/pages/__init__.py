"""What pages show: figures, files for the widgets, answers to exercises."""
