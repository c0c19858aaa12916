"""Notebooks as Markdown pages, with the outputs that are stored in them: none is run."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import nbformat
from nbconvert import MarkdownExporter

STYLE: Final = re.compile(r"<style scoped>.*?</style>", re.DOTALL)
BLANK_LINES: Final = re.compile(r"\n\s*\n")
TEMPLATE: Final = """\
{%- extends 'markdown/index.md.j2' -%}
{%- macro printed(text) %}
```{code-block} text
:class: output

{{ text | strip_ansi | trim('\\n') }}
```
{% endmacro -%}
{%- block stream %}{{ printed(output.text) }}{% endblock -%}
{%- block data_text scoped %}{{ printed(output.data['text/plain']) }}{% endblock -%}
"""


def convert(notebook: Path, page: Path, put: Callable[[str], None]) -> None:
    """Give ``put`` the page's text; its pictures, and the notebook itself, to be fetched, are laid beside ``page``."""
    content: Any = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    for cell in content.cells:
        for output in cell.get("outputs", ()):
            if "text/html" in output.get("data", {}):
                output.data["text/html"] = one_block(output.data["text/html"])
    folder = f"{notebook.stem}_files"
    text, made = MarkdownExporter(raw_template=TEMPLATE).from_notebook_node(  # type: ignore[no-untyped-call]
        content, {"unique_key": notebook.stem, "output_files_dir": folder}
    )
    (page.parent / folder).mkdir(parents=True, exist_ok=True)
    for name, data in made["outputs"].items():
        (page.parent / name).write_bytes(data)
    shutil.copyfile(notebook, page)
    put(f"{text}\n\n{{download}}`This page as a notebook <{notebook.name}>`\n")


def one_block(html: str) -> str:
    """HTML that Markdown takes as it is: without blank lines, at which it would end, and the style of a cell's own."""
    return BLANK_LINES.sub("\n", STYLE.sub("", html)).strip()
