"""A job of the lab in a process of its own: ``python -m clearlstm.lab.worker``.

The first line on stdin says what to do; what it can't survive ends this process and not the server. News goes to
stdout, a line of JSON each; the result goes to a file. When stdin ends, because the job is stopped or the server is
gone, the work is interrupted as by Ctrl-C, which leaves a checkpoint.
"""

import _thread
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TextIO

from clearlstm.errors import ClearLSTMError
from clearlstm.files import atomic_write
from clearlstm.interop.apart import limit_memory
from clearlstm.lab.tasks.progress import News
from clearlstm.lab.work_folder import disk_full
from clearlstm.report.packing import to_json

RESULT: Final = "result.json"
Order = Mapping[str, Any]
"""What the server wants done: kind, task, folder, and the files and folders that it needs."""


def main() -> None:
    """Do what stdin says."""
    pipe = _own_stdout()
    _get_ready()
    line = sys.stdin.readline()
    if not line:
        return  # nobody had anything to do
    order = json.loads(line)
    if "memory" in order:
        limit_memory(order["memory"])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background hands on "ignore"
    threading.Thread(target=_interrupt_at_the_end_of, args=(sys.stdin,), daemon=True).start()
    news = News(pipe)
    try:
        _do(order, news)
        news.send(done=True)
    except KeyboardInterrupt:
        news.send(stopped=True)
    except Exception as error:
        news.send(error=explain(error, order), **({} if _is_ours(error) or disk_full(error) else {"fault": True}))
        traceback.print_exc()
    pipe.flush()
    os._exit(0)  # threads of libraries that were stopped in the middle must not hold the process


def _own_stdout() -> TextIO:
    """The pipe to the server, which no print of a library gets to: they go to stderr."""
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return pipe


def _get_ready() -> None:
    """Load beforehand what takes long: libraries, and the compiled kernels."""
    from clearlstm.lab.tasks import forecast, inside, model, table  # noqa: F401
    from clearlstm.network.lstm import LSTM

    LSTM(1, 1, seed=0).trace([[[0.0]]])


def _interrupt_at_the_end_of(stdin: TextIO) -> None:
    while stdin.read(1):
        pass
    _thread.interrupt_main()


def _do(order: Order, news: News) -> None:
    result = to_json(TASKS[order["kind"]](order, news))
    with atomic_write(Path(order["folder"]) / RESULT) as temporary:
        temporary.write_text(result, "utf-8")


def _file(order: Order, name: str) -> tuple[Path, str] | None:
    """An uploaded file and what the user calls it."""
    given = order.get(name)
    return None if given is None else (Path(given["path"]), given["name"])


def _table(order: Order, _news: News) -> dict[str, Any]:
    from clearlstm.lab.tasks.table import describe_upload

    return describe_upload(*_needed(order, "table"), order["task"])


def _report(order: Order, _news: News) -> dict[str, Any]:
    from clearlstm.report.page_file import read_report

    return read_report(*_needed(order, "report"))


def _forecast(order: Order, news: News) -> dict[str, Any]:
    from clearlstm.lab.tasks.forecast import forecast

    return forecast(order["task"], _file(order, "table"), Path(order["checkpoints"]), Path(order["folder"]), news)


def _open(order: Order, news: News) -> dict[str, Any]:
    from clearlstm.lab.tasks.model import open_model

    return open_model(order["task"], _needed(order, "model"), _file(order, "table"), Path(order["folder"]), news)


def _inside(order: Order, news: News) -> dict[str, Any]:
    from clearlstm.lab.tasks.inside import inside

    return inside(order["task"], Path(order["of"]), news)


def _needed(order: Order, name: str) -> tuple[Path, str]:
    file = _file(order, name)
    assert file is not None
    return file


TASKS: Final[Mapping[str, Callable[[Order, News], dict[str, Any]]]] = {
    "table": _table,
    "report": _report,
    "forecast": _forecast,
    "open": _open,
    "inside": _inside,
}


def explain(error: Exception, order: Order) -> str:
    """What went wrong and what to do, with files called by the names that the user knows."""
    if _is_ours(error):
        message = _on_the_page(error, order)
    elif (full := disk_full(error)) is not None:
        message = full
    elif isinstance(error, MemoryError):
        message = "there isn't enough memory for this: give a smaller file or fewer rows, or ask for a smaller net"
    else:
        message = (
            f"a fault in clearlstm, not in your input ({type(error).__name__}: {error}); please report it with what "
            "the terminal says"
        )
    for name in ("table", "model", "report"):
        if (file := _file(order, name)) is not None:
            message = message.replace(str(file[0]), file[1])
    return message


def _on_the_page(error: Exception, order: Order) -> str:
    """Of a forecast with the names of the form's fields."""
    if order.get("kind") != "forecast":
        return str(error)
    from clearlstm.lab.tasks.table import on_the_page

    return on_the_page(error)


def _is_ours(error: Exception) -> bool:
    return isinstance(error, ClearLSTMError)


if __name__ == "__main__":
    main()
