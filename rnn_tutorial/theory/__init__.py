"""The recurrence in NumPy: cells, gradients, tasks and the training of small networks."""
