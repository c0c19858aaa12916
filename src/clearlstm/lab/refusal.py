"""What the server says no to."""


class Refused(Exception):  # noqa: N818 - it isn't an error of the server's
    """A request that can't be met: an HTTP status, and a sentence that says what to do."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
