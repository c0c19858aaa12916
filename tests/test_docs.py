"""The pages: their examples run, their links lead somewhere, and the functions that they name exist."""

import doctest
import re
from pathlib import Path
from typing import Any

import pytest

from clearlstm.cell import lstm as reference
from clearlstm.cell import rnn as vanilla
from tests.skips import skip_without_library

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TYPED = [page for page in PAGES if page.parent.name != "inside"]  # the others: tests/test_inside_pages.py


@pytest.mark.parametrize("page", TYPED, ids=lambda page: page.name)
def test_examples_run(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    examples = doctest.DocTestParser().get_doctest(text, {"__name__": "__main__"}, page.name, str(page), 0)
    assert Runner().run(examples).failed == 0


class Runner(doctest.DocTestRunner):
    """Skips a page from the example on that lacks its library, if all was right so far."""

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        if not self.failures:
            skip_without_library(exc_info[1])
        super().report_unexpected_exception(out, test, example, exc_info)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_the_python_of_a_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    names: dict[str, Any] = {}
    try:
        exec("".join(blocks), names)
    except ImportError as error:
        skip_without_library(error)
        raise
    assert len(names["f"].predict()) == 15
    losses = names["history"].losses
    assert losses[-1] < 1e-3 * losses[0]
    companies = names["cl"].examples.companies()
    assert (names["model"](companies.x).round() == companies.y).all()
    if "companies.safetensors" in text:
        assert (names["cl"].load("companies.safetensors")(companies.x) == names["model"](companies.x)).all()


def test_the_readme_is_short_and_begins_with_the_two_commands() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 120
    top = [line.split("#")[0].strip() for line in lines[:12]]
    assert {"make run", "make test"} <= set(top)


def test_the_derivation_names_real_functions() -> None:
    text = (ROOT / "docs" / "derivation.md").read_text(encoding="utf-8")
    for name in ("step", "forward", "backward", "preactivations", "_step_backward", "_peephole_gradient"):
        assert f"`{name}`" in text
        assert callable(getattr(reference, name))
    assert "`rnn.backward`" in text
    assert callable(vanilla.backward)
