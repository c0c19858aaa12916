"""The lesson's numbers: in the text as they are printed, in the JSON to the last digit."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from clearlstm import examples
from clearlstm.cell import reference
from clearlstm.cell.layout import GATES
from clearlstm.cli import app
from clearlstm.cli.lesson.figures import lesson
from clearlstm.cli.lesson.pages import pages
from clearlstm.cli.lesson.training import START, repeat_training
from clearlstm.cli.look import WIDTH
from tests.statquest import INPUTS, golden, inputs, unit

PROGRAM = Path(sys.executable).with_name("clearlstm")


def run(*args: str) -> str:
    result = CliRunner().invoke(app, ["demo", *args])
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


@pytest.fixture(scope="module")
def text() -> str:
    return run()


@pytest.fixture(scope="module")
def numbers() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(run("--json"))
    return loaded


def numbers_in(line: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", line)]


def line_with(text: str, start: str) -> str:
    found = [line for line in text.splitlines() if start in line]
    assert len(found) == 1, f"{start!r} stands in {len(found)} lines"
    return found[0]


def test_no_line_is_wider_than_the_screen_or_ends_in_spaces(text: str) -> None:
    for line in text.splitlines():
        assert len(line) <= WIDTH, line
        assert line == line.rstrip()


def test_both_namings_stand_side_by_side(text: str) -> None:
    for ours, theirs in (
        ("c cell state", "long-term memory"),
        ("h hidden state", "short-term memory"),
        ("f forget gate", "% long-term memory to remember"),
        ("i input gate", "% potential memory to remember"),
        ("g candidate", "potential long-term memory"),
        ("o output gate", "% potential short-term memory to remember"),
    ):
        assert theirs in next(line for line in text.splitlines() if ours in line)


@pytest.mark.parametrize(
    ("formula", "name", "exact", "video"),
    [
        ("sigmoid(5.95)", "f", "0.997401", "0.997"),
        ("sigmoid(4.27)", "i", "0.986211", "1.0"),
        ("tanh(2.03)", "g", "0.966087", "0.97"),
        ("f × c + i × g   the", "c", "2.947567", "2.96"),
        ("tanh(c)         what", "tanh_c", "0.994510", "0.99"),
        ("sigmoid(4.78)", "o", "0.991674", "0.99"),
        ("o × tanh(c)", "h", "0.986229", "0.98"),
    ],
)
def test_the_single_step_at_both_roundings(text: str, formula: str, name: str, exact: str, video: str) -> None:
    assert line_with(text, formula).split()[-2:] == [exact, video]
    assert exact == f"{golden()['video']['single_step'][name]:.6f}"


def test_what_the_video_keeps_and_adds(text: str) -> None:
    assert line_with(text, "what stays of it").split()[-2:] == ["1.994802", "1.99"]
    assert line_with(text, "what is added").split()[-2:] == ["0.952766", "0.97"]


def test_the_sums_show_every_term(text: str) -> None:
    for gate, name in {"f": "forget gate", "i": "input gate", "g": "candidate", "o": "output gate"}.items():
        on_h, on_x, bias = golden()["video"]["weights"][gate]
        line = next(line for line in text.splitlines() if f"{gate}  {name}" in line)
        assert numbers_in(line) == [1, on_h, 1, on_x, bias, round(golden()["video"]["single_step"][f"z_{gate}"], 2)]


def test_the_curves(text: str) -> None:
    page = text.split("Two curves")[1].split("One step")[0]
    rows = [numbers_in(line) for line in page.splitlines() if re.match(r" +-?\d+ +[01]\.", line)]
    assert rows == [
        [-10, 0.00005, -1],
        [-2, 0.1192, -0.96403],
        [0, 0.5, 0],
        [2, 0.8808, 0.96403],
        [10, 0.99995, 1],
    ]


def test_everything_is_forgotten(text: str) -> None:
    assert numbers_in(line_with(text, "sigmoid(-11.98)")) == [-11.98, 0.0000063, 6.3e-06]


@pytest.mark.parametrize("company", ["A", "B"])
def test_the_days_of_the_companies(text: str, company: str) -> None:
    part = text.split(f"Company {company} ")[1].splitlines()[2:6]
    for t, (line, day) in enumerate(zip(part, golden()["video"][company], strict=True)):
        gates = [round(day[gate], 4) for gate in GATES]
        assert numbers_in(line) == [t + 1, INPUTS[company][t], *gates, round(day["c"], 4), round(day["h"], 4)]


def test_the_answers(text: str) -> None:
    assert line_with(text, "Company A ").endswith("day 5 was 0; the unit answers 0.0064")
    assert line_with(text, "Company B ").endswith("day 5 was 1; the unit answers 0.9694")


def test_the_ledger_and_the_what_ifs(text: str) -> None:
    video = golden()["video"]
    for t in range(4):
        a, b = video["ledger_A"][t], video["ledger_B"][t]
        assert numbers_in(line_with(text, f"  day {t + 1}  ")) == [t + 1, round(a, 4), round(b, 4), round(b - a, 4)]
    assert numbers_in(line_with(text, "c on day 4")) == [4, 0.0153, 2.4091, 2.3938]
    words = " ".join(text.split())
    assert "exceeds A's by 2.394. Only 0.610 of that" in words
    assert "1.784 was written on days 2 to 4" in words
    assert numbers_in(line_with(text, "h set to 0")) == [0, 0.2194, 0.4381]
    assert numbers_in(line_with(text, "day 1 was 0.5")) == [1, 0.5, 0.7411]


def test_json_is_the_reference_to_the_last_digit(numbers: dict[str, Any]) -> None:
    weights, zero = unit(golden()["video"]["weights"]), np.zeros((1, 1))
    for company, found in numbers["companies"].items():
        record = reference.forward(inputs(company), weights, zero, zero, np.array([4]))
        for t, day in enumerate(found["days"]):
            for name in (*GATES, "c", "h"):
                assert day[name] == getattr(record, name)[0, t, 0], f"company {company}, day {t + 1}, {name}"
        assert found["answer"] == record.h_n.item()
    for name in ("single_step", "forgets"):
        x, h_prev, c_prev = (np.array([[numbers[name][key]]]) for key in ("x", "h_prev", "c_prev"))
        step = reference.step(x, h_prev, c_prev, weights)
        for key, value in vars(step).items():
            assert numbers[name][key] == value.item(), f"{name}, {key}"


def test_json_holds_the_golden_numbers(numbers: dict[str, Any]) -> None:
    video = golden()["video"]
    for name in ("single_step", "forgets"):
        for key, value in video[name].items():
            assert numbers[name][key] == pytest.approx(value, rel=1e-12), f"{name}, {key}"
    for company in "AB":
        found = numbers["companies"][company]
        assert found["ledger"] == pytest.approx(video[f"ledger_{company}"], rel=1e-12)
        for day, wanted in zip(found["days"], video[company], strict=True):
            assert {key: day[key] for key in wanted} == pytest.approx(wanted, rel=1e-12, abs=1e-15)
    assert numbers["weights"] == {
        gate: dict(zip(("h", "x", "bias"), values, strict=True)) for gate, values in video["weights"].items()
    }
    assert numbers["single_step_in_the_video"] == {
        "f": 0.997, "kept": 1.99, "i": 1.0, "g": 0.97, "written": 0.97, "c": 2.96, "tanh_c": 0.99, "o": 0.99, "h": 0.98,
    }  # fmt: skip


def test_the_pages_follow_the_unit_and_not_the_video() -> None:
    """Another unit gives other pages: no number is typed in."""
    ours = lesson(examples.statquest_unit(), examples.companies())
    other = lesson(examples.unit(START), examples.companies())
    for page, changed in zip(pages(ours)[2:-1], pages(other)[2:-1], strict=True):
        assert page.lines != changed.lines


def test_training_starts_and_moves_as_it_should() -> None:
    wanted = {snapshot["epoch"]: snapshot for snapshot in golden()["training"]["snapshots"]}
    for found in repeat_training(examples.companies(), (0, 1, 10, 100)):
        expected = wanted[found.epoch]
        assert found.answers == pytest.approx({name: expected[name] for name in "AB"}, rel=1e-12)
        assert found.loss == pytest.approx(expected["loss"], rel=1e-12)
        for gate, values in found.weights.items():
            assert astuple(values) == pytest.approx(expected["weights"][gate], rel=1e-11, abs=1e-13)


def test_training_ends_at_the_table() -> None:
    """The text and the numbers of one run of all 5000 epochs."""
    text = run("--train")
    wanted = {snapshot["epoch"]: snapshot for snapshot in golden()["training"]["snapshots"]}
    for epoch in (2000, 3000, 5000):
        told, _, *rows = text.split(f"After {epoch} epochs: ")[1].splitlines()[:6]
        assert numbers_in(told)[:2] == [round(wanted[epoch][name], 4) for name in "AB"]
        for gate, line in zip(GATES, rows, strict=True):
            np.testing.assert_allclose(numbers_in(line), wanted[epoch]["weights"][gate], atol=1e-4)
    assert "The unit then answered -0.0377 for A and -0.0383 for B" in " ".join(text.split())
    assert "Rounded to two decimals, these are the video's weights." in text
    assert all(len(line) <= WIDTH for line in text.splitlines())


def test_training_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearlstm.cli.lesson.training.SNAPSHOT_EPOCHS", (10, 100))
    snapshots = json.loads(run("--train", "--json"))["training"]
    wanted = {snapshot["epoch"]: snapshot for snapshot in golden()["training"]["snapshots"]}
    assert [snapshot["epoch"] for snapshot in snapshots] == [0, 10, 100]
    for snapshot in snapshots:
        assert snapshot["answers"]["B"] == pytest.approx(wanted[snapshot["epoch"]]["B"], rel=1e-12)


def in_a_terminal(*command: str | Path, stop_after: str | None = None, **environment: str) -> tuple[int, str]:
    """Run in a pseudo-terminal 80 columns wide; the exit code and all that was drawn.

    Ctrl-C is pressed once ``stop_after`` has been drawn.
    """
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "LINES")}
    env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as started:
        os.close(theirs)
        drawn = b""
        while chunk := _read(ours):
            drawn += chunk
            if stop_after is not None and stop_after.encode() in drawn:
                started.send_signal(signal.SIGINT)
                stop_after = None
    os.close(ours)
    return started.returncode, drawn.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other end has closed
        return b""


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_colour_in_a_terminal_and_none_with_no_color() -> None:
    code, drawn = in_a_terminal(PROGRAM, "demo")
    assert code == 0
    assert "\x1b[38;2;0;114;178m■" in drawn  # the forget gate's blue
    code, drawn = in_a_terminal(PROGRAM, "demo", NO_COLOR="1")
    assert code == 0
    assert "\x1b[38;2" not in drawn
    assert "0.997401" in drawn


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_training_is_drawn_live_in_a_terminal() -> None:
    script = (
        "import sys\nfrom clearlstm.cli import main\nfrom clearlstm.cli.lesson import training\n"
        "training.SNAPSHOT_EPOCHS = (1000,)\nsys.argv = ['clearlstm', 'demo', '--train']\nmain()\n"
    )
    code, drawn = in_a_terminal(sys.executable, "-c", script, NO_COLOR="1")
    assert code == 0
    assert drawn.count("of 1000   loss") >= 3
    assert "epoch  1000 of 1000   loss 0.423926" in drawn
    assert "After 1000 epochs: A 0.4837, B 0.5642" in drawn


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_ctrl_c_stops_the_training_cleanly() -> None:
    code, drawn = in_a_terminal(PROGRAM, "demo", "--train", stop_after="of 5000   loss", NO_COLOR="1")
    assert code == 130
    assert "stopped" in drawn
    assert "Traceback" not in drawn
    assert "After 5000 epochs" not in drawn
    assert "\x1b[?25h" in drawn  # the cursor is back


def test_piped_output_is_plain() -> None:
    done = subprocess.run([PROGRAM, "demo"], capture_output=True, text=True, check=True)
    assert "\x1b" not in done.stdout
    assert done.stderr == ""
