"""How ``clearlstm forecast`` tells what it found: on the terminal, and as JSON."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table
from rich.text import Text

from clearlstm.data.times import format_time

if TYPE_CHECKING:
    from rich.console import Console

    from clearlstm.forecasting.comparison import Comparison, Duel
    from clearlstm.forecasting.forecast import Forecast
    from clearlstm.lab.report import Findings

MAX_SERIES = 5
MAX_STEPS = 8


def show(screen: "Console", found: "Findings", outputs: Sequence[Path]) -> None:
    """The verdict first; then the table that it rests on, the forecasts, and what was written."""
    screen.print(Text(found.verdict.headline, style="bold"))
    for sentence in found.verdict.sentences:
        screen.print(sentence)
    if found.comparison is not None and found.backtest is not None:
        screen.print()
        screen.print(_comparison(found.comparison))
        screen.print(_what_was_compared(found))
    screen.print()
    screen.print(_forecasts(found.forecast, found.unit))
    hidden = _not_shown(found.forecast)
    if hidden:
        screen.print(hidden)
    screen.print(found.forecast.panel.frequency.sentence())
    screen.print(f"\nWritten: {' and '.join(str(path) for path in outputs)}")


def _table(*columns: str) -> Table:
    """Columns of words to the left, of numbers to the right; no box."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column.lstrip("<"), justify="left" if column.startswith("<") else "right", no_wrap=True)
    return table


def _comparison(comparison: "Comparison") -> Table:
    table = _table("<model", "MAE", "MASE", "skill", "95 % interval", "p", "<the LSTM")
    duels = {duel.baseline: duel for duel in comparison.duels}
    for score in comparison.scores:
        duel = duels.get(score.name)
        told = ("", "", "", "") if duel is None else _duel(duel)
        table.add_row(score.name, f"{score.mae:.4g}", f"{score.mase:.3f}", *told)
    return table


def _duel(duel: "Duel") -> tuple[str, str, str, str]:
    short = {"beats": "beats it", "loses to": "loses to it", "is equivalent to": "equals it"}
    if duel.p_value is None:
        skill = f"{duel.skill:+.1%}" if math.isfinite(duel.skill) else ""
        return skill, "", "", short.get(duel.judgement, "too few origins")
    low, high = duel.interval or (-math.inf, math.inf)
    p = "< 0.001" if duel.p_value < 0.001 else f"{duel.p_value:.3f}"
    return (
        f"{duel.skill:+.1%}",
        f"{low:+.1%} … {high:+.1%}",
        p,
        short.get(duel.judgement, "can't be told"),
    )


def _what_was_compared(found: "Findings") -> str:
    comparison, backtest = found.comparison, found.backtest
    assert comparison is not None
    assert backtest is not None
    first, last = format_time(backtest.cutoffs[0]), format_time(backtest.cutoffs[-1])
    fits = "fitted once" if backtest.refits == 1 else f"fitted {backtest.refits} times"
    return (
        f"{comparison.n_cutoffs} origins, {first} to {last}, {backtest.step_size} steps apart; "
        f"{comparison.n_series} series; {fits}, each time on earlier rows only.\n"
        "Skill: by how much the LSTM's errors are smaller than that model's."
    )


def _forecasts(forecast: "Forecast", unit: str | None) -> Table:
    levels = forecast.settings.levels
    ends = [forecast.interval(level) for level in levels]
    head = f"LSTM{f' ({unit})' if unit else ''}"
    table = _table("<series", "<when", "last known", head, *(f"{level:g} % interval" for level in levels))
    for k in range(min(len(forecast.panel), MAX_SERIES)):
        series_id = str(forecast.panel.ids[k])
        size = float(np.nanmax(np.abs(forecast.median[k]), initial=0.0))
        name = series_id + ("*" if series_id in forecast.fallbacks else "")
        for step in range(min(forecast.settings.h, MAX_STEPS)):
            intervals = [f"{_number(lo[k, step], size)} … {_number(hi[k, step], size)}" for lo, hi in ends]
            last = _number(forecast.last[k], size) if step == 0 else ""
            when = format_time(forecast.times[k, step])
            table.add_row(name if step == 0 else "", when, last, _number(forecast.median[k, step], size), *intervals)
    return table


def _not_shown(forecast: "Forecast") -> str:
    said = []
    if len(forecast.panel) > MAX_SERIES or forecast.settings.h > MAX_STEPS:
        said.append("Not all steps and series are shown: the file has them.")
    if forecast.fallbacks:
        said.append("* not modelled: the last known value is repeated.")
    return "\n".join(said)


def _number(value: float, size: float) -> str:
    """As many decimals as a value of ``size`` needs for five significant digits, the same for a whole series."""
    if not math.isfinite(value):
        return "unknown"
    if not 1e-4 < size < 1e9:
        return f"{value:.5g}"
    return f"{value:.{max(0, 4 - math.floor(math.log10(size)))}f}"


def numbers(found: "Findings", outputs: Sequence[Path]) -> dict[str, Any]:
    """Every number of the result, as plain values."""
    comparison = found.comparison
    return {
        "verdict": {"headline": found.verdict.headline, "sentences": list(found.verdict.sentences)},
        "warnings": list(found.warnings),
        "step": found.forecast.panel.frequency.sentence(),
        "comparison": None if comparison is None else _comparison_numbers(comparison),
        "forecasts": _forecast_numbers(found.forecast),
        "written": [str(path) for path in outputs],
    }


def _comparison_numbers(comparison: "Comparison") -> dict[str, Any]:
    from dataclasses import asdict

    found = asdict(comparison)
    for duel in found["duels"]:
        duel["skill"] = _plain(duel["skill"])
    return found


def _forecast_numbers(forecast: "Forecast") -> list[dict[str, Any]]:
    ends = {f"{level:g}": forecast.interval(level) for level in forecast.settings.levels}
    return [
        {
            "id": str(series_id),
            "model": "Naive" if str(series_id) in forecast.fallbacks else "LSTM",
            "last_known": _plain(forecast.last[k]),
            "when": [format_time(time) for time in forecast.times[k]],
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
