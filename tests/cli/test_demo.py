"""The lesson's numbers: in the text at both roundings, in the JSON to the last digit."""

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from clearlstm import examples
from clearlstm.cell import lstm as reference
from clearlstm.cell.layout import GATES
from clearlstm.cli.lesson.figures import TRAINED_WEIGHTS, lesson
from clearlstm.cli.lesson.series import Way
from clearlstm.cli.lesson.story import pages
from clearlstm.cli.look import WIDTH
from tests.cli.demo_runs import line_with, numbers_in, page_of, run
from tests.statquest import INPUTS, golden, inputs, unit

SCREEN_ROWS = 24
LESSONS: tuple[tuple[str, ...], ...] = ((), ("--exact",), ("--full",), ("--full", "--exact"))


@pytest.fixture(scope="module")
def text() -> str:
    return run()


@pytest.fixture(scope="module")
def exact() -> str:
    return run("--exact")


@pytest.fixture(scope="module")
def numbers() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(run("--json"))
    return loaded


@pytest.mark.parametrize("args", LESSONS)
def test_no_line_is_wider_than_the_screen_or_ends_in_spaces(args: tuple[str, ...]) -> None:
    for line in run(*args).splitlines():
        assert len(line) <= WIDTH, line
        assert line == line.rstrip()
        assert "\x1b" not in line


@pytest.mark.parametrize("args", LESSONS)
def test_every_page_fits_a_screen_with_the_line_that_asks_to_go_on(args: tuple[str, ...]) -> None:
    told = lesson(examples.statquest_unit(), examples.companies())
    for page in pages(told, Way("--full" in args, "--exact" in args)):
        title_and_rule, space, prompt = 2, 1, 1
        assert title_and_rule + len(page.lines) + space + prompt <= SCREEN_ROWS, page.title


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
        if ours[0] in GATES:
            assert line_with(text, f"{ours[2:]}; in the video: ").endswith(theirs)


def test_the_curves(text: str) -> None:
    page = page_of(text, "Two curves")
    assert numbers_in(line_with(page, " sum ")) == [-10, -2, 0, 2, 10]
    assert numbers_in(line_with(page, "■ sigmoid ")) == [0.00005, 0.1192, 0.5, 0.8808, 0.99995]
    assert numbers_in(line_with(page, "■ tanh ")) == [-1, -0.96403, 0, 0.96403, 1]


def test_the_pictures_have_the_five_points_at_their_heights(text: str) -> None:
    rows = [line for line in page_of(text, "Two curves").splitlines() if "┤" in line]
    halves = [[line[:40] for line in rows], [line[40:] for line in rows]]
    for half in halves:
        points = sorted((line.index("●", start), k) for k, line in enumerate(half) for start in _starts(line))
        heights = [k for _, k in points]
        assert heights == [6, 6, 3, 0, 0], "low at -10 and -2, half way at 0, high at 2 and 10"
        first, *_, last = (x for x, _ in points)
        assert [round((x - first) / (last - first) * 20 - 10) for x, _ in points] == [-10, -2, 0, 2, 10]


def _starts(line: str) -> Iterator[int]:
    return (found.start() for found in re.finditer("●", line))


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        (
            "One step, 1 of 3",
            (
                "      1 × 2.70 + 1 × 1.63 + 1.62 = 2.70 + 1.63 + 1.62 = 5.95",
                "      sigmoid(5.95) = 0.997                   99.7 % of c stays",
                " ■ c  what stays: f × c = 0.997 × 2 = 1.99",
            ),
        ),
        (
            "One step, 2 of 3",
            (
                "      1 × 1.41 + 1 × 0.94 - 0.32 = 1.41 + 0.94 - 0.32 = 2.03",
                "      tanh(2.03) = 0.97                       what could be added",
                "      1 × 2.00 + 1 × 1.65 + 0.62 = 2.00 + 1.65 + 0.62 = 4.27",
                "      sigmoid(4.27) = 1.0                     100 % of g is let in",
                " ■ c  what is added: i × g = 1.0 × 0.97 = 0.97",
                " ■ c  new long-term memory = 1.99 + 0.97 = 2.96",
            ),
        ),
        (
            "One step, 3 of 3",
            (
                "      1 × 4.38 + 1 × -0.19 + 0.59 = 4.38 - 0.19 + 0.59 = 4.78",
                "      sigmoid(4.78) = 0.99                    99 % of tanh(c) is said",
                " ■ h  o × tanh(c) = 0.99 × tanh(2.96) = 0.99 × 0.99 = 0.98",
            ),
        ),
    ],
)
def test_the_single_step_with_the_videos_rounding(text: str, title: str, lines: tuple[str, ...]) -> None:
    page = page_of(text, title).splitlines()
    positions = [page.index(line) for line in lines]
    assert positions == sorted(positions)


