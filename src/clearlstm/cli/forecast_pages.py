"""How ``forecast``, ``backtest`` and ``predict`` show what came of them: on the terminal, and as JSON."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table
from rich.text import Text

from clearlstm.data.times import time_texts

if TYPE_CHECKING:
    from rich.console import Console

    from clearlstm.forecasting.evaluate.backtest import Backtest
    from clearlstm.forecasting.evaluate.comparison import Comparison, Duel, IntervalScore
    from clearlstm.forecasting.evaluate.verdict import Verdict
    from clearlstm.forecasting.model.forecast import Forecast
    from clearlstm.report.forecast_data import Findings

MAX_SERIES = 5
MAX_STEPS = 8
LONGEST_NAME = 24
"""Characters of a series' name in a line."""


def show(screen: "Console", findings: "Findings", outputs: Sequence[Path]) -> None:
    """The verdict first; then the table that it rests on, the forecasts, and what was written."""
    show_verdict(screen, findings.verdict)
    if findings.comparison is not None and findings.backtest is not None:
        screen.print()
        screen.print(_comparison(findings.comparison))
        screen.print(what_was_compared(findings.comparison, findings.backtest))
    screen.print()
    show_forecast(screen, findings.forecast, findings.unit, findings.model.interval_words)
    recommended = findings.comparison and findings.comparison.recommendation
    if recommended and recommended.name != findings.forecast.name:
        shown = f"These are the forecasts of {findings.forecast.name}"
        screen.print(f"{shown}; with --recommended, --output holds those of {recommended.name}.")
    show_written(screen, outputs)


def show_verdict(screen: "Console", verdict: "Verdict") -> None:
    """Its first sentence stands out."""
    screen.print(Text(verdict.headline, style="bold"))
    for sentence in verdict.sentences:
        screen.print(sentence)


def show_forecast(screen: "Console", forecast: "Forecast", unit: str | None, intervals: str) -> None:
    """The first series and steps, as many intervals as have room, what they rest on, and what a step is."""
    levels = list(forecast.settings.levels)
    rows = _forecasts(forecast, unit, levels)
    while levels and screen.measure(rows, options=screen.options.update(max_width=1000)).maximum > screen.width:
        levels.pop()
        rows = _forecasts(forecast, unit, levels)
    screen.print(rows)
    hidden = _not_shown(forecast, forecast.settings.levels[len(levels) :])
    if hidden:
        screen.print(hidden)
    screen.print(f"Intervals: {intervals}.")
    screen.print(f"{forecast.panel.frequency.sentence()}{_clocks(forecast)}")


def show_written(screen: "Console", outputs: Sequence[Path]) -> None:
    """The files, if there are any."""
    if outputs:
        screen.print(f"\nWritten: {' and '.join(str(path) for path in outputs)}")


def table(*columns: str) -> Table:
    """Columns of words to the left, of numbers to the right; no box."""
    layout = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        layout.add_column(column.lstrip("<"), justify="left" if column.startswith("<") else "right", no_wrap=True)
    return layout


def _comparison(comparison: "Comparison") -> Table:
    rows = table("<model", "MAE", "MASE", "skill", "95 % interval", "p", "<the LSTM")
    duels = {duel.baseline: duel for duel in comparison.duels}
    for score in comparison.scores:
        duel = duels.get(score.name)
        cells = ("", "", "", "") if duel is None else duel_cells(duel)
        rows.add_row(score.name, f"{score.mae:.4g}", f"{score.mase:.3f}", *cells)
    return rows


def duel_cells(duel: "Duel") -> tuple[str, str, str, str]:
    """Skill, its interval, p and who won."""
    from clearlstm.forecasting.evaluate.verdict import in_short

    skill = f"{duel.skill:+.1%}" if math.isfinite(duel.skill) else ""
    if duel.p_value is None:
        return skill, "", "", in_short(duel)
    p = "< 0.001" if duel.p_value < 0.001 else f"{duel.p_value:.3f}"
    interval = "" if duel.interval is None else "{:+.1%} … {:+.1%}".format(*duel.interval)
    return skill, interval, p, in_short(duel)


