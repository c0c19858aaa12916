"""What the server says no to."""

import errno
from typing import Final

FULL: Final = {getattr(errno, name) for name in ("ENOSPC", "EDQUOT") if hasattr(errno, name)}
"""No room on the disk, or none left for this user."""


class Refused(Exception):  # noqa: N818 - it isn't an error of the server's
    """A request that can't be met: an HTTP status, and a sentence that says what to do."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def of_the_disk(error: BaseException | None) -> str | None:
    """What to say of an error that is the disk's and nobody's fault, or of one that such an error caused; else None."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return "the disk that the lab's folder is on is full: free some space, or start it with another --folder"
        error = error.__cause__ or error.__context__
    return None