def test_the_single_step_unrounded(exact: str) -> None:
    step = golden()["video"]["single_step"]
    told = "\n".join(page_of(exact, f"One step, {part} of 3") for part in (1, 2, 3))
    for gate in "fio":
        assert f"sigmoid({round(step[f'z_{gate}'], 6):g}) = {step[gate]:.6f}" in told
    assert f"tanh(2.03) = {step['g']:.6f}" in told
    assert numbers_in(line_with(told, "new long-term memory =")) == [1.994802, 0.952766, round(step["c"], 6)]
    assert line_with(told, "■ h  o × tanh(c)").endswith(f"= {step['h']:.6f}")
    assert "0.997 " not in told, "the video's rounding"


@pytest.mark.parametrize(
    ("formula", "name", "unrounded", "video"),
    [
        ("sigmoid(5.95)   how", "f", "0.997401", "0.997"),
        ("sigmoid(4.27)   how", "i", "0.986211", "1.0"),
        ("tanh(2.03)      the", "g", "0.966087", "0.97"),
        ("f × c + i × g   the", "c", "2.947567", "2.96"),
        ("tanh(c)         what", "tanh_c", "0.994510", "0.99"),
        ("sigmoid(4.78)   how", "o", "0.991674", "0.99"),
        ("o × tanh(c)     the", "h", "0.986229", "0.98"),
    ],
)
def test_both_roundings_side_by_side(exact: str, formula: str, name: str, unrounded: str, video: str) -> None:
    assert line_with(exact, formula).split()[-2:] == [unrounded, video]
    assert unrounded == f"{golden()['video']['single_step'][name]:.6f}"


def test_why_the_roundings_differ(exact: str) -> None:
    page = page_of(exact, "The same step at both roundings")
    assert line_with(page, "what stays of it").split()[-2:] == ["1.994802", "1.99"]
    assert line_with(page, "what is added").split()[-2:] == ["0.952766", "0.97"]
    parts = {name: float(value) for name, value in re.findall(r"(f × c|f|i|g) ([+-]0\.\d{4})[,;]", page)}
    assert parts == {"f": -0.0008, "f × c": -0.0040, "i": 0.0133, "g": 0.0039}
    assert "together\n+0.0124" in page
    assert sum(parts.values()) == pytest.approx(2.96 - golden()["video"]["single_step"]["c"], abs=1e-4)


def test_everything_is_forgotten(text: str) -> None:
    page = page_of(text, "The same step, input x = -10")
    assert numbers_in(line_with(page, "sigmoid(-11.98)")) == [-11.98, 0.0000063, 6.3e-06]
    assert " ■ f  1 × 2.70 - 10 × 1.63 + 1.62 = 2.7 - 16.3 + 1.62 = -11.98" in page


def in_full(text: str, company: str, t: int) -> str:
    return page_of(text, f"Company {company}, day {t + 1}")


def test_company_a_s_first_day_in_full(text: str) -> None:
    page = in_full(text, "A", 0)
    assert page.startswith("Company A, day 1: c = 0, h = 0, input x = 0\n")
    assert " ■ f  0 × 2.70 + 0 × 1.63 + 1.62 = 0 + 0 + 1.62 = 1.62\n" in page
    assert "sigmoid(1.62) = 0.8348                  83.5 % of c stays\n" in page
    assert "f × c + i × g = 0.8348 × 0 + 0.6502 × -0.3095 = 0 - 0.2012 = -0.2012\n" in page
    assert "o × tanh(c) = 0.6434 × tanh(-0.2012) = 0.6434 × -0.1986 = -0.1278\n" in page
    assert "Company A, day 2" not in text


@pytest.mark.parametrize(("args", "decimals"), [(("--full",), 4), (("--full", "--exact"), 6)])
@pytest.mark.parametrize("company", ["A", "B"])
def test_every_stage_of_every_day(args: tuple[str, ...], decimals: int, company: str) -> None:
    for t, day in enumerate(golden()["video"][company]):
        page = in_full(run(*args), company, t).replace("\n    = ", " = ")
        found = {
            **{gate: numbers_in(line)[1] for gate, line in zip("figo", _squashed(page), strict=True)},
            **{f"z_{gate}": numbers_in(line_with(page, f"■ {gate}  "))[-1] for gate in GATES},
            **{state: numbers_in(line_with(page, f"■ {state}  "))[-1] for state in "ch"},
        }
        assert found == pytest.approx({name: round(day[name], decimals) for name in found}, abs=1e-12)


def _squashed(page: str) -> list[str]:
    return [line for line in page.splitlines() if re.match(r" +(sigmoid|tanh)\(", line)]


