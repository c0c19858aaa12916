"""How ``clearlstm inspect`` tells what it found on the terminal: the worst first, then the numbers."""

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.table import Table
from rich.text import Text

from clearlstm.cli.forecast_pages import show_written, table
from clearlstm.cli.look import WIDTH, bar
from clearlstm.insight.words import share
from clearlstm.shapes import counted

if TYPE_CHECKING:
    from rich.console import Console

    from clearlstm.insight.audit.audit import Audit
    from clearlstm.insight.audit.facts import Facts, FeatureFacts
    from clearlstm.insight.audit.findings import Finding
    from clearlstm.insight.audit.layers import LayerFacts

MARGIN: Final = 8
TRY: Final = "try: "
CELLS: Final = 20
MOST_FEATURES: Final = 20


def show(screen: "Console", result: "Audit", model: str, notes: Sequence[str], outputs: Sequence[Path]) -> None:
    """Three sentences for anyone; then the findings with what to try, and the tables that they rest on."""
    screen.print(*result.summary, sep="\n")
    screen.print()
    screen.print(Text(_counts(result), style="bold"))
    screen.print(model)
    for finding in (*result.faults, *result.notices):
        screen.print()
        _finding(screen, finding)
    _facts(screen, result, notes)
    show_written(screen, outputs)


def _counts(result: "Audit") -> str:
    faults, notices = len(result.faults), len(result.notices)
    counts = counted(faults, "fault") if faults else "No fault found"
    if faults and notices:
        counts += f", and {notices} more to know"
    elif notices:
        counts += f". {counted(notices, 'thing')} to know"
    missing = result.facts.missing
    stopped = f" Stopped early; not looked at: {', '.join(missing)}." if missing else ""
    return f"{counts}.{result.caution}{stopped}"


def _finding(screen: "Console", finding: "Finding") -> None:
    label = Text(f"{finding.severity:<{MARGIN}}", style="bold")
    lines = textwrap.wrap(finding.sentence, WIDTH - MARGIN)
    screen.print(label + Text(lines[0]))
    for line in lines[1:]:
        screen.print(" " * MARGIN + line)
    for k, line in enumerate(textwrap.wrap(finding.advice, WIDTH - MARGIN - len(TRY))):
        screen.print(" " * MARGIN + (TRY if k == 0 else " " * len(TRY)) + line)


def _facts(screen: "Console", result: "Audit", notes: Sequence[str]) -> None:
    facts = result.facts
    sentences = {finding.name: finding.sentence for finding in result.findings}
    screen.print()
    for sentence in (sentences["sizes"], *notes, _scaling(facts)):
        screen.print(sentence)
    if facts.layers:
        screen.print()
        screen.print(_layers(facts.layers, facts.samples.window))
        screen.print(_about_layers(facts))
    if facts.features and facts.spread:
        screen.print()
        screen.print(_features(facts))
    for name in ("look_back", "skill"):
        if name in sentences:
            screen.print(sentences[name])


def _scaling(facts: "Facts") -> str:
    samples = facts.samples
    looked = f"Looked at: {samples.answers:,} for the answers, {samples.exchanged:,} with parts exchanged, "
    looked += (
        f"{samples.units:,} for memory, {samples.gradient:,} for the gradient (seed {samples.seed}).{_units(facts)}"
    )
    if samples.cut:
        looked += f" Cut to fit {samples.seconds:g} seconds: --seconds gives it more."
    return looked


def _units(facts: "Facts") -> str:
    """How the units were looked at, where that wasn't by runs on all."""
    if facts.units is None or not facts.samples.cut:
        return ""
    estimated = int(facts.units["first_order"].sum())
    runs = facts.units["ablated_on"][~facts.units["first_order"]]
    words = (
        f" {counted(len(runs), 'unit')} hidden on {runs.min():,} sequences or more" if len(runs) else " No unit hidden"
    )
    return f"{words}{f', {estimated:,} estimated from slopes' if estimated else ''}."


def _layers(layers: "Sequence[LayerFacts]", window: int) -> Table:
    rows = table("<layer", "units", "held", "short", "never", "shut", "vanishes")
    for layer in layers:
        rows.add_row(layer.name, str(layer.units), *_held(layer, window), _vanishing(layer))
    return rows


def _held(layer: "LayerFacts", window: int) -> tuple[str, str, str, str]:
    """The middle unit's memory, the shares of short and of endless ones, and that of shut gates."""
    if layer.silent:
        return "silent", "", "", ""
    shut = "" if layer.shut is None else share(layer.shut)
    if layer.held is None:
        return "", "", "", shut
    middle = float(np.median(layer.held))
    longest = f"> {window}" if math.isinf(middle) else f"{middle:,.0f}"
    short = (layer.held < window / 10).mean()
    return longest, share(short), str(int(layer.never_forgetting(window).sum())), shut


def _vanishing(layer: "LayerFacts") -> str:
    if layer.silent:
        return ""
    if layer.explodes_at is not None:
        return "explodes"
    return "never" if layer.vanishes_at is None else f"{layer.vanishes_at:,} steps"


def _about_layers(facts: "Facts") -> str:
    return (
        "held: steps until half of what is written is gone, the middle unit; short: units that hold for less than a "
        f"tenth of the window ({facts.samples.window} steps); never: units whose half-life is ten windows or more; "
        "shut: gate values within 0.01 of 0 or 1; vanishes: steps until less than 1/1000 of a change of the state "
        "arrives."
    )


def _features(facts: "Facts") -> Table:
    """The strongest first; those whose effect can't be told last."""
    rows = table("<feature", "effect", "<", "95 % interval", "slope share")
    ordered = sorted(facts.features, key=lambda one: -math.inf if one.effect is None else one.effect, reverse=True)
    for one in ordered[:MOST_FEATURES]:
        effect = "can't be told" if one.effect is None else share(one.effect, 1)
        slope = "" if one.slope_share is None else share(one.slope_share, 1)
        rows.add_row(one.name, effect, bar(one.effect or 0.0, CELLS, "x"), _interval(one), slope)
    if len(facts.features) > MOST_FEATURES:
        rows.add_row(f"… and {len(facts.features) - MOST_FEATURES:,} weaker ones")
    return rows


def _interval(one: "FeatureFacts") -> str:
    if one.effect_low is None or one.effect_high is None:
        return ""
    return f"{100 * one.effect_low:.1f} to {share(one.effect_high, 1)}"
