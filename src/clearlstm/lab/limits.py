"""How much the lab takes on."""

from dataclasses import dataclass

MEGABYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds.

    upload, uploads
        The largest file, and how many are kept: a new one takes the place of the oldest that no job needs.
    body
        The largest request besides uploads.
    at_once, waiting, ended
        Jobs that run side by side, that may wait in the queue, and that are kept when they have ended.
    parsing_seconds, parsing_memory
        What a file may take to be read.
    unwatched_seconds
        How long a job goes on when no page asks for it.
    news_seconds
        How long a request for news of a job waits.
    head_seconds, request_seconds
        How long the head of a request may take to come, and what follows it.
    connections
        That may be open at once.
    stopping_seconds
        How long a stopped job may take to write its checkpoint before it is ended.
    """

    upload: int = 50 * MEGABYTE
    uploads: int = 30
    body: int = 4 * MEGABYTE
    at_once: int = 2
    waiting: int = 20
    ended: int = 30
    parsing_seconds: float = 60
    parsing_memory: int = 4096 * MEGABYTE
    unwatched_seconds: float = 60
    news_seconds: float = 20
    head_seconds: float = 10
    request_seconds: float = 120
    connections: int = 100
    stopping_seconds: float = 10
