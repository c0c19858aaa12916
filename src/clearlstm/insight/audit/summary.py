"""An audit in three sentences for anyone: what the model is, what it goes by, and whether anything is wrong."""

import re
from collections.abc import Sequence
from typing import Final

from clearlstm.insight.audit.answers import UNFELT
from clearlstm.insight.audit.facts import Facts
from clearlstm.insight.audit.findings import FEW, Finding
from clearlstm.insight.words import quoted, share
from clearlstm.shapes import counted

LEADING: Final = 3
"""Features that are named."""

FIRST: Final = 0.5
"""Of the largest effect: a feature with less isn't named beside it."""

PLAIN: Final = {
    "not_finite": "some of its answers are not numbers",
    "constant_answers": "it gives the same answer whatever comes in",
    "same_sequences": "all the data given are the same, so little can be told",
    "no_correction": "it changes nothing about the simple forecast that it starts from",
    "copies_last": "it only passes on the last value that it was given",
    "never_forgets": "part of its memory fills up and is never emptied",
    "gradient_explodes": "small errors grow a thousandfold inside it",
    "worse_than_naive": "a simple rule does better",
    "no_better_than_naive": "it can't be told from a simple rule",
    "short_reach": "it uses only the latest part of what it is given",
    "dead_units": "some of its parts do nothing",
    "saturated_gates": "its inputs hardly move it, which mostly means that they come in the wrong scale",
    "ignored_features": "it ignores some of its inputs",
}
"""What each fault or notice means, in words that need no course."""

AS_FAULT: Final = {
    "short_reach": "it uses only the latest part of what it is given, though the rest would have told it more",
    "dead_units": "most of its parts do nothing",
}
"""Where they mean more as faults."""


def summarize(facts: Facts, findings: Sequence[Finding]) -> tuple[str, ...]:
    """The three sentences."""
    return _what(facts), _goes_by(facts), _wrong(facts, findings)


def _what(facts: Facts) -> str:
    sizes, samples = facts.sizes, facts.samples
    steps = counted(samples.longest, "step")
    if samples.shortest < samples.longest:
        steps = f"{samples.shortest:,} to {steps}"
    return (
        f"This is {_kind(sizes.description)}, which reads {counted(sizes.input_size, 'number')} a step and gives "
        f"{counted(sizes.output_size, 'answer')}; it was looked at on {counted(samples.answers, 'sequence')} of "
        f"{steps}."
    )


def _kind(description: str) -> str:
    """The nets alone, of :class:`~clearlstm.insight.audit.facts.Sizes`."""
    nets = re.split(r", (?:a linear head|no head)", description)[0].replace("RNN", "plain recurrent net")
    return f"an {nets}" if nets.startswith("LSTM") else f"a {nets}"


def _goes_by(facts: Facts) -> str:
    if not facts.finite or not facts.spread:
        return "What its answers depend on can't be told."
    return f"{_reach(facts)}{_features(facts)}."


def _reach(facts: Facts) -> str:
    if facts.look_back is None:
        return "How far back it listens was not measured" if "look-back" in facts.missing else "It sees a single step"
    reach, longest = facts.look_back.reach, facts.samples.longest
    if reach is None or reach >= longest:
        return f"Its answers depend on all {counted(longest, 'step')} that it is given"
    return f"Its answers depend on the last {'step' if reach == 1 else counted(reach, 'step')} of {longest:,}"


def _features(facts: Facts) -> str:
    ranked = sorted((one for one in facts.features if one.effect is not None), key=lambda one: -(one.effect or 0))
    if "features" in facts.missing:
        return "; which inputs matter was not measured"
    if len(ranked) < 2 or not ranked[0].effect or ranked[0].effect < UNFELT:
        return ""
    leading = [one for one in ranked[:LEADING] if one.effect and one.effect >= FIRST * ranked[0].effect]
    if len(leading) == LEADING and len(ranked) > LEADING and (ranked[LEADING].effect or 0) >= FIRST * ranked[0].effect:
        most = f"{quoted(ranked[0].name)} ({share(ranked[0].effect)} of their spread)"
        return f", and on many of its inputs alike; most on {most}"
    names = [f"{quoted(one.name)} ({share(one.effect or 0)} of their spread)" for one in leading]
    return f", and mostly on {' and '.join(names) if len(names) < 3 else ', '.join(names[:-1]) + ' and ' + names[-1]}"


def _wrong(facts: Facts, findings: Sequence[Finding]) -> str:
    faults, notices = (_plain(findings, severity) for severity in ("fault", "notice"))
    stopped = " so far: it was stopped before all was looked at" if facts.missing else ""
    few = " Few sequences were given, which can't show much." if facts.samples.given < FEW else ""
    if faults:
        more = f"; also worth knowing: {', '.join(notices)}" if notices else ""
        return f"Something is wrong{stopped}: {', and '.join(faults)}{more}.{few}"
    if notices:
        return f"No fault was found{stopped}; worth knowing: {', and '.join(notices)}.{few}"
    return f"No fault was found{stopped}.{few}"


def _plain(findings: Sequence[Finding], severity: str) -> list[str]:
    names = [one.name for one in findings if one.severity == severity]
    words = PLAIN | AS_FAULT if severity == "fault" else PLAIN
    return [words[name] for name in dict.fromkeys(names)]
