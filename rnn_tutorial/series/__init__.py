"""Sequences of numbers: windows, baselines that a forecast has to beat, and a river whose snow a network stores."""