@pytest.mark.parametrize(("args", "decimals"), [((), 4), (("--exact",), 6)])
@pytest.mark.parametrize("company", ["A", "B"])
def test_the_days_of_the_companies(args: tuple[str, ...], decimals: int, company: str) -> None:
    page = run(*args).split(f"\nCompany {company}\n")[1]
    for t, (line, day) in enumerate(zip(page.splitlines()[2:6], golden()["video"][company], strict=True)):
        shown = [round(day[name], decimals) for name in (*GATES, "c", "h")]
        assert numbers_in(line) == [t + 1, INPUTS[company][t], *shown]


def test_the_answers(text: str) -> None:
    words = " ".join(text.split())
    assert "Day 5 was 0; the unit answers 0.0064." in words
    assert "Day 5 was 1; the unit answers 0.9694." in words


def test_both_memories_and_their_difference(text: str) -> None:
    page = page_of(text, "One input apart, four days on").splitlines()
    a, b = golden()["video"]["A"], golden()["video"]["B"]
    for t in range(4):
        wanted = [value for key in "ch" for value in (a[t][key], b[t][key], b[t][key] - a[t][key])]
        assert numbers_in(page[4 + t]) == [t + 1, *(round(value, 4) for value in wanted)]


def test_the_ledger_and_the_what_ifs_side_by_side(text: str) -> None:
    video, page = golden()["video"], page_of(text, "Who remembers day 1?")
    what_if = {1: [0.0064, 0.9694], 2: [0, 0.2194, 0.4381], 3: [1, 0.5, 0.7411, 0.7411], 4: []}
    for t in range(4):
        a, b = video["ledger_A"][t], video["ledger_B"][t]
        ledger = [t + 1, round(a, 4), round(b, 4), round(b - a, 4)]
        assert numbers_in(line_with(page, f" day {t + 1}     ")) == [*ledger, *what_if[t + 1]]
    assert numbers_in(line_with(page, "c on day 4")) == [4, 0.0153, 2.4091, 2.3938]
    words = " ".join(page.split())
    assert "exceeds A's by 2.394. Only 0.610 of that" in words
    assert "1.784 was written on days 2 to 4" in words
    assert "with h held at 0 the answers are 0.22 and 0.44" in words


def test_what_beginners_ask_is_answered_with_numbers(text: str) -> None:
    words = " ".join(text.split())
    for answer in (
        "The same twelve numbers serve every day",
        "Both from 0: before day 1",
        "Look for a weight on c: there is none.",
        "They are scaled: 0 for the lowest, 1 for the highest.",
        "kept to four they answer 0.0022",
        "are a lesson, not evidence",
        "clearlstm gradients",
    ):
        assert answer in words


def test_the_lesson_never_talks_down() -> None:
    for args in LESSONS:
        assert not re.search(r"\b(simply|just|obviously|easy)\b|!", run(*args), flags=re.IGNORECASE)


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


def test_json_holds_the_what_ifs_of_the_reference(numbers: dict[str, Any]) -> None:
    weights, zero = unit(golden()["video"]["weights"]), np.zeros((1, 1))
    for company, found in numbers["companies"].items():
        x = inputs(company)
        x[0, 0] = 0.5
        half = reference.forward(x, weights, zero, zero, np.array([4])).h_n.item()
        assert found["answer_with_day_1_at_a_half"] == half
        now = reference.step(inputs(company)[:, 0], zero, zero, weights)
        for t in range(1, 4):
            now = reference.step(inputs(company)[:, t], zero, now.c, weights)
        assert found["answer_with_h_held_at_0"] == now.h.item()


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
    rounded = numbers["single_step_in_the_video"]
    assert {name: rounded[name] for name in ("f", "kept", "i", "g", "written", "c", "tanh_c", "o", "h")} == {
        "f": 0.997, "kept": 1.99, "i": 1.0, "g": 0.97, "written": 0.97, "c": 2.96, "tanh_c": 0.99, "o": 0.99, "h": 0.98,
    }  # fmt: skip


def test_the_trained_weights_are_those_of_the_training() -> None:
    last = golden()["training"]["snapshots"][-1]
    assert last["epoch"] == 5000
    for gate, weights in TRAINED_WEIGHTS.items():
        assert list(weights) == [round(value, 4) for value in last["weights"][gate]]


def test_the_pages_follow_the_unit_and_not_the_video() -> None:
    """Another unit gives other pages: no number is typed in."""
    ours = pages(lesson(examples.statquest_unit(), examples.companies()), Way())
    other = pages(lesson(examples.unit(examples.PUBLISHED_START), examples.companies()), Way())
    unmoved = {
        "An LSTM unit, worked by hand",
        "Two curves",
        "Two companies",
        "Questions that come up",
        "What to try next",
    }
    assert {page.title for page, changed in zip(ours, other, strict=True) if page.lines == changed.lines} == unmoved
