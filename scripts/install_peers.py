"""Install the group ``peers`` of pyproject.toml into the Python that runs this: all of it that there is for it.

    .venv/bin/python scripts/install_peers.py .venv/missing [CONSTRAINTS]

What can't be had (a library comes late to a new Python, or never to a system) is said in one line; its tests are then
skipped. Its names are written to the file given, one a line, which stays empty where all is there.
"""

import platform
import subprocess
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]


def installed(constraints: list[str], *what: str) -> bool:
    """Whether pip could install it."""
    bound = [word for file in constraints for word in ("--constraint", file)]
    done = subprocess.run([*PIP, *bound, *what], cwd=PYPROJECT.parent, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def main(record: Path, constraints: list[str]) -> None:
    """Install what there is."""
    missing: list[str] = []
    if not installed(constraints, "--group", "peers"):  # all of them or none: find out which there are
        group = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["dependency-groups"]["peers"]
        missing = [peer for peer in group if not installed(constraints, peer)]
    if missing:
        here = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
        names = ", ".join(missing)
        print(f"Not to be had for {here}, so their tests are skipped: {names}. After make clean it is tried again.")
    record.write_text("".join(f"{peer}\n" for peer in missing), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
