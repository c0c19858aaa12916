"""One gradient of the first update, taken apart day by day."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from rich.text import Text

from clearlstm import examples
from clearlstm.cell import lstm as reference
from clearlstm.cell.layout import GATES, split_gates
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.cli.lesson.figures import GateWeights, StepNumbers, gate_weights, walk
from clearlstm.cli.lesson.worked import equation, marked
from clearlstm.cli.paging import Page, page, row, says
from clearlstm.data.bundled import Companies
from clearlstm.insight.words import short

NUDGE: Final = 1e-5
"""How far the weight is moved to check its gradient."""


@dataclass(frozen=True)
class DayBack:
    """One day on the way back: what reaches its memories (dh, dc) and its sums (dz), by how much the loss would change.

    ``dc`` is all that reaches c; ``dc_prev`` and ``dh_prev`` are what it passes on to the day before.
    """

    day: int
    dh: float
    dc_arriving: float
    dc: float
    dz: dict[str, float]
    dh_prev: float
    dc_prev: float
    share: float


@dataclass(frozen=True)
class FirstGradient:
    """The gradient of the first update's loss by the candidate's weight on x, and how it comes about.

    ``gradients`` are those by all twelve numbers; ``by_nudging`` is the same one measured: the weight moved a little
    both ways. ``after`` is the weight after Adam's first step.
    """

    company: str
    wanted: float
    loss: float
    days: tuple[StepNumbers, ...]
    back: tuple[DayBack, ...]
    gradients: dict[str, GateWeights]
    weights: dict[str, GateWeights]
    by_nudging: float
    after: float

    @property
    def gradient(self) -> float:
        """By the candidate's weight on x."""
        return self.gradients["g"].x


def first_gradient(companies: Companies, after: float) -> FirstGradient:
    """The way back through company A's days, from the start of training; ``after`` is the weight one update later."""
    weights = examples.unit(examples.PUBLISHED_START).weights(0)
    days, wanted = companies.x[0, :, 0].tolist(), companies.y[0].item()
    steps = walk(weights, days)
    back = _way_back(weights, steps, 2 * (steps[-1].h - wanted))
    more, less = (_nudged_loss(days, wanted, nudge) for nudge in (NUDGE, -NUDGE))
    return FirstGradient(
        company=companies.names[0],
        wanted=wanted,
        loss=(steps[-1].h - wanted) ** 2,
        days=steps,
        back=back,
        gradients=_summed(back, steps),
        weights=gate_weights(weights),
        by_nudging=(more - less) / (2 * NUDGE),
        after=after,
    )


def _way_back(weights: LSTMWeights, steps: tuple[StepNumbers, ...], dh: float) -> tuple[DayBack, ...]:
    """From the last day to the first, each by the reference's own backward pass over that one day."""
    back, dc, none = [], 0.0, np.zeros((1, 1, 1))
    for t in reversed(range(len(steps))):
        now = steps[t]
        x, h_prev, c_prev = np.full((1, 1, 1), now.x), np.array([[now.h_prev]]), np.array([[now.c_prev]])
        record = reference.forward(x, weights, h_prev, c_prev, np.array([1]))
        grads = reference.backward(x, weights, record, none, np.array([[dh]]), np.array([[dc]]))
        # Over one day the gradient by a bias is that by its sum: db = dz.
        dz = {gate: values.item() for gate, values in split_gates(grads.b).items()}
        whole = dc + dh * now.o * (1 - now.tanh_c**2)
        dh_prev, dc_prev = grads.h_0.item(), grads.c_0.item()
        back.append(DayBack(t + 1, dh, dc, whole, dz, dh_prev, dc_prev, dz["g"] * now.x + 0.0))
        dh, dc = dh_prev, dc_prev
    return tuple(back)


def _summed(back: tuple[DayBack, ...], steps: tuple[StepNumbers, ...]) -> dict[str, GateWeights]:
    """The same weights serve every day, so their gradients add up over the days."""
    parts = [(day.dz, steps[day.day - 1]) for day in back]
    return {
        gate: GateWeights(
            h=sum(dz[gate] * now.h_prev for dz, now in parts),
            x=sum(dz[gate] * now.x for dz, now in parts),
            bias=sum(dz[gate] for dz, _ in parts),
        )
        for gate in GATES
    }


def _nudged_loss(days: list[float], wanted: float, nudge: float) -> float:
    on_h, on_x, bias = examples.PUBLISHED_START["g"]
    unit = examples.unit(examples.PUBLISHED_START | {"g": (on_h, on_x + nudge, bias)})
    return (walk(unit.weights(0), days)[-1].h - wanted) ** 2


def gradient_pages(first: FirstGradient) -> tuple[Page, ...]:
    """The last day in full, the day before, then all days and their sum."""
    return _last_day(first), _day_before(first), _all_days(first)


def _six(value: float) -> str:
    return short(value, 6)


