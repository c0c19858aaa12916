"""Every number of ``clearlstm gradients``, computed; the pages and the JSON only show them."""

import math
from dataclasses import asdict, dataclass
from decimal import Decimal, localcontext
from typing import Any, Final, final

import numpy as np

from clearlstm import examples
from clearlstm.insight.gradient_flow import GradientFlow, gradient_flow
from clearlstm.insight.long_lag import Comparison, Contender
from clearlstm.shapes import FloatArray

DIGITS: Final = 60


@final
@dataclass(frozen=True)
class Loop:
    """A number sent round a loop with one feedback weight."""

    weight: float
    n_steps: int

    def power(self, n: int) -> Decimal:
        """weight^n, to 60 digits: a float64 would end at 1e308."""
        with localcontext() as context:
            context.prec = DIGITS
            return Decimal(self.weight) ** n

    @property
    def fate(self) -> str:
        """What the loop does to a number, judged by the size of the weight."""
        size = abs(self.weight)
        if size == 1:
            return "keeps its size"
        return "explodes" if size > 1 else "vanishes"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; powers too large for a float are null, their logarithms are not."""
        powers = [float(self.power(n)) for n in range(1, self.n_steps + 1)]
        log10 = float(self.power(self.n_steps).copy_abs().log10()) if self.weight else -math.inf
        return {"weight": self.weight, "steps": self.n_steps, "powers": _plain(powers), "log10_of_last": _plain(log10)}


@final
@dataclass(frozen=True)
class VideoUnit:
    """The video's unit: its forget gate at rest, once and for every step; company B's day 1 as felt on day 4."""

    forget_gate_at_rest: float
    steps: int
    forget_gate_power: float
    company_b_dc4_dc1: float
    company_b_forget_gates: float


def video_unit(n_steps: int) -> VideoUnit:
    """Measure the unit of the worked example."""
    unit = examples.statquest_unit()
    at_rest = float(unit.trace(np.zeros((1, 1, 1))).layer(0).f[0, 0, 0])
    flow = gradient_flow(unit.trace(examples.companies().x[1:]).layer(0))
    return VideoUnit(at_rest, n_steps, at_rest**n_steps, float(flow.c[0, 0]), float(flow.direct[0, 0]))


@final
@dataclass(frozen=True)
class Figures:
    """All that the command shows."""

    loops: tuple[Loop, ...]
    unit: VideoUnit
    nets: Comparison

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; numbers that JSON can't hold are null."""
        nets = self.nets
        return {
            "loops": [loop.as_dict() for loop in self.loops],
            "unit": asdict(self.unit),
            "nets": {
                "hidden_size": nets.hidden_size,
                "steps": nets.n_steps,
                "draws": nets.n_draws,
                "seed": nets.seed,
                "updates": nets.n_updates,
                "contenders": [_contender(contender) for contender in nets.contenders],
            },
        }


def _contender(contender: Contender) -> dict[str, Any]:
    start = contender.start
    return {
        "name": start.name,
        "kind": "LSTM" if start.is_lstm else "RNN",
        "init": start.init,
        "forget_bias": start.forget_bias,
        "before": _flow(contender.before),
        "after": None if contender.after is None else _flow(contender.after),
        "share_right": None if contender.share_right is None else list(contender.share_right),
    }


def _flow(flow: GradientFlow) -> dict[str, Any]:
    """Each path's norms, a list of steps for each draw, and their median and 10–90 % over the draws, by step."""
    summary = flow.summary()
    return {
        path: {"draws": _plain(norms)}
        | {name: _plain(getattr(summary, name)[path][::-1]) for name in ("low", "median", "high")}
        for path, norms in flow.paths.items()
    }


def _plain(values: FloatArray | list[float] | float) -> Any:
    """Lists and numbers; what isn't finite is None."""
    if isinstance(values, float):
        return values if math.isfinite(values) else None
    return [_plain(value) for value in (values if isinstance(values, list) else values.tolist())]
