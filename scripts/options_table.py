"""Write the table of options in docs/forecasting.md from the options themselves."""

import json
import os
import re
from pathlib import Path

from clearlstm.forecasting.options import DEFAULTS, OPTIONS, Option

PAGE = Path(__file__).resolve().parents[1] / "docs" / "forecasting.md"
PLACE = re.compile(r"(?<=<!-- options -->\n).*?(?=<!-- end of options -->)", re.DOTALL)
HEAD = "\n| in Python | command line | what it is | counts, range | left out |\n|---|---|---|---|---|\n"


def renewed(page: str) -> str:
    """The page with its table made anew."""
    return PLACE.sub(lambda _: HEAD + "".join(map(row, OPTIONS)) + "\n", page)


def row(name: str) -> str:
    """One option's line."""
    option = OPTIONS[name]
    flag = f"`{option.flag}`" if option.flag else ""
    return f"| `{name}` | {flag} | {option.help} | {counted(option)} | {left_out(name)} |\n"


def counted(option: Option) -> str:
    """What its number counts, and between what it lies."""
    limits = ""
    if option.high is not None:
        limits = f"between {option.low:g} and {option.high:g}"
    elif option.low is not None:
        limits = f"{'≥' if option.kind is int else '>'} {option.low:g}"
    return ", ".join(filter(None, (option.unit, limits)))


def left_out(name: str) -> str:
    """What is taken then."""
    if name not in DEFAULTS:
        return "has to be given"
    default = DEFAULTS[name]
    return OPTIONS[name].unset or f"`{json.dumps(default) if isinstance(default, str) else default}`"


if __name__ == "__main__":
    temporary = PAGE.with_suffix(".tmp")
    temporary.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    os.replace(temporary, PAGE)
    print(f"written: {PAGE}")
