"""What the audit's numbers mean: each rule looks at the facts and says what it found, with its evidence.

"fault": the model can hardly do what it is for. "notice": worth knowing, and no fault where it is meant so. "fact":
what was measured. A rule that can't tell says nothing.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from clearlstm.insight.audit.answers import UNFELT
from clearlstm.insight.audit.facts import Facts, plain
from clearlstm.insight.audit.layers import LayerFacts
from clearlstm.insight.gradient_flow import VANISHED
from clearlstm.insight.words import quoted, share
from clearlstm.shapes import counted

Severity: TypeAlias = Literal["fault", "notice", "fact"]
ORDER: Final[tuple[Severity, ...]] = ("fault", "notice", "fact")

COPY_R2: Final = 0.99
"""From here on a straight line of the last value says what the model says."""

SURE: Final = 3.0
"""Standard errors that a difference from a naive rule must have to be told from chance; windows overlap."""

FEW: Final = 30
"""Sequences below which skill, or a line of their last values, says nothing, and the rest not much."""

SHORT_WINDOW: Final = 10
"""Of shorter windows nobody expects a long memory."""

SCALE_ADVICE: Final = "Check that the target has the scale that the model answers in; if it has, use the naive rule."
FORECASTER_ADVICE: Final = (
    "More rows, longer windows or covariates may help. Else forecast with what `cross_validation` recommends "
    "(`comparison_.recommendation`)."
)
"""What to try where a model is no better than a naive rule; a forecaster scales its targets itself."""

SURE_SHARE: Final = 0.95
"""How sure an interval is."""

MOSTLY_SHUT: Final = 0.8
MOSTLY_DEAD: Final = 0.5
NAMED: Final = 6


@dataclass(frozen=True)
class Finding:
    """One thing that the audit found: a sentence, the numbers that it rests on, and what to try ("" if nothing)."""

    name: str
    severity: Severity
    sentence: str
    evidence: dict[str, Any] = field(default_factory=dict)
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return dict(plain(vars(self)))


def judge(facts: Facts) -> tuple[Finding, ...]:
    """All that the facts show, the worst first."""
    if not facts.finite:
        return (_not_finite(facts), _sizes(facts))
    rules: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
        _constant, _copying, _never_forgets, _explodes, _no_better, _short_reach, _dead, _saturated, _ignored,
    )  # fmt: skip
    findings = [finding for rule in rules for finding in rule(facts)]
    findings += [_sizes(facts), *_few(facts), *_memory(facts), *_reach(facts), *_skill(facts)]
    return tuple(sorted(findings, key=lambda finding: ORDER.index(finding.severity)))


def _not_finite(facts: Facts) -> Finding:
    return Finding(
        "not_finite",
        "fault",
        "Some answers are infinite or not a number, so nothing else can be measured.",
        {"sequences": facts.samples.answers},
        "Look for inputs of another scale than in training, and for weights that have run away.",
    )


def _constant(facts: Facts) -> Iterator[Finding]:
    corrects = facts.corrects
    if corrects is not None and (facts.spread == 0 or not any(corrects.earned)):
        yield Finding(
            "no_correction",
            "notice",
            f"The forecaster changes nothing about the point forecast of {corrects.base}: on later origins no "
            "correction was surely better.",
            {"earned": max(corrects.earned), "spread": facts.spread},
            "Expected of prices. Else: more rows, longer windows, covariates, or the base itself.",
        )
    elif not facts.differ:
        yield Finding(
            "same_sequences",
            "notice",
            f"All {facts.samples.answers:,} sequences are the same: what the answers hang on can't be told.",
            {"sequences": facts.samples.answers},
            "Give sequences such as the model meets in use.",
        )
    elif facts.spread == 0:
        yield Finding(
            "constant_answers",
            "fault",
            f"The answers are the same for all {facts.samples.answers:,} sequences, whatever came in.",
            {"spread": facts.spread, "sequences": facts.samples.answers},
            "Train it (a head of zeros answers so), or check that the inputs have the scale of the training data.",
        )


def _copying(facts: Facts) -> Iterator[Finding]:
    line = facts.line
    if line is None or min(line.r2, line.r2_alone) <= COPY_R2:
        return
    name, better = facts.features[line.feature].name, facts.skill is not None and facts.skill.z > SURE
    formula = ""
    if len(line.slope) == 1:
        formula = f" (answer ≈ {line.slope[0]:.3g} × last {line.offset[0]:+.3g})"
    yield Finding(
        "copies_last",
        "notice" if better else "fault",
        f"The answers are a straight line of the last value of {quoted(name)}{formula}: R² {line.r2:.4f}, and "
        f"{line.r2_alone:.4f} with everything else taken from other sequences. The memory is not used.",
        {"feature": name, "r2": line.r2, "r2_alone": line.r2_alone, "slope": line.slope, "offset": line.offset},
        "Compare it with the last value repeated. Train on changes instead of levels, or ask for more steps ahead.",
    )


def _never_forgets(facts: Facts) -> Iterator[Finding]:
    window = facts.samples.window
    for layer in facts.heard:
        units = np.flatnonzero(layer.filling(window))
        if not len(units) or layer.c_end is None or layer.c_middle is None or layer.held_typical is None:
            continue
        worst = int(units[layer.c_end[units].argmax()])
        half_life = layer.held_typical[worst]
        yield Finding(
            "never_forgets",
            "fault",
            f"{_units(units)} of {layer.name}: never forgetting, and filling up. Unit {worst} holds half of what it "
            f"writes for {_steps(half_life)}, and its |c| grows from "
            f"{layer.c_middle[worst]:.3g} half-way to {layer.c_end[worst]:.3g} at the end, where tanh is flat.",
            {
                "units": units,
                "half_life_steps": half_life,
                "c_middle": layer.c_middle[worst],
                "c_end": layer.c_end[worst],
            },
            "Lower the forget gate's bias or use weight decay; give a running model a fresh state now and then.",
        )


def _explodes(facts: Facts) -> Iterator[Finding]:
    for layer in facts.heard:
        if layer.explodes_at is not None:
            size = float(layer.arrives[layer.lags == layer.explodes_at][0])
            yield Finding(
                "gradient_explodes",
                "fault",
                f"In {layer.name} a small change grows {size:,.3g}-fold within {_steps(layer.explodes_at)}: small "
                "errors do so too, and training over so many steps is unstable.",
                {"layer": layer.name, "lag": layer.explodes_at, "arrives": size},
                "Clip gradients, lower the learning rate, or start from smaller recurrent weights.",
            )


def _no_better(facts: Facts) -> Iterator[Finding]:
    skill = facts.skill
    changes = facts.corrects is None or any(facts.corrects.earned)
    if skill is None or skill.z > SURE or not changes:
        return
    worse = skill.z < -SURE
    yield Finding(
        "worse_than_naive" if worse else "no_better_than_naive",
        "fault" if worse else "notice",
        f"It is {'worse than' if worse else 'not to be told from'} {skill.naive}: {_errors(facts)}.",
        {"error": skill.error, "naive_error": skill.naive_error, "skill": skill.skill, "z": skill.z},
        SCALE_ADVICE if facts.corrects is None else FORECASTER_ADVICE,
    )


def _short_reach(facts: Facts) -> Iterator[Finding]:
    if facts.look_back is None or facts.look_back.reach is None:
        return
    reach, window = facts.look_back.reach, facts.samples.window
    if window < SHORT_WINDOW or 2 * reach >= window:
        return
    vanishes = [layer.vanishes_at for layer in facts.heard]
    gone = None if not vanishes or None in vanishes else max(lag for lag in vanishes if lag is not None)
    gradient = "" if gone is None else f" In every layer less than 1/1000 of a change arrives after {_steps(gone)}."
    missed, says = facts.missed, ""
    if missed is not None:
        says = f" But the older steps tell at least {share(missed)} of the variance of what it gets wrong."
    yield Finding(
        "short_reach",
        "notice" if missed is None else "fault",
        f"The answers hang on the last {_steps(reach)} of {window} alone: with all older ones from other sequences "
        f"they move by less than 0.1 % of their spread.{gradient}{says}",
        {"reach_steps": reach, "window_steps": window, "vanishes_at": vanishes, "missed_r2": missed},
        f"If nothing older matters, a window of {2 * reach} costs less. If it does: a forget bias of 1 or more, longer "
        "training, or orthogonal recurrent weights.",
    )


def _dead(facts: Facts) -> Iterator[Finding]:
    if facts.spread == 0 or not facts.dead.any():
        return
    dead, count, units = facts.dead, int(facts.dead.sum()), int((~facts.silent).sum())
    where = "; ".join(
        f"{layer.name}: {_numbers(np.flatnonzero(part))} of {layer.units}"
        for layer, part in zip(facts.layers, facts.by_layer(dead), strict=True)
        if part.any()
    )
    yield Finding(
        "dead_units",
        "fault" if count >= MOSTLY_DEAD * units else "notice",
        f"Dead: {count} of {counted(units, 'unit')}. Without any one of them no answer moves by 0.1 % of the "
        f"answers' spread ({where}).{_few_runs(facts)}",
        {"dead": count, "units": units, "ablation": float(facts.ablation[dead].max()), **_rests_on(facts)},
        "Fewer units would answer the same; many dead ones point to a learning rate that was too high.",
    )


def _rests_on(facts: Facts) -> dict[str, Any]:
    """The fewest sequences that a dead unit was hidden on, and the share of all that may yet need it, at most (95 %).

    Of n sequences drawn at random none needed it: a share p would have escaped with (1 − p)^n (Clopper & Pearson 1934).
    """
    assert facts.units is not None
    n = int(facts.units["ablated_on"].to_numpy()[facts.dead].min())
    return {"ablated_on": n, "needed_by_at_most": 1 - (1 - SURE_SHARE) ** (1 / n)}


def _few_runs(facts: Facts) -> str:
    rests = _rests_on(facts)
    if rests["ablated_on"] >= facts.samples.answers:
        return ""
    return (
        f" That was seen on {rests['ablated_on']:,} of {counted(facts.samples.answers, 'sequence')}, so up to "
        f"{share(rests['needed_by_at_most'])} of all may need one of them."
    )


def _saturated(facts: Facts) -> Iterator[Finding]:
    for layer in facts.heard:
        if layer.shut is not None and layer.shut > MOSTLY_SHUT:
            yield Finding(
                "saturated_gates",
                "notice",
                f"In {layer.name} {share(layer.shut)} of the gates' values lie within 0.01 of 0 or 1: inputs hardly "
                "move them.",
                {"layer": layer.name, "share": layer.shut, "largest_input": facts.largest_input},
                "Check that the data have the scale of the training data: the largest input is "
                f"{facts.largest_input:.3g}.",
            )


def _ignored(facts: Facts) -> Iterator[Finding]:
    if facts.spread == 0:
        return
    measured = [one for one in facts.features if one.effect is not None]
    ignored = [one for one in measured if one.effect is not None and one.effect < UNFELT]
    if ignored:
        names = ", ".join(quoted(one.name) for one in ignored[:NAMED]) + (", …" if len(ignored) > NAMED else "")
        yield Finding(
            "ignored_features",
            "notice",
            f"The answers ignore {len(ignored)} of {counted(len(facts.features), 'feature')} ({names}): taken from "
            "other sequences, each moves them by less than 0.1 % of their spread.",
            {"features": [one.name for one in ignored], "effect": [one.effect for one in ignored]},
            "Leave them out, or check their scale: a feature of tiny values can't be heard.",
        )


def _sizes(facts: Facts) -> Finding:
    sizes = facts.sizes
    engine = (
        "compiled kernels"
        if sizes.engine == "kernels"
        else "the NumPy reference, slower (peepholes or other activations)"
    )
    return Finding(
        "sizes",
        "fact",
        f"{sizes.description}; {sizes.parameters:,} parameters in {sizes.dtype}, run by {engine}.",
        vars(sizes),
    )


def _few(facts: Facts) -> Iterator[Finding]:
    given = facts.samples.given
    if given < FEW:
        yield Finding(
            "few_sequences",
            "fact",
            f"Only {counted(given, 'sequence')} were looked at, and so few can't show much.",
            {"sequences": given},
            f"Give {FEW} sequences or more, such as the model meets in use.",
        )


def _memory(facts: Facts) -> Iterator[Finding]:
    window = facts.samples.window
    for layer in facts.heard:
        if layer.held is None:
            continue
        short = float((layer.held < window / 10).mean())
        never = int(layer.never_forgetting(window).sum())
        middle = float(np.median(layer.held))
        yield Finding(
            "memory",
            "fact",
            f"{layer.name}: half of what is written is held for {_steps(middle)} by the middle unit; {share(short)} of "
            f"the units hold it for less than a tenth of the window ({window} steps), {never} for ten windows or more.",
            {
                "layer": layer.name,
                "middle_steps": middle,
                "short_share": short,
                "never": never,
                "shut_gates": layer.shut,
            },
        )


def _reach(facts: Facts) -> Iterator[Finding]:
    for layer in facts.heard:
        yield Finding(
            "gradient_reach", "fact", _reach_words(layer), {"layer": layer.name, "vanishes_at": layer.vanishes_at}
        )
    if facts.look_back is not None:
        reach = facts.look_back.reach
        steps = "all steps" if reach is None else f"the last {_steps(reach)}"
        yield Finding(
            "look_back",
            "fact",
            f"The answers hang on {steps} (to 0.1 % of their spread).",
            vars(facts.look_back) | {"reach_steps": reach},
        )


def _reach_words(layer: LayerFacts) -> str:
    lag, size = int(layer.lags[-1]), float(layer.arrives[-1])
    if layer.vanishes_at is not None and layer.arrives[-1] < VANISHED:
        return (
            f"{layer.name}: less than 1/1000 of a small change of the state arrives {_steps(layer.vanishes_at)} later."
        )
    return f"{layer.name}: of a small change of the state {size:.3g} arrives {_steps(lag)} later."


def _skill(facts: Facts) -> Iterator[Finding]:
    if facts.skill is not None and facts.skill.z > SURE:
        skill = facts.skill
        yield Finding(
            "skill",
            "fact",
            f"It is better than {skill.naive}: {_errors(facts)}.",
            {"error": skill.error, "naive_error": skill.naive_error, "skill": skill.skill, "z": skill.z},
        )


def _errors(facts: Facts) -> str:
    skill = facts.skill
    assert skill is not None
    of = f"of {facts.samples.answers:,} sequences"
    if skill.kind == "classes":
        ends = " to ".join(share(end, 1) for end in skill.error_interval)
        return f"{share(skill.error, 1)} wrong ({ends}), the naive rule {share(skill.naive_error, 1)}, {of}"
    low, high = skill.error_interval
    return f"mean absolute error {skill.error:.4g} ({low:.4g} to {high:.4g}), naive {skill.naive_error:.4g}, {of}"


def _units(units: "np.ndarray[Any, Any]") -> str:
    return f"Unit{'s' if len(units) > 1 else ''} {_numbers(units)}"


def _numbers(units: "np.ndarray[Any, Any]") -> str:
    return ", ".join(str(unit) for unit in units[:NAMED]) + (", …" if len(units) > NAMED else "")


MILLION: Final = 1e6


def _steps(count: float) -> str:
    if math.isinf(count):
        return "longer than the sequences"
    if count > MILLION:
        return "more than a million steps"
    return counted(round(count), "step")
