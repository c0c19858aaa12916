"""What Sphinx lacks for this site: names found by where they are written, pages of source, equations as MathML."""

import inspect
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt
from docutils import nodes
from latex2mathml.converter import convert
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode
from sphinx.util.typing import stringify_annotation

from clearlstm.shapes import FloatArray
from scripts.site.names import PACKAGE, at
from scripts.site.pages import ROOT, SOURCE

UNDERLINE: Final = re.compile("-{4,}")
ARGUMENTS: Final = re.compile(r"<dl>\n((?:<dd>.*</dd>\n)+)</dl>")
ARGUMENT: Final = re.compile("<dd>(.*)</dd>")
ALIASES: Final = {
    stringify_annotation(alias, mode="smart", short_literals=True): name
    for alias, name in [
        (npt.ArrayLike, "~numpy.typing.ArrayLike"),
        (npt.DTypeLike, "~numpy.typing.DTypeLike"),
        (FloatArray, "~clearlstm.shapes.FloatArray"),
    ]
}
TERM: Final = re.compile(r"[\w*][^`:]*(?<!\.)")
LINE: Final = re.compile(r'(id|name|href)="(#?)L-(\d+)"')
"""Pygments' names of lines; links have them as code hosts do, #L12."""
TAG: Final = re.compile(r"\\tag\{(\w+)\}")


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx calls it."""
    app.connect("autodoc-process-docstring", sections)
    app.connect("autodoc-process-signature", short_types)
    app.connect("autodoc-skip-member", of_others)
    app.connect("missing-reference", reference)
    app.connect("doctree-resolved", link_sources)
    app.connect("html-page-context", signature_lines)
    app.connect("html-page-context", named_toggles, priority=900)  # after the theme's own
    app.connect("html-collect-pages", source_pages)
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    return {"parallel_read_safe": True, "parallel_write_safe": False}  # writing collects the linked sources


# Docstrings and names.


def sections(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Turn underlined headings into rubrics; names with indented words below them are lists as they stand."""
    for k, (line, below) in enumerate(pairwise(list(lines))):
        if UNDERLINE.fullmatch(below) and len(below) == len(line):
            lines[k : k + 2] = [f".. rubric:: {line}", ""]
        elif TERM.fullmatch(line) and below.startswith("    "):
            lines[k] = f"``{line}``"


def short_types(
    app: Sphinx,
    what: str,
    name: str,
    thing: Any,
    options: Any,
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None]:
    """Call types by their aliases, where Sphinx has what these stand for."""
    for long, short in ALIASES.items():
        signature, returned = signature and signature.replace(long, short), returned and returned.replace(long, short)
    return signature, returned


