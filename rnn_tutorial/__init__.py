"""Recurrent neural networks, taught by running them.

The package that the pages of the tutorial run. Importing it loads neither TensorFlow nor matplotlib:
each module loads what it needs when it is imported itself.
"""

__version__ = "1.0.0"
