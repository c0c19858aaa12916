"""The arithmetic of one step, written out: each product and sum with its numbers."""

from dataclasses import dataclass
from typing import Final, Protocol, final

from rich.text import Text

from clearlstm.cli.lesson.figures import GIVEN, VIDEO_DECIMALS, GateWeights, StepNumbers
from clearlstm.cli.look import WIDTH, swatch
from clearlstm.cli.paging import row
from clearlstm.insight.words import filled, percent, short

MARGIN: Final = 6
FUNCTIONS: Final[dict[str, str]] = GIVEN["functions"]


class Digits(Protocol):
    """How the numbers of a step are written."""

    def text(self, name: str, value: float) -> str:
        """The number called ``name`` in a :class:`StepNumbers`; a "weight", or the "product" of one."""
        ...


@final
@dataclass(frozen=True)
class UpTo:
    """At most so many decimals, zeros at the end left out; what would be written as 0 and isn't, as a power of ten."""

    decimals: int

    def text(self, name: str, value: float) -> str:
        """The number, short."""
        return weight(value, self.decimals) if name == "weight" else short(value, self.decimals)


@final
class VideoDigits:
    """As the video writes them: each stage with its own number of decimals."""

    def text(self, name: str, value: float) -> str:
        """The number with the video's decimals."""
        if name in ("x", "h_prev", "c_prev"):
            return f"{value:g}"
        return weight(value) if name == "weight" else f"{value:.{VIDEO_DECIMALS.get(name, 2)}f}"


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
        if lines[-1].cell_len + len(side) + 3 > WIDTH:
            lines.append(Text(" " * (MARGIN - 2) + "= " + side))
        else:
            lines[-1].append(" = " + side)
    return lines


def weighted_sum(gate: str, weights: dict[str, GateWeights], step: StepNumbers, digits: Digits) -> list[Text]:
    """z = h × weight + x × weight + bias."""
    w = weights[gate]
    h, x = digits.text("h_prev", step.h_prev), digits.text("x", step.x)
    products = (digits.text("product", step.h_prev * w.h), digits.text("product", step.x * w.x))
    on_h, on_x, bias = (digits.text("weight", value) for value in (w.h, w.x, w.bias))
    return equation(
        marked(gate),
        plus(f"{h} × {on_h}", f"{x} × {on_x}", bias),
        plus(*products, bias),
        digits.text(f"z_{gate}", getattr(step, f"z_{gate}")),
    )


def squashed(gate: str, step: StepNumbers, digits: Digits) -> Text:
    """Sigmoid or tanh of the sum, and what the number that comes out means."""
    z, value = getattr(step, f"z_{gate}"), getattr(step, gate)
    equal = f"{FUNCTIONS[gate]}({digits.text(f'z_{gate}', z)}) = {digits.text(gate, value)}"
    return Text(f"{'':{MARGIN}}{equal:<40}{filled(GIVEN['meanings'][gate], share=percent(value))}")


def new_long_term(step: StepNumbers, digits: Digits) -> list[Text]:
    """c = f × c + i × g."""
    f, c_prev, i, g = (digits.text(name, getattr(step, name)) for name in ("f", "c_prev", "i", "g"))
    kept, written = digits.text("kept", step.kept), digits.text("written", step.written)
    return equation(
        marked("c"), "f × c + i × g", f"{f} × {c_prev} + {i} × {g}", plus(kept, written), digits.text("c", step.c)
    )


def new_short_term(step: StepNumbers, digits: Digits) -> list[Text]:
    """h = o × tanh(c)."""
    o, c, tanh_c = (digits.text(name, getattr(step, name)) for name in ("o", "c", "tanh_c"))
    return equation(marked("h"), "o × tanh(c)", f"{o} × tanh({c})", f"{o} × {tanh_c}", digits.text("h", step.h))


def all_stages(weights: dict[str, GateWeights], step: StepNumbers, digits: Digits) -> list[Text]:
    """The whole step in the order of the video: forget, add, say."""
    lines = []
    for gate in ("f", "i", "g"):
        lines += [*weighted_sum(gate, weights, step, digits), squashed(gate, step, digits)]
    lines += new_long_term(step, digits)
    lines += [*weighted_sum("o", weights, step, digits), squashed("o", step, digits)]
    return lines + new_short_term(step, digits)


def marked(name: str) -> Text:
    """The start of a line about f, i, g, o, c or h."""
    return row(" ", swatch(name), f" {name}  ")
