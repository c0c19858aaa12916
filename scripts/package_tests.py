"""The tests as a stranger has them: from the sdist, in an empty folder, on the wheel that is built from that sdist.

    python -m scripts.package_tests [SDIST WHEEL] [-- what pytest takes]

Without files it builds both. The wheel goes into an environment of its own; its dependencies and the tests' libraries
are those of the Python that runs this, so nothing is fetched.
"""

import os
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).parents[1]
QUICK: Final = ("-m", "not slow and not browser and not accuracy")


def main(arguments: list[str]) -> int:
    """Build what isn't given, install, run."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    given, options = arguments[:cut], arguments[cut + 1 :] or list(QUICK)
    with TemporaryDirectory() as folder:
        empty = Path(folder)
        sdist, wheel = map(Path.resolve, map(Path, given)) if given else (None, None)
        sdist = sdist or build(ROOT, "sdist", empty / "dist")
        source = unpacked(sdist, empty / "source")
        wheel = wheel or build(source, "wheel", empty / "dist")
        python = environment(wheel, empty / "venv")
        return run_tests(python, source, options)


def build(source: Path, target: str, folder: Path) -> Path:
    """The sdist or the wheel of ``source``."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL)
    (built,) = folder.glob("*.tar.gz" if target == "sdist" else "*.whl")
    return built


def unpacked(sdist: Path, folder: Path) -> Path:
    """The folder that the sdist holds."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return source


def environment(wheel: Path, folder: Path) -> Path:
    """A Python with the wheel installed, which finds all other packages where this one does.

    A path in a .pth file is looked in last, and the .pth files behind it aren't read: no editable clearlstm comes in.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, str(wheel)], check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.run([python, "-c", where], capture_output=True, text=True, check=True).stdout.strip())
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8", newline="\n")
    return python


def run_tests(python: Path, source: Path, options: list[str]) -> int:
    """pytest's exit code; 1 if it isn't the wheel that is found."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    find = "import clearlstm; print(clearlstm.__file__)"
    done = subprocess.run([python, "-c", find], cwd=source, env=environ, capture_output=True, text=True, check=True)
    if not Path(done.stdout.strip()).is_relative_to(python.parents[1]):
        print(f"the tests would run on {done.stdout.strip()}, not on the wheel", file=sys.stderr)
        return 1
    # All tests, where none are named. The doctests in src are the clone's: here it is the wheel that is tested.
    named = any(option.startswith("tests") for option in options)
    command = [str(python), "-m", "pytest", *options, *([] if named else ["tests"])]
    return subprocess.run(command, cwd=source, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
