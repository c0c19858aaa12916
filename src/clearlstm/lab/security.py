"""Who may ask the lab's server: this machine, this page, and whoever has the link from the terminal."""

import secrets
from collections.abc import Iterable
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "X-Clearlstm-Token"
NO_LINK = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>clearlstm lab</title>
<h1>This page needs its key</h1>
<p>Open the lab by the whole link that <code>clearlstm lab</code> printed on the terminal, with what follows
<code>?token=</code>. A lab that was started anew has a new link.</p></html>
"""
NO_TOKEN = "this request lacks the lab's token: open the lab by the link that clearlstm lab printed on the terminal"
FOREIGN = "the lab answers this machine and its own page alone: open it by the link from the terminal"
NOTHING_ALLOWED = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def new_token() -> str:
    """One that can't be guessed."""
    return secrets.token_urlsafe(24)


def policy(inline_scripts: Iterable[str]) -> str:
    """The page's content security policy: its own files, and the inline scripts of these hashes."""
    scripts = " ".join(f"'{digest}'" for digest in inline_scripts)
    return (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self'; connect-src 'self'; img-src data:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


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
        if path == "/" and not self._is_token(parse_qs(scope["query_string"].decode("latin-1")).get("token", [])):
            return HTMLResponse(NO_LINK, 403)
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
