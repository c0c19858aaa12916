"""Questions to the net of a finished job, answered by the views of :mod:`clearlstm.insight.views`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clearlstm.insight.views import QUESTIONS, Request
from clearlstm.lab.tasks import saved_job
from clearlstm.lab.tasks.progress import News
from clearlstm.report.packing import with_packed


def inside(task: Mapping[str, Any], folder: Path, news: News) -> dict[str, Any]:
    """The answer to an inside task about the job whose folder is ``folder``."""
    news.phase("Looking inside")
    view, request = QUESTIONS[task["question"]], Request(*saved_job.read(folder), task)
    assert view.data is not None
    with news.warnings() as caught:
        answer = view.data(request, view.compute(request))
    return {"question": view.name, "notes": caught, **with_packed(answer)}
