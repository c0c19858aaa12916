"""A progress bar for a training, or one for a task of many: loss, speed and time left; or a listener instead of it.

A task says of how many parts it is made (:func:`task`), and when each of them begins (:func:`part`); the trainings in
it, and tasks in its parts, move the same bar on. It is drawn on a terminal, in Jupyter or in marimo, and nowhere else.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Protocol, TypeAlias

from clearlstm.training.progress_text import Meter, clock, done_line, stopped_line

Show: TypeAlias = Callable[[int, float, float | None], None]
Listener: TypeAlias = Callable[[int, int, float, float | None], None]
"""Called after each step as ``listener(step, max_steps, loss, validation_loss)``; loss is that of one batch."""
Text: TypeAlias = Callable[[], str]

SECONDS_BETWEEN_UPDATES: Final = 0.1
# The first moments are slower than the rest: the time left is told after this share of the whole, or so many seconds.
SHARE_TO_TELL: Final = 0.02
SECONDS_TO_TELL: Final = 5.0


class Place(Protocol):
    """Where a bar is drawn: how much is done, 0..1, and a line of text; at the end the last words."""

    def draw(self, share: float, text: str) -> None: ...  # noqa: D102
    def end(self, share: float, text: str) -> None: ...  # noqa: D102


class Bar:
    """One bar: it is there at once, changes ten times a second at most, and ends with a line of what was done."""

    def __init__(self, place: Place, done: str) -> None:
        self._place, self._done = place, done
        self._start = self._next = time.perf_counter()
        self._share = self._share_at_start = 0.0
        self._text: Text = str
        self._trainings: list[Meter] = []

    def __enter__(self) -> "Bar":
        self._place.draw(0.0, "starting")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        seconds = time.perf_counter() - self._start
        if error is None:
            self._place.end(1.0, done_line(self._done, self._trainings, seconds))
        else:
            self._place.end(self._share, stopped_line(error, self._text(), seconds))

    def add(self, training: Meter, share: float) -> None:
        """Another training begins, where ``share`` is done; the first may go on with one that was stopped."""
        if not self._trainings:
            self._share_at_start = share
        self._trainings.append(training)

    def tell(self, share: float, text: Text) -> None:
        """How much is done, and what is to be said of it, if it is time to."""
        self._share, self._text = share, text
        now = time.perf_counter()
        if now >= self._next:
            self._next = now + SECONDS_BETWEEN_UPDATES
            self._place.draw(share, " · ".join(filter(None, [text(), self._time_left(now)])))

    def _time_left(self, now: float) -> str:
        done, seconds = self._share - self._share_at_start, now - self._start
        known = done > SHARE_TO_TELL or (done > 0 and seconds > SECONDS_TO_TELL)
        return f"{clock(seconds * (1 - self._share) / done)} left" if known else ""


@dataclass
class Part:
    """A stretch of a bar, from ``start`` on and ``width`` wide: a training, or ``of`` parts that are called ``one``.

    ``words`` say which part of which it is. Without a bar it is silent, and so is all that is done in it.
    """

    bar: Bar | None = None
    start: float = 0.0
    width: float = 1.0
    words: tuple[str, ...] = ()
    of: int = 1
    one: str = ""
    begun: int = 0

    def next(self, name: str, parts: int) -> "Part":
        """The next of its parts, or the next few as one; without a name it goes by its number."""
        width, first = self.width / self.of, min(self.begun, self.of - parts)
        self.begun += parts
        numbered = f"{self.one} {self.begun}/{self.of}" if self.one and self.of > 1 else ""
        words = (name or numbered,) if name or numbered else ()
        return Part(self.bar, self.start + first * width, width * parts, self.words + words)

    def tell(self, share: float, text: Text) -> None:
        """How much of this part is done, 0..1, and what is to be said of it."""
        if self.bar is not None:
            self.bar.tell(self.in_all(share), lambda: " · ".join(filter(None, [*self.words, text()])))

    def in_all(self, share: float) -> float:
        """How much of the whole is done, where ``share`` of this part is."""
        return self.start + share * self.width


_here: ContextVar[Part | Listener | None] = ContextVar("here", default=None)


@contextmanager
def _at(here: Part | Listener) -> Iterator[None]:
    before = _here.set(here)
    try:
        yield
    finally:
        _here.reset(before)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Every training of this context that would show a bar tells ``listener`` of its steps instead."""
    with _at(listener):
        yield


