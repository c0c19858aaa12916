"""The progress bar: on a terminal only, and never in the way."""

import io
import re
import sys

import pytest

from clearlstm.training.loop import train
from clearlstm.training.progress import listening, numbers_line
from tests.training.runs import model, sequences


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _train(progress: bool) -> None:
    x, y = sequences()
    train(model(), x, y, max_steps=30, validation=0.2, validate_every=10, progress=progress)


def test_a_terminal_is_shown_loss_validation_speed_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    _train(progress=True)
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue()).strip().splitlines()[-1]
    assert re.search(r"30/30 · loss [\d.]+ · validation [\d.]+ · [\d.]+ steps/s · 0:00 left", last)


def test_a_pipe_is_shown_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    _train(progress=True)
    assert capfd.readouterr() == ("", "")


def test_nobody_who_did_not_ask_is_shown_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    _train(progress=False)
    assert terminal.getvalue() == ""


@pytest.mark.parametrize(
    ("step", "max_steps", "steps_a_second", "ending"),
    [
        (5, 15, 0.5, "0.5 steps/s · 0:20 left"),
        (100_000, 1_000_000, 250, "250 steps/s · 1:00:00 left"),
        (7, 7, 12345.6, "12346 steps/s · 0:00 left"),
    ],
)
def test_time_left(step: int, max_steps: int, steps_a_second: float, ending: str) -> None:
    assert numbers_line(step, max_steps, 0.1, 0.2, steps_a_second).endswith(ending)


def test_a_listener_is_numbers_line_of_every_step_instead_of_a_bar() -> None:
    heard: list[tuple[int, int, float, float | None]] = []
    with listening(lambda *step: heard.append(step)):
        _train(progress=True)
        _train(progress=False)
    _train(progress=True)
    assert [(step, of) for step, of, _, _ in heard] == [(step, 30) for step in range(1, 31)]
    assert all(loss > 0 for _, _, loss, _ in heard)
    assert [validation is None for _, _, _, validation in heard] == [True] * 9 + [False] * 21
