"""Bring docs/inside/views.md, and the kinds of pictures in plots.md, up to date: both are made of the list of views."""

import re
from pathlib import Path

from clearlstm.insight.plots.traces import options_of
from clearlstm.insight.views import FIELDS, QUESTIONS, VIEWS, View

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "inside"
BLOCK = re.compile(r"<!-- (views|kinds) -->.*?<!-- end -->", re.DOTALL)


def renewed(page: str) -> str:
    """The page with everything between its marks made anew."""
    return BLOCK.sub(lambda mark: f"<!-- {mark[1]} -->\n\n{MAKERS[mark[1]]()}\n\n<!-- end -->", page)


def views() -> str:
    """A part for each view."""
    return "\n\n".join(map(_part, VIEWS.values()))


def _part(view: View) -> str:
    choices = ", ".join(f"`--{FIELDS[name].option}`" for name in view.fields)
    places = [f"`clearlstm inspect --view {view.name}`" + (f" ({choices})" if choices else "")]
    places += [f'`trace.plot("{view.kind}")`'] if view.kind is not None else []
    places += ["the lab"] if view.name in QUESTIONS else []
    only = " Only for layers with gates and a long-term memory." if view.needs_memory else ""
    return (
        f"## {view.title}\n\n`{view.name}`: {view.shows}.{only}\n\n- How to read it: {view.read}\n"
        f"- What it can't tell: {view.cannot}\n- Where: {', '.join(places)}."
    )


def kinds() -> str:
    """A row for each kind of picture of a layer."""
    rows = [
        f'| `"{view.kind}"` | {view.shows} | {", ".join(f"`{name}`" for name in options_of(view.kind))} |'
        for view in VIEWS.values()
        if view.kind is not None
    ]
    return "\n".join(["| kind | what it shows | options |", "|---|---|---|", *rows])


MAKERS = {"views": views, "kinds": kinds}
PAGES = (FOLDER / "views.md", FOLDER / "plots.md")

if __name__ == "__main__":
    for path in PAGES:
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