def _last_day(first: FirstGradient) -> Page:
    now, back = first.days[-1], first.back[0]
    dh, dz = _six(back.dh), _six(back.dz["g"])
    return page(
        "One gradient of the first update, 1 of 3: the last day",
        *says(
            f"Company {first.company} goes first. The unit answers {_six(now.h)} and {first.wanted:g} is wanted: the",
            f"loss, the error squared, is {_six(first.loss)}. Take one weight, the candidate's weight on x,",
            f"{first.weights['g'].x:.4f}. If it grew, how fast would the loss change? Walk back from the loss, and at",
            "each number ask the same question (dc: how fast the loss changes as c does):",
        ),
        *equation(marked("h"), "dh = 2 × (answer - wanted)", f"2 × ({_six(now.h)} - {first.wanted:g})", dh),
        *_through_the_step(now, back),
        Text(),
        *says(
            "1 - tanh² is the slope of tanh, and z is the candidate's sum. In that sum the weight is multiplied by x,",
            f"so day {back.day}'s share of its gradient is dz × x = {dz} × {now.x:g} = {_six(back.share)}.",
        ),
    )


def _through_the_step(now: StepNumbers, back: DayBack) -> list[Text]:
    """What reaches c, from h and from the day after if there is one, and the candidate's sum."""
    dh, dc, later, dz = map(_six, (back.dh, back.dc, back.dc_arriving, back.dz["g"]))
    from_later, its_number = ("dc from later + ", f"{later} + ") if back.dc_arriving else ("", "")
    through_tanh = f"{dh} × {_six(now.o)} × (1 - {_squared(now.tanh_c)})"
    return [
        *equation(marked("c"), f"dc = {from_later}dh × o × (1 - tanh(c)²)", its_number + through_tanh, dc),
        *equation(marked("g"), "dz = dc × i × (1 - g²)", f"{dc} × {_six(now.i)} × (1 - {_squared(now.g)})", dz),
    ]


def _squared(value: float) -> str:
    return f"({_six(value)})²" if value < 0 else f"{_six(value)}²"


def _day_before(first: FirstGradient) -> Page:
    last, before, now = first.back[0], first.back[1], first.days[-2]
    parts = [f"{_six(last.dz[gate])} × {first.weights[gate].h:.4f}" for gate in GATES]
    return page(
        "One gradient of the first update, 2 of 3: the day before",
        *says(f"Both memories carry the question back to day {before.day}. By c, through the forget gate alone:"),
        *equation(
            marked("c"),
            f"dc from day {last.day} = dc × f",
            f"{_six(last.dc)} × {_six(first.days[-1].f)}",
            _six(last.dc_prev),
        ),
        Text(),
        *says("By h, through the four sums that it was part of, times the four weights on h:"),
        *equation(marked("h"), "dh = dz_f × w_f + dz_i × w_i + dz_g × w_g + dz_o × w_o", " + ".join(parts[:2])),
        row("      + ", " + ".join(parts[2:]), f" = {_six(before.dh)}"),
        Text(),
        *says(f"Then day {before.day} goes as day {last.day} did:"),
        *_through_the_step(now, before),
        row("      its share: dz × x", f" = {_six(before.dz['g'])} × {now.x:g} = {_six(before.share)}"),
    )


def _all_days(first: FirstGradient) -> Page:
    lines = [row(f"{'day':>5}{'x':>8}{'dh':>13}{'dc':>13}{'dz':>13}{'share, dz × x':>17}")]
    for back in first.back:
        x = first.days[back.day - 1].x
        lines.append(
            row(f"{back.day:>5}{x:>8g}{back.dh:>13.6f}{back.dc:>13.6f}{back.dz['g']:>13.6f}{back.share:>17.6f}")
        )
    before, moved = first.weights["g"].x, first.after - first.weights["g"].x
    better = "Below 0, so a larger" if first.gradient < 0 else "Above 0, so a smaller"
    return page(
        "One gradient of the first update, 3 of 3: all days",
        *says("Days 2 and 1 go the same way. A row a day, from the last to the first:"),
        *lines,
        row(f"{'the gradient, their sum':<52}{first.gradient:>17.6f}"),
        Text(),
        *says(
            "The same weight serves every day, so the shares add up. Day 1's is 0 whatever dz is: the input was 0, and",
            "a weight that multiplies 0 has no say.",
        ),
        *says(
            f"To check, move the weight by {NUDGE:.5f} each way and run the days again: the loss changes at a rate of",
            f"{first.by_nudging:.6f}.",
        ),
        *says(
            f"{better} weight makes the loss smaller.",
            f"Adam's first step moves it by the learning rate, {abs(moved):.3f}, whatever the gradient's size: from",
            f"{before:.4f} to {first.after:.4f}. The other eleven move in the same way, then it is company B's turn.",
        ),
    )
