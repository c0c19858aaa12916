"""The questions of the check, for many seeds: their answers are Python's, and no wrong way leads to a right answer."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from clearlstm import examples
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.cli.lesson.figures import StepNumbers, gate_weights, take_step, walk
from clearlstm.data.windows import origins

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright")

VIDEO = examples.statquest_unit().weights(0)
WEIGHTS = gate_weights(VIDEO)
SEEDS = 120
TOLERANCE = 0.01
ROOMS = ("plain-net", "curves", "unit", "companies", "training", "yours")
Question = dict[str, Any]


@pytest.fixture(scope="module")
def page(browser: "Browser", lab_file: Path) -> "Page":
    page = browser.new_page()
    page.goto(lab_file.as_uri())
    return page


@pytest.fixture(scope="module")
def questions(page: "Page") -> dict[tuple[str, int], list[Question]]:
    """By room and place, one for each seed. What is given stands by its name."""
    made: dict[str, list[list[Question]]] = page.evaluate(
        """async seeds => {
          const {CHECKED, questionsOf} = await import("lab/understanding/questions.js");
          const all = Array.from({length: seeds}, (_, k) => k + 1);
          const three = room => all.map(seed => questionsOf(room, seed, 1 + seed % 3));
          return Object.fromEntries(CHECKED.map(room => [room, three(room)]));
        }""",
        SEEDS,
    )
    return {(room, k): [three[k] for three in made[room]] for room in made for k in range(3)}


def given(question: Question, *, as_shown: bool = False) -> dict[str, float]:
    """The numbers that the learner works with, in full or as the page shows them."""
    return {
        one["name"]: round(one["value"], one["decimals"]) if as_shown and "decimals" in one else one["value"]
        for one in question["given"]
    }


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def rows_that_hold_both(rows: float, window: float, h: float) -> int:
    """As the forecaster counts them: the origins with a whole window before and h rows after."""
    n = int(rows)
    return len(origins(np.array([0, n]), np.zeros(n, bool), int(window), int(h)))


#: What the learner has to find, from the numbers that are given. None stands among them that wasn't drawn or computed.
FROM_WHAT_IS_GIVEN: dict[tuple[str, int], Callable[..., float]] = {
    ("plain-net", 0): lambda w, n: w**n,
    ("plain-net", 1): lambda b, n: sigmoid(b) ** n,
    ("curves", 0): sigmoid,
    ("curves", 1): lambda z, y: y * (1 - y),
    ("unit", 0): lambda h_prev, c_prev, x, w_h, w_x, b: h_prev * w_h + x * w_x + b,
    ("unit", 1): lambda c_prev, h_prev, f, i, g: f * c_prev + i * g,
    ("unit", 2): lambda c_prev, c, o: o * math.tanh(c),
    ("companies", 0): lambda f1, i, g, f2, f3, c: i * g * f2 * f3,
    ("companies", 1): lambda A, B, x, w_h, w_x, b: (w_h * B + w_x * x + b) - (w_h * A + w_x * x + b),
    ("training", 0): lambda a, b: a**2 + (b - 1) ** 2,
    ("training", 1): lambda answer, target: 2 * (answer - target),
    ("training", 2): lambda w, gradient, rate: w - rate * gradient,
    ("yours", 0): rows_that_hold_both,
    ("yours", 1): lambda base, change, share: base + share * change,
    ("yours", 2): lambda net, baseline: 1 - net / baseline,
}


@pytest.mark.parametrize("place", FROM_WHAT_IS_GIVEN, ids=str)
def test_an_answer_follows_from_what_is_given(
    questions: dict[tuple[str, int], list[Question]], place: tuple[str, int]
) -> None:
    wanted = FROM_WHAT_IS_GIVEN[place]
    for question in questions[place]:
        assert question["answer"] == pytest.approx(wanted(**given(question)), rel=1e-9, abs=1e-12)
        by_hand = wanted(**given(question, as_shown=True))
        assert abs(by_hand - question["answer"]) < TOLERANCE / 2, question["text"]


@pytest.mark.parametrize("place", FROM_WHAT_IS_GIVEN, ids=str)
def test_no_wrong_way_leads_near_the_answer_or_another_wrong_way(
    questions: dict[tuple[str, int], list[Question]], place: tuple[str, int]
) -> None:
    for question in questions[place]:
        assert len(question["slips"]) >= 4
        values = [question["answer"], *(slip["value"] for slip in question["slips"])]
        nearest = min(b - a for a, b in zip(sorted(values), sorted(values)[1:], strict=False))
        assert nearest > 2 * TOLERANCE, question["text"]


@pytest.mark.parametrize("place", FROM_WHAT_IS_GIVEN, ids=str)
def test_other_seeds_ask_with_other_numbers(
    questions: dict[tuple[str, int], list[Question]], place: tuple[str, int]
) -> None:
    assert len({json.dumps(given(question)) for question in questions[place]}) > 0.3 * SEEDS


def step_of(question: Question) -> StepNumbers:
    x, h, c = (float(part.split("=")[1]) for part in question["at"].split("&")[1:4])
    return take_step(VIDEO, x=x, h_prev=h, c_prev=c)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_unit_of_room_3_is_the_references(questions: dict[tuple[str, int], list[Question]], place: int) -> None:
    for question in questions["unit", place]:
        step = step_of(question)
        name = question["at"].split("unit-number=")[1]
        assert question["answer"] == pytest.approx(getattr(step, name), rel=1e-12)
        for key, value in given(question).items():
            if hasattr(step, key):
                assert value == pytest.approx(getattr(step, key), rel=1e-12)
        if name.startswith("z_"):
            w = WEIGHTS[name[-1]]
            assert [given(question)[key] for key in ("w_h", "w_x", "b")] == [w.h, w.x, w.bias]


def days_in(question: Question, company: str) -> list[float]:
    return [float(x) for x in question["at"].split(f"companies-{company}=")[1].split("&")[0].split("_")]


def test_the_days_of_room_4_are_the_references(questions: dict[tuple[str, int], list[Question]]) -> None:
    for question in questions["companies", 0]:
        days = walk(VIDEO, days_in(question, "a"))
        numbers = given(question)
        assert [numbers["i"], numbers["g"]] == pytest.approx([days[0].i, days[0].g], rel=1e-12)
        assert [numbers[f"f{k}"] for k in (1, 2, 3)] == pytest.approx([day.f for day in days], rel=1e-12)
    for question in questions["companies", 1]:
        day = int(question["text"].split()[1])
        a, b = (walk(VIDEO, days_in(question, one))[day - 1] for one in "ab")
        assert [given(question)[one] for one in "AB"] == pytest.approx([a.h_prev, b.h_prev], rel=1e-12)


def test_what_was_emptied_gives_the_answers_that_are_told(questions: dict[tuple[str, int], list[Question]]) -> None:
    kept = [(1, 1), (0, 1), (1, 0), (0, 0)]  # of h and c: neither emptied, h, c, both
    for question in questions["companies", 2]:
        told = [given(question)[f"answer-{one}"] for one in "AB"]
        pairs = []
        for keep_h, keep_c in kept:
            ends = []
            for one in "ab":
                h = c = 0.0
                for x in days_in(question, one):
                    step = take_step(VIDEO, x=x, h_prev=keep_h * h, c_prev=keep_c * c)
                    h, c = step.h, step.c
                ends.append(h)
            pairs.append(ends)
        apart = [max(abs(a - b) for a, b in zip(pair, told, strict=True)) for pair in pairs]
        assert apart[question["right"]] < 1e-12
        assert sorted(apart)[1] > 2 * TOLERANCE


def test_where_a_loop_leads(questions: dict[tuple[str, int], list[Question]]) -> None:
    for question in questions["plain-net", 2]:
        numbers = given(question)
        arrives = numbers["w"] ** numbers["n"]
        assert question["right"] == (0 if arrives > 1000 else 2 if arrives < 0.001 else 1)
    assert {question["right"] for question in questions["plain-net", 2]} == {0, 1, 2}


def test_sigmoid_for_gates_and_tanh_for_values(questions: dict[tuple[str, int], list[Question]]) -> None:
    seen = set()
    for question in questions["curves", 2]:
        z = given(question)["z"]
        texts = [float(option["text"].replace("−", "-")) for option in question["options"]]
        assert min(abs(a - b) for k, a in enumerate(texts) for b in texts[:k]) > TOLERANCE
        value = "sum of g" in question["text"] or "new long-term memory" in question["text"]
        seen.add(value)
        wanted = math.tanh(z) if value else sigmoid(z)
        assert texts[question["right"]] == pytest.approx(wanted, abs=0.005)
    assert seen == {True, False}


def test_the_training_of_room_5_is_the_references(
    page: "Page", questions: dict[tuple[str, int], list[Question]]
) -> None:
    """The units on their way come from the page; what they answer and their gradients are the reference's."""
    asked = [question for k in range(3) for question in questions["training", k][:12]]
    units: list[dict[str, dict[str, float]]] = page.evaluate(
        """async addresses => {
          const {drawnStart} = await import("lab/lstm/adam.js");
          const {Course} = await import("lab/rooms/training/course.js");
          return addresses.map(address => {
            const at = new URLSearchParams(address);
            return new Course(drawnStart(+at.get("training-seed"))).at(+at.get("training-epoch")).weights;
          });
        }""",
        [question["at"] for question in asked],
    )
    for question, unit in zip(asked, units, strict=True):
        numbers, answers = given(question), answers_of(unit)
        if "a" in numbers:
            assert [numbers["a"], numbers["b"]] == pytest.approx(answers, rel=1e-9)
        elif "answer" in numbers:
            assert numbers["answer"] == pytest.approx(answers["AB".index(question["at"][-1])], rel=1e-9)
        else:
            label = next(one["label"] for one in question["given"] if one["name"] == "w")
            gate = label.split(" of ")[1][0]
            source = "b" if label.startswith("bias") else "x" if "on the input" in label else "h"
            assert numbers["w"] == unit[gate][source]
            assert numbers["gradient"] == pytest.approx(slope_of_the_loss(unit, gate, source), rel=1e-5, abs=1e-8)


