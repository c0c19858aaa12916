"""What the sources must say so that they do the same on every system."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def calls(*names: str) -> Iterator[tuple[str, int, set[str | None]]]:
    """Calls of methods of these names: the place, how many arguments have no name, and the names of the others."""
    for path in (path for folder in ("src", "scripts") for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
                place = f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
                yield place, len(node.args), {keyword.arg for keyword in node.keywords}


def test_the_encoding_of_texts_in_files_is_named() -> None:
    """Else it is that of the country on Windows."""
    read = [place for place, args, named in calls("read_text") if args < 1 and "encoding" not in named]
    written = [place for place, args, named in calls("write_text") if args < 2 and "encoding" not in named]
    assert (read, written) == ([], [])


def test_lines_in_written_files_end_the_same_way_everywhere() -> None:
    """Else they end otherwise on Windows, and files that are made twice differ."""
    result = list(calls("write_text"))
    one_line_each = {"src/clearlstm/lab/worker.py"}
    unsaid = {place.rsplit(":", 1)[0] for place, _, named in result if "newline" not in named}
    assert len(result) > 8
    assert unsaid == one_line_each
