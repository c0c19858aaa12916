"""The numbers of an audit, as measured, before anything is said about them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np
import numpy.typing as npt

from clearlstm.insight.audit.answers import Line, LookBack, Skill
from clearlstm.insight.audit.layers import LayerFacts
from clearlstm.network.model import Network
from clearlstm.network.subject import Corrects
from clearlstm.shapes import counted

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Sizes:
    """What the model is: ``description`` in words, and what runs it ("kernels" or "reference")."""

    description: str
    parameters: int
    dtype: str
    input_size: int
    output_size: int
    engine: str

    @classmethod
    def of(cls, network: Network) -> "Sizes":
        """Of a network."""
        engines = {net.engine for net in network.nets}
        return cls(
            _description(network),
            sum(values.size for values in network.parameters.values()),
            network.dtype.name,
            network.input_size,
            network.output_size,
            "kernels" if engines == {"kernels"} else "reference",
        )


@dataclass(frozen=True)
class Samples:
    """How many sequences were given, and how many each part looked at; ``window``, the median of their steps.

    answers: for the answers themselves; exchanged: with parts taken from other sequences; units: for memory lengths,
    slopes and, at first, unit by unit (each unit's own number is in its row); gradient: for what arrives of a small
    change. outputs: whose slopes are shared out, of all. seconds: what the audit was given; ``cut``, whether that made
    samples smaller, which then hang on the machine's speed as well as on the seed.
    """

    given: int
    window: int
    shortest: int
    longest: int
    answers: int
    exchanged: int
    units: int
    gradient: int
    seed: int
    outputs: int
    seconds: float
    cut: bool


@dataclass(frozen=True)
class FeatureFacts:
    """One input feature.

    effect
        The share of the answers' spread that hangs on it: it alone is taken from other sequences. None where it can't
        be told, since all sequences have the same values.
    effect_low, effect_high
        A 95 % interval for it (normal, of a ratio of means: :func:`~clearlstm.insight.audit.answers.effect_interval`).
    slope_share
        Its share of ``|slope × (input − mean)|``, over all steps and outputs looked at; None where no answer varies.
    """

    name: str
    effect: float | None
    slope_share: float | None
    effect_low: float | None = None
    effect_high: float | None = None


@final
@dataclass(frozen=True)
class Facts:
    """Everything that was measured; units of all layers stand one after the other, (U,).

    differ: whether any two sequences do; spread: of the answers, 0 where it is no more than rounding; missing: the
    stages that weren't reached, where the audit was stopped.
    """

    sizes: Sizes
    samples: Samples
    finite: bool
    differ: bool
    spread: float
    largest_input: float
    layers: tuple[LayerFacts, ...] = ()
    units: "pd.DataFrame | None" = None
    features: tuple[FeatureFacts, ...] = ()
    look_back: LookBack | None = None
    line: Line | None = None
    skill: Skill | None = None
    corrects: Corrects | None = None
    missing: tuple[str, ...] = ()
    missed: float | None = None
    """The share of the variance of its errors that the steps older than its reach tell; None if none is to be told."""

    @property
    def heard(self) -> tuple[LayerFacts, ...]:
        """The layers that aren't silent by construction."""
        return tuple(layer for layer in self.layers if not layer.silent)

    @property
    def silent(self) -> npt.NDArray[np.bool_]:
        """Which units are silent by construction, (U,)."""
        units = np.array([layer.units for layer in self.layers], np.int64)
        return np.repeat(np.array([layer.silent for layer in self.layers], np.bool_), units)

    @property
    def dead(self) -> npt.NDArray[np.bool_]:
        """Which units are dead, though they have weights, (U,)."""
        if self.units is None:
            return np.zeros(len(self.silent), bool)
        return np.asarray(self.units["dead"].to_numpy(bool) & ~self.silent)

    @property
    def ablation(self) -> npt.NDArray[np.float64]:
        """The largest change of an answer without each unit, in spreads, (U,)."""
        return np.zeros(0) if self.units is None else self.units["ablation"].to_numpy(np.float64)

    def by_layer(self, values: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        """``values`` (U,) layer by layer."""
        return np.split(values, np.cumsum([layer.units for layer in self.layers])[:-1])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON: what isn't finite becomes None."""
        facts: dict[str, Any] = plain(self)
        for layer, own in zip(facts["layers"], self.layers, strict=True):
            layer |= {"name": own.name, "vanishes_at": own.vanishes_at, "explodes_at": own.explodes_at}
        if self.look_back is not None:
            facts["look_back"]["reach"] = self.look_back.reach
        if self.skill is not None:
            facts["skill"]["skill"] = plain(self.skill.skill)
        return facts


def plain(value: Any) -> Any:
    """Records, tables and arrays as dicts and lists; numbers that aren't finite as None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if hasattr(value, "to_dict"):  # a data frame
        return [plain(row) for row in value.to_dict("records")]
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _description(network: Network) -> str:
    """Such as "LSTM of 2 layers of 64 units, linear head, an answer a sequence from the last state"."""
    nets = [
        f"{type(net).__name__} of {counted(net.num_layers, 'layer')} of {counted(net.hidden_size, 'unit')}"
        f"{', both directions' if net.bidirectional else ''}"
        for net in network.nets
    ]
    head = f"a linear head of {counted(network.output_size, 'answer')}" if network.head else "no head (the answer is h)"
    pool = {"last": "read off the last state", "mean": "read off the mean over steps", None: "at every step"}[
        network.pool
    ]
    return f"{' on '.join(reversed(nets))}, {head}, {pool}; {counted(network.input_size, 'feature')} a step"
