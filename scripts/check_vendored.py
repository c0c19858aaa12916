"""Hold the page's vendored modules to the packages that npm publishes: byte for byte, and by the package's digest.

    python -m scripts.check_vendored

It fetches each package of ``vendor/vendor.json``, the bill of materials, with ``npm pack``. That takes npm and the
network, so it is no part of ``make test``. What differs is named; the exit code is then 1.
"""

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

VENDOR: Final = Path(__file__).parents[1] / "src" / "clearlstm" / "report" / "static" / "vendor"


def main() -> None:
    """Check all of them."""
    libraries = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))["libraries"]
    wrong = 0
    for library in libraries:
        different = list(check(library))
        wrong += len(different)
        print(f"{library['name']}@{library['version']}:", "; ".join(different) or "as published")
    sys.exit(wrong > 0)


def check(library: dict[str, Any]) -> Iterator[str]:
    """What differs between a library as it is vendored and as it is published."""
    with TemporaryDirectory() as folder:
        command = ["npm", "pack", f"{library['name']}@{library['version']}", "--json", "--pack-destination", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        (published,) = json.loads(done.stdout)
        (archive,) = Path(folder).glob("*.tgz")
        if published["integrity"] != library["integrity"]:
            yield f"the package's digest is {published['integrity']}"
        with tarfile.open(archive) as package:
            yield from differences(library, package)


def differences(library: dict[str, Any], package: tarfile.TarFile) -> Iterator[str]:
    """What differs between the files, and the licence, of a library and of its published ``package``."""
    licence = json.loads(_content(package, "package.json") or b"{}").get("license")
    if licence != library["licence"]:
        yield f"its licence is {licence}, not {library['licence']}"
    files = {file["from"]: file["path"] for file in library["files"]}
    for name, path in {**files, "LICENSE": library["licence_path"]}.items():
        content = _content(package, name)
        if content is None:
            yield f"it has no {name}"
        elif content != (VENDOR / path).read_bytes():
            yield f"{path} is not its {name}"


def _content(package: tarfile.TarFile, name: str) -> bytes | None:
    try:
        file = package.extractfile(f"package/{name}")
    except KeyError:
        return None
    return None if file is None else file.read()


if __name__ == "__main__":
    main()