def what_was_compared(comparison: "Comparison", backtest: "Backtest") -> str:
    """Origins, series and fits, and what skill means."""
    first, last = (backtest.panel.text(backtest.cutoffs[k]) for k in (0, -1))
    fits = "fitted once" if backtest.refits == 1 else f"fitted {backtest.refits} times"
    return (
        f"{comparison.n_cutoffs} origins, {first} to {last}, {backtest.step_size} steps apart; "
        f"{comparison.n_series} series; {fits}, each time on earlier rows only.\n"
        f"Skill: by how much the LSTM's errors are smaller than that model's.{_times(backtest)}"
    )


def _times(backtest: "Backtest") -> str:
    """How long the models took, where there are some to compare."""
    if len(backtest.seconds) < 2:
        return ""
    times = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in backtest.seconds.items())
    fits = "once a series" if backtest.fitted_once else "anew at each origin"
    return f"\nTime: {times}. Statistical models were fitted {fits}."


def _forecasts(forecast: "Forecast", unit: str | None, levels: Sequence[float]) -> Table:
    ends = [forecast.interval(level) for level in levels]
    head = f"{forecast.name}{f' ({unit})' if unit else ''}"
    when = time_texts(forecast.panel.wall(forecast.times))
    rows = table("<series", "<when", "last known", head, *(f"{level:g} % interval" for level in levels))
    names = rows.columns[0]  # which may go on below; numbers are never cut
    names.no_wrap, names.overflow, names.max_width = False, "fold", LONGEST_NAME
    for k in range(min(len(forecast.panel), MAX_SERIES)):
        series_id = str(forecast.panel.ids[k])
        size = float(np.nanmax(np.abs(forecast.median[k]), initial=0.0))
        name = series_id + ("*" if series_id in forecast.fallbacks else "")
        for step in range(min(forecast.settings.h, MAX_STEPS)):
            intervals = [f"{_number(lo[k, step], size)} … {_number(hi[k, step], size)}" for lo, hi in ends]
            last = _number(forecast.last[k], size) if step == 0 else ""
            median = _number(forecast.median[k, step], size)
            rows.add_row(name if step == 0 else "", when[k, step], last, median, *intervals)
    return rows


def _not_shown(forecast: "Forecast", levels: Sequence[float]) -> str:
    """What the table leaves out, intervals of ``levels`` included."""
    notes = []
    if levels:
        without = " and ".join(f"{level:g} %" for level in levels)
        notes.append(f"No room for the interval of {without}: the file has it.")
    if len(forecast.panel) > MAX_SERIES or forecast.settings.h > MAX_STEPS:
        notes.append("Not all steps and series are shown: the file has them.")
    if forecast.fallbacks:
        notes.append("* not modelled: the last known value is repeated.")
    return "\n".join(notes)


def _clocks(forecast: "Forecast") -> str:
    """Whose clocks the times are of, and that they are set back, if an hour stands twice."""
    zone, wall = forecast.panel.zone, forecast.panel.wall(forecast.times)
    twice = any(len(np.unique(times)) < len(times) for times in wall)
    back = ", where clocks are set back: an hour stands twice" if twice else ""
    return "" if zone is None else f" Times are of {zone}{back}."


def _number(value: float, size: float) -> str:
    """As many decimals as a value of ``size`` needs for five significant digits, the same for a whole series."""
    if not math.isfinite(value):
        return "unknown"
    if not 1e-4 < size < 1e9:
        return f"{value:.5g}"
    return f"{value:.{max(0, 4 - math.floor(math.log10(size)))}f}"


def numbers(findings: "Findings", outputs: Sequence[Path]) -> dict[str, Any]:
    """Every number of the result, as plain values."""
    comparison = findings.comparison
    return {
        "verdict": {"headline": findings.verdict.headline, "sentences": list(findings.verdict.sentences)},
        "warnings": list(findings.warnings),
        "step": findings.forecast.panel.frequency.sentence(),
        "zone": findings.forecast.panel.zone,
        "comparison": None if comparison is None else comparison_numbers(comparison),
        "intervals": findings.model.interval_words,
        "forecasts": forecast_numbers(findings.forecast),
        "written": [str(path) for path in outputs],
    }


