"""Write the list of the lab's texts, src/clearlstm/report/languages/texts.json, from its sources, for translators.

The page finds the text of a template in the same way when it runs: static/language/texts.js and html.js, to which every
rule here belongs.
"""

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from clearlstm import letters
from clearlstm.data.bundled import lesson_json
from clearlstm.insight.views import QUESTIONS
from clearlstm.report.language import LIST
from clearlstm.report.page import PAGE_TEXTS, own_modules, static

INLINE = re.compile(
    r"(<[\ue000-\uf8ff][^>]*/>|</?(?:a|b|i|em|strong|small|span|code|sup|sub|tspan|br)\b[^>]*>|[\ue000-\uf8ff])"
)
SAID = re.compile(r'\s(?:aria-label|label|title|placeholder|summary|caption|across|text)="([^"]*)"')
MARKS = re.compile("([\ue000-\uf8ff])")
TAG = re.compile("(<[^>]*>)")
WORD = re.compile(r"[^\W\d_\ue000-\uf8ff]{2}")
SENTENCE = re.compile(r"""\bsentence(?:\("|s\.)(\w+)""")
FIRST = 0xE000


def texts() -> dict[str, list[str]]:
    """Every text that the page can say, once, under the first file in which it stands."""
    sources = {name: list(texts_in(file.read_bytes())) for name, file in own_modules(static(""))}
    sources["notebook"] = [text for file in sorted(_notebook()) for text in texts_in(file.read_bytes())]
    lesson = json.loads(lesson_json())
    names = [name for pair in lesson["names"].values() for name in pair.values()]
    used = {name for _, file in own_modules(static("")) for name in SENTENCE.findall(file.read_text("utf-8"))}
    sentences = [text for name, text in lesson["sentences"].items() if name in used]
    sources["lesson.json"] = [*names, *lesson["meanings"].values(), *sentences]
    sources["letters"] = list(letters.FEATURES)
    sources["views.json"] = [text for view in QUESTIONS.values() for text in (view.title, view.read, view.cannot)]
    sources["lab.html"] = list(PAGE_TEXTS)
    listed: dict[str, list[str]] = {}
    seen: set[str] = set()
    for name, found in sources.items():
        new = [text for text in dict.fromkeys(found) if text not in seen]
        seen.update(new)
        if new:
            listed[name] = new
    return listed


def _notebook() -> Iterator[Path]:
    return Path(str(static("notebook"))).glob("*.js")


def texts_in(source: bytes) -> Iterator[str]:
    """The texts of one module, in their order."""
    for node in _walk(_parser().parse(source).root_node):
        if node.type != "call_expression":
            continue
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None:
            continue
        if function.text == b"html":
            yield from _of_markup(_template(arguments))
        elif function.text in (b"msg", b"msgParts"):
            yield from _of_run(_template(arguments), MARKS)
        elif function.text == b"plural":
            yield _string(arguments.named_children[1])


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_javascript.language()))


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _template(node: Node) -> str:
    """The text of a template, with a mark for each of its values."""
    values = 0
    parts: list[str] = []
    for child in node.children:
        if child.type == "template_substitution":
            parts.append(chr(FIRST + values))
            values += 1
        elif child.type == "escape_sequence":
            parts.append(_unescaped(child))
        elif child.type == "string_fragment":
            parts.append(_text(child))
    return "".join(parts)


def _string(node: Node) -> str:
    return "".join(_unescaped(one) if one.type == "escape_sequence" else _text(one) for one in node.named_children)


def _text(node: Node) -> str:
    assert node.text is not None
    return node.text.decode()


def _unescaped(node: Node) -> str:
    text = _text(node)[1:]
    if code := re.fullmatch(r"u\{?([0-9a-fA-F]+)\}?", text):
        return chr(int(code[1], 16))
    if text in "nt":
        return {"n": "\n", "t": "\t"}[text]
    if len(text) == 1 and not text.isalnum():
        return text
    raise ValueError(f"an escape that no text of the lab needs: \\{text}")


def _of_markup(markup: str) -> Iterator[str]:
    """The texts of a template of htm: what stands between two blocks is one."""
    runs = [""]
    for part in TAG.split(markup):
        if not TAG.fullmatch(part) or INLINE.fullmatch(part):
            runs[-1] += part
        else:
            runs.append("")
    for run in runs:
        yield from _of_run(run, INLINE)
    for tag in TAG.findall(markup):
        for text in SAID.findall(tag):
            yield from _of_run(text, MARKS)


def _of_run(run: str, part: re.Pattern[str]) -> Iterator[str]:
    pieces = part.split(run.strip(" \n"))
    if any(WORD.search(piece) for piece in pieces[::2]):
        yield _key(pieces)


def _key(pieces: list[str]) -> str:
    """``{0}`` for the first value or component, ``<b>`` for a tag without its attributes, ``<b2>`` for the second."""
    counts: dict[str, int] = {}
    opened: list[str] = []

    def place(piece: str) -> str:
        if piece.startswith("</"):
            return f"</{opened.pop()}>"
        tag = re.match(r"<([a-z]+)", piece)
        name = tag[1] if tag else ""
        counts[name] = count = counts.get(name, 0) + 1
        if not name:
            return f"{{{count - 1}}}"
        name += str(count) if count > 1 else ""
        if piece.endswith("/>"):
            return f"<{name}/>"
        opened.append(name)
        return f"<{name}>"

    key = "".join(place(piece) if k % 2 else re.sub(r" *\n[ \n]*", " ", piece) for k, piece in enumerate(pieces))
    if opened:
        raise ValueError(f"a tag is opened in one text and closed in another: {key}")
    return key


def listing() -> str:
    """The file's text."""
    return json.dumps(texts(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    Path(str(files("clearlstm.report"))).joinpath(*LIST).write_text(listing(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{sum(map(len, texts().values()))} texts\n")
