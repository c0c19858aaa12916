"""What the audit can look at in the seconds that it is given: sizes of samples, from the work that each part takes.

Work is counted in passes of one sequence through the network, in numbers of a trace that are looked at, and in products
of matrices; a short timing on this machine says what each of them costs. Sizes are chosen from that before the work
begins. Where the seconds are enough for all, no clock is read after, and the figures hang on the seed alone. Where they
aren't, the last and largest stage, the units, is made smaller still if the stages before it took longer than planned.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

from clearlstm import kernels
from clearlstm.insight import few_lags
from clearlstm.insight.audit.answers import Probe
from clearlstm.insight.audit.layers import lag_grid
from clearlstm.insight.first_order import OUTPUTS
from clearlstm.insight.hiding import AT_FIRST, Allowance
from clearlstm.insight.memory import Writes
from clearlstm.insight.unit_labels import tally
from clearlstm.network.model import Network
from clearlstm.network.subject import states_of

USABLE: Final = 0.85
"""Of the seconds given: the rest is for the timing, for tables, and for what was counted too low."""

WEIGHTS: Final[Mapping[str, float]] = {"answers": 1, "look-back": 2, "features": 2, "layers": 2, "units": 3}
"""How the seconds are shared out, where they aren't enough for all."""

TIMED: Final = 16
TIMED_WORK: Final = 1e10
"""The timing: sequences at most, and multiply-adds, about."""

ROUNDS: Final = 20
"""Of vectors forth and back in float32, in units of one product in float64, about."""

FEW_ROWS: Final = 16
"""Fewer rows take no less time in a product: the weights have to be read."""

SLOPES: Final = 10
"""Passes that the slopes by the inputs, or an estimate of all units, take for one output."""

AT_LEAST: Final = 0.1
"""The share of their seconds that the units have left, however late the audit is."""

clock = time.perf_counter


@dataclass(frozen=True)
class Plan:
    """How much is looked at; ``cut`` if the seconds made it less than it would be.

    answers, exchanged, memory, gradient: sequences, for the answers, with parts exchanged, for memories and slopes, and
    for the gradient. look_back, lags: steps back to a decade, of the look back and of the gradient. hiding: what hiding
    units may cost. seconds: what each stage will take, about.
    """

    answers: int = 1000
    exchanged: int = 256
    memory: int = 128
    gradient: int = 12
    look_back: int = 10
    lags: int = 10
    hiding: Allowance = Allowance(128)  # noqa: RUF009  # frozen
    cut: bool = False
    seconds: Mapping[str, float] | None = None

    def caught_up(self, spent: float, given: float) -> "Plan":
        """The plan before the units, less where it is cut and they come late: ``spent`` seconds of those ``given``."""
        if not self.cut or self.seconds is None:
            return self
        slower = max(1.0, spent / sum(value for stage, value in self.seconds.items() if stage != "units"))
        left = max(given - spent, AT_LEAST * self.hiding.seconds)
        hiding = replace(
            self.hiding,
            seconds=min(self.hiding.seconds, left),
            of_run=tuple(slower * value for value in self.hiding.of_run),
            of_estimate=slower * self.hiding.of_estimate,
        )
        return replace(self, hiding=hiding)


LEAST: Final = Plan(100, 16, 4, 2, 5, 5)
"""What is looked at however few the seconds."""


@dataclass(frozen=True)
class Work:
    """What the parts of an audit cost, in seconds: of a network with F features on N sequences of T steps."""

    network: Network
    N: int
    T: int
    of_pass: float
    """Of one sequence through the whole network."""

    of_number: float
    """To look at one number of h in a trace: memories, habits."""

    of_product: float
    """Of a multiply-add in float64, many rows at a time."""

    @classmethod
    def timed(cls, probe: Probe) -> "Work":
        """On this machine, now."""
        network, (N, T, _) = probe.network, probe.x.shape
        n = min(N, TIMED)
        steps = int(np.clip(TIMED_WORK / (n * T * _multiply_adds(network)) * T, min(8, T), T))
        first = states_of(probe.state, slice(n))
        some = replace(probe, x=probe.x[:n, :steps], lengths=np.minimum(probe.lengths[:n], steps), state=first)
        of_pass = _fastest(some.answers) / (n * steps) * T
        H = max(net.hidden_size for net in network.nets)
        a, b = np.ones((64, H)), np.ones((H, 4 * H))
        of_product = _fastest(lambda: kernels.product(a, b)) / (64 * 4 * H * H)
        return cls(network, N, T, of_pass, _look(some), of_product)

    def needs(self, plan: Plan) -> dict[str, float]:
        """Seconds by stage, for a plan whose sizes may be more than there are sequences."""
        answers, exchanged, memory, gradient = (
            min(size, self.N) for size in (plan.answers, plan.exchanged, plan.memory, plan.gradient)
        )
        M, F = self.network.output_size, self.network.input_size
        look = self.of_number * self.T * _units(self.network) + 1.5 * self.of_pass
        slopes = min(M, OUTPUTS) * SLOPES * self.of_pass
        return {
            "answers": answers * (2 * self.of_pass + look),
            "look-back": exchanged * self._look_back(plan.look_back) * self.of_pass,
            "features": exchanged * (2 + F) * self.of_pass + memory * slopes,
            "layers": memory * look + self.of_gradient(gradient, plan.lags),
            "units": memory * sum(self.of_runs()) / AT_FIRST,
        }

    def _look_back(self, per_decade: int) -> float:
        """Passes: whole ones, or only of the last k steps where a pass may begin from any state."""
        lags = lag_grid(self.T, per_decade)
        forward = self.network.pool == "last" and not any(net.bidirectional for net in self.network.nets)
        return 2 + (1 + float(lags.sum()) / self.T if forward else len(lags))

    def of_gradient(self, n: int, per_decade: int) -> float:
        """Of n sequences in all layers: by vectors or by whole Jacobians, whichever is less."""
        lags = lag_grid(self.T, per_decade)
        seconds = 0.0
        for net in self.network.nets:
            H, S = net.hidden_size, len(net.cell.states)
            step = H * H * len(net.cell.gates)
            whole = n * 2 * S * H * int(lags[-1])
            vectors = ROUNDS * max(n * int(lags.sum()), FEW_ROWS * int(lags[-1]))
            work = step * (min(whole, vectors) if few_lags.WIDE <= H else whole)
            seconds += net.num_layers * net.num_directions * work * self.of_product
        return seconds

    def of_runs(self) -> list[float]:
        """What a run of one sequence without a unit takes, for every unit: its layer and those above run again."""
        layers = self.of_layers()
        units = [net.hidden_size * net.num_directions for net in self.network.nets for _ in range(net.num_layers)]
        return [seconds for seconds, count in zip(layers, units, strict=True) for _ in range(count)]

    def of_layers(self) -> list[float]:
        """A run of one sequence from each layer on, (L,)."""
        work = np.array([_layer_work(net, k) for net in self.network.nets for k in range(net.num_layers)], np.float64)
        from_here = np.cumsum(work[::-1])[::-1]
        seconds: list[float] = (self.of_pass * from_here / work.sum()).tolist()
        return seconds