def answers_of(unit: dict[str, dict[str, float]]) -> list[float]:
    W, U = (np.array([[unit[gate][source] for gate in "figo"]]) for source in "xh")
    weights = LSTMWeights(W=W, U=U, b=np.array([unit[gate]["b"] for gate in "figo"]))
    return [walk(weights, [day_1, 0.5, 0.25, 1.0])[-1].h for day_1 in (0.0, 1.0)]


def slope_of_the_loss(unit: dict[str, dict[str, float]], gate: str, source: str) -> float:
    """By a central difference."""
    step, losses = 1e-5, []
    for moved in (step, -step):
        other = unit | {gate: unit[gate] | {source: unit[gate][source] + moved}}
        a, b = answers_of(other)
        losses.append(a**2 + (b - 1) ** 2)
    return (losses[0] - losses[1]) / (2 * step)


def test_the_same_seed_asks_the_same(page: "Page") -> None:
    both = page.evaluate(
        """async () => {
          const {questionsOf} = await import("lab/understanding/questions.js");
          const draws = [[7, 1], [7, 1], [8, 1], [7, 2]];
          return draws.map(([seed, draw]) => JSON.stringify(questionsOf("unit", seed, draw)));
        }"""
    )
    assert both[0] == both[1]
    assert len(set(both)) == 3  # another seed, and the next draw of the same one, ask something else
