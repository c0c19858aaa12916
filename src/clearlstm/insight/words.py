"""The names of things, in the field's words and in the video's, and how numbers stand in sentences."""

from typing import Final

GATE_NAMES: Final = {
    "f": ("forget gate", "% long-term memory to remember"),
    "i": ("input gate", "% potential memory to remember"),
    "g": ("candidate", "potential long-term memory"),
    "o": ("output gate", "% potential short-term memory to remember"),
}
STATE_NAMES: Final = {"c": ("cell state", "long-term memory"), "h": ("hidden state", "short-term memory")}


def short(value: float, decimals: int) -> str:
    """At most so many decimals.

    >>> short(1.62, 4), short(-0.20124, 4), short(-0.0, 4), short(6.3e-6, 4), short(250.0, 2)
    ('1.62', '-0.2012', '0', '6.3e-06', '250')
    """
    if value and abs(value) < 0.5 * 10.0**-decimals:
        return f"{value:.1e}"
    return f"{value + 0.0:.{decimals}f}".rstrip("0").rstrip(".")


def fixed(value: float, decimals: int) -> str:
    """So many decimals; what rounds to 0 has no sign.

    >>> fixed(-0.00001, 4), fixed(-0.20124, 4)
    ('0.0000', '-0.2012')
    """
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def quoted(name: str) -> str:
    """The name of a feature, told from the words around it.

    >>> quoted("a")
    '“a”'
    """
    return f"“{name}”"


def share(value: float, decimals: int = 0) -> str:
    """A share as a percentage.

    >>> share(0.357), share(1 / 3, 1)
    ('36 %', '33.3 %')
    """
    return f"{100 * value:.{decimals}f} %"


def percent(value: float) -> str:
    """A gate as a percentage.

    >>> percent(0.997), percent(1.0)
    ('99.7 %', '100 %')
    """
    return f"{short(100 * value, 1)} %"
