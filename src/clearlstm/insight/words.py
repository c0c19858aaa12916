"""The names of things, in the field's words and in the video's, and how numbers stand in sentences."""

from typing import Final

from clearlstm.data.bundled import lesson

NAMES: Final[dict[str, tuple[str, str]]] = {
    part: (names["field"], names["video"]) for part, names in lesson()["names"].items()
}
"""The memories c and h, then the gates: what the field calls each, and what the video does."""


class _OrItself(dict[str, object]):
    """What isn't there stands for itself."""

    def __missing__(self, name: str) -> str:
        return name


def filled(text: str, **parts: object) -> str:
    """A sentence with its ``{names}`` replaced by parts; a name without one stands for itself.

    >>> filled("The {gate} stands at {share}.", share="83 %")
    'The gate stands at 83 %.'
    """
    return text.format_map(_OrItself(parts))


def sentence(name: str, **parts: object) -> str:
    """A sentence of the lesson, as the terminal, the lab and the docs say it."""
    return filled(lesson()["sentences"][name], **parts)


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
