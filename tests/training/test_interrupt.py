"""Ctrl-C is held back until the step is whole, and never lost."""

import signal
import threading
from collections.abc import Iterator

import pytest

from clearlstm.training.interrupt import interrupts_held


@pytest.fixture(autouse=True)
def _python_s_own_handler() -> Iterator[None]:
    """In the background of a shell Ctrl-C is ignored from the start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_it_is_held_back_until_asked_for() -> None:
    with interrupts_held() as interrupt:
        interrupt.raise_if_pending()
        signal.raise_signal(signal.SIGINT)
        reached = True
        with pytest.raises(KeyboardInterrupt):
            interrupt.raise_if_pending()
    assert reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_it_is_raised_at_the_end_if_nobody_asked() -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), interrupts_held():  # noqa: PT012 - what comes after the signal matters
        signal.raise_signal(signal.SIGINT)
        reached = True
    assert reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_one_interrupts_at_once() -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), interrupts_held():  # noqa: PT012 - what comes after the signal matters
        signal.raise_signal(signal.SIGINT)
        reached.append(1)
        signal.raise_signal(signal.SIGINT)
        reached.append(2)
    assert reached == [1]


def test_an_error_of_the_block_comes_first_and_the_handler_is_put_back() -> None:
    with pytest.raises(ZeroDivisionError), interrupts_held():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_handlers_of_others_are_left_alone() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts_held() as interrupt:
            signal.raise_signal(signal.SIGINT)
            assert not interrupt.pending
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_can_train_too() -> None:
    entered: list[bool] = []

    def enter() -> None:
        with interrupts_held() as interrupt:
            entered.append(interrupt.pending)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [False]
