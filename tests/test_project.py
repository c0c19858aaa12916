"""What the project says of itself, outside of its pages: how to cite it, what a report of a bug needs, a release."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from clearlstm.cli import COMMANDS
from clearlstm.version import __version__
from scripts import release

yaml = pytest.importorskip("yaml")

ROOT: Final = Path(__file__).parents[1]
GITHUB: Final = ROOT / ".github"
FORMS: Final = sorted(GITHUB.glob("ISSUE_TEMPLATE/[!c]*.yml"))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_citation_says_what_the_package_says() -> None:
    citation = read(ROOT / "CITATION.cff")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == __version__
    assert citation["keywords"] == project["keywords"]
    assert [author["name"] for author in citation["authors"]] == [author["name"] for author in project["authors"]]
    assert {"cff-version", "message", "title"} <= set(citation)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_what_a_report_must_say(path: Path) -> None:
    form = read(path)
    assert form["name"]
    assert form["description"]
    asked = [part for part in form["body"] if part["type"] != "markdown"]
    assert {part["type"] for part in asked} <= {"textarea", "input"}
    ids = [part["id"] for part in asked]
    assert len(set(ids)) == len(ids)
    assert all(part["attributes"]["label"] for part in asked)
    assert "check" in ids
    for command in re.findall(r"`clearlstm (?:--debug )?(\w+)", path.read_text(encoding="utf-8")):
        assert command in COMMANDS


def test_a_bug_comes_with_what_check_prints() -> None:
    (check,) = (part for part in read(GITHUB / "ISSUE_TEMPLATE" / "bug.yml")["body"] if part.get("id") == "check")
    assert "clearlstm check" in check["attributes"]["label"]
    assert check["validations"]["required"]


@pytest.mark.parametrize("path", sorted(GITHUB.glob("workflows/*.yml")), ids=lambda path: path.stem)
def test_workflows_make_what_there_is_to_make(path: Path) -> None:
    makefile, text = (ROOT / "Makefile").read_text(encoding="utf-8"), path.read_text(encoding="utf-8")
    for target in re.findall(r"run: make (?:\S+=\S+ )*([a-z-]+)", text):
        assert f"\n{target}:" in makefile
    for module in re.findall(r"-m scripts\.(\w+)", text):
        assert (ROOT / "scripts" / f"{module}.py").exists()


def test_only_the_job_that_publishes_may_prove_who_it_is() -> None:
    jobs = read(GITHUB / "workflows" / "release.yml")["jobs"]
    assert [name for name, job in jobs.items() if "id-token" in job.get("permissions", {})] == ["publish"]
    assert set(jobs["publish"]["needs"]) == set(jobs) - {"publish"}


def test_the_hook_runs_a_target_that_there_is() -> None:
    ((hook,),) = (repository["hooks"] for repository in read(ROOT / ".pre-commit-config.yaml")["repos"])
    assert f"\n{hook['entry'].removeprefix('make ')}:" in (ROOT / "Makefile").read_text(encoding="utf-8")


def project(folder: Path, *, version: str = "0.2.0", urls: str = "[project.urls]\nhome = 'x'") -> Path:
    """What a release is checked for, ready for 0.2.0 if nothing else is said."""
    (folder / "src" / "clearlstm").mkdir(parents=True)
    (folder / "src" / "clearlstm" / "version.py").write_text(f'__version__ = "{version}"\n', encoding="utf-8")
    (folder / "CITATION.cff").write_text("cff-version: 1.2.0\nversion: 0.2.0\n", encoding="utf-8")
    (folder / "pyproject.toml").write_text(f"[project]\nname = 'clearlstm'\n{urls}\n", encoding="utf-8")
    changes = "# Changelog\n\n## [0.2.0] - 2027-01-31\n\n### Added\n\n- Two.\n\n## [0.1.0] - 2026-12-01\n\n- One.\n"
    (folder / "CHANGELOG.md").write_text(changes, encoding="utf-8")
    return folder


def test_a_release_that_is_ready_has_its_notes(tmp_path: Path) -> None:
    root = project(tmp_path)
    assert list(release.missing_for("0.2.0", root)) == []
    assert release.notes("0.2.0", root) == "### Added\n\n- Two."
    assert release.notes("0.1.0", root) == "- One."


def test_what_a_release_lacks_is_named(tmp_path: Path) -> None:
    root = project(tmp_path, version="0.3.0", urls="")
    assert list(release.missing_for("0.3.0", root)) == [
        "CITATION.cff says 0.2.0, and the tag 0.3.0: let them say the same",
        "CHANGELOG.md has no heading '## [0.3.0] - YYYY-MM-DD' with lines below it: give it one",
        "pyproject.toml has no [project.urls]: name the project's public address",
    ]


def test_every_version_has_a_heading_of_its_own() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings
    assert len(set(headings)) == len(headings)
    for heading in headings:
        assert re.fullmatch(r"\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading)