@contextmanager
def task(enabled: bool, of: int = 1, one: str = "", *, done: str = "") -> Iterator[None]:
    """Work in ``of`` parts, each called ``one``; at the end ``done`` says what was done, with the trainings in it.

    Inside another task it belongs to that one's bar. If it isn't enabled, all in it is silent, whatever it asks for.
    """
    here = _here.get()
    if not enabled:
        with _at(Part()):
            yield
    elif isinstance(here, Part):
        with _at(replace(here, of=max(of, 1), one=one, begun=0)):
            yield
    elif here is not None:
        yield
    elif (place := _place()) is None:
        with _at(Part()):
            yield
    else:
        with Bar(place, done) as bar, _at(Part(bar, of=max(of, 1), one=one)):
            yield


@contextmanager
def part(name: str = "", *, parts: int = 1) -> Iterator[None]:
    """The next part of the task that this is in, the next few or none; ``name`` says what it is, else its number."""
    here = _here.get()
    if not isinstance(here, Part):
        yield
        return
    following = here.next(name, parts)
    if following.words != here.words:
        following.tell(0.0, str)
    with _at(following):
        yield


def part_done() -> None:
    """One more part is done, of those that are at work side by side."""
    here = _here.get()
    if isinstance(here, Part):
        here.begun += 1
        words = f"{here.one} {here.begun}/{here.of} done" if here.of > 1 else ""
        here.tell(min(here.begun / here.of, 1.0), lambda: words)


def tell(words: str, share: float) -> None:
    """What is at work, and how much of the task or the part that this is in is done, 0..1."""
    here = _here.get()
    if isinstance(here, Part):
        here.tell(share, lambda: words)


def is_shown() -> bool:
    """Whether there is a bar to be moved on."""
    here = _here.get()
    return isinstance(here, Part) and here.bar is not None


@contextmanager
def progress_bar(enabled: bool, max_steps: int, first_step: int) -> Iterator[Show]:
    """Yield ``show(step, loss, validation_loss)`` of a training."""
    here = _here.get()
    if enabled and here is not None and not isinstance(here, Part):
        listener = here
        yield lambda step, loss, validation: listener(step, max_steps, loss, validation)
        return
    with task(enabled):
        yield _showing(Meter(max_steps, first_step))


def _showing(meter: Meter) -> Show:
    here = _here.get()
    if not isinstance(here, Part) or here.bar is None:
        return lambda _step, _loss, _validation: None
    n_words = len(here.words)
    here.bar.add(meter, here.in_all(meter.share))
    here.tell(meter.share, lambda: meter.line(n_words))

    def show(step: int, loss: float, validation: float | None) -> None:
        meter.read(step, loss, validation)
        here.tell(meter.share, lambda: meter.line(n_words))

    return show


def _place() -> Place | None:
    """Where a bar can be drawn. Workers, threads or processes, leave that to whom they work for."""
    from clearlstm.training.progress_notebook import JupyterBar, MarimoBar, in_marimo, kernel_display

    if in_marimo():
        return MarimoBar()
    if _is_worker():
        return None
    if (publish := kernel_display()) is not None:
        return JupyterBar(publish)
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    from clearlstm.training.progress_terminal import TerminalBar

    return TerminalBar()


def _is_worker() -> bool:
    from multiprocessing import parent_process

    return threading.current_thread() is not threading.main_thread() or parent_process() is not None
