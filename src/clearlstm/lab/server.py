"""The lab's server: the page, and the API by which it hands over files, starts jobs and learns what becomes of them.

What stands between this and the world is in :mod:`clearlstm.lab.access`; the types of all that comes and goes are in
``static/api.js``.
"""

import asyncio
import json
import re
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from clearlstm.checks import TEXT, Fields
from clearlstm.lab.access import Gate
from clearlstm.lab.jobs import Job, Jobs, content_of, job_data
from clearlstm.lab.limits import MEGABYTE, Limits
from clearlstm.lab.page_files import MODULES, PAGE, page_files
from clearlstm.lab.requests import ADDRESS, ROLE_FIELDS, Refused, checked, checked_task
from clearlstm.lab.uploads import Upload, Uploads, too_large
from clearlstm.lab.work_folder import LabFolder, disk_full
from clearlstm.lab.worker import RESULT
from clearlstm.report.language import ENGLISH, Language
from clearlstm.report.packing import to_json
from clearlstm.report.page import lab_page

EXAMPLES: Final = ("prices", "load")


class Lab:
    """The handlers, and what they share."""

    def __init__(self, folder: LabFolder, limits: Limits, language: Language = ENGLISH) -> None:
        self.folder, self._limits, self._language = folder, limits, language
        self.uploads_folder = folder.uploads
        self._files = page_files(language)
        self.jobs = Jobs(folder, limits)
        self._uploads = Uploads(folder.uploads, limits, self.jobs.needs)
        self.kept: Path | None = None

    def routes(self) -> list[Route]:
        """What can be requested."""
        return [
            Route(PAGE, self._file, methods=["GET"]),
            Route(MODULES, self._file, methods=["GET"]),
            Route("/static/{name:path}", self._file, methods=["GET"]),
            Route("/api/examples", self._examples, methods=["GET"]),
            Route("/api/tables", self._add_table, methods=["POST"]),
            Route("/api/tables/{id}", self._describe, methods=["POST"]),
            Route("/api/models", self._add_model, methods=["POST"]),
            Route("/api/reports", self._open_report, methods=["POST"]),
            Route("/api/jobs", self._start, methods=["POST"]),
            Route("/api/jobs/{id}", self._job, methods=["GET"]),
            Route("/api/jobs/{id}/stop", self._stop, methods=["POST"]),
            Route("/api/jobs/{id}/again", self._again, methods=["POST"]),
            Route("/api/jobs/{id}/result", self._result, methods=["GET"]),
            Route("/api/jobs/{id}/model", self._model, methods=["GET"]),
            Route("/api/export", self._export, methods=["POST"]),
        ]

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Around the server's life: at its end all work is stopped, and what isn't needed any more is removed."""
        self.jobs.begin()
        try:
            yield
        finally:
            await self.jobs.close()
            self.kept = self.folder.close()

    async def _file(self, request: Request) -> Response:
        file = self._files.get(request.url.path)
        if file is None:
            raise Refused(404, "there is no such file")
        headers = {} if file.policy is None else {"Content-Security-Policy": file.policy}
        return Response(file.content, media_type=file.media_type, headers=headers)

    async def _examples(self, _request: Request) -> Response:
        content = await asyncio.to_thread(_examples)
        self.jobs.prepare()  # whoever asks for tables has something to train soon
        return _json(content)

    async def _add_table(self, request: Request) -> Response:
        upload = await self._stored("table", request)
        try:
            return await self._described(upload, {})
        except Refused:
            self._uploads.drop(upload)
            raise

    async def _describe(self, request: Request) -> Response:
        upload = self._uploads.get(request.path_params["id"], "table")
        return await self._described(upload, checked(await self._body(request), ROLE_FIELDS))

    async def _described(self, upload: Upload, roles: dict[str, Any]) -> Response:
        with self._uploads.held(upload):
            table = json.loads(await self.jobs.read("table", {"table": upload.order(), "task": roles}))
        return JSONResponse(table | {"id": upload.id})

    async def _add_model(self, request: Request) -> Response:
        upload = await self._stored("model", request)
        return JSONResponse({"id": upload.id, "name": upload.name})

    async def _open_report(self, request: Request) -> Response:
        upload = await self._stored("report", request)
        try:
            with self._uploads.held(upload):
                return _json(await self.jobs.read("report", {"report": upload.order()}))
        finally:
            self._uploads.drop(upload)

    async def _stored(self, kind: str, request: Request) -> Upload:
        name = request.query_params.get("name", "")
        if int(request.headers.get("content-length", "0")) > self._limits.upload:
            raise too_large(name or "the file", self._limits)
        return await self._uploads.store(kind, name, request.stream())

    async def _start(self, request: Request) -> Response:
        kind, task = checked_task(await self._body(request))
        order: dict[str, Any] = {"task": task}
        bundled = task.get("table") in EXAMPLES
        named = [name for name in ("model", "table") if name in task and not (bundled and name == "table")]
        uploads = {name: self._uploads.get(task[name], name) for name in named}
        order |= {name: upload.order() for name, upload in uploads.items()}
        if kind == "inside":
            order["of"] = str(self.jobs.finished(task["job"]).folder)
        content = None
        if kind == "forecast":
            content = content_of(task, task["table"] if bundled else uploads["table"].digest)
        job = self.jobs.start(kind, order, content=content, uses=frozenset(one.id for one in uploads.values()))
        return self._job_response(job)

    async def _job(self, request: Request) -> Response:
        """What becomes of a job; with ``?after=VERSION``, once it isn't at that version any more, or after a while."""
        job = self.jobs.get(request.path_params["id"])
        seen = request.query_params.get("after", "")
        await job.news(int(seen) if re.fullmatch(r"\d{1,9}", seen) else -1, self._limits.news_seconds)
        return self._job_response(job)

    async def _stop(self, request: Request) -> Response:
        job = self.jobs.get(request.path_params["id"])
        await self.jobs.stop(job)
        return self._job_response(job)

    async def _again(self, request: Request) -> Response:
        job = self.jobs.get(request.path_params["id"])
        self.jobs.again(job)
        return self._job_response(job)

    async def _result(self, request: Request) -> Response:
        job = self.jobs.finished(request.path_params["id"])
        return _json(await asyncio.to_thread((job.folder / RESULT).read_bytes))

    async def _model(self, request: Request) -> Response:
        from clearlstm.lab.tasks.saved_job import MODEL

        job = self.jobs.finished(request.path_params["id"])
        if job.kind == "inside":
            raise Refused(409, "the job is an answer to a question: save the model of the job that was asked about")
        name = "forecaster.safetensors" if job.kind == "forecast" else "model.safetensors"
        content = await asyncio.to_thread((job.folder / MODEL).read_bytes)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type="application/octet-stream", headers=headers)

    async def _export(self, request: Request) -> Response:
        fields: Fields = {"job": TEXT, "address": ADDRESS}
        given = checked(await self._body(request), fields)
        job = self.jobs.finished(given["job"]) if "job" in given else None
        if job is not None and job.kind == "inside":
            raise Refused(409, "the job is an answer to a question: export the job that was asked about")
        path = None if job is None else job.folder / RESULT
        page = await asyncio.to_thread(_exported, path, given.get("address", ""), self._language)
        return HTMLResponse(page, headers={"Content-Disposition": 'attachment; filename="clearlstm.html"'})

    def _job_response(self, job: Job) -> Response:
        return JSONResponse(job_data(job, self.jobs.ahead(job)))

    async def _body(self, request: Request) -> dict[str, Any]:
        """The JSON object in a request."""
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Refused(415, "a request to the lab has JSON in it: say so, by Content-Type: application/json")
        content = bytearray()
        async for piece in request.stream():
            content += piece
            if len(content) > self._limits.body:
                raise Refused(413, f"the request is larger than {self._limits.body // MEGABYTE} MB: ask for less")
        try:
            body = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise Refused(400, f"the request isn't JSON ({error})") from error
        if not isinstance(body, dict):
            raise Refused(400, "the request must be a JSON object")
        try:
            json.dumps(body, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise Refused(400, "a text in the request holds half a character (a lone surrogate)") from error
        return body


def application(lab: Lab, port: int, token: str) -> Starlette:
    """The lab as an ASGI application, for the server that listens at ``port``."""
    handlers: dict[Any, Callable[[Request, Exception], Any]] = {
        Refused: _refused, HTTPException: _no_route, ClientDisconnect: _gone, Exception: _fault,
    }  # fmt: skip
    gate = Middleware(Gate, port=port, token=token)
    return Starlette(routes=lab.routes(), middleware=[gate], exception_handlers=handlers, lifespan=lab.lifespan)


async def _refused(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refused)
    return JSONResponse({"error": str(refusal)}, refusal.status)


async def _no_route(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": f"the lab has nothing here ({error.detail})"}, error.status_code, error.headers)


async def _gone(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "the request broke off"}, 400)


async def _fault(_request: Request, error: Exception) -> Response:
    if (full := disk_full(error)) is not None:
        return JSONResponse({"error": full}, 507)
    traceback.print_exception(error)
    return JSONResponse({"error": f"a fault in clearlstm ({type(error).__name__}): please report it"}, 500)


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")


@cache
def _examples() -> bytes:
    from clearlstm.lab.tasks.table import example

    return ("[" + ",".join(to_json(example(name)) for name in EXAMPLES) + "]").encode()


def _exported(result: Path | None, address: str, language: Language) -> str:
    data = None if result is None else json.loads(result.read_bytes())
    title = None if data is None else data["title"]
    return lab_page(data, title=title, address=address, language=language)
