"""Run the notebooks in examples/ and write them back with what they show: what stands below a cell is made, not typed.

Words and code are written by hand, best in Jupyter. ``python -m scripts.notebooks`` runs each notebook from top to
bottom in a fresh kernel of the Python that runs it; ``tests/test_notebooks.py`` runs them again and compares. Kept is
what stays the same from run to run: of a drawing its picture, for the kernel that it talks to is gone.
"""

import io
import json
import os
import re
import tempfile
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, Final, TypeAlias

import nbformat
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from PIL import Image
from traitlets import default

ROOT: Final = Path(__file__).resolve().parents[1]
NOTEBOOKS: Final = sorted((ROOT / "examples").glob("*.ipynb"))

TIMES: Final = "times"
"""The tag of cells that print times: other digits are no change."""
TORCH: Final = "torch"
"""The tag of cells that print what torch has trained: other machines have other digits there."""

VIEW: Final = "application/vnd.jupyter.widget-view+json"
METADATA: Final = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_SECONDS: Final = 120
COLOURS: Final = 128
FONT: Final = "DejaVu Sans"  # it comes with matplotlib, so that pictures look the same wherever they are made
FIRST: Final = f"from clearlstm.insight.plots.style import FAMILY; FAMILY[:] = ['{FONT}']"

NOTICE: Final = re.compile(r"clearlstm: compiling its kernels .*\n")
STILL: Final = re.compile(r'<div class="clearlstm-still[\w -]*">(.+?)(<style>[^<]*</style>)?</div>', re.DOTALL)
PNG: Final = re.compile(r"(?<=data:image/png;base64,)[\w+/=]+")
NUMBER: Final = re.compile(r"[-+−]?\d[\d,.]*(e[-+]?\d+)?")

# nbformat's dictionaries, whose keys are attributes as well.
Notebook: TypeAlias = Any
Cell: TypeAlias = Any
Output: TypeAlias = Any


class ThisPython(KernelSpecManager):
    """Knows one kernel, that of the Python that runs this, whatever else is installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002 - there is one
        return KernelSpec(**get_kernel_dict())


class Kernel(AsyncKernelManager):
    """Starts that one."""

    @default("kernel_spec_manager")
    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return ThisPython()


def read(path: Path) -> Notebook:
    """The notebook as it stands in its file."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def text_of(notebook: Notebook) -> str:
    """What its file holds."""
    text: str = nbformat.writes(notebook, version=4)  # type: ignore[no-untyped-call]
    return text.rstrip() + "\n"


def write(notebook: Notebook, path: Path) -> None:
    """Write the file, whole or not at all."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text_of(notebook), encoding="utf-8", newline="\n")
    os.replace(temporary, path)


def renewed(path: Path) -> Notebook:
    """The notebook with its outputs made anew. Where no more than times have changed, the old ones stay."""
    before = read(path)
    with tempfile.TemporaryDirectory() as folder:
        after = quiet(executed(before, Path(folder)))
    for cell, old in zip(after.cells, before.cells, strict=True):
        if TIMES in tags_of(cell) and _masked(cell.outputs) == _masked(old.outputs):
            cell.outputs = old.outputs
    return after


def executed(notebook: Notebook, folder: Path) -> Notebook:
    """Run a copy of the notebook in ``folder``; an error in a cell is a CellExecutionError."""
    fresh = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        fresh,
        kernel_manager_class=Kernel,
        kernel_name="python3",
        extra_arguments=[f"--IPKernelApp.exec_lines={FIRST}", "--log-level=40"],
        resources={"metadata": {"path": str(folder)}},
        timeout=CELL_SECONDS,
        record_timing=False,
        store_widget_state=False,
    )
    # Plots belong into the notebook, and nobody's own start-up files and no debugger's warnings take part.
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    with tempfile.TemporaryDirectory() as profile:
        client.execute(env=env | {"IPYTHONDIR": profile, "PYDEVD_DISABLE_FILE_VALIDATION": "1"})
    return fresh


def quiet(notebook: Notebook) -> Notebook:
    """The same without what differs from run to run."""
    cells = [_quiet_cell(cell) for cell in notebook.cells]
    contents = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return nbformat.from_dict(contents)  # type: ignore[no-untyped-call]


def tags_of(cell: Cell) -> list[str]:
    """The tags of a cell."""
    return list(cell.metadata.get("tags", ()))


def without_numbers(text: str) -> str:
    """A # for each number, a space for each gap.

    >>> without_numbers("1,200 steps · loss  3.1e-05 · in 1.2 s")
    '# steps · loss # · in # s'
    """
    return " ".join(NUMBER.sub("#", text).split())


def _masked(outputs: list[Output]) -> str:
    return without_numbers(json.dumps(outputs, sort_keys=True, ensure_ascii=False))


def _quiet_cell(cell: Cell) -> dict[str, Any]:
    tags = tags_of(cell)
    metadata = {"tags": tags} if tags else {}
    kept = {"cell_type": cell.cell_type, "id": cell.id, "metadata": metadata, "source": cell.source}
    if cell.cell_type != "code":
        return kept
    outputs = [quieted for output in cell.outputs if (quieted := _quiet_output(output))]
    return kept | {"execution_count": cell.execution_count, "outputs": outputs}


def _quiet_output(output: Output) -> Output | None:
    """None for the notice of a compilation, which comes once, and for what only a kernel can show."""
    if output.output_type == "stream":
        text = NOTICE.sub("", output.text)
        return {**output, "text": text} if text else None
    if VIEW in output.data:
        return None
    return {**output, "data": {kind: _quiet_content(kind, one) for kind, one in output.data.items()}, "metadata": {}}


def _quiet_content(kind: str, content: Any) -> Any:
    """Pictures in as few colours as they need; stills without what only hides them, and belongs to one run."""
    if kind == "image/png":
        return _in_few_colours(content.strip()) + "\n"
    if kind == "text/html":
        still = STILL.fullmatch(content)
        page = f'<div class="clearlstm-still">{still[1]}</div>' if still else content
        return PNG.sub(lambda png: _in_few_colours(png[0]), page)
    return content


def _in_few_colours(png: str) -> str:
    picture = Image.open(io.BytesIO(b64decode(png)))
    if picture.mode == "P":
        return png
    file = io.BytesIO()
    picture.convert("RGB").quantize(COLOURS).save(file, format="png", optimize=True)
    return b64encode(file.getvalue()).decode("ascii")


if __name__ == "__main__":
    for path in NOTEBOOKS:
        write(renewed(path), path)
        print(f"written: {path.relative_to(ROOT)}, {path.stat().st_size / 1000:.0f} kB", flush=True)
