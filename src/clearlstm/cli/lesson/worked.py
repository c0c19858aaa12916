"""The arithmetic of one step, written out: each product and sum with its numbers."""

from dataclasses import dataclass
from typing import Final, final

from rich.text import Text

from clearlstm.cli.lesson.figures import GIVEN, GateWeights, StepNumbers
from clearlstm.cli.look import swatch, width
from clearlstm.cli.paging import row
from clearlstm.insight.words import filled, percent, short

MARGIN: Final = 6
FUNCTIONS: Final[dict[str, str]] = GIVEN["functions"]


@final
@dataclass(frozen=True)
class Worked:
    """One step of a unit, and how its numbers are written.

    With at most so many ``decimals``, zeros at the end left out; with None as the video writes them, each stage with
    its own.
    """

    weights: dict[str, GateWeights]
    step: StepNumbers
    decimals: int | None

    def text(self, name: str) -> str:
        """The number called ``name`` in a :class:`StepNumbers`."""
        return self._written(getattr(self.step, name), GIVEN["decimals"].get(name))

    def _written(self, value: float, video_decimals: int | None) -> str:
        if self.decimals is not None:
            return short(value, self.decimals)
        return f"{value:g}" if video_decimals is None else f"{value:.{video_decimals}f}"

    def sum(self, gate: str) -> list[Text]:
        """z = h × weight + x × weight + bias."""
        w = self.weights[gate]
        products = (self._written(value, 2) for value in (self.step.h_prev * w.h, self.step.x * w.x))
        on_h, on_x, bias = (weight(value, self.decimals or 4) for value in (w.h, w.x, w.bias))
        return equation(
            marked(gate),
            plus(f"{self.text('h_prev')} × {on_h}", f"{self.text('x')} × {on_x}", bias),
            plus(*products, bias),
            self.text(f"z_{gate}"),
        )

    def squashed(self, gate: str) -> Text:
        """Sigmoid or tanh of the sum, and what the number that comes out means."""
        equal = f"{FUNCTIONS[gate]}({self.text(f'z_{gate}')}) = {self.text(gate)}"
        meaning = filled(GIVEN["meanings"][gate], share=percent(getattr(self.step, gate)))
        return Text(f"{'':{MARGIN}}{equal:<40}{meaning}")

    def long_term(self) -> list[Text]:
        """c = f × c + i × g."""
        f, c_prev, i, g, kept, written, c = map(self.text, ("f", "c_prev", "i", "g", "kept", "written", "c"))
        return equation(marked("c"), "f × c + i × g", f"{f} × {c_prev} + {i} × {g}", plus(kept, written), c)

    def short_term(self) -> list[Text]:
        """h = o × tanh(c)."""
        o, c, tanh_c, h = map(self.text, ("o", "c", "tanh_c", "h"))
        return equation(marked("h"), "o × tanh(c)", f"{o} × tanh({c})", f"{o} × {tanh_c}", h)

    def all_stages(self) -> list[Text]:
        """The whole step in the order of the video: forget, add, say."""
        f, i, g, o = ([*self.sum(gate), self.squashed(gate)] for gate in ("f", "i", "g", "o"))
        return [*f, *i, *g, *self.long_term(), *o, *self.short_term()]


def weight(value: float, decimals: int = 4) -> str:
    """A weight: two decimals as in the video, or ``decimals`` where it has more.

    >>> weight(2.7), weight(-1.12285638), weight(1e-7)
    ('2.70', '-1.1229', '1.0e-07')
    """
    if value and abs(value) < 0.5 * 10.0**-decimals:
        return f"{value:.1e}"
    return f"{value + 0.0:.2f}" if round(value, 2) == value else f"{value:.{decimals}f}"


def plus(first: str, *others: str) -> str:
    """A sum; what is negative is taken away.

    >>> plus("2.00", "0.94", "-0.32")
    '2.00 + 0.94 - 0.32'
    """
    return first + "".join(f" - {text[1:]}" if text.startswith("-") else f" + {text}" for text in others)


def equation(start: Text, *sides: str) -> list[Text]:
    """``start`` and the sides with " = " between them; a side that doesn't fit goes to a line of its own."""
    lines = [start.append(sides[0])]
    for side in sides[1:]:
        if lines[-1].cell_len + len(side) + 3 > width():
            lines.append(Text(" " * (MARGIN - 2) + "= " + side))
        else:
            lines[-1].append(" = " + side)
    return lines


def marked(name: str) -> Text:
    """The start of a line about f, i, g, o, c or h."""
    return row(" ", swatch(name), f" {name}  ")
