"""Ctrl-C and what else ends a program are held back until the step is whole, and never lost."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

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
    entered: list[int | None] = []

    def enter() -> None:
        with interrupts_held() as interrupt:
            entered.append(interrupt.pending)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [None]


OTHERS: Final = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@pytest.mark.parametrize("name", OTHERS)
def test_other_signals_that_end_a_program_are_held_back_too(name: str) -> None:
    number = getattr(signal, name)
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with interrupts_held() as interrupt:
            signal.raise_signal(number)
            assert signal.getsignal(number) is signal.SIG_DFL  # a second one ends the program
            with pytest.raises(SystemExit) as ended:
                interrupt.raise_if_pending()
        assert ended.value.code == 128 + number
    finally:
        signal.signal(number, before)


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # SIGHUP under nohup
    try:
        with interrupts_held() as interrupt:
            signal.raise_signal(signal.SIGTERM)
            assert interrupt.pending is None
    finally:
        signal.signal(signal.SIGTERM, before)


TRAINING: Final = """
import sys
import numpy as np
import clearlstm as cl
model = cl.Network([cl.LSTM(1, 4, seed=0)], head=1, seed=0)
x = np.sin(np.arange(400)).reshape(40, 10, 1)
def tell(step, loss):
    if step == 3:
        print("going", flush=True)
cl.train(model, x, x[:, 0], max_steps=10**7, checkpoint=sys.argv[1], checkpoint_seconds=10**6, on_step=tell)
"""


@pytest.mark.usefixtures("signals_heard")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals to another program")
@pytest.mark.parametrize("name", ["SIGINT", *OTHERS])
def test_a_run_that_is_ended_in_order_leaves_its_last_checkpoint(name: str, tmp_path: Path) -> None:
    path, number = tmp_path / "run.safetensors", getattr(signal, name)
    command = [sys.executable, "-c", TRAINING, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as training:
        assert training.stdout is not None
        assert training.stdout.readline() == "going\n"
        training.send_signal(number)
        try:
            _, errors = training.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            training.kill()
            raise
    assert training.returncode == (-signal.SIGINT if name == "SIGINT" else 128 + number)
    assert ("Traceback" in errors) is (name == "SIGINT")
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
