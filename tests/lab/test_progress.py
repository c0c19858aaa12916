"""News of a training: a curve for each net, though one fit may train several."""

import io
import json
from typing import Any

import pytest

from clearlstm.lab.tasks import progress
from clearlstm.lab.tasks.progress import News, TrainingProgress


def test_another_net_of_the_same_fit_begins_a_curve_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0.0)
    pipe = io.StringIO()
    training = TrainingProgress(News(pipe), 2)
    training.next_fit("Training")
    for _ in range(2):
        for step in (1, 2, 3):
            training.step(step, 3, 1.0 / step, None)
    news: list[dict[str, Any]] = [json.loads(line)["progress"] for line in pipe.getvalue().splitlines()]
    told = [one for one in news if one is not None]
    assert [one["fit"] for one in told] == [1] * 6
    assert [point["step"] for point in told[-1]["curve"]] == [1, 2, 3]
    assert told[3]["loss"] == 1.0  # not smoothed with that of the net before
