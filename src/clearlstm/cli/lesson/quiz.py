"""The quiz: one step of a unit with fresh values, one number after the other."""

import math
import re
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

import numpy as np
from rich.console import Console
from rich.text import Text

from clearlstm.cell.activations import activation
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.cli.lesson.figures import GIVEN, GateWeights, StepNumbers, gate_weights, take_step
from clearlstm.cli.lesson.unit import weight_table
from clearlstm.cli.lesson.worked import FUNCTIONS, Worked, marked, plus, weight
from clearlstm.cli.paging import QUIT, Page, page, says, show_lines, show_page
from clearlstm.insight.words import NAMES, sentence, short

SHOWN_DECIMALS: Final = 4
CLOSE_ENOUGH: Final[float] = GIVEN["close_enough"]
PROMPT: Final = "> "
HINT: Final = "?"
CURVE: Final = {
    name: ", ".join(f"{activation(name).value(np.array(z)):.2f} at {z:g}" for z in (-2.0, -1.0, 0.0, 1.0, 2.0))
    for name in ("sigmoid", "tanh")
}
"""Values by which to guess others."""


@dataclass(frozen=True)
class Question:
    """The text, the right number, the arithmetic that leads to it, and what helps without giving it away."""

    text: str
    value: float
    because: tuple[Text, ...]
    hint: str


def fresh_step(weights: LSTMWeights, seed: int) -> StepNumbers:
    """A step with values drawn from ``seed``: round ones, of the size that the lesson has."""
    rng = np.random.default_rng(seed)
    c, h, x = (round(float(rng.uniform(low, high)), 1) + 0.0 for low, high in ((-1.5, 2.5), (-0.9, 0.9), (0.1, 1.0)))
    return take_step(weights, x=x, h_prev=h, c_prev=c)


def questions(weights: dict[str, GateWeights], step: StepNumbers) -> tuple[Question, ...]:
    """From the forget gate's sum to the new short-term memory; what isn't asked is given."""
    worked = Worked(weights, step, SHOWN_DECIMALS)
    f, g, i, o, written, c_prev, c = map(worked.text, ("f", "g", "i", "o", "written", "c_prev", "c"))
    product = marked("c").append(f"i × g = {i} × {g} = {written}")
    return (
        *_of_gate("f", worked),
        *_of_gate("g", worked),
        Question(
            f"The input gate is {i}. What is written, i × g?", step.written, (product,),
            f"g is the candidate, the last number that you found: {i} × {g}.",
        ),
        Question(
            f"With f = {f}: what is the new long-term memory, f × c + i × g?", step.c, tuple(worked.long_term()),
            f"What stays of the old memory, {f} × {c_prev}, and what is written, {written}.",
        ),
        Question(
            f"The output gate is {o}. What is the new h, o × tanh(c)?", step.h, tuple(worked.short_term()),
            f"c is the new memory, {c}. Take tanh of it first ({CURVE['tanh']}), then {o} of that.",
        ),
    )  # fmt: skip


def _of_gate(gate: str, worked: Worked) -> tuple[Question, Question]:
    """Its sum, and the sum through its curve."""
    z, value, function = getattr(worked.step, f"z_{gate}"), getattr(worked.step, gate), FUNCTIONS[gate]
    by_hand = f"1 / (1 + e^({short(-z, SHOWN_DECIMALS)}))" if function == "sigmoid" else "between -1 and 1"
    squashed = f"What is {gate} = {function}({worked.text(f'z_{gate}')})?   ({by_hand})"
    w = worked.weights[gate]
    products = plus(f"{worked.text('h_prev')} × {weight(w.h)}", f"{worked.text('x')} × {weight(w.x)}", weight(w.bias))
    return (
        Question(
            f"What is the {NAMES[gate][0]}'s sum, z_{gate}?", z, tuple(worked.sum(gate)),
            f"h × its weight + x × its weight + bias, from the row of {gate}: {products}.",
        ),
        Question(squashed, value, (worked.squashed(gate),), f"Points of the curve: {CURVE[function]}."),
    )  # fmt: skip


