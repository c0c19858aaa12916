"""How ``clearlstm backtest`` shows its findings: on the terminal, and as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearlstm.cli.forecast_pages import (
    comparison_numbers,
    duel_cells,
    show_verdict,
    show_written,
    table,
    what_was_compared,
)
from clearlstm.data.times import format_time

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from clearlstm.forecasting.evaluate.backtest import Backtest
    from clearlstm.forecasting.evaluate.comparison import Comparison, IntervalScore
    from clearlstm.forecasting.evaluate.verdict import Verdict


def show(
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


def _errors(comparison: "Comparison") -> "Table":
    rows = table("<model", "MAE", "MASE", "RMSSE", "sMAPE", "OWA", "pinball")
    for score in comparison.scores:
        rest = (score.mase, score.rmsse, score.smape, score.owa, score.pinball)
        rows.add_row(score.name, f"{score.mae:.4g}", *("" if one is None else f"{one:.3f}" for one in rest))
    return rows


def _duels(comparison: "Comparison") -> "Table":
    rows = table("<the LSTM against", "skill", "95 % interval", "p", "<the LSTM")
    for duel in comparison.duels:
        if duel.same_as is None:
            rows.add_row(duel.baseline, *duel_cells(duel))
        else:
            rows.add_row(duel.baseline, "", "", "", f"as against {duel.same_as}")
    return rows


def _intervals(comparison: "Comparison") -> "Table":
    rows = table("<its interval", "holds", "by chance", "first step", "last step", "width")
    for score in comparison.intervals:
        ends = [f"{one.value:.1%}" for one in (score.by_step[0], score.by_step[-1])] if score.by_step else ["", ""]
        rows.add_row(f"{score.level:g} %", f"{score.coverage:.1%}", _range(score), *ends, f"{score.mean_width:.2f}")
    return rows


def _range(score: "IntervalScore") -> str:
    """Where the nominal level should lie, had the intervals been right."""
    return "" if score.range is None else f"{score.range[0]:.1%} … {score.range[1]:.1%}"


def numbers(
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
        "first_cutoff": format_time(backtest.cutoffs[0]),
        "last_cutoff": format_time(backtest.cutoffs[-1]),
        "comparison": comparison_numbers(comparison),
        "written": [str(path) for path in outputs],
    }