def comparison_numbers(comparison: "Comparison") -> dict[str, Any]:
    """Every number of a comparison."""
    from dataclasses import asdict

    return dict(_plain_tree(asdict(comparison)))


def _plain_tree(value: Any) -> Any:
    """JSON has no infinity: a number that isn't finite becomes null."""
    if isinstance(value, dict):
        return {key: _plain_tree(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain_tree(item) for item in value]
    return _plain(value) if isinstance(value, (float, np.floating)) else value


def forecast_numbers(forecast: "Forecast") -> list[dict[str, Any]]:
    """Every number of a forecast, series by series."""
    ends = {f"{level:g}": forecast.interval(level) for level in forecast.settings.levels}
    when = forecast.panel.texts(forecast.times)
    return [
        {
            "id": str(series_id),
            "model": "Naive" if str(series_id) in forecast.fallbacks else forecast.name,
            "last_known": _plain(forecast.last[k]),
            "when": when[k].tolist(),
            "median": [_plain(value) for value in forecast.median[k]],
            "intervals": {
                level: {"lo": [_plain(value) for value in lo[k]], "hi": [_plain(value) for value in hi[k]]}
                for level, (lo, hi) in ends.items()
            },
        }
        for k, series_id in enumerate(forecast.panel.ids)
    ]


def _plain(value: np.floating[Any] | float) -> float | None:
    return float(value) if math.isfinite(value) else None


def show_backtest(
    screen: "Console", comparison: "Comparison", backtest: "Backtest", verdict: "Verdict", outputs: Sequence[Path]
) -> None:
    """The verdict first; then errors, the LSTM against each baseline, and how its intervals held."""
    show_verdict(screen, verdict)
    for part in (_errors(comparison), _duels(comparison), _intervals(comparison)):
        screen.print()
        screen.print(part)
    screen.print()
    screen.print(what_was_compared(comparison, backtest))
    show_written(screen, outputs)


def _errors(comparison: "Comparison") -> Table:
    rows = table("<model", "MAE", "MASE", "RMSSE", "sMAPE", "OWA", "pinball")
    for score in comparison.scores:
        rest = (score.mase, score.rmsse, score.smape, score.owa, score.pinball)
        rows.add_row(score.name, f"{score.mae:.4g}", *("" if one is None else f"{one:.3f}" for one in rest))
    return rows


def _duels(comparison: "Comparison") -> Table:
    rows = table("<the LSTM against", "skill", "95 % interval", "p", "<the LSTM")
    for duel in comparison.duels:
        if duel.same_as is None:
            rows.add_row(duel.baseline, *duel_cells(duel))
        else:
            rows.add_row(duel.baseline, "", "", "", f"as against {duel.same_as}")
    return rows


def _intervals(comparison: "Comparison") -> Table:
    rows = table("<its interval", "holds", "by chance", "first step", "last step", "width")
    for score in comparison.intervals:
        ends = [f"{one.value:.1%}" for one in (score.by_step[0], score.by_step[-1])] if score.by_step else ["", ""]
        rows.add_row(f"{score.level:g} %", f"{score.coverage:.1%}", _range(score), *ends, f"{score.mean_width:.2f}")
    return rows


def _range(score: "IntervalScore") -> str:
    """Where the nominal level should lie, had the intervals been right."""
    return "" if score.range is None else f"{score.range[0]:.1%} … {score.range[1]:.1%}"


def backtest_numbers(
    comparison: "Comparison",
    backtest: "Backtest",
    verdict: "Verdict",
    warnings: Sequence[str],
    outputs: Sequence[Path],
) -> dict[str, Any]:
    """Every number of the result, as plain values."""
    return {
        "verdict": {"headline": verdict.headline, "sentences": list(verdict.sentences)},
        "warnings": list(warnings),
        "horizon": backtest.settings.h,
        "step_size": backtest.step_size,
        "fits": backtest.refits,
        "zone": backtest.panel.zone,
        "first_cutoff": backtest.panel.text(backtest.cutoffs[0]),
        "last_cutoff": backtest.panel.text(backtest.cutoffs[-1]),
        "comparison": comparison_numbers(comparison),
        "written": [str(path) for path in outputs],
    }
