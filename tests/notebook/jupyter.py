"""A JupyterLab of the tests' own, and a notebook opened in it: cells run, read, saved and reopened as a reader would.

Pages are driven through JupyterLab's own application object (``--LabApp.expose_app_in_browser``): its commands tell
when they are done, so nothing here waits for a time.
"""

import json
import re
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests.notebook.serving import environment, free_port, served

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

KERNEL: Final = "tested"
NAMES: Final = (f"book{number}.ipynb" for number in count())
TIMEOUT: Final = 60_000  # milliseconds
OPTIONS: Final = (
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--ServerApp.terminals_enabled=False",
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)
NO_NEWS: Final = {"fetchNews": "false", "checkForUpdates": False}
THEMES: Final = {False: "JupyterLab Light", True: "JupyterLab Dark"}

OPEN: Final = """async ([path, kernel]) => {
  await jupyterapp.restored;
  const start = kernel ? {} : {kernelPreference: {shouldStart: false, canStart: true, autoStartDefault: false}};
  const panel = await jupyterapp.commands.execute("docmanager:open", {path, factory: "Notebook", ...start});
  await Promise.all([panel.revealed, panel.context.ready, panel.context.sessionContext.ready]);
  if (kernel) await panel.context.sessionContext.session.kernel.requestExecute({code: "", silent: true}).done;
}"""
# What every piece of JavaScript below finds: the notebook's panel, its cells and its file.
SCOPE: Final = """const panel = jupyterapp.shell.currentWidget, notebook = panel.content, context = panel.context;
const cells = notebook.model.sharedModel, run = (command, options) => jupyterapp.commands.execute(command, options);
"""
ERRORS: Final = """return notebook.widgets.flatMap(cell => cell.model.outputs.toJSON())
  .filter(output => output.output_type === "error").map(output => output.traceback.join("\\n"));"""
TEXT: Final = """return notebook.widgets[given].model.outputs.toJSON()
  .map(output => [output.text ?? output.data?.["text/plain"] ?? ""].flat().join("")).join("");"""
IDLE: Final = """() => {
  const {content, sessionContext} = jupyterapp.shell.currentWidget;
  const has_run = ({model}) => !model.sharedModel.source.trim()
    || (model.executionCount && model.executionState === "idle");
  return sessionContext.session.kernel.status === "idle" && content.widgets.every(has_run);
}"""
CLOSE: Final = """panel.dispose(); return !document.querySelector(".jp-Dialog, .lm-Menu");"""
ANSI: Final = re.compile(r"\x1b\[[\d;]*m")


class Server(NamedTuple):
    """A running JupyterLab."""

    url: str
    token: str
    folder: Path  # of its notebooks


@contextmanager
def jupyter_server(folder: Path) -> Iterator[Server]:
    """JupyterLab with an empty folder and no settings but these; its only kernel is the Python that runs the tests."""
    books, port, token = folder / "books", free_port(), secrets.token_hex(16)
    books.mkdir()
    _write_settings(folder)
    env = environment(folder, without="JUPYTER", JUPYTER_TOKEN=token, IPYTHONDIR=str(folder / "ipython"))
    env |= {f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "jupyterlab", *OPTIONS, f"--port={port}", f"--ServerApp.root_dir={books}"]
    with served(command, port, health="/api", folder=folder, env=env) as url:
        yield Server(url, token, books)


def _write_settings(folder: Path) -> None:
    news = folder / "config/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    _write(news, NO_NEWS)
    _write(folder / f"data/kernels/{KERNEL}/kernel.json", {"argv": argv, "display_name": KERNEL, "language": "python"})


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")


def notebook_of(cells: Sequence[str]) -> dict[str, Any]:
    """What an .ipynb file holds: cells of code that haven't run."""
    blank: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    kernel = {"kernelspec": {"name": KERNEL, "display_name": KERNEL, "language": "python"}}
    coded = [{**blank, "id": f"cell-{index}", "source": source} for index, source in enumerate(cells)]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": coded}


