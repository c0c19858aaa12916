"""A progress bar on the terminal: loss, validation loss, speed and time left; or a listener instead of it."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

Show = Callable[[int, float, float | None], None]
Listener = Callable[[int, int, float, float | None], None]
"""Called after each step as ``listener(step, max_steps, loss, validation_loss)``; loss is that of one batch."""

SECONDS_BETWEEN_UPDATES: Final = 0.1
# The loss of a single batch jumps about: what is shown is a running mean over about this many steps.
SMOOTHING_STEPS: Final = 50

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Every training of this context that would show a bar tells ``listener`` of its steps instead."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


@contextmanager
def progress_bar(enabled: bool, max_steps: int, first_step: int) -> Iterator[Show]:
    """Yield ``show(step, loss, validation_loss)``; it draws on stderr if that is a terminal, and else does nothing."""
    if enabled and (listener := _listener.get()) is not None:
        yield lambda step, loss, validation: listener(step, max_steps, loss, validation)
        return
    if not enabled or not sys.stderr.isatty():
        yield lambda _step, _loss, _validation: None
        return

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    bar = Progress(
        BarColumn(bar_width=None),
        TextColumn("{task.fields[numbers]}"),
        console=Console(stderr=True),
        auto_refresh=False,
        expand=True,
    )
    with bar:
        task = bar.add_task("training", total=max_steps, completed=first_step, numbers="")
        meter = _Meter(max_steps, first_step)

        def show(step: int, loss: float, validation: float | None) -> None:
            if numbers := meter.read(step, loss, validation):
                bar.update(task, completed=step, numbers=numbers, refresh=True)

        yield show


class _Meter:
    """Turns every step's numbers into a line of text ten times a second."""

    def __init__(self, max_steps: int, first_step: int) -> None:
        self._max_steps, self._first_step = max_steps, first_step
        self._smooth_loss: float | None = None
        self._start = time.perf_counter()
        self._next = self._start

    def read(self, step: int, loss: float, validation: float | None) -> str | None:
        """The text for now, or None if the last one is too fresh to be replaced."""
        before = loss if self._smooth_loss is None else self._smooth_loss
        self._smooth_loss = before + (loss - before) / min(step - self._first_step, SMOOTHING_STEPS)
        now = time.perf_counter()
        if now < self._next and step < self._max_steps:
            return None
        self._next = now + SECONDS_BETWEEN_UPDATES
        steps_a_second = (step - self._first_step) / max(now - self._start, 1e-9)
        return numbers_line(step, self._max_steps, self._smooth_loss, validation, steps_a_second)


def numbers_line(step: int, max_steps: int, loss: float, validation: float | None, steps_a_second: float) -> str:
    """One line of numbers, short enough to leave room for a bar on 80 columns.

    >>> numbers_line(4000, 20000, 0.012345, None, 250.0)
    '4000/20000 · loss 0.0123 · 250 steps/s · 1:04 left'
    """
    parts = [f"{step}/{max_steps}", f"loss {loss:.3g}"]
    if validation is not None:
        parts.append(f"validation {validation:.3g}")
    parts.append(f"{steps_a_second:.2g} steps/s" if steps_a_second < 10 else f"{steps_a_second:.0f} steps/s")
    minutes, seconds = divmod(round((max_steps - step) / steps_a_second), 60)
    hours, minutes = divmod(minutes, 60)
    parts.append(f"{hours}:{minutes:02}:{seconds:02} left" if hours else f"{minutes}:{seconds:02} left")
    return " · ".join(parts)
