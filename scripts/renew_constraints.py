"""Write scripts/constraints.txt and scripts/site.txt anew: the newest releases that work together, for a clone and CI.

``make constraints`` runs it, with uv. Whoever installs clearlstm with pip isn't bound by it. A scheduled run in
``.github/workflows`` installs without it, so a new release that breaks something breaks that run, and not `make test`.
"""

import re
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
FILES: Final = {
    "scripts/constraints.txt": (("test", "lint", "peers", "examples"), ["pyproject.toml"]),
    "scripts/site.txt": (("site",), []),
}
"""Each file's groups, and whose own needs it holds besides. The site's tools lie in a folder of their own."""
NOT_WANTED: Final = re.compile(r"(nvidia|cuda|triton)")
"""What torch brings along for graphics cards: CPU builds don't."""

HEADERS: Final = {
    "scripts/constraints.txt": "What a clone and CI install, for every Python and system",
    "scripts/site.txt": "What `make site` builds with, in a folder of its own",
}
COMMAND: Final = ["uv", "pip", "compile", "--quiet", "--universal", "--prerelease", "disallow", "--upgrade"]


def main() -> None:
    """Ask uv for each file."""
    for name, (groups, sources) in FILES.items():
        options = ["--no-header", "--no-annotate", "--python-version", "3.11"]
        options += [word for group in groups for word in ("--group", group)]
        chosen = subprocess.run([*COMMAND, *options, *sources], cwd=ROOT, capture_output=True, text=True, check=True)
        kept = [line for line in chosen.stdout.splitlines(keepends=True) if not NOT_WANTED.match(line)]
        head = f"# {HEADERS[name]}; written by `make constraints`.\n"
        (ROOT / name).write_text(head + "".join(kept), encoding="utf-8", newline="\n")
        print(f"written: {name}, {len(kept)} packages")


if __name__ == "__main__":
    main()
