"""Encodings that lack what is drawn: plain signs instead, and never an exception."""

import ast
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

import clearlstm
from clearlstm.cli.plain import ALIKE, PLAIN, use_plain_signs

SOURCES = Path(clearlstm.__file__).parent


def written(text: str, encoding: str) -> str:
    """What arrives of ``text`` in a stream of that encoding."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n")
    use_plain_signs(stream)
    stream.write(text)
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize(
    ("encoding", "text", "expected"),
    [
        ("ascii", "■ 0.5 ┤⣀⠉●██▌ ∂h/∂x ≤ ±1/√H … Zürich", "* 0.5 |**o##| dh/dx <= +-1/sqrt H ... Z?rich"),
        ("cp1252", "■ 0.5 ┤⣀⠉●██▌ ∂h/∂x ≤ ±1/√H … Zürich", "* 0.5 |**o##| dh/dx <= ±1/sqrt H … Zürich"),
        ("cp437", "■ 0.5 ┤⣀⠉●██▌ × 2", "■ 0.5 ┤**o██▌ x 2"),
        ("utf-8", "■ ⣀ ∂ 東京", "■ ⣀ ∂ 東京"),
    ],
)
def test_what_an_encoding_lacks_gets_a_plain_sign(encoding: str, text: str, expected: str) -> None:
    assert written(text, encoding) == expected


class Terminal(io.TextIOWrapper):
    """A stream that says that it is one."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "ascii_alone"),
    [
        ({"LC_ALL": "C"}, True),
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, True),
        ({"LC_CTYPE": "C", "LANG": "de_DE.UTF-8"}, True),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, True),  # what Python makes of LANG=C
        ({"LC_CTYPE": "C.UTF-8"}, False),  # and of no locale
        ({"LC_CTYPE": "C.UTF-8", "LANG": "de_DE.UTF-8"}, False),
        ({"LC_ALL": "C.UTF-8"}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}, False),
        ({"LC_ALL": "C", "PYTHONUTF8": "1"}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("kind", [Terminal, io.TextIOWrapper])
def test_a_terminal_of_the_c_locale_gets_ascii_and_a_file_utf_8(
    environ: dict[str, str], ascii_alone: bool, kind: type[io.TextIOWrapper], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG", "PYTHONIOENCODING", "PYTHONUTF8"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    stream = kind(io.BytesIO(), "utf-8")
    use_plain_signs(stream)
    stream.write("0.5 ┤⣀⠉●")
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    expected = "0.5 |**o" if ascii_alone and kind is Terminal else "0.5 ┤⣀⠉●"
    assert stream.buffer.getvalue().decode() == expected


def test_columns_keep_their_width() -> None:
    assert all(len(those) == len(signs) for those, signs in ALIKE)
    assert all(sign.isascii() for sign in PLAIN.values())


def test_a_stream_that_is_none_or_has_no_encoding_is_left_alone() -> None:
    """Python has no stdout in a Windows program without a console."""
    for stream in (None, io.StringIO()):
        use_plain_signs(stream)


def texts(path: Path) -> Iterator[str]:
    """The texts in a source, its documentation left out."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    documentation = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def test_there_is_a_plain_sign_for_all_that_is_ever_said() -> None:
    """In every text of the sources but those of the page and its server, which are UTF-8."""
    sources = [path for path in SOURCES.rglob("*.py") if path.relative_to(SOURCES).parts[0] not in ("lab", "report")]
    used = {character: path.name for path in sources for text in texts(path) for character in text}
    beyond = {character: name for character, name in used.items() if not character.isascii()}
    assert len(beyond) > 20
    assert {character: name for character, name in beyond.items() if character not in PLAIN} == {}
