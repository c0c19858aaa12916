"""Every number of the lesson, computed by the reference; what the video gives stands in data/bundled/lesson.json."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from clearlstm import examples
from clearlstm.cell import lstm as reference
from clearlstm.cell.activations import activation
from clearlstm.cell.layout import GATES, split_gates
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.data import bundled
from clearlstm.data.bundled import Companies
from clearlstm.insight.ledger import ledger
from clearlstm.network.lstm import LSTM

GIVEN: Final = bundled.lesson()
HALF: Final[float] = GIVEN["half"]
"""What the first input is set to in the what-if: a value between those that the video's unit was shown."""

# The weights (on h, on x, bias) after 5000 epochs of `clearlstm demo --train`, to four decimals; the video shows two.
# A test trains again and compares.
TRAINED_WEIGHTS: Final = {
    "f": (2.7043, 1.6307, 1.6234),
    "i": (1.9983, 1.6525, 0.6204),
    "g": (1.4122, 0.9393, -0.3217),
    "o": (4.3848, -0.1943, 0.5935),
}


@dataclass(frozen=True)
class GateWeights:
    """What one gate multiplies the short-term memory and the input by, and what it adds."""

    h: float
    x: float
    bias: float


@dataclass(frozen=True)
class StepNumbers:
    """One step of a unit of one: what came in, the sums, the gates, what came out."""

    x: float
    h_prev: float
    c_prev: float
    z_f: float
    z_i: float
    z_g: float
    z_o: float
    f: float
    i: float
    g: float
    o: float
    kept: float
    written: float
    c: float
    tanh_c: float
    h: float


@dataclass(frozen=True)
class SeriesNumbers:
    """A series through the unit: the answer is h after the last step; the ledger says which step wrote c.

    ``wanted`` is what came next, where that is known. The what-ifs are answers of the same unit: with h set to 0 before
    every step, and with the first input set to 0.5.
    """

    days: tuple[StepNumbers, ...]
    answer: float
    wanted: float | None
    ledger: tuple[float, ...]
    answer_with_h_held_at_0: float
    answer_with_day_1_at_a_half: float


@dataclass(frozen=True)
class Lesson:
    """All that the lesson shows."""

    weights: dict[str, GateWeights]
    curves: dict[str, dict[str, float]]
    single_step: StepNumbers
    single_step_in_the_video: StepNumbers
    forgets: StepNumbers
    companies: dict[str, SeriesNumbers]
    answers_of_the_trained_weights: dict[str, float]


@dataclass(frozen=True)
class Own:
    """A person's own numbers: series through a unit, theirs or the video's."""

    weights: dict[str, GateWeights]
    series: dict[str, SeriesNumbers]


def lesson(unit: LSTM, companies: Companies) -> Lesson:
    """The lesson of a unit with one input and one hidden unit, on the two companies."""
    weights, trained = unit.weights(0), examples.unit(TRAINED_WEIGHTS).weights(0)
    h, c = GIVEN["before"]["h"], GIVEN["before"]["c"]
    step = take_step(weights, x=GIVEN["single_step"], h_prev=h, c_prev=c)
    return Lesson(
        weights=gate_weights(weights),
        curves=curves(),
        single_step=step,
        single_step_in_the_video=as_the_video_rounds(step),
        forgets=take_step(weights, x=GIVEN["forgets"], h_prev=h, c_prev=c),
        companies=both_companies(weights, companies),
        answers_of_the_trained_weights={
            name: numbers.answer for name, numbers in both_companies(trained, companies).items()
        },
    )


def own(unit: LSTM, values: tuple[float, ...] | None, companies: Companies) -> Own:
    """``values`` through ``unit``; without values the two companies."""
    weights = unit.weights(0)
    through = both_companies(weights, companies) if values is None else {"yours": series(weights, list(values))}
    return Own(gate_weights(weights), through)


