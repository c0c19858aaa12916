"""The progress bar in a notebook: one output, updated in place, of which a quiet line remains.

In Jupyter it is what IPython's ``display`` and its update send, without widgets; in marimo that which marimo has. Both
are looked for among the modules that are loaded: nothing is imported.
"""

import html
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final, TypeAlias

Publish: TypeAlias = Callable[..., None]

MARIMO_TOTAL: Final = 100
"""A whole bar of marimo's, which counts in whole numbers."""


def kernel_display() -> Publish | None:
    """How the Jupyter kernel that this runs in shows something; None elsewhere, and where a cell's output is caught."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell: Any = None if get_shell is None else get_shell()
    if getattr(shell, "kernel", None) is None or not isinstance(shell.display_pub, shell.display_pub_class):
        return None
    publish: Publish = shell.display_pub.publish
    return publish


def in_marimo() -> bool:
    """Whether this runs in a cell of a marimo notebook."""
    running = getattr(sys.modules.get("marimo"), "running_in_notebook", None)
    return running is not None and bool(running())


class JupyterBar:
    """A display that is updated by its id; where HTML can't be shown, as in a console, it is a line of text."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._shown = False
        self._id = f"clearlstm-{os.urandom(8).hex()}"

    def draw(self, share: float, text: str) -> None:
        """Show how much is done, 0..1, and what is to be said of it."""
        self._show(bar_html(share, text), f"{share:4.0%} {text}")

    def end(self, share: float, text: str) -> None:  # noqa: ARG002 - the line says it
        """Leave the last words, without a bar."""
        self._show(line_html(text), text)

    def _show(self, page: str, plain: str) -> None:
        data = {"text/html": page, "text/plain": plain}
        self._publish(data, transient={"display_id": self._id}, update=self._shown)
        self._shown = True


class MarimoBar:
    """marimo's own bar, above which a cell's other outputs stay."""

    def __init__(self) -> None:
        self._marimo: Any = sys.modules["marimo"]
        self._open, self._drawn = ExitStack(), 0
        bar = self._marimo.status.progress_bar(total=MARIMO_TOTAL, show_rate=False, show_eta=False, remove_on_exit=True)
        self._bar: Any = self._open.enter_context(bar)

    def draw(self, share: float, text: str) -> None:
        """Show how much is done, 0..1, and what is to be said of it."""
        now = round(share * MARIMO_TOTAL)
        self._bar.update(increment=now - self._drawn, subtitle=text)
        self._drawn = now

    def end(self, share: float, text: str) -> None:  # noqa: ARG002 - the line says it
        """Leave the last words, without a bar."""
        self._open.close()
        self._marimo.output.append(self._marimo.Html(line_html(text)))


def bar_html(share: float, text: str) -> str:
    """A bar and its text, in the colour that text has on this page, so in that of its theme.

    >>> "width:25.0%" in bar_html(0.25, "1/4")
    True
    """
    words, percent = html.escape(text), f"{100 * share:.0f}"
    return (
        '<div style="display:flex;flex-wrap:wrap;align-items:center;gap:.25em 1em;font-variant-numeric:tabular-nums">'
        '<div role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{percent}" aria-valuetext="{words}" '
        'style="flex:0 1 16em;height:.5em;border-radius:3px;overflow:hidden;background:rgba(128,128,128,.3)">'
        f'<div style="width:{100 * share:.1f}%;height:100%;background:currentColor"></div></div>'
        f"<span>{words}</span></div>"
    )


def line_html(text: str) -> str:
    """What remains: one quiet line."""
    return f'<div style="font-variant-numeric:tabular-nums;opacity:.75">{html.escape(text)}</div>'