def plan_for(probe: Probe, seconds: float) -> Plan:
    """As much as fits into ``seconds`` on this machine; all if they are without end."""
    if math.isinf(seconds):
        return Plan()
    work, whole = Work.timed(probe), Plan()
    needs, usable = work.needs(whole), USABLE * seconds
    if sum(needs.values()) <= usable:
        hiding = _hiding(work, needs["units"] + usable - sum(needs.values()))
        return replace(whole, hiding=hiding, seconds=needs)
    given = shared_out(needs, usable)
    if given["look-back"] < needs["look-back"] / 2:
        whole = replace(whole, look_back=LEAST.look_back)
    if given["layers"] < needs["layers"] / 2:
        whole = replace(whole, lags=LEAST.lags)
    needs = work.needs(whole)
    share = {stage: min(1.0, given[stage] / needs[stage]) for stage in needs}
    plan = replace(
        whole,
        answers=_cut(whole.answers, share["answers"], LEAST.answers, work.N),
        exchanged=_cut(whole.exchanged, min(share["look-back"], share["features"]), LEAST.exchanged, work.N),
        memory=_cut(whole.memory, min(share["layers"], share["features"]), LEAST.memory, work.N),
        gradient=_cut(whole.gradient, share["layers"], LEAST.gradient, work.N),
        cut=True,
    )
    spent = sum(value for stage, value in work.needs(plan).items() if stage != "units")
    hiding = _hiding(work, max(given["units"], usable - spent))
    return replace(plan, hiding=hiding, seconds=work.needs(plan) | {"units": hiding.seconds})


def shared_out(needs: Mapping[str, float], seconds: float) -> dict[str, float]:
    """Seconds for each stage by :data:`WEIGHTS`; what one of them doesn't need goes to the others.

    >>> shared_out({"answers": 1.0, "units": 50.0}, 21.0)
    {'answers': 1.0, 'units': 20.0}
    """
    given: dict[str, float] = {}
    for stage in sorted(needs, key=lambda stage: needs[stage] / WEIGHTS[stage]):
        left = seconds - sum(given.values())
        weights = sum(WEIGHTS[other] for other in needs if other not in given)
        given[stage] = min(needs[stage], left * WEIGHTS[stage] / weights)
    return given


def _hiding(work: Work, seconds: float) -> Allowance:
    estimate = min(work.network.output_size, OUTPUTS) * SLOPES * work.of_pass
    return Allowance(Plan.hiding.sample, seconds, tuple(work.of_layers()), estimate)


def _cut(size: int, share: float, least: int, n: int) -> int:
    """A sample of ``size`` or all n sequences, and of that a share."""
    return size if share >= 1 else max(least, int(min(size, n) * share))


def _units(network: Network) -> int:
    return sum(net.num_layers * net.num_directions * net.hidden_size for net in network.nets)


def _layer_work(net: Any, layer: int) -> int:
    """Multiply-adds of a step in one layer, all directions."""
    below = net.input_size if layer == 0 else net.output_size
    return int(net.num_directions * len(net.cell.gates) * net.hidden_size * (net.hidden_size + below))


def _multiply_adds(network: Network) -> int:
    return sum(_layer_work(net, k) for net in network.nets for k in range(net.num_layers))


def _look(probe: Probe) -> float:
    """Seconds a number of h, to look at a trace: of the first layer that has a long-term memory."""
    trace = probe.network.trace(*probe.sequences)
    for net in trace.nets:
        layer = net.layer(0)
        if "c" in layer.cell.states and layer.functions.gate == "sigmoid":
            return _fastest(partial(_look_at, layer)) / float(layer.h.size)
    return 0.0


def _look_at(layer: Any) -> None:
    tally(layer)
    Writes(*layer.h.shape[1:]).add_all(layer)


def _fastest(do: Callable[[], Any]) -> float:
    """The seconds of the faster of two runs: the first may load what is compiled."""
    times = []
    for _ in range(2):
        start = clock()
        do()
        times.append(clock() - start)
    return min(times)
