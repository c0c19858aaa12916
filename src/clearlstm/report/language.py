"""The page in another language: one file each, in which a translation stands beside every English text.

The list of the texts, ``languages/texts.json``, is made from the page's sources (scripts/lab_texts.py). A text that has
no translation stays English, so an old file goes on working with a newer page.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

from clearlstm.data.files import check_writable
from clearlstm.errors import DataError, InputError
from clearlstm.files import atomic_write, check_plain, door

LIST: Final = ("languages", "texts.json")
SUFFIX: Final = ".json"
UNUSED: Final = "no longer used"
"""Under this name stand the translations of texts that the page doesn't say any more: nobody's work is lost."""

_TAG: Final = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?", re.ASCII)
"""A language, perhaps its script, perhaps its region: de, pt-BR, zh-Hant-TW. Browsers refuse what isn't formed so."""
_PLACE: Final = re.compile(r"\{[^}]*\}|<(/?[a-z]+\d*/?)>")
"""``{0}`` and ``{name}``; ``<b>``, ``</b>`` and ``<br/>``."""
_NO_TEXT: Final = re.compile("[\ud800-\udfff\ue000-\uf8ff]")
"""Halves of characters, which no file can hold, and those for private use, by which the page marks a text's values."""


@dataclass(frozen=True)
class Language:
    """A language's tag, such as "de" or "pt-BR", and what stands for English texts."""

    tag: str
    texts: Mapping[str, str]

    def text(self, english: str) -> str:
        """What stands for a text: itself, if nobody has translated it."""
        return self.texts.get(english, english)

    def coverage(self) -> str:
        """How much of the page it translates, in a sentence's part."""
        every = every_text()
        done = sum(text in self.texts for text in every)
        rest = "" if done == len(every) else ", the others stay English"
        return f"{done:,} of {len(every):,} texts are translated{rest}"


ENGLISH: Final = Language("en", {})


@cache
def listed() -> Mapping[str, list[str]]:
    """Every text that the page can say, once, under the first of its source files in which it stands."""
    content: dict[str, list[str]] = json.loads(files("clearlstm.report").joinpath(*LIST).read_text("utf-8"))
    return content


def every_text() -> list[str]:
    """The same without the files."""
    return [text for texts in listed().values() for text in texts]


def read_language(path: str | Path) -> Language:
    """The language in a file that :func:`update_translation` began and somebody filled in.

    Raises:
        DataError: there is no such file, it is none of these, or a translation lacks a value or a tag of its text.
    """
    tag, groups = _read(check_plain(path, DataError, "name the file of a translation"))
    texts = {english: text for group in groups.values() for english, text in group.items() if text}
    for english, text in texts.items():
        if wrong := _misplaced(english, text):
            raise DataError(
                f"{path}: the translation of {english!r} {wrong}: it needs the places of the English text, each in "
                "braces or brackets as it stands there, in any order"
            )
    return Language(tag, texts)


def _read(path: Path) -> tuple[str, dict[str, dict[str, str]]]:
    with door(path, DataError):
        try:
            content = json.loads(path.read_text("utf-8-sig"))
        except ValueError as error:
            raise DataError(f"{path} is no JSON ({error}): mend it there, or begin anew") from error
    match content:
        case {"language": str(tag), "texts": dict(groups)} if _TAG.fullmatch(tag) and _are_texts(groups):
            return tag, groups
    raise DataError(
        f'{path} is no translation of the lab: it needs "language", a tag such as "de", and "texts", for every file a '
        "group of texts with their translations. clearlstm lab --translate de.json begins one"
    )


def _are_texts(groups: dict[Any, Any]) -> bool:
    """Whether these are texts by groups, of characters that a file holds and the page doesn't use as marks."""
    if not all(isinstance(group, dict) for group in groups.values()):
        return False
    texts = [*groups, *(text for group in groups.values() for pair in group.items() for text in pair)]
    return all(isinstance(text, str) and not _NO_TEXT.search(text) for text in texts)


def _misplaced(english: str, text: str) -> str | None:
    """What is wrong with the places of a translation, in words; None if nothing is."""
    wanted, there = _places(english), _places(text)
    if lacking := wanted - there:
        return f"lacks {', '.join(sorted(lacking))}"
    if more := there - wanted:
        return f"has {', '.join(sorted(more))}, which the English text doesn't"
    opened: list[str] = []
    for place in _PLACE.finditer(text):
        tag = place[1]
        if tag is None or tag.endswith("/"):
            continue
        if not tag.startswith("/"):
            opened.append(tag)
        elif not opened or opened.pop() != tag[1:]:
            return f"closes <{tag}> where it isn't open"
    if opened:
        return f"doesn't close <{opened[-1]}>"
    if "<" in _PLACE.sub("", text) and "<" not in _PLACE.sub("", english):
        return "has a < that opens no tag"
    return None


def _places(text: str) -> set[str]:
    return {place[0] for place in _PLACE.finditer(text)}


class Translation(NamedTuple):
    """What a file of a translation holds, in numbers of texts."""

    every: int
    missing: int
    unused: int


def update_translation(path: str | Path) -> Translation:
    """Begin the file of a translation, or bring it up to date with the page's texts: what was translated stays.

    The language is what the file is called, such as ``de.json``.

    Raises:
        InputError: the name is none of a language, or the file can't be written.
        DataError: the file is there and is no translation.
    """
    path = check_writable(path, (SUFFIX,))
    tag, groups = _read(path) if path.exists() else (_tag_in(path), {})
    known = {english: text for group in groups.values() for english, text in group.items()}
    texts = {name: {english: known.pop(english, "") for english in group} for name, group in listed().items()}
    unused = {english: text for english, text in known.items() if text}
    content = {"language": tag, "texts": texts | ({UNUSED: unused} if unused else {})}
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8", newline="\n")
    every = every_text()
    missing = sum(not text for group in texts.values() for text in group.values())
    return Translation(len(every), missing, len(unused))


def _tag_in(path: Path) -> str:
    if not _TAG.fullmatch(path.stem):
        raise InputError(f"{path}: a translation is called by its language, such as de.json or pt-BR.json")
    return path.stem
