"""Write post-padding: ids of several sequences as one array, with 0 behind the shorter ones, and a mask.

The mask is True where there is an id, and False at the padding.
"""

from itertools import zip_longest

import numpy as np

HINT = "Start with `np.zeros((batch, longest), int)`, and fill the first `len(sequence)` places of each row."
CALL = "pad_and_mask([[7, 3, 9], [4]])"
RESULTS = "ids", "mask"


def pad_and_mask(sequences):
    """Return the ids and the mask, of whole numbers and of True and False, each of shape (batch, longest).

    sequences is a list of lists of ids, which are whole numbers from 1, of different lengths.
    """
    longest = max(len(sequence) for sequence in sequences)
    ids = np.zeros((len(sequences), longest), int)
    mask = np.zeros((len(sequences), longest), bool)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = True
    return ids, mask


def draw(random: np.random.Generator) -> tuple[list[list[int]]]:
    """Draw three sequences of different lengths, of the first ids and a large one."""
    lengths = random.choice([1, 2, 4, 5, 6], 3, replace=False)
    return ([random.choice([1, 2, 1000], length).tolist() for length in lengths],)


def expected(sequences) -> tuple[np.ndarray, np.ndarray]:
    """Put the sequences into columns, and compare the places with the lengths."""
    ids = np.array(list(zip_longest(*sequences, fillvalue=0))).T
    return ids, np.arange(ids.shape[1]) < np.array([[len(sequence)] for sequence in sequences])


SLIPS = {
    "this is pre-padding: the ids come first, and the padding behind them": lambda sequences: tuple(
        part[:, ::-1] for part in pad_and_mask([ids[::-1] for ids in sequences])
    ),
    "True is where there is an id": lambda sequences: (pad_and_mask(sequences)[0], ~pad_and_mask(sequences)[1]),
    "time is the first axis; a row is a sequence": lambda sequences: tuple(part.T for part in pad_and_mask(sequences)),
    "all are cut to the shortest; pad them to the longest": lambda sequences: tuple(
        part[:, : min(map(len, sequences))] for part in pad_and_mask(sequences)
    ),
}
