"""Is everything ready for this release? If so, print its notes; if not, say what is missing.

python -m scripts.release v0.2.0
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


def main(tag: str) -> None:
    """Check, then print."""
    version = tag.removeprefix("v")
    missing = list(missing_for(version, ROOT))
    if missing:
        sys.exit("\n".join(missing))
    print(notes(version, ROOT))


def missing_for(version: str, root: Path) -> Iterator[str]:
    """What stands in the way of releasing ``version``."""
    for file, pattern in (("src/clearlstm/version.py", r'__version__ = "(.*)"'), ("CITATION.cff", r"^version: (.*)$")):
        named = re.findall(pattern, (root / file).read_text(encoding="utf-8"), re.MULTILINE)
        if named != [version]:
            yield f"{file} says {', '.join(named) or 'nothing'}, and the tag {version}: let them say the same"
    if notes(version, root) is None:
        yield f"CHANGELOG.md has no heading '## [{version}] - YYYY-MM-DD' with lines below it: give it one"
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if not project.get("urls"):
        yield "pyproject.toml has no [project.urls]: name the project's public address"


def notes(version: str, root: Path) -> str | None:
    """What CHANGELOG.md says of ``version``."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$"
    match = re.search(heading + r"\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return match[1].strip() or None if match else None


if __name__ == "__main__":
    main(sys.argv[1])
