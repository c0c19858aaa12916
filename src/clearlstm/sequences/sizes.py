"""What is left to the data: how a training is set up by the size of what it learns from.

Chosen on the development problems of benchmarks/SEQUENCES.md, where the reported ones show what it came to.
"""

from typing import Final

import numpy as np

from clearlstm.shapes import IntArray

READS: Final = 100
"""Times that nine of ten sequences are read at most: a net that reads longer ones step by step learns them badly."""

MIN_STEPS: Final = 400
MAX_STEPS: Final = 4000
EPOCHS: Final = 12


def steps_at_once_for(lengths: IntArray) -> int:
    """How many steps are read together, of sequences of ``lengths`` (N,).

    >>> steps_at_once_for(np.array([29, 100])), steps_at_once_for(np.full(10, 361))
    (1, 4)
    """
    longest = int(np.quantile(lengths, 0.9, method="inverted_cdf"))
    return -(-longest // READS)


def max_steps_for(n_sequences: int, batch_size: int) -> int:
    """How many updates are made: ``EPOCHS`` times over all sequences, within bounds.

    >>> max_steps_for(100, 32), max_steps_for(3200, 32), max_steps_for(100_000, 32)
    (400, 1200, 4000)
    """
    return min(max(MIN_STEPS, EPOCHS * -(-n_sequences // batch_size)), MAX_STEPS)