def read_answer(text: str) -> tuple[float, int] | None:
    """The number typed and its decimals; None for what isn't one. A comma is a point, 83 % is 0.83.

    >>> read_answer("0,83"), read_answer("83.5 %"), read_answer("-.2"), read_answer("a bit")
    ((0.83, 2), (0.835, 3), (-0.2, 1), None)
    """
    match = re.fullmatch(r"([+-]?)(\d*)(?:[.,](\d*))?\s*(%?)", text.strip().replace("−", "-"))
    if match is None or not (match[2] or match[3]):
        return None
    sign, whole, after, is_percent = match.groups(default="")
    value = float(f"{sign}{whole or 0}.{after or 0}")
    return (value / 100, len(after) + 2) if is_percent else (value, len(after))


def is_right(answer: float, decimals: int, value: float) -> bool:
    """Whether ``answer`` is ``value``, rounded to one decimal or more, or as close as rounding on the way takes one.

    >>> is_right(0.8, 1, 0.8348), is_right(0.84, 2, 0.8348), is_right(0.9, 1, 0.8348), is_right(1.0, 0, 0.8348)
    (True, True, False, False)
    """
    half_a_digit = 0.5 * 10.0**-decimals if decimals else 0.0
    return abs(answer - value) <= max(half_a_digit, CLOSE_ENOUGH) + 1e-9


def hold(screen: Console, weights: LSTMWeights, seed: int) -> None:
    """Ask until the step is done, or the reader has had enough; then tell the score."""
    numbers, step = gate_weights(weights), fresh_step(weights, seed)
    show_page(screen, _introduction(numbers, step, seed))
    all_questions = questions(numbers, step)
    right = answered = 0
    for k, question in enumerate(all_questions, 1):
        show_lines(screen, Text(f"{k} of {len(all_questions)}   {question.text}"))
        answer = _listen(screen, question.hint)
        if answer is None:
            break
        answered += 1
        right += _judge(screen, question, answer)
        screen.print(f"Score: {right} of {answered}.\n")
    _farewell(screen, right, answered, len(all_questions))


def _introduction(numbers: dict[str, GateWeights], step: StepNumbers, seed: int) -> Page:
    return page(
        f"Your turn   (seed {seed})",
        *weight_table(numbers),
        Text(),
        *says(
            f"The long-term memory c is {step.c_prev:g}, the short-term memory h is {step.h_prev:g}, and in comes",
            f"x = {step.x:g}. Work out the next numbers, one after the other.",
        ),
        *says(
            "Round as you like, to one decimal or more; 83 % is 0.83. ? gives a hint and costs nothing; Enter alone",
            "shows the answer and counts as a miss; q ends the quiz.",
        ),
    )


def _listen(screen: Console, hint: str) -> tuple[float, int] | None:
    """The answer, not-a-number for an empty one, None to end the quiz. What is no number is asked for again."""
    while True:
        screen.print(PROMPT, end="")
        try:
            typed = input().strip()
        except EOFError:
            screen.print()
            return None
        except KeyboardInterrupt:
            screen.print()
            raise
        if typed.lower() in QUIT:
            return None
        if not typed:
            return math.nan, 0
        if typed == HINT:
            screen.print("\n".join(wrap(hint, screen.width - len(PROMPT))))
            continue
        if (answer := read_answer(typed)) is not None:
            return answer
        screen.print(sentence("no_number"))


def _judge(screen: Console, question: Question, answer: tuple[float, int]) -> bool:
    """Tell whether the answer was right, and the arithmetic if it wasn't."""
    exact = short(question.value, 6)
    if is_right(*answer, question.value):
        screen.print(f"Right: {exact}.")
        return True
    screen.print(f"It is {exact}:" if math.isnan(answer[0]) else f"Not {answer[0]:g}. It is {exact}:")
    show_lines(screen, *question.because)
    return False


def _farewell(screen: Console, right: int, answered: int, count: int) -> None:
    score = f"You had {right} of {answered} right." if answered else "Nothing answered, nothing missed."
    if answered < count:
        score += f" {count - answered} of {count} were still to come."
    screen.print(score)
    screen.print("clearlstm demo --quiz asks again, with other values.")
