"""How results show themselves in notebooks."""

import html
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

    from clearlstm.widget.drawing import Drawing

ROWS: Final = 10


class Shown:
    """A result that a notebook can draw."""

    def show(self) -> "Drawing":
        """The result as a live drawing in a notebook, the lab's own; it takes the extra ``notebook``.

        The last line of a cell shows it. Raises MissingExtraError without the extra.
        """
        drawing: Drawing = import_module("clearlstm.widget.show").show_result(self)
        return drawing


def notebook_html(sentence: str, table: "pd.DataFrame") -> str:
    """One sentence and the first rows of ``table``."""
    rows = table.head(ROWS).to_html(index=False, border=0, float_format=lambda value: f"{value:.4g}")
    more = f"<p>{len(table) - ROWS:,} more rows: to_frame()</p>" if len(table) > ROWS else ""
    return f"<p>{html.escape(sentence)}</p>{rows}{more}"
