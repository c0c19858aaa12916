"""The progress bar: one for each call, where somebody looks, and never in the way."""

import io
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import joblib
import pytest

from clearlstm.training import progress
from clearlstm.training.loop import train
from clearlstm.training.progress import is_shown, listening, part, part_done, progress_bar, task, tell
from clearlstm.training.progress_text import clock, numbers_line
from tests.training.bars import kept
from tests.training.runs import assert_equal, model, sequences


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _terminal(monkeypatch: pytest.MonkeyPatch) -> _Terminal:
    """stderr from now on; no fixture, since pytest puts its own there between the fixtures and the test."""
    made = _Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    return made


def _train(progress: bool, **how: Any) -> None:
    x, y = sequences()
    train(model(), x, y, **({"max_steps": 30, "validation": 0.2, "validate_every": 10, "progress": progress} | how))


def _stop_at(step: int, error: BaseException) -> Any:
    def on_step(now: int, _loss: float) -> None:
        if now == step:
            raise error

    return on_step


def _lines(of: _Terminal) -> list[str]:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", of.getvalue()).replace("\r", "\n").strip().splitlines()


def test_a_terminal_is_shown_loss_validation_speed_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_UPDATES", 0.0)
    _train(progress=True)
    *shown, last = _lines(terminal)
    assert any(
        re.search(r" 30/30 · loss [\d.]+ · validation [\d.]+ · [\d.]+ steps/s · 0:00 left$", line) for line in shown
    )
    assert re.fullmatch(r"━+ 30 steps · loss [\d.]+ · best validation [\d.]+ · in [\d.]+ s", last)
    assert max(map(len, shown)) <= 80


def test_a_pipe_is_shown_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    _train(progress=True)
    assert capfd.readouterr() == ("", "")


def test_nobody_who_did_not_ask_is_shown_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    _train(progress=False)
    assert terminal.getvalue() == ""


