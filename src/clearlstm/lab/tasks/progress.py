"""How far a task is: one line of JSON for each piece of news, on the pipe to the lab's server."""

import json
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TextIO

from clearlstm.errors import ClearLSTMWarning
from clearlstm.training.progress_text import SMOOTHING_STEPS

SECONDS_BETWEEN: Final = 0.2
CURVE_POINTS: Final = 200


class News:
    """What goes to the server."""

    def __init__(self, pipe: TextIO) -> None:
        self._pipe = pipe

    def send(self, **values: Any) -> None:
        """One line, at once."""
        print(json.dumps(values), file=self._pipe, flush=True)

    def phase(self, words: str) -> None:
        """What is being done now."""
        self.send(phase=words, progress=None)

    @contextmanager
    def warnings(self) -> Iterator[list[str]]:
        """Our own warnings are sent as they come, once each, and collected; others go where Python sends them."""
        caught: list[str] = []
        shown: Any = warnings.showwarning

        def keep(message: Warning | str, category: type[Warning], *where: Any, **how: Any) -> None:
            if not issubclass(category, ClearLSTMWarning):
                shown(message, category, *where, **how)
            elif str(message) not in caught:
                caught.append(str(message))
                self.send(warning=str(message))

        with warnings.catch_warnings():
            warnings.simplefilter("always", ClearLSTMWarning)
            warnings.showwarning = keep
            yield caught


class TrainingProgress:
    """The trainings of a task: which one runs, how far it is, and its curve so far."""

    def __init__(self, news: News, of_fits: int) -> None:
        self._news, self._of_fits = news, of_fits
        self._fit, self._words = 0, ""
        self._begin()

    def next_fit(self, words: str) -> None:
        """Another training begins."""
        self._fit, self._words = self._fit + 1, words
        self._begin()
        self._news.phase(words)

    def _begin(self) -> None:
        self._first: tuple[int, float] | None = None
        self._last: int | None = None
        self._smooth, self._every, self._next = 0.0, 1, 0.0
        self._curve: list[dict[str, Any]] = []

    def step(self, step: int, max_steps: int, loss: float, validation: float | None) -> None:
        """The listener of :func:`clearlstm.training.progress.listening`."""
        now = time.monotonic()
        if self._last is not None and step <= self._last:  # another net of the same fit
            self._begin()
        self._last = step
        if self._first is None:
            self._first, self._smooth, self._every = (step, now), loss, max(1, max_steps // CURVE_POINTS)
        self._smooth += (loss - self._smooth) / min(step - self._first[0] + 1, SMOOTHING_STEPS)
        if step % self._every == 0 or step == max_steps:
            self._curve.append({"step": step, "loss": self._smooth, "validation": validation})
        if now >= self._next or step == max_steps:
            self._next = now + SECONDS_BETWEEN
            self._send(step, max_steps, validation, now)

    def _send(self, step: int, max_steps: int, validation: float | None, now: float) -> None:
        assert self._first is not None
        taken, seconds = step - self._first[0], now - self._first[1]
        progress = {
            "fit": self._fit,
            "of_fits": self._of_fits,
            "fit_words": self._words,
            "step": step,
            "max_steps": max_steps,
            "loss": self._smooth,
            "validation": validation,
            "seconds_left": (max_steps - step) * seconds / taken if taken else None,
            "curve": self._curve,
        }
        self._news.send(progress=progress)
