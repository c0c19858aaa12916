"""A place for progress bars that keeps what is drawn."""

import re
from dataclasses import dataclass, field

import pytest

from clearlstm.training import progress


@dataclass
class Drawn:
    """The bars that were opened, one after the other: what each showed, and its last words."""

    shown: list[list[tuple[float, str]]] = field(default_factory=list)
    ends: list[tuple[float, str]] = field(default_factory=list)

    def draw(self, share: float, text: str) -> None:
        self.shown[-1].append((share, text))

    def end(self, share: float, text: str) -> None:
        self.ends.append((share, text))

    def opened(self) -> "Drawn":
        self.shown.append([])
        return self

    @property
    def words(self) -> list[str]:
        """What the only bar said, without the numbers of trainings and the time left."""
        (shown,) = self.shown
        return list(dict.fromkeys(re.sub(r"( · |^)(\d+/\d+|loss|\d+:\d\d left).*", "", text) for _, text in shown))

    @property
    def last(self) -> str:
        """The last words of the only bar, without how long it took."""
        ((_, text),) = self.ends
        return text.rsplit(" · ", 1)[0]


def kept(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """Bars are kept from now on, and drawn as often as there is news."""
    bars = Drawn()
    monkeypatch.setattr(progress, "_place", bars.opened)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_UPDATES", 0.0)
    return bars
