"""Slow and needless connections are closed: requests that are begun and never end would fill the server."""

import asyncio
import time
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from clearlstm.lab.limits import Limits


class LimitedProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, with limits: to open connections, and to the time that a request takes to come in."""

    def __init__(self, limits: Limits, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._limits = limits
        self._seconds = {h11.IDLE: limits.head_seconds, h11.SEND_BODY: limits.request_seconds}
        self._state: Any = h11.IDLE
        self._since = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it on, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            transport.abort()
        else:
            self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking after it."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def _look_later(self) -> None:
        self._timer = self.loop.call_later(min(self._seconds.values()) / 4, self._look)

    def _look(self) -> None:
        """Close it if it has been waited for too long: by what h11 says that the other side still has to send."""
        if self.conn.their_state is not self._state:
            self._state, self._since = self.conn.their_state, time.monotonic()
        limit = self._seconds.get(self._state)
        if limit is not None and time.monotonic() - self._since > limit:
            self.transport.abort()
        else:
            self._look_later()
