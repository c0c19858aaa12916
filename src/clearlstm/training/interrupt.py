"""Ctrl-C at a moment when everything is whole."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class HeldInterrupt:
    """Whether Ctrl-C was pressed since the last look."""

    def __init__(self) -> None:
        self.pending = False

    def raise_if_pending(self) -> None:
        """Raise the KeyboardInterrupt that was held back, if there is one."""
        if self.pending:
            self.pending = False
            raise KeyboardInterrupt


@contextmanager
def interrupts_held() -> Iterator[HeldInterrupt]:
    """Hold back Ctrl-C until ``raise_if_pending`` is called, or the block ends; a second one interrupts at once.

    Only Python's own handling is replaced: other handlers, and threads that get no signals, are left alone.
    """
    held = HeldInterrupt()
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield held
        return

    def hold(_signal: int, _frame: FrameType | None) -> None:
        held.pending = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, hold)
    try:
        yield held
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    held.raise_if_pending()