def test_workers_show_nothing(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    terminal = _terminal(monkeypatch)
    with ThreadPoolExecutor() as pool:
        pool.submit(_train, progress=True).result()
    with joblib.parallel_config(backend="loky", n_jobs=2):
        assert joblib.Parallel()(joblib.delayed(_would_show)() for _ in range(2)) == [False, False]
    assert terminal.getvalue() == ""
    assert capfd.readouterr() == ("", "")


def _would_show() -> bool:
    sys.stderr = _Terminal()
    with task(enabled=True):
        return is_shown()


def test_what_is_printed_meanwhile_stands_above_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    with task(enabled=True, done="done"):
        print("said", file=sys.stderr)
    assert [line for line in _lines(terminal) if not line.startswith("━")] == ["said"]
    assert sys.stderr is terminal


def test_what_is_printed_to_a_file_goes_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = _terminal(monkeypatch)
    with task(enabled=True):
        print("a result")
    assert capsys.readouterr().out == "a result\n"
    assert "a result" not in terminal.getvalue()


@pytest.mark.parametrize(("seconds", "shown"), [(20, "0:20"), (3600, "1:00:00"), (0.2, "0:00")])
def test_time_left(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(("speed", "ending"), [(0.5, "0.5 steps/s"), (250, "250 steps/s"), (12345.6, "12346 steps/s")])
def test_speed(speed: float, ending: str) -> None:
    assert numbers_line(5, 15, 0.1, 0.2, speed).endswith(ending)


def test_a_bar_changes_ten_times_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = kept(monkeypatch)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_UPDATES", 3600.0)
    _train(progress=True)
    assert drawn.shown == [[(0.0, "starting"), (0.0, "0/30")]]
    assert len(drawn.ends) == 1


def test_it_ends_with_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = kept(monkeypatch)
    _train(progress=True)
    _train(progress=True, validation=None)
    _train(progress=True, max_steps=1000, patience=1, learning_rate=1.0)
    assert [share for share, _ in drawn.ends] == [1.0] * 3
    patterns = (
        r"30 steps · loss [\d.]+ · best validation [\d.]+ · in [\d.]+ s",
        r"30 steps · loss [\d.]+ · in [\d.]+ s",
        r"\d+ of 1,000 steps · loss [\d.]+ · best validation [\d.]+ · in [\d.]+ s",
    )
    for (_, text), pattern in zip(drawn.ends, patterns, strict=True):
        assert re.fullmatch(pattern, text)


@pytest.mark.parametrize(
    ("error", "said"), [(KeyboardInterrupt(), "stopped at "), (ValueError(), "stopped by an error at ")]
)
def test_a_stop_leaves_a_line_that_says_so(monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str) -> None:
    drawn = kept(monkeypatch)
    with pytest.raises(type(error)):
        _train(progress=True, on_step=_stop_at(15, error))
    ((share, text),) = drawn.ends
    assert re.fullmatch(said + r"14/30 · loss [\d.]+ · validation [\d.]+ · \d+ steps/s · after [\d.]+ s", text)
    assert share == pytest.approx(14 / 30)


def test_a_stop_ends_the_bar_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        _train(progress=True, on_step=_stop_at(15, KeyboardInterrupt()))
    assert re.search(r"━ stopped at 14/30 · loss [\d.]+", _lines(terminal)[-1])
    assert sys.stderr is terminal
    _train(progress=True)  # rich has one bar at a time


def test_a_run_that_goes_on_begins_where_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    drawn = kept(monkeypatch)
    how = {"max_steps": 60, "checkpoint": tmp_path / "run.safetensors"}
    with pytest.raises(KeyboardInterrupt):
        _train(progress=True, **how, on_step=_stop_at(30, KeyboardInterrupt()))
    _train(progress=True, **how)
    assert drawn.shown[1][1] == (0.5, "30/60")
    assert drawn.ends[1][1].startswith("60 steps")
    _train(progress=True, **how)  # finished already: there is nothing to show
    assert len(drawn.shown) == 2


def test_the_time_left_of_a_run_that_goes_on_is_by_its_own_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, now = kept(monkeypatch), 0.0
    monkeypatch.setattr(time, "perf_counter", lambda: now)
    with progress_bar(enabled=True, max_steps=60, first_step=30) as show:
        now = 10.0
        show(40, 1.0, None)
    assert drawn.shown[0][-1][1] == "40/60 · loss 1 · 1 steps/s · 0:20 left"


def test_it_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = kept(monkeypatch)
    shown, unseen = model(), model()
    train(shown, *sequences(), max_steps=30, progress=True)
    train(unseen, *sequences(), max_steps=30)
    assert_equal(shown, unseen)
    assert len(drawn.ends) == 1


def test_a_listener_is_told_of_every_step_instead_of_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = kept(monkeypatch)
    heard: list[tuple[int, int, float, float | None]] = []
    with listening(lambda *step: heard.append(step)), task(enabled=True, of=2, one="net"):
        with part():
            _train(progress=True)
        _train(progress=False)
        with task(enabled=False):
            _train(progress=True)
    assert drawn.shown == []
    _train(progress=True)
    assert [(step, of) for step, of, _, _ in heard] == [(step, 30) for step in range(1, 31)]
    assert all(loss > 0 for _, _, loss, _ in heard)
    assert [validation is None for _, _, _, validation in heard] == [True] * 9 + [False] * 21


class TestTasks:
    def test_trainings_in_a_task_make_one_bar(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = kept(monkeypatch)
        with task(enabled=True, of=2, one="fit", done="2 fits"):
            for _ in range(2):
                with part(), task(enabled=True, of=2, one="net"):
                    for _ in range(2):
                        with part():
                            _train(progress=True)
        (shown,) = drawn.shown
        shares = [share for share, _ in shown]
        assert shares == sorted(shares)
        assert {0.0, 0.25, 0.5, 0.75, 1.0} <= set(shares)
        texts = [text for _, text in shown]
        assert "fit 2/2 · net 1/2 · 0/30" in [text.rsplit(" · ", 1)[0] for text in texts]
        assert not any("steps/s" in text or "validation" in text for text in texts)  # there is no room
        assert re.fullmatch(r"2 fits · 4 nets · 120 steps · last loss [\d.]+ · in [\d.]+ s", drawn.ends[0][1])

    def test_a_part_that_is_the_only_one_has_no_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = kept(monkeypatch)
        with task(enabled=True, of=1, one="net"), part():
            _train(progress=True)
        assert any("steps/s" in text for _, text in drawn.shown[0])
        assert drawn.ends[0][1].startswith("30 steps")

    def test_parts_have_names_and_may_count_for_several_or_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = kept(monkeypatch)
        with task(enabled=True, of=4):
            with part("first", parts=3), task(enabled=True, of=2, one="step"), part():
                pass
            with part("between", parts=0):
                pass
            with part("last"):
                tell("half", 0.5)
            with part("none is left", parts=0):
                pass
        assert drawn.shown[0] == [
            (0.0, "starting"),
            (0.0, "first"),
            (0.0, "first · step 1/2"),
            (0.75, "between · 0:00 left"),
            (0.75, "last · 0:00 left"),
            (0.875, "last · half · 0:00 left"),
            (1.0, "none is left · 0:00 left"),
        ]

    def test_parts_that_run_side_by_side_are_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = kept(monkeypatch)
        with task(enabled=True, of=2, one="net"):
            part_done()
            part_done()
        assert [(share, text.split(" · ")[0]) for share, text in drawn.shown[0]] == [
            (0.0, "starting"),
            (0.5, "net 1/2 done"),
            (1.0, "net 2/2 done"),
        ]

    def test_what_is_not_enabled_is_silent_and_so_is_all_in_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = kept(monkeypatch)
        with task(enabled=False), part():
            _train(progress=True)
            tell("nothing", 0.5)
            part_done()
        assert drawn.shown == []
        with task(enabled=True, of=2, one="net"), task(enabled=False), part():
            _train(progress=True)
        assert drawn.shown == [[(0.0, "starting")]]

    def test_without_a_task_there_are_no_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = kept(monkeypatch)
        with part("alone"):
            tell("nothing", 0.5)
        part_done()
        assert drawn.shown == []

    def test_the_time_left_is_that_of_the_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = kept(monkeypatch)
        now = 0.0
        monkeypatch.setattr(time, "perf_counter", lambda: now)
        with task(enabled=True, of=2, one="net"):
            with part():
                now = 0.001
                tell("soon", 0.01)
                now = 30.0
                tell("half", 0.5)
            with part():
                now = 60.0
                tell("begun", 0.0)
        assert [text for _, text in drawn.shown[0]] == [
            "starting",
            "net 1/2",
            "net 1/2 · soon",
            "net 1/2 · half · 1:30 left",
            "net 2/2 · 0:30 left",
            "net 2/2 · begun · 1:00 left",
        ]
        assert drawn.ends[0][1] == "in 1:00"
