"""Gradient flow in block characters: bars on a log axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from rich.text import Text

from clearlstm.cli.look import style, width
from clearlstm.shapes import FloatArray

EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
MAX_ROWS: Final = 5
MAX_COLUMNS: Final = 56
LOWEST_DECADE: Final = -30
MARGIN: Final = 9
FEWEST_COLUMNS: Final = 8
NAMES: Final = len("  gates alone")
"""What the names to the right of the bars take."""


@final
@dataclass(frozen=True)
class LogAxis:
    """Rows of ``decades`` powers of ten each, from 10^low up to 10^high."""

    low: int
    high: int
    decades: int

    @property
    def n_rows(self) -> int:
        """How many rows the axis is high."""
        return (self.high - self.low) // self.decades

    def height(self, value: float) -> float:
        """Rows from the bottom up to ``value``, within the axis."""
        if value <= 0:
            return 0.0
        if math.isinf(value):
            return float(self.n_rows)
        return min(max((math.log10(value) - self.low) / self.decades, 0.0), float(self.n_rows))

    def label(self, row: int) -> str:
        """The value at the top edge of a row counted from the top."""
        power = self.high - row * self.decades
        return "1" if power == 0 else f"1e{power:+d}"


def log_axis(curves: Sequence[FloatArray]) -> LogAxis:
    """An axis of at most 5 rows that holds all curves and has the edge of a row at 1."""
    values = [float(value) for curve in curves for value in curve if 0 < value < math.inf]
    low = max(math.floor(math.log10(min(values))), LOWEST_DECADE)
    high = min(max(math.ceil(math.log10(max(values))), 0), -LOWEST_DECADE)
    decades = 1
    while math.ceil(-low / decades) + math.ceil(high / decades) > MAX_ROWS:
        decades += 1
    below, above = max(math.ceil(-low / decades), 1), math.ceil(high / decades)
    return LogAxis(-below * decades, above * decades, decades)


def bars(curve: FloatArray, axis: LogAxis, hue: str, name: str) -> list[Text]:
    """A bar for each step, as many lines as the axis has rows; the axis on their left, their name on the right."""
    heights = [axis.height(float(value)) for value in to_columns(curve)]
    lines = []
    for row in range(axis.n_rows):
        floor = axis.n_rows - 1 - row
        cells = "".join(EIGHTHS[round(8 * min(max(height - floor, 0), 1))] for height in heights)
        lines.append(Text.assemble(f"{axis.label(row):>{MARGIN - 2}} ┤", (cells, style(hue))))
    lines[-1].append(f"  {name}")
    return lines


def steps_axis(n_steps: int) -> Text:
    """The line under the bars."""
    columns, last = len(to_columns(range(n_steps))), f"{n_steps}"
    return Text(f"{'step':>{MARGIN - 2}} └1{last:>{max(columns - 1, len(last) + 1)}}")


def n_columns() -> int:
    """For the bars, as many as the terminal has room for beside labels and names."""
    return max(min(MAX_COLUMNS, width() - MARGIN - NAMES), FEWEST_COLUMNS)


def to_columns(curve: Sequence[float] | FloatArray) -> list[float]:
    """The steps as columns: each as wide as fits when there are few, the nearest step to each when there are many."""
    n_steps, most = len(curve), n_columns()
    if n_steps <= most:
        return [curve[step] for step in range(n_steps) for _ in range(most // n_steps)]
    return [curve[round(column * (n_steps - 1) / (most - 1))] for column in range(most)]
