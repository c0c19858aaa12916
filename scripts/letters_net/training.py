"""The net of letters: 96 LSTM units and a linear head, trained with ``clearlstm.train`` on stretches of the plays."""

import hashlib
from collections.abc import Callable
from typing import Final, final

import numpy as np

from clearlstm import letters
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.shapes import IntArray
from clearlstm.training.batches import Batch
from clearlstm.training.loop import train

UNITS: Final = 96
STEPS: Final = 16_000
WARM_UP: Final = 100
SEED: Final = 1
STRETCH: Final = 192  # letters that an update looks back over
STRIDE: Final = 32  # from the start of one stretch to that of the next


@final
class Stretches:
    """Every stretch of a text, each letter with the one that follows: what ``train`` takes instead of arrays.

    One-hot letters of the whole text would be a gigabyte, so those of a batch are made when it is asked for.
    """

    def __init__(self, text: str) -> None:
        self._codes = letters.codes(text)
        self._one_hot = np.eye(len(letters.ALPHABET), dtype=np.float32)

    @property
    def n_rows(self) -> int:
        """How many stretches there are."""
        return (len(self._codes) - STRETCH - 1) // STRIDE + 1

    @property
    def fingerprint(self) -> str:
        """A hash of the text."""
        return hashlib.blake2b(self._codes.tobytes(), digest_size=16).hexdigest()

    def batch(self, rows: IntArray) -> Batch:
        """x (n, T, A) and y (n, T), the number of the letter that came next."""
        stretches = self._codes[rows[:, None] * STRIDE + np.arange(STRETCH + 1)]
        return Batch(self._one_hot[stretches[:, :-1]], stretches[:, 1:])


def trained(text: str, steps: int = STEPS, on_step: Callable[[int, float], None] | None = None) -> Network:
    """A net that has learnt to guess the next letter of ``text``, its numbers rounded to float16, in float64."""
    size = len(letters.ALPHABET)
    model = Network(LSTM(size, UNITS, seed=SEED), head=size, pool=None, seed=SEED)
    train(
        model,
        Stretches(text),
        loss="cross_entropy",
        batch_size=32,
        max_steps=steps,
        learning_rate=0.006,
        weight_decay=0.1,
        schedule="cosine",
        warmup_steps=min(WARM_UP, steps),
        seed=SEED,
        on_step=on_step,
    )
    rounded = {name: values.astype(np.float16) for name, values in model.parameters.items()}
    whole = Network(LSTM(size, UNITS, dtype="float64", seed=SEED), head=size, pool=None, seed=SEED)
    return whole.set_parameters(rounded)