def signature_lines(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Sphinx lays the lines of a long signature out as a list of meanings without terms; here they are lines."""
    body = ARGUMENTS.sub(
        lambda lines: ARGUMENT.sub(r'<span class="sig-line">\1</span>', lines[1]), context.get("body", "")
    )
    context["body"] = body


def named_toggles(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Say to screen readers what the theme's bare arrows in the sidebar do."""
    theirs = context["generate_toctree_html"]

    def with_names(*arguments: Any, **options: Any) -> str:
        return str(theirs(*arguments, **options)).replace("<summary>", '<summary aria-label="The pages below">')

    context["generate_toctree_html"] = with_names


def of_others(app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what a class has from elsewhere: tuple's count, torch's hooks."""
    return None if home(thing).startswith(PACKAGE) else True


def home(thing: Any) -> str:
    """The module that it is written in; of a value without one the package."""
    function = getattr(thing, "fget", None) or getattr(thing, "func", thing)
    module = getattr(function, "__module__", None)
    return module if isinstance(module, str) else PACKAGE


def reference(app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.Element) -> Any:
    """A name that Sphinx can't place: the public thing that is meant, or the source of one that isn't public.

    What belongs to other libraries stands without a link. A name of ours that doesn't exist stays missing.
    """
    if node.get("refdomain") != "py":
        return None
    target, module = node["reftarget"], node.get("py:module") or PACKAGE
    objects = env.get_domain("py").objects
    documented = homes(tuple(objects))
    thing = meant(target, module, documented)
    if thing is None:
        return None if target.startswith(f"{PACKAGE}.") else contnode
    if (path := documented.get(path_of(thing))) is not None:
        entry = objects[path]
        return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, contnode)
    try:
        return nodes.reference("", "", contnode, refuri=source_link(thing), internal=True)
    except (TypeError, ValueError):  # a type variable, or an alias of a type
        return contnode


@cache
def homes(documented: tuple[str, ...]) -> dict[str, str]:
    """The documented names by where the things are written."""
    return {path_of(at_or_none(path)): path for path in reversed(documented)}


def meant(target: str, module: str, documented: dict[str, str]) -> Any:
    """The thing of ours that a name in this module's docstrings stands for, or None."""
    ends = [path for path in (*documented.values(), *documented) if path.endswith(f".{target}")]
    for path in [target, f"{module}.{target}", *ends]:
        if path.startswith(PACKAGE) and (thing := at_or_none(path)) is not None:
            return thing
    return None


@cache
def at_or_none(path: str) -> Any:
    """What the path names, if there is such a thing."""
    try:
        return at(path)
    except AttributeError:
        return None


def path_of(thing: Any) -> str:
    """Where a thing is written, and its name there."""
    function = getattr(thing, "fget", None) or getattr(thing, "func", thing)
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', repr(thing))}"


# The source.


def source_link(thing: Any) -> str:
    """The link to the line where it is written; :func:`link_sources` makes it an address."""
    function = getattr(thing, "fget", None) or getattr(thing, "func", thing)
    written = inspect.unwrap(function)
    path = Path(inspect.getsourcefile(written) or "").resolve().relative_to(ROOT).as_posix()
    line = "" if inspect.ismodule(written) else f"#L{inspect.getsourcelines(written)[1]}"
    return f"{SOURCE}:{path}{line}"


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    """Where a documented name is written; nothing for a value and for what is made by a decorator."""
    thing = at_or_none(f"{info['module']}.{info['fullname']}") if domain == "py" else None
    try:
        return source_link(thing)
    except (TypeError, OSError, ValueError):
        return None


def link_sources(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn links of the form source:PATH#L12 into the address of that line on the page of that file."""
    wanted: set[str] = app.env.__dict__.setdefault("clearlstm_sources", set())
    for link in doctree.findall(nodes.reference):
        scheme, _, rest = link.get("refuri", "").partition(":")
        if scheme == SOURCE:
            path, _, line = rest.partition("#")
            wanted.add(path)
            link["refuri"] = app.builder.get_relative_uri(docname, page_of(path)) + (line and f"#{line}")


def page_of(path: str) -> str:
    """The page that shows a file."""
    return f"{SOURCE}/{path}"


def source_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each file that is linked, with a place to go to for each line; of a folder for each file in it."""
    linked = app.env.__dict__.get("clearlstm_sources", set())
    folders = {path for path in linked if (ROOT / path).is_dir()}
    files = linked - folders | {file for folder in folders for file in files_in(folder)}
    bodies = {folder: listing(folder) for folder in folders} | {file: code(file) for file in files}
    for path, body in sorted(bodies.items()):
        yield page_of(path), {"title": path, "body": f"<h1>{path}</h1>{body}"}, "page.html"


def files_in(folder: str) -> list[str]:
    """The files right in a folder of the project."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / folder).iterdir() if path.is_file())


def listing(folder: str) -> str:
    """Links to the pages of a folder's files."""
    start = Path(folder).name
    names = [Path(path).name for path in files_in(folder)]
    return "<ul>" + "".join(f'<li><a href="{start}/{name}.html">{name}</a></li>' for name in names) + "</ul>"


def code(path: str) -> str:
    """A file, coloured, each line with its number."""
    text = (ROOT / path).read_text(encoding="utf-8")
    try:
        lexer = get_lexer_for_filename(path)
    except ClassNotFound:
        lexer = TextLexer()
    shown = highlight(text, lexer, HtmlFormatter(linenos="inline", lineanchors="L", anchorlinenos=True))
    return LINE.sub(r'\1="\2L\3"', shown)


# Equations.


def inline_math(writer: Any, node: nodes.math) -> None:
    """An equation in a sentence."""
    writer.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def block_math(writer: Any, node: nodes.math_block) -> None:
    """An equation on lines of its own, with its number at the right."""
    latex = node.astext()
    number = "".join(f'<span class="eqno">({tag})</span>' for tag in TAG.findall(latex))
    writer.body.append(f'<div class="math" tabindex="0">{mathml(TAG.sub("", latex), "block")}{number}</div>')
    raise nodes.SkipNode


def mathml(latex: str, display: str) -> str:
    """The equation as MathML."""
    return convert(latex, display=display).replace(r"\_", "_")
