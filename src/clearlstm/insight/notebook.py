"""How results show themselves in notebooks."""

import html
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

ROWS: Final = 10


def notebook_html(sentence: str, table: "pd.DataFrame") -> str:
    """One sentence and the first rows of ``table``."""
    rows = table.head(ROWS).to_html(index=False, border=0, float_format=lambda value: f"{value:.4g}")
    more = f"<p>{len(table) - ROWS:,} more rows: to_frame()</p>" if len(table) > ROWS else ""
    return f"<p>{html.escape(sentence)}</p>{rows}{more}"
