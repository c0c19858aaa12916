"""Small pictures of sigmoid and tanh, in dots of two by four to a character."""

from typing import Final

import numpy as np
from rich.text import Text

from clearlstm.cell.activations import activation
from clearlstm.cli.look import style, width
from clearlstm.shapes import FloatArray

COLUMNS: Final = 29
ROWS: Final = 7
REACH: Final = 10.0
"""The pictures reach from −10 to 10."""

# Unicode's braille patterns: the bit of each dot, (row in the character, column in the character).
DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
BLANK: Final = 0x2800
POINT: Final = "●"
GAP: Final = "     "


def side_by_side(values: dict[str, dict[str, float]]) -> list[Text]:
    """sigmoid on the left, tanh on the right, or below it; the points of ``values`` stand out."""
    left = picture("sigmoid", [float(z) for z in values["sigmoid"]], 0.0, "f")
    right = picture("tanh", [float(z) for z in values["tanh"]], -1.0, "g")
    if left[0].cell_len + len(GAP) + right[0].cell_len > width():
        return [Text("      sigmoid"), *left, Text(), Text("      tanh"), *right]
    lines = [Text(f"      {'sigmoid':<{COLUMNS}}{GAP}    tanh")]
    return lines + [a.append(GAP).append_text(b) for a, b in zip(left, right, strict=True)]


def picture(name: str, points: list[float], low: float, hue: str) -> list[Text]:
    """The function ``name`` from −10 to 10, its values from ``low`` to 1: ROWS lines and the axis, all equally wide."""
    cells = _drawn(_heights(name, np.linspace(-REACH, REACH, 2 * COLUMNS), low))
    for point, height in zip(points, _heights(name, np.array(points), low), strict=True):
        cells[_row(height)][round((point + REACH) / (2 * REACH) * (COLUMNS - 1))] = POINT
    labels = {0: "1", ROWS // 2: f"{(1 + low) / 2:g}", ROWS - 1: f"{low:g}"}
    lines = [Text(f"{labels.get(r, ''):>4} ┤").append("".join(cells[r]), style=style(hue)) for r in range(ROWS)]
    half = COLUMNS // 2
    return [*lines, Text(f"      {-REACH:<{half}g}0{REACH:>{COLUMNS - half - 1}g}")]


def _heights(name: str, z: FloatArray, low: float) -> FloatArray:
    """From 0 at the bottom to 1 at the top."""
    return np.asarray((activation(name).value(z) - low) / (1 - low))


def _row(height: float) -> int:
    return min(int((1 - height) * ROWS), ROWS - 1)


def _drawn(heights: FloatArray) -> list[list[str]]:
    """The curve, a dot in each half column and in all that it passes on its way to the next."""
    bits = np.zeros((ROWS, COLUMNS), dtype=int)
    level = np.minimum(((1 - heights) * 4 * ROWS).astype(int), 4 * ROWS - 1)
    for x, y in enumerate(level):
        before = level[max(x - 1, 0)]
        for passed in range(min(y, before - 1) if before > y else y, max(y, before - 1) + 1):
            bits[passed // 4, x // 2] |= DOTS[passed % 4][x % 2]
    return [[chr(BLANK + b) if b else " " for b in line] for line in bits]
