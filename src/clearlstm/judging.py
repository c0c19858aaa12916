"""What every comparison needs to judge by: p-values for several tests at once, and a verdict to hold in the hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal, TypeAlias

SIGNIFICANT: Final = 0.05

EQUIVALENT_WITHIN: Final = 0.02
"""Shares of an error below which one forecast is no better than another: the simpler is taken."""

Judgement: TypeAlias = Literal["beats", "loses to", "is equivalent to", "can't be told from"]


@dataclass(frozen=True)
class Verdict:
    """A headline and the sentences that follow it."""

    headline: str
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join((self.headline, *self.sentences))

    def _repr_html_(self) -> str:
        """As notebooks show it."""
        sentences = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences)
        return f"<p><b>{escape(self.headline)}</b></p>{sentences}"


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for their number (Holm 1979): any of them is below α by chance alone with probability ≤ α.

    The k-th smallest of m is multiplied by m − k + 1, and none may fall below a smaller one's.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda k: p_values[k])
    adjusted, least = [0.0] * len(p_values), 0.0
    for rank, k in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[k]))
        adjusted[k] = least
    return adjusted
