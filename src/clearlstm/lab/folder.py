"""Where the lab keeps what it is handed and what it makes: in one folder, and nowhere else."""

import shutil
import tempfile
from pathlib import Path
from typing import Final

from clearlstm.errors import InputError

CHECKPOINTS: Final = "checkpoints"


class LabFolder:
    """A folder with checkpoints, and one in it for this run of the lab, which goes when the lab closes.

    Without a ``path`` it is a temporary one, which goes too unless it holds checkpoints of unfinished work.
    """

    def __init__(self, path: Path | None) -> None:
        try:
            self.path = Path(tempfile.mkdtemp(prefix="clearlstm-lab-")) if path is None else path.absolute()
            self.checkpoints = self.path / CHECKPOINTS
            self.checkpoints.mkdir(parents=True, exist_ok=True)
            self.run = Path(tempfile.mkdtemp(prefix="run-", dir=self.path))
        except OSError as error:
            raise InputError(
                f"--folder {path}: nothing can be written there ({error.strerror}): name a folder of your own"
            ) from error
        self.uploads, self.jobs, self.workers = (self.run / name for name in ("uploads", "jobs", "workers"))
        for folder in (self.uploads, self.jobs, self.workers):
            folder.mkdir()

    def close(self) -> Path | None:
        """Remove what this run made; return the folder if checkpoints of unfinished work are left in it."""
        shutil.rmtree(self.run, ignore_errors=True)
        for folder in self.checkpoints.iterdir():
            if not any(folder.iterdir()):
                folder.rmdir()
        if any(self.checkpoints.iterdir()):
            return self.path
        self.checkpoints.rmdir()
        if not any(self.path.iterdir()):
            self.path.rmdir()
        return None
