"""Every public name, and a page of the reference for each: none can be left out, for nobody lists them by hand.

Public is what ``clearlstm.__all__`` has; what the pages import from elsewhere, with all of the ``__all__`` of a module
that they import from; and the classes that any of these take, hold or give back.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, get_overloads

PACKAGE: Final = "clearlstm"
IMPORTED: Final = re.compile(r"from (clearlstm[\w.]*) import (\w+(?:, \w+)*)")
WORD: Final = re.compile(r"[A-Za-z_][\w.]*")

GROUPS: Final = {
    "network": "Networks",
    "training": "Training",
    "forecasting": "Forecasts",
    "sequences": "Whole sequences",
    "insight": "Looking inside",
    "interop": "Models from elsewhere",
    "torch": "Layers for torch",
    "widget": "Drawings in notebooks",
    "examples": "Examples to start from",
    "letters": "Examples to start from",
    "data": "Tables and times",
    "cell": "One unit",
    "kernels": "The engine",
    "shapes": "The engine",
    "judging": "Verdicts",
    "errors": "Exceptions",
}
"""A heading for each part of the package, in their order; a part that is missing here stops the build."""


@dataclass(frozen=True)
class Name:
    """A public thing: the path by which one imports it."""

    path: str
    thing: Any = field(repr=False)
    chosen: bool = True
    """Listed as public, rather than met in what is."""

    @property
    def group(self) -> str:
        """The heading that it stands under: that of where it is written."""
        home = self.thing.__name__ if isinstance(self.thing, ModuleType) else home_of(self.thing, self.path)
        return GROUPS[home.split(".")[1]]

    @property
    def short(self) -> str:
        """The last part of its path."""
        return self.path.rpartition(".")[2]


def public_names(pages: Iterable[Path]) -> list[Name]:
    """All of them, the chosen first; no thing twice."""
    names: dict[int, Name] = {}
    for path in chosen_paths(pages):
        thing = at(path)
        names.setdefault(id(thing), Name(path, thing))
    waiting = list(names.values())
    while waiting:
        for thing in classes_in(waiting.pop().thing):
            if id(thing) not in names:
                met = Name(f"{thing.__module__}.{thing.__qualname__}", thing, chosen=False)
                names[id(thing)] = met
                waiting.append(met)
    return list(names.values())


def chosen_paths(pages: Iterable[Path]) -> Iterator[str]:
    """The paths of what is listed in ``__all__``, of modules what they hold, and of what the pages import."""
    package = importlib.import_module(PACKAGE)
    for name in package.__all__:
        thing = getattr(package, name)
        if isinstance(thing, ModuleType):
            yield from (f"{PACKAGE}.{name}.{member}" for member in defined_in(thing))
        elif not name.startswith("__"):
            yield f"{PACKAGE}.{name}"
    for module, name in sorted(imports_in(pages)):
        for listed in [name, *getattr(importlib.import_module(module), "__all__", ())]:
            if module != PACKAGE and not isinstance(at(f"{module}.{listed}"), ModuleType):
                yield f"{module}.{listed}"


def imports_in(pages: Iterable[Path]) -> set[tuple[str, str]]:
    """(module, name) of every import from the package in these pages."""
    texts = [page.read_text(encoding="utf-8") for page in pages]
    return {(module, name) for text in texts for module, names in IMPORTED.findall(text) for name in names.split(", ")}


def defined_in(module: ModuleType) -> list[str]:
    """Functions and classes that are written in this very module, in its order."""
    return [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__ and callable(thing)
    ]


def at(path: str) -> Any:
    """What ``clearlstm.a.b`` names: a module, or something in one. Raises AttributeError if there is no such thing."""
    thing: Any = importlib.import_module(PACKAGE)
    for part in path.split(".")[1:]:
        if isinstance(thing, ModuleType) and not hasattr(thing, part):
            try:
                importlib.import_module(f"{thing.__name__}.{part}")
            except ModuleNotFoundError as error:
                raise AttributeError(f"there is no {path}") from error
        thing = getattr(thing, part)
    return thing


def home_of(thing: Any, path: str) -> str:
    """The module that it is written in; of a constant the one that it is imported from."""
    module = str(getattr(thing, "__module__", None))
    return module if module.startswith(PACKAGE) else path.rpartition(".")[0]


def classes_in(thing: Any) -> Iterator[type]:
    """The package's classes that the annotations of a function or of a class and its public members name."""
    for module, annotation in annotations_of(thing):
        for word in WORD.findall(annotation):
            found = named(word, module)
            if is_public_class(found):
                yield found
    if inspect.isclass(thing):  # such as the kind of trace that a kind of net records
        yield from (value for name, value in vars(thing).items() if name[0] != "_" and is_public_class(value))


def is_public_class(thing: Any) -> bool:
    """Whether it is a class of the package, for others than itself."""
    return inspect.isclass(thing) and thing.__module__.startswith(f"{PACKAGE}.") and thing.__name__[0] != "_"


def annotations_of(thing: Any) -> Iterator[tuple[str, str]]:
    """(module, annotation) of all that a caller meets: what functions give back, and what objects hold."""
    if not inspect.isclass(thing):
        if inspect.isfunction(thing):
            for variant in [thing, *get_overloads(thing)]:
                yield thing.__module__, written(variant.__annotations__.get("return"))
        return
    for ancestor in inspect.getmro(thing):
        if ancestor.__module__.startswith(PACKAGE):
            for name, annotation in vars(ancestor).get("__annotations__", {}).items():
                if not name.startswith("_"):
                    yield ancestor.__module__, written(annotation)
    for name, member in inspect.getmembers(thing):
        function = getattr(member, "fget", None) or getattr(member, "func", member)
        if (name == "__call__" or not name.startswith("_")) and inspect.isroutine(function):
            yield home_of(function, ""), written(getattr(function, "__annotations__", {}).get("return"))


def written(annotation: Any) -> str:
    """An annotation as a text of dotted names."""
    if inspect.isclass(annotation) and not hasattr(annotation, "__args__"):
        return f"{annotation.__module__}.{annotation.__qualname__}"
    return str(annotation)


def named(word: str, module: str) -> Any:
    """What a word of an annotation in this module stands for; None if it isn't ours."""
    if word.startswith(f"{PACKAGE}."):
        return at(word)
    first, _, rest = word.partition(".")
    path = imported_names(module).get(first, f"{module}.{first}")
    try:
        return at(f"{path}.{rest}" if rest else path) if path.startswith(PACKAGE) else None
    except AttributeError:
        return None


@cache
def imported_names(module: str) -> dict[str, str]:
    """Where the names come from that a module imports, also those for its types alone."""
    source = inspect.getsource(importlib.import_module(module)) if module.startswith(PACKAGE) else ""
    return {
        alias.asname or alias.name: f"{statement.module}.{alias.name}"
        for statement in ast.walk(ast.parse(source))
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
