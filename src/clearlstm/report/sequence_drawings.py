"""Drawings of the report on sequences, as SVG: a sequence with what speaks for its answer, and bars of shares."""

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np

from clearlstm.shapes import FloatArray

WIDTH: Final = 480
CURVES: Final = 120
BAND: Final = 44
WORDS: Final = 15
"""Heights: of all curves at least, of one at least, of the words above each."""
GAP: Final = 14
BARS: Final = 46
MOST_BARS: Final = 120
MOST_CURVES: Final = 4


def sequence_drawing(x: FloatArray, weight: FloatArray, names: Sequence[str], label: str) -> str:
    """A sequence (T, F), its features that account for most, and below them what each step accounts for."""
    order = np.argsort(-np.abs(weight).sum(axis=0), kind="stable")[:MOST_CURVES]
    tall = max(CURVES / len(order), BAND)
    curves = "".join(_curve(x[:, k], names[k], row * tall, tall) for row, k in enumerate(order))
    top = tall * len(order) + GAP
    return (
        f'<svg viewBox="0 0 {WIDTH} {top + BARS:g}" role="img" aria-label="{escape(label, quote=True)}">{curves}'
        f'<line class="line" x1="0" x2="{WIDTH}" y1="{top + BARS / 2:g}" y2="{top + BARS / 2:g}"/>'
        f"{_signed_bars(weight.sum(axis=1), top)}</svg>"
    )


def _curve(values: FloatArray, name: str, top: float, tall: float) -> str:
    """One feature in its own band, with its name and range."""
    low, high = float(values.min()), float(values.max())
    span = high - low or 1.0
    at = np.linspace(2, WIDTH - 2, len(values)) if len(values) > 1 else np.array([WIDTH / 2])
    up = top + WORDS + (tall - WORDS - 6) * (1 - (values - low) / span)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(at, up, strict=True))
    words = escape(f"{name[:24]}: {low:.3g} to {high:.3g}")
    return f'<polyline class="curve" points="{points}"/><text x="2" y="{top + 11:.1f}">{words}</text>'


def _signed_bars(by_step: FloatArray, top: float) -> str:
    """Upwards for the answer, downwards against it; steps are put together where there are many."""
    parts = np.array([part.sum() for part in np.array_split(by_step, min(len(by_step), MOST_BARS))])
    size = float(np.abs(parts).max()) or 1.0
    wide, middle = WIDTH / len(parts), top + BARS / 2
    bars = []
    for k, value in enumerate(parts):
        tall = BARS / 2 * abs(value) / size
        start = middle - tall if value > 0 else middle
        kind = "speaks-for" if value > 0 else "speaks-against"
        bars.append(
            f'<rect class="{kind}" x="{k * wide:.2f}" y="{start:.2f}" width="{max(0.8 * wide, 0.5):.2f}" '
            f'height="{tall:.2f}"/>'
        )
    return "".join(bars)


def share_bars(shares: FloatArray, names: Sequence[str], label: str) -> str:
    """A bar for each share (n,), its name before and its percentage behind."""
    row, left, right = 20, 150, 50
    size = float(shares.max()) or 1.0
    lines = []
    for k, (share, words) in enumerate(zip(shares, names, strict=True)):
        length = (WIDTH - left - right) * float(share) / size
        y = k * row
        lines.append(
            f'<text x="0" y="{y + 14}">{escape(words[:24])}</text>'
            f'<rect class="amount" x="{left}" y="{y + 4}" width="{length:.1f}" height="12"/>'
            f'<text x="{left + length + 6:.1f}" y="{y + 14}">{100 * share:.0f} %</text>'
        )
    box, name = f"0 0 {WIDTH} {row * len(names)}", escape(label, quote=True)
    return f'<svg class="shares" viewBox="{box}" role="img" aria-label="{name}">{"".join(lines)}</svg>'
