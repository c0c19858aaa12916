"""What a progress bar says: the numbers of a training while it runs, and one line at its end."""

import time
from collections.abc import Sequence
from typing import Final

from clearlstm.shapes import counted

# The loss of a single batch jumps about: what is shown is a running mean over about this many steps.
SMOOTHING_STEPS: Final = 50


class Meter:
    """What is known of one training: how far it is, its smoothed loss, its validation loss now and at its best."""

    def __init__(self, max_steps: int, first_step: int) -> None:
        self.step, self.max_steps, self._first_step = first_step, max_steps, first_step
        self.loss: float | None = None
        self.best: float | None = None
        self._validation: float | None = None
        self._start = time.perf_counter()

    def read(self, step: int, loss: float, validation: float | None) -> None:
        """Take in a step: the loss of its batch, and the last validation loss."""
        before = loss if self.loss is None else self.loss
        self.loss = before + (loss - before) / min(step - self._first_step, SMOOTHING_STEPS)
        self.step, self._validation = step, validation
        if validation is not None:
            self.best = validation if self.best is None else min(self.best, validation)

    @property
    def share(self) -> float:
        """How much of it is done, 0..1."""
        return self.step / self.max_steps

    def line(self, n_words: int) -> str:
        """The numbers for now; the more words stand before them, the fewer."""
        if self.loss is None:
            return f"{self.step}/{self.max_steps}"
        speed = (self.step - self._first_step) / max(time.perf_counter() - self._start, 1e-9)
        validation = self._validation if n_words < 2 else None
        return numbers_line(self.step, self.max_steps, self.loss, validation, None if n_words else speed)


def numbers_line(step: int, max_steps: int, loss: float, validation: float | None, steps_a_second: float | None) -> str:
    """One line of numbers, short enough to leave room for the time left and for a bar on 80 columns.

    >>> numbers_line(4000, 20000, 0.012345, None, 250.0)
    '4000/20000 · loss 0.0123 · 250 steps/s'
    """
    parts = [f"{step}/{max_steps}", f"loss {loss:.3g}"]
    if validation is not None:
        parts.append(f"validation {validation:.3g}")
    if steps_a_second is not None:
        parts.append(f"{steps_a_second:.2g} steps/s" if steps_a_second < 10 else f"{steps_a_second:.0f} steps/s")
    return " · ".join(parts)


def clock(seconds: float) -> str:
    """Minutes and seconds, after an hour hours too.

    >>> clock(64.2), clock(3600)
    ('1:04', '1:00:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else clock(seconds)


def done_line(done: str, trainings: Sequence[Meter], seconds: float) -> str:
    """What was done, in ``done``'s words, by which trainings, and how long it took."""
    parts = [done] if done else []
    if len(trainings) == 1:
        parts += _one(trainings[0])
    elif trainings:
        steps = sum(one.step for one in trainings)
        parts += [counted(len(trainings), "net"), counted(steps, "step"), f"last loss {trainings[-1].loss or 0:.3g}"]
    return " · ".join([*parts, f"in {_duration(seconds)}"])


def _one(training: Meter) -> list[str]:
    early = f"{training.step:,} of " if training.step < training.max_steps else ""
    parts = [f"{early}{counted(training.max_steps, 'step')}"]
    if training.loss is not None:
        parts.append(f"loss {training.loss:.3g}")
    if training.best is not None:
        parts.append(f"best validation {training.best:.3g}")
    return parts


def stopped_line(error: BaseException, at: str, seconds: float) -> str:
    """That it was stopped, by whom, and where."""
    stopped = "stopped by an error" if isinstance(error, Exception) else "stopped"
    return " · ".join([f"{stopped} at {at}" if at else stopped, f"after {_duration(seconds)}"])
