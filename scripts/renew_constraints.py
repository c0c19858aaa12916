"""Write scripts/constraints.txt anew: the newest releases that work together, which a clone and CI install.

``make constraints`` runs it, with uv. Whoever installs clearlstm with pip isn't bound by it. A scheduled run in
``.github/workflows`` installs without it, so a new release that breaks something breaks that run, and not `make test`.
"""

import re
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
FILE: Final = ROOT / "scripts" / "constraints.txt"
GROUPS: Final = ("test", "lint", "peers", "examples")
NOT_WANTED: Final = re.compile(r"(nvidia|cuda|triton)")
"""What torch brings along for graphics cards: CPU builds don't."""

HEADER: Final = "# What a clone and CI install, for every Python and system; written by `make constraints`.\n"


def main() -> None:
    """Ask uv."""
    groups = [word for group in GROUPS for word in ("--group", group)]
    command = [
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--prerelease",
        "disallow",
        "--upgrade",
        "--no-header",
        "--no-annotate",
    ]
    chosen = subprocess.run(
        [*command, "--python-version", "3.11", *groups, "pyproject.toml"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    kept = [line for line in chosen.stdout.splitlines(keepends=True) if not NOT_WANTED.match(line)]
    FILE.write_text(HEADER + "".join(kept), encoding="utf-8", newline="\n")
    print(f"written: {FILE.relative_to(ROOT)}, {len(kept)} packages")


if __name__ == "__main__":
    main()
