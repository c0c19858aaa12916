"""Files that the page handed over: kept under names of our own, in the lab's folder alone."""

import hashlib
import secrets
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clearlstm.data.files import CSV_SUFFIXES, PARQUET_SUFFIXES
from clearlstm.lab.limits import MEGABYTE, Limits
from clearlstm.lab.requests import Refused

SUFFIXES: Final = {
    "table": (*sorted(CSV_SUFFIXES, key=len, reverse=True), *PARQUET_SUFFIXES),
    "model": (".safetensors", ".pt", ".pth", ".keras", ".h5", ".hdf5", ".onnx"),
    "report": (".html", ".htm"),
}
LONGEST_NAME: Final = 200


@dataclass(frozen=True)
class Upload:
    """A stored file: what the user calls it, and a digest of what is in it."""

    id: str
    kind: str
    name: str
    path: Path
    digest: str

    def order(self) -> dict[str, str]:
        """What a worker needs to know of it."""
        return {"path": str(self.path), "name": self.name}


class Uploads:
    """All stored files. ``needed(upload_id)`` says whether a job that hasn't ended reads it."""

    def __init__(self, folder: Path, limits: Limits, needed: Callable[[str], bool]) -> None:
        self._folder, self._limits, self._needed = folder, limits, needed
        self._stored: dict[str, Upload] = {}
        self._readers: Counter[str] = Counter()

    async def store(self, kind: str, name: str, body: AsyncIterator[bytes]) -> Upload:
        """Take in a file piece by piece; one that is too large, or of a kind that isn't read, is refused."""
        name = _shown(name)
        suffix = _suffix(kind, name.lower())
        if suffix is None:
            raise Refused(415, f"{name} is not a {kind} that can be read here: give {' or '.join(SUFFIXES[kind])}")
        upload_id = secrets.token_urlsafe(12)
        place = self._folder / upload_id
        place.mkdir()
        try:
            digest = await self._write(name, place / f"data{suffix}", body)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        self._make_room()
        self._stored[upload_id] = Upload(upload_id, kind, name, place / f"data{suffix}", digest)
        return self._stored[upload_id]

    async def _write(self, name: str, path: Path, body: AsyncIterator[bytes]) -> str:
        size, digest = 0, hashlib.blake2b(digest_size=16)
        with open(path, "wb") as file:
            async for piece in body:
                size += len(piece)
                if size > self._limits.upload:
                    raise too_large(name, self._limits)
                digest.update(piece)
                file.write(piece)
        if not size:
            raise Refused(400, f"{name} is empty: give a file with something in it")
        return digest.hexdigest()

    def get(self, upload_id: str, kind: str) -> Upload:
        """The stored file of that id."""
        upload = self._stored.get(upload_id)
        if upload is None or upload.kind != kind:
            raise Refused(404, f"the lab doesn't hold this {kind} any more: hand the file over again")
        return upload

    @contextmanager
    def held(self, upload: Upload) -> Iterator[None]:
        """Keep a file while it is read, however many others come."""
        self._readers[upload.id] += 1
        try:
            yield
        finally:
            self._readers[upload.id] -= 1
            if not self._readers[upload.id]:
                del self._readers[upload.id]

    def drop(self, upload: Upload) -> None:
        """Forget a file."""
        self._stored.pop(upload.id, None)
        shutil.rmtree(upload.path.parent, ignore_errors=True)

    def _make_room(self) -> None:
        while len(self._stored) >= self._limits.uploads:
            free = (one for one in self._stored.values() if not (self._needed(one.id) or self._readers[one.id]))
            if (oldest := next(free, None)) is None:
                return  # all are in use: this one makes one too many, until the next comes
            self.drop(oldest)


def _suffix(kind: str, name: str) -> str | None:
    """Under which suffix a file is kept; None if its name is that of another kind. A model is told by its content."""
    if kind == "model":
        return None if name.endswith((*SUFFIXES["table"], *SUFFIXES["report"])) else ""
    return next((one for one in SUFFIXES[kind] if name.endswith(one)), None)


def too_large(name: str, limits: Limits) -> Refused:
    """The refusal of a file or body beyond the limit."""
    most = limits.upload // MEGABYTE
    return Refused(413, f"{name} is larger than {most} MB, the most that the lab takes: use the command line for it")


def _shown(name: str) -> str:
    """A name as it may be shown: its last part, without what can't be printed."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:] or "the file"
