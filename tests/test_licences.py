"""Whatever comes from elsewhere is listed with its licence, and the licence's text is there."""

import io
import json
import re
import tarfile
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from scripts import check_vendored

ROOT: Final = Path(__file__).parents[1]
SOURCE: Final = ROOT / "src" / "clearlstm"
VENDOR: Final = SOURCE / "report" / "static" / "vendor"
OURS: Final = (".py", ".js", ".css", ".html", ".svg", ".ts", ".json", ".md", ".typed")
"""What we write ourselves, outside of the folders of vendored modules and of data."""

PARTS: Final = re.compile(r"\*\*|\*|[^*]+")

LISTED: Final[list[dict[str, Any]]] = tomllib.loads((ROOT / "REUSE.toml").read_text(encoding="utf-8"))["annotations"]
LIBRARIES: Final[list[dict[str, Any]]] = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))["libraries"]


def paths_of(entry: dict[str, Any]) -> list[str]:
    return [entry["path"]] if isinstance(entry["path"], str) else entry["path"]


def fits(path: str, pattern: str) -> bool:
    """As REUSE has it: * stays within a folder, ** doesn't."""
    parts = (".*" if part == "**" else "[^/]*" if part == "*" else re.escape(part) for part in PARTS.findall(pattern))
    return re.fullmatch("".join(parts), path) is not None


def licence_of(file: Path, *, by_name: bool = False) -> str | None:
    """The licence of the last entry that fits; ``by_name``: of those that don't stand for the whole repository."""
    path = file.relative_to(ROOT).as_posix()
    entries = [entry for entry in LISTED if not by_name or entry["path"] != "**"]
    fitting = [entry for entry in entries if any(fits(path, pattern) for pattern in paths_of(entry))]
    return fitting[-1]["SPDX-License-Identifier"] if fitting else None


def test_what_is_vendored_data_or_not_source_is_named() -> None:
    files = [path for path in SOURCE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    foreign = [
        path
        for path in files
        if not path.name.startswith("LICENSE")
        and path.name != "vendor.json"
        and (path.suffix not in OURS or VENDOR in path.parents or path.parent.name == "bundled")
    ]
    assert len(foreign) > 20
    assert not [str(path) for path in foreign if licence_of(path, by_name=True) is None]


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library["name"])
def test_the_list_and_the_bill_of_materials_agree(library: dict[str, Any]) -> None:
    for file in library["files"]:
        assert licence_of(VENDOR / file["path"], by_name=True) == library["licence"]
    words = {"MIT": "The MIT License", "ISC": "with or without fee", "Apache-2.0": "Apache License"}
    assert words[library["licence"]] in (VENDOR / library["licence_path"]).read_text(encoding="utf-8")


def test_every_licence_has_its_text_and_no_other_is_there() -> None:
    named = {entry["SPDX-License-Identifier"] for entry in LISTED}
    assert {path.stem for path in (ROOT / "LICENSES").iterdir()} == named


def test_no_entry_is_left_over() -> None:
    files = [path.relative_to(ROOT).as_posix() for path in SOURCE.rglob("*")]
    for entry in LISTED:
        for pattern in paths_of(entry):
            folder = pattern.removesuffix("/**")  # of internmap there is the licence alone
            assert pattern == "**" or any(fits(path, pattern) or fits(path, folder) for path in files), pattern


def test_the_package_names_all_licences_of_what_it_holds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    held = {licence_of(path) for path in SOURCE.rglob("*") if path.is_file()}
    assert set(project["license"].split(" AND ")) == held - {"LicenseRef-public-domain"}


def published(library: dict[str, Any], **changed: bytes) -> tarfile.TarFile:
    """A package as npm hands it out, of the files that are vendored."""
    files = {file["from"]: (VENDOR / file["path"]).read_bytes() for file in library["files"]}
    files["LICENSE"] = (VENDOR / library["licence_path"]).read_bytes()
    files["package.json"] = json.dumps({"license": library["licence"]}).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in {**files, **changed}.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    buffer.seek(0)
    return tarfile.open(fileobj=buffer)


def test_what_differs_from_npms_package_is_named() -> None:
    library = LIBRARIES[0]
    assert list(check_vendored.differences(library, published(library))) == []
    with published(library, **{"dist/preact.mjs": b"other", "package.json": b'{"license": "GPL-3.0"}'}) as package:
        assert list(check_vendored.differences(library, package)) == [
            "its licence is GPL-3.0, not MIT",
            "preact/preact.mjs is not its dist/preact.mjs",
        ]
    without = {**library, "files": [{"from": "dist/gone.mjs", "path": "preact/preact.mjs"}]}
    with published(library) as package:
        assert list(check_vendored.differences(without, package)) == ["it has no dist/gone.mjs"]