class OpenNotebook:
    """A notebook in JupyterLab; cells are counted from 0."""

    def __init__(self, page: "Page", server: Server) -> None:
        self.page, self.server = page, server
        self.path = server.folder
        self.complaints: list[str] = []
        self.foreign_requests: list[str] = []
        page.set_default_timeout(TIMEOUT)
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._note(request.url))
        self._load()

    def _note(self, url: str) -> None:
        if not url.startswith((self.server.url, "data:", "blob:")):
            self.foreign_requests.append(url)

    def _load(self) -> None:
        """JupyterLab, with nothing open."""
        self.page.goto(f"{self.server.url}/lab/workspaces/tested?reset&token={self.server.token}")
        self.page.wait_for_function("window.jupyterapp")

    def open(self, cells: Sequence[str], *, dark: bool = False) -> None:
        """Write a notebook of a new name and open it, with a kernel that answers."""
        self.complaints.clear()
        self.foreign_requests.clear()
        self.path = self.server.folder / next(NAMES)
        _write(self.path, notebook_of(cells))
        self._evaluate(OPEN, [self.path.name, True])
        self.set_theme(dark=dark)

    def close(self) -> bool:
        """End the kernel and close the notebook; says whether JupyterLab is as it was before."""
        self.end_kernel()
        clean: bool = self._js(CLOSE)
        return clean

    def _js(self, body: str, given: Any = None) -> Any:
        return self._evaluate(f"async given => {{ {SCOPE} {body} }}", given)

    def _evaluate(self, function: str, given: Any) -> Any:
        """What the function returns or resolves to; fails where that takes too long, as with a kernel that is gone."""
        late = f"new Promise((_, fail) => setTimeout(fail, {TIMEOUT}, new Error('JupyterLab did not answer')))"
        return self.page.evaluate(f"given => Promise.race([({function})(given), {late}])", given)

    def set_theme(self, *, dark: bool) -> None:
        """As Settings → Theme does; JupyterLab keeps the choice for the notebooks opened after this one."""
        self._js("await run('apputils:change-theme', {theme: given});", THEMES[dark])
        self.page.locator(f"body[data-jp-theme-light={str(not dark).lower()}]").wait_for(state="attached")

    def run_all(self) -> None:
        """Run all cells, to the end; fails with the traceback if one of them does."""
        self._js("await run('notebook:run-all-cells');")
        self._see_no_errors()
        self.page.wait_for_function(IDLE)

    def run(self, cell: int) -> None:
        """Run one cell, to the end; fails as run_all does."""
        self._js("notebook.activeCellIndex = given; notebook.deselectAll(); await run('notebook:run-cell');", cell)
        self._see_no_errors()

    def _see_no_errors(self) -> None:
        errors: list[str] = self._js(ERRORS)
        assert not errors, ANSI.sub("", "\n".join(errors))

    def add(self, code: str) -> int:
        """Append a cell and run it; returns which it is."""
        added = (
            "cells.insertCell(cells.cells.length, {cell_type: 'code', source: given}); return cells.cells.length - 1;"
        )
        cell: int = self._js(added, code)
        self.run(cell)
        return cell

    def ask(self, code: str) -> str:
        """What a cell with this code prints or returns, as text; the cell is gone afterwards."""
        cell = self.add(code)
        text: str = self._js(TEXT, cell)
        self._js("cells.deleteCell(given);", cell)
        return text.strip()

    def output(self, cell: int) -> "Locator":
        """All that a cell shows below its code."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".jp-Cell-outputArea")

    def save(self) -> Any:
        """Save, and read the file."""
        self._js("await context.save();")
        return json.loads(self.path.read_text("utf-8"))

    def restart_kernel(self) -> None:
        """Restart it, and wait until the new one answers; outputs stay as they are."""
        restart = """await context.sessionContext.session.kernel.restart();
        await context.sessionContext.session.kernel.requestExecute({code: "", silent: true}).done;"""
        self._js(restart)

    def end_kernel(self) -> None:
        self._js("await context.sessionContext.shutdown();")

    def reopen(self) -> None:
        """Save, leave, and come back to the kernel that has gone on running."""
        self.save()
        self._load()
        self._evaluate(OPEN, [self.path.name, True])

    def reopen_without_kernel(self, *, trusted: bool = True) -> None:
        """Save, end the kernel and open the file with none; untrusted as if it came from somebody else."""
        content = self.save()
        self.end_kernel()
        if not trusted:
            _write(self.path, content | {"metadata": content["metadata"] | {"sent_by": "somebody else"}})
        self._load()
        self._evaluate(OPEN, [self.path.name, False])
