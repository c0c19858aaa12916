"""Every number of the lesson, computed by the reference: nothing here is typed in but what the video gives."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from clearlstm.cell import reference
from clearlstm.cell.activations import sigmoid
from clearlstm.cell.layout import GATES, split_gates
from clearlstm.cell.record import LSTMWeights
from clearlstm.data.bundled import Companies
from clearlstm.insight.ledger import ledger
from clearlstm.network.lstm import LSTM

CURVE_POINTS: Final = (-10.0, -2.0, 0.0, 2.0, 10.0)

# How many decimals the video keeps at each stage of its single step.
VIDEO_DECIMALS: Final = {"f": 3, "kept": 2, "i": 1, "g": 2, "written": 2, "c": 2, "tanh_c": 2, "o": 2, "h": 2}


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
class CompanyNumbers:
    """A company's days through the unit: the answer is h after the last; the ledger says who wrote c."""

    days: tuple[StepNumbers, ...]
    answer: float
    wanted: float
    ledger: tuple[float, ...]
    answer_with_h_held_at_0: float


@dataclass(frozen=True)
class Lesson:
    """All that the lesson shows."""

    weights: dict[str, GateWeights]
    curves: dict[str, dict[str, float]]
    single_step: StepNumbers
    single_step_in_the_video: dict[str, float]
    forgets: StepNumbers
    companies: dict[str, CompanyNumbers]
    day_1_at_a_half: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def lesson(unit: LSTM, companies: Companies) -> Lesson:
    """The lesson of a unit with one input and one hidden unit, on series of one feature."""
    weights = unit.weights(0)
    first = [float(value) for value in companies.x[0, :, 0]]
    return Lesson(
        weights=gate_weights(weights),
        curves={name: curve(name) for name in ("sigmoid", "tanh")},
        single_step=take_step(weights, x=1.0, h_prev=1.0, c_prev=2.0),
        single_step_in_the_video=as_the_video_rounds(weights, x=1.0, h_prev=1.0, c_prev=2.0),
        forgets=take_step(weights, x=-10.0, h_prev=1.0, c_prev=2.0),
        companies={
            name: company(weights, [float(value) for value in days[:, 0]], float(wanted.item()))
            for name, days, wanted in zip(companies.names, companies.x, companies.y, strict=True)
        },
        day_1_at_a_half=walk(weights, [0.5, *first[1:]])[-1].h,
    )


def gate_weights(weights: LSTMWeights) -> dict[str, GateWeights]:
    """The twelve numbers of a unit, by gate."""
    U, W, b = (split_gates(part) for part in (weights.U, weights.W, weights.b))
    return {gate: GateWeights(U[gate].item(), W[gate].item(), b[gate].item()) for gate in GATES}


def curve(name: str) -> dict[str, float]:
    """sigmoid or tanh at a few points."""
    function = sigmoid if name == "sigmoid" else np.tanh
    return {f"{z:g}": float(function(np.array(z))) for z in CURVE_POINTS}


def take_step(weights: LSTMWeights, *, x: float, h_prev: float, c_prev: float) -> StepNumbers:
    """One step, unrounded."""
    now = reference.step(np.array([[x]]), np.array([[h_prev]]), np.array([[c_prev]]), weights)
    found = {name: float(values.item()) for name, values in vars(now).items()}
    return StepNumbers(
        x=x, h_prev=h_prev, c_prev=c_prev, kept=found["f"] * c_prev, written=found["i"] * found["g"], **found
    )


def as_the_video_rounds(weights: LSTMWeights, *, x: float, h_prev: float, c_prev: float) -> dict[str, float]:
    """The same step, each stage rounded and the rounded number carried on."""
    exact = take_step(weights, x=x, h_prev=h_prev, c_prev=c_prev)

    def kept_digits(name: str, value: float) -> float:
        return round(value, VIDEO_DECIMALS[name])

    found = {gate: kept_digits(gate, getattr(exact, gate)) for gate in GATES}
    found["kept"] = kept_digits("kept", found["f"] * c_prev)
    found["written"] = kept_digits("written", found["i"] * found["g"])
    found["c"] = kept_digits("c", found["kept"] + found["written"])
    found["tanh_c"] = kept_digits("tanh_c", float(np.tanh(found["c"])))
    found["h"] = kept_digits("h", found["o"] * found["tanh_c"])
    return found


def walk(weights: LSTMWeights, days: list[float], *, hold_h_at_0: bool = False) -> tuple[StepNumbers, ...]:
    """The days one after the other, both memories starting at 0; or with h set to 0 before each."""
    h = c = 0.0
    steps = []
    for x in days:
        now = take_step(weights, x=x, h_prev=0.0 if hold_h_at_0 else h, c_prev=c)
        h, c = now.h, now.c
        steps.append(now)
    return tuple(steps)


def company(weights: LSTMWeights, days: list[float], wanted: float) -> CompanyNumbers:
    """One company's days, its answer and what carried it."""
    x, zero = np.array(days).reshape(1, -1, 1), np.zeros((1, 1))
    book = ledger(reference.forward(x, weights, zero, zero, np.array([len(days)])))
    steps = walk(weights, days)
    return CompanyNumbers(
        days=steps,
        answer=steps[-1].h,
        wanted=wanted,
        ledger=tuple(float(entry) for entry in book.entries[0, :, 0]),
        answer_with_h_held_at_0=walk(weights, days, hold_h_at_0=True)[-1].h,
    )
