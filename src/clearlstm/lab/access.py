"""Access: who may use the lab's server: this machine, this page, and whoever has the link from the terminal.

The page itself is public. Its token, without which the server tells and does nothing, stands behind the # of the link:
a browser keeps that part to itself, so it comes into no log and no Referer; the page takes it out of the address and
keeps it for its tab. A browser is not given the link on its command line, which everybody on the machine can read, but
a file that leads there.
"""

import html
import os
import secrets
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "X-Clearlstm-Token"
REDIRECT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={link}"><title>clearlstm lab</title>
<p><a href="{link}">To the lab</a></p></html>
"""
NO_TOKEN = (
    "this page lacks the lab's token: open it by the whole link that clearlstm lab printed on the terminal, with what "
    "follows #token=. A lab that was started anew has a new link"
)
FOREIGN = "the lab answers this machine and its own page alone: open it by the link from the terminal"
NOTHING_ALLOWED = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def new_token() -> str:
    """One that can't be guessed."""
    return secrets.token_urlsafe(24)


def write_redirect(path: Path, link: str) -> None:
    """A page at ``path``, for this user alone to read, that leads to ``link``."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(REDIRECT.format(link=html.escape(link)))


def policy(own: str) -> str:
    """A page's content security policy: its ``own`` scripts and styles, requests to this server, and nothing else."""
    return f"{own}; connect-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class Gate:
    """Refuses what is foreign before anything else looks at it, and gives every answer its headers.

    A page from elsewhere can send requests here, but not with our Host (after DNS rebinding it is the other's), not
    without its Origin, and not with the token, which it can't read.
    """

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self._app, self._token = app, token
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message))
            await send(message)

        refusal = self._refusal(scope)
        await (self._app if refusal is None else refusal)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts or not set(origins) <= self._origins:
            return JSONResponse({"error": FOREIGN}, 403)
        if path.startswith("/api/") and not self._is_token(headers.getlist(TOKEN_HEADER)):
            return JSONResponse({"error": NO_TOKEN}, 403)
        return None

    def _is_token(self, given: list[str]) -> bool:
        return len(given) == 1 and secrets.compare_digest(given[0].encode(), self._token.encode())


def _add_headers(headers: MutableHeaders) -> None:
    headers.setdefault("Content-Security-Policy", NOTHING_ALLOWED)
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