def both_companies(weights: LSTMWeights, companies: Companies) -> dict[str, SeriesNumbers]:
    """A's and B's days through a unit."""
    return {
        name: series(weights, days[:, 0].tolist(), wanted.item())
        for name, days, wanted in zip(companies.names, companies.x, companies.y, strict=True)
    }


def gate_weights(weights: LSTMWeights) -> dict[str, GateWeights]:
    """The twelve numbers of a unit, by gate."""
    U, W, b = (split_gates(part) for part in (weights.U, weights.W, weights.b))
    return {gate: GateWeights(U[gate].item(), W[gate].item(), b[gate].item()) for gate in GATES}


def curves() -> dict[str, dict[str, float]]:
    """sigmoid and tanh at a few points."""
    return {
        name: {f"{z:g}": activation(name).value(np.array(float(z))).item() for z in GIVEN["curve_points"]}
        for name in ("sigmoid", "tanh")
    }


def take_step(weights: LSTMWeights, *, x: float, h_prev: float, c_prev: float) -> StepNumbers:
    """One step, unrounded."""
    now = reference.step(np.array([[x]]), np.array([[h_prev]]), np.array([[c_prev]]), weights)
    step = {name: float(values.item()) for name, values in vars(now).items()}
    return StepNumbers(
        x=x, h_prev=h_prev, c_prev=c_prev, kept=step["f"] * c_prev, written=step["i"] * step["g"], **step
    )


def as_the_video_rounds(exact: StepNumbers) -> StepNumbers:
    """The same step, each stage rounded and the rounded number carried on."""

    def rounded(name: str, value: float) -> float:
        decimals: int = GIVEN["decimals"][name]
        return round(value, decimals)

    step = {name: rounded(name, getattr(exact, name)) for gate in GATES for name in (f"z_{gate}", gate)}
    step["kept"] = rounded("kept", step["f"] * exact.c_prev)
    step["written"] = rounded("written", step["i"] * step["g"])
    step["c"] = rounded("c", step["kept"] + step["written"])
    step["tanh_c"] = rounded("tanh_c", float(np.tanh(step["c"])))
    step["h"] = rounded("h", step["o"] * step["tanh_c"])
    return replace(exact, **step)


def what_rounding_adds(exact: StepNumbers, rounded: StepNumbers) -> dict[str, float]:
    """What each of the rounded stages that lead to c adds to it; together the difference of the two c's."""
    f, i, g = rounded.f - exact.f, rounded.i - exact.i, rounded.g - exact.g
    return {
        "f": f * exact.c_prev,
        "kept": rounded.kept - rounded.f * exact.c_prev,
        "i": i * exact.g,
        "g": g * rounded.i,
        "written": rounded.written - rounded.i * rounded.g,
        "c": rounded.c - rounded.kept - rounded.written,
    }


def walk(weights: LSTMWeights, days: list[float], *, hold_h_at_0: bool = False) -> tuple[StepNumbers, ...]:
    """The days one after the other, both memories starting at 0; or with h set to 0 before each."""
    h = c = 0.0
    steps = []
    for x in days:
        now = take_step(weights, x=x, h_prev=0.0 if hold_h_at_0 else h, c_prev=c)
        h, c = now.h, now.c
        steps.append(now)
    return tuple(steps)


def series(weights: LSTMWeights, days: list[float], wanted: float | None = None) -> SeriesNumbers:
    """A series' steps, its answer and what carried it."""
    x, zero = np.array(days).reshape(1, -1, 1), np.zeros((1, 1))
    book = ledger(reference.forward(x, weights, zero, zero, np.array([len(days)])))
    steps = walk(weights, days)
    return SeriesNumbers(
        days=steps,
        answer=steps[-1].h,
        wanted=wanted,
        ledger=tuple(float(entry) for entry in book.entries[0, :, 0]),
        answer_with_h_held_at_0=walk(weights, days, hold_h_at_0=True)[-1].h,
        answer_with_day_1_at_a_half=walk(weights, [HALF, *days[1:]])[-1].h,
    )
