"""The quiz: fresh values, rounding accepted, a miss explained, the score kept."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from clearlstm import examples
from clearlstm.cell import lstm as reference
from clearlstm.cli import app
from clearlstm.cli.lesson.figures import gate_weights
from clearlstm.cli.lesson.quiz import fresh_step, is_right, questions, read_answer
from clearlstm.cli.look import WIDTH

WEIGHTS = examples.statquest_unit().weights(0)
QUESTIONS = 7


def quiz(*answers: str, seed: int | None = 3) -> str:
    args = ["demo", "--quiz", *([] if seed is None else ["--seed", str(seed)])]
    result = CliRunner().invoke(app, args, input="".join(f"{answer}\n" for answer in answers))
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert all(len(line) <= WIDTH for line in result.stdout.splitlines())
    return result.stdout


def values(seed: int) -> list[float]:
    return [question.value for question in questions(gate_weights(WEIGHTS), fresh_step(WEIGHTS, seed))]


@given(seed=st.integers(0, 2**32 - 1))
def test_the_right_numbers_are_the_references(seed: int) -> None:
    step = fresh_step(WEIGHTS, seed)
    x, h_prev, c_prev = (np.array([[value]]) for value in (step.x, step.h_prev, step.c_prev))
    now = reference.step(x, h_prev, c_prev, WEIGHTS)
    z_f, f, z_g, g, written, c, h = values(seed)
    assert (z_f, f, z_g, g, c, h) == tuple(getattr(now, name).item() for name in ("z_f", "f", "z_g", "g", "c", "h"))
    assert written == now.i.item() * now.g.item()
    assert 0.1 <= step.x <= 1
    assert round(step.x, 1) == step.x
    assert round(step.h_prev, 1) == step.h_prev


def test_what_is_asked_is_enough_to_answer() -> None:
    """All that a question leans on stands in it, in the introduction, or in an answer before it."""
    text = quiz(*(f"{value:.4f}" for value in values(3)))
    assert f"You had {QUESTIONS} of {QUESTIONS} right." in text
    step = fresh_step(WEIGHTS, 3)
    for told in (f"c is {step.c_prev:g}", f"h is {step.h_prev:g}", f"x = {step.x:g}", f"input gate is {step.i:.4f}"):
        assert told in " ".join(text.split())


def test_fresh_values_each_time_and_the_same_for_a_seed() -> None:
    assert values(3) == values(3)
    seeds = {int(re.findall(r"\(seed (\d+)\)", quiz("q", seed=None))[0]) for _ in range(3)}
    assert len(seeds) > 1
    assert len({tuple(values(seed)) for seed in range(20)}) == 20


@given(value=st.floats(-5, 5), decimals=st.integers(1, 6))
def test_any_rounding_to_a_decimal_or_more_is_right(value: float, decimals: int) -> None:
    typed = read_answer(f"{value:.{decimals}f}")
    assert typed is not None
    assert is_right(*typed, value)


@pytest.mark.parametrize(
    ("typed", "value", "right"),
    [
        ("83 %", 0.8348, True),
        ("83%", 0.8348, True),
        ("0,83", 0.8348, True),
        ("1.0", 0.986211, True),  # as the video rounds
        ("0.98", 0.986229, True),  # as the video ends up
        ("−0.3", -0.3095, True),
        ("0.3", -0.3095, False),
        ("0.85", 0.8348, False),
        ("0.9", 0.8348, False),
        ("1", 0.6, False),
        ("2.96", 2.947567, False),
        ("2.95", 2.947567, True),
    ],
)
def test_what_counts_as_right(typed: str, value: float, right: bool) -> None:
    answer = read_answer(typed)
    assert answer is not None
    assert is_right(*answer, value) is right


@pytest.mark.parametrize("typed", ["", "abc", "1e3", ".", "%", "nan", "inf", "1.2.3", "--1", "0x1"])
def test_what_is_no_number(typed: str) -> None:
    assert read_answer(typed) is None


def test_a_miss_is_explained_and_the_score_kept() -> None:
    text = quiz("100", f"{values(3)[1]:.1f}", "", "no idea", "q")
    first, second, third, *_ = text.split("\nScore: ")
    assert "Not 100. It is 1.574:\n ■ f  -0.5 × 2.70 + 0.8 × 1.63 + 1.62 = -1.35 + 1.304 + 1.62 = 1.574" in first
    assert "Right: 0.828353." in second
    assert "It is -0.273:\n ■ g  " in third
    assert "That isn't a number" in text
    assert "Score: 1 of 3." in text
    assert "You had 1 of 3 right. 4 of 7 were still to come." in text


def test_leaving_at_once() -> None:
    assert "Nothing answered, nothing missed." in quiz()
    assert "Nothing answered, nothing missed." in quiz("q")


def test_a_hint_helps_costs_nothing_and_gives_no_answer_away() -> None:
    exact = [f"{value:.4f}" for value in values(3)]
    text = quiz(*(part for value in exact for part in ("?", value)))
    assert f"You had {QUESTIONS} of {QUESTIONS} right." in text
    asked = questions(gate_weights(WEIGHTS), fresh_step(WEIGHTS, 3))
    for question in asked:
        assert question.hint in " ".join(text.replace("> ", "").split())
        assert f"{question.value:.4f}".rstrip("0") not in question.hint
    assert len({question.hint for question in asked}) == QUESTIONS
