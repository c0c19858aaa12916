"""Ctrl-C, and what else ends a program in order, at a moment when everything is whole."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], Any] | int | None

ENDINGS: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C; a container that stops; a terminal that closes; Windows' Ctrl-Break. Not every system has all."""


class HeldInterrupt:
    """Which of the signals came since the last look."""

    def __init__(self) -> None:
        self.pending: int | None = None

    def raise_if_pending(self) -> None:
        """Raise what was held back: KeyboardInterrupt, or for other signals SystemExit with 128 + their number."""
        number, self.pending = self.pending, None
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        if number is not None:
            raise SystemExit(128 + number)


@contextmanager
def interrupts_held() -> Iterator[HeldInterrupt]:
    """Hold back signals that end the program until ``raise_if_pending`` is called, or the block ends.

    A second one ends it at once. Only Python's and the system's own handling is replaced: other handlers, and threads
    that get no signals, are left alone.
    """
    held = HeldInterrupt()
    before = _usual_handlers() if threading.current_thread() is threading.main_thread() else {}

    def put_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def hold(number: int, _frame: FrameType | None) -> None:
        held.pending = number
        put_back()

    for number in before:
        signal.signal(number, hold)
    try:
        yield held
    finally:
        put_back()
    held.raise_if_pending()


def _usual_handlers() -> dict[int, Handler]:
    """The handlers of those signals that end the program in the usual way."""
    numbers = [getattr(signal, name) for name in ENDINGS if hasattr(signal, name)]
    handlers = {number: signal.getsignal(number) for number in numbers}
    return {number: how for number, how in handlers.items() if how in (signal.default_int_handler, signal.SIG_DFL)}
