"""The reference: a page for each public name, and one for each part of the package that they come from."""

import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from scripts.site.names import GROUPS, Name

ROOT: Final = "reference"
CLASS: Final = ":members:\n:inherited-members:\n:special-members: __call__"


def write_reference(folder: Path, names: Iterable[Name]) -> None:
    """Write them into ``folder``/reference."""
    names = list(names)
    here = folder / ROOT
    here.mkdir(parents=True, exist_ok=True)
    headings = [heading for heading in dict.fromkeys(GROUPS.values()) if any(name.group == heading for name in names)]
    for name in names:
        (here / f"{name.path}.rst").write_text(page_of(name), encoding="utf-8", newline="\n")
    for heading in headings:
        of_group = [name for name in names if name.group == heading]
        (here / f"{slug(heading)}.rst").write_text(group_page(heading, of_group), encoding="utf-8", newline="\n")
    (here / "index.rst").write_text(index_page(headings, names), encoding="utf-8", newline="\n")


def page_of(name: Name) -> str:
    """The page of one name."""
    if inspect.isclass(name.thing):
        body = f".. autoclass:: {name.path}\n{indented(CLASS)}"
    elif callable(name.thing):
        body = f".. autofunction:: {name.path}\n"
    else:
        body = f".. py:data:: {name.path}\n\n   {summary(name)}\n"
    return title(shown(name)) + body


def group_page(heading: str, names: list[Name]) -> str:
    """A part's names: those that one calls first, then what they give back."""
    chosen = [name for name in names if name.chosen]
    met = [name for name in names if not name.chosen]
    tables = [table("", chosen)] if chosen else []
    tables += [table("What they hold and give back", met)] if met else []
    return title(heading) + "\n".join(tables) + toctree(sorted(names, key=lambda name: (not name.chosen, name.short)))


def index_page(headings: list[str], names: list[Name]) -> str:
    """All chosen names, by part."""
    parts = [title("Every public name"), INTRODUCTION]
    for heading in headings:
        chosen = [name for name in names if name.group == heading and name.chosen]
        link = f":doc:`{heading} <{slug(heading)}>`"
        parts.append(f"\n{link}\n{'-' * len(link)}\n\n" + ", ".join(map(reference, chosen)) + "\n")
    entries = "\n".join(f"   {slug(heading)}" for heading in headings)
    return "\n".join(parts) + f"\n.. toctree::\n   :hidden:\n\n{entries}\n"


INTRODUCTION: Final = """\
``import clearlstm as cl`` brings all of these but the layers for torch, the pictures and a few helpers, whose path
stands before them. Shapes: N sequences, T steps, F features, H units, L layers, D directions. Each part's page also has
the classes of what is given back.
"""


def table(heading: str, names: list[Name]) -> str:
    """Names and the first line of what is said of each."""
    rows = "\n".join(f"   * - {reference(name)}\n     - {summary(name)}" for name in names)
    head = f"\n{heading}\n{'-' * len(heading)}\n" if heading else ""
    return f"{head}\n.. list-table::\n   :widths: 30 70\n\n{rows}\n"


def toctree(names: list[Name]) -> str:
    """The pages of a part, for the side of the page."""
    entries = "\n".join(f"   {shown(name)} <{name.path}>" for name in names)
    return f"\n.. toctree::\n   :hidden:\n\n{entries}\n"


def reference(name: Name) -> str:
    """A link to a name's page."""
    return f":py:obj:`{shown(name)} <{name.path}>`"


def shown(name: Name) -> str:
    """How a name is called in headings: without what all have in common."""
    return name.path.removeprefix("clearlstm.") if name.chosen else name.short


def summary(name: Name) -> str:
    """The first paragraph of its docstring; of a collection, what is in it."""
    if not callable(name.thing):
        return ", ".join(f"``{value!r}``" for value in name.thing)
    lines: list[Any] = (inspect.getdoc(name.thing) or "").split("\n\n")[0].splitlines()
    return " ".join(lines)


def title(text: str) -> str:
    """A page's heading."""
    return f"{text}\n{'=' * len(text)}\n\n"


def slug(heading: str) -> str:
    """The name of a part's page."""
    return heading.lower().replace(" ", "-")


def indented(text: str) -> str:
    """Options of a directive."""
    return "".join(f"   {line}\n" for line in text.splitlines())
