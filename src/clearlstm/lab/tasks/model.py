"""Open a saved model, whoever wrote it, and run it on what it is given."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from clearlstm.data.frames import Table
from clearlstm.data.source import example_source
from clearlstm.errors import InputError
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.model.forecast import last_windows
from clearlstm.interop.open import load
from clearlstm.lab.tasks import saved_job
from clearlstm.lab.tasks.progress import News
from clearlstm.lab.tasks.table import read_upload
from clearlstm.network.model import Network
from clearlstm.network.subject import Subject, subject_of
from clearlstm.report.answers_data import answers_data
from clearlstm.report.forecast_data import series_data, shown_panel
from clearlstm.report.net_data import net_data, traces_data
from clearlstm.shapes import FloatArray

MAX_STEPS: Final = 500
RANDOM_STEPS: Final = 50
MANY: Final = 64


class Fed(NamedTuple):
    """What the network reads: x (N, T, F) with names for sequences (N), steps (N, T) and inputs (F), and a sentence.

    ``others`` (M, T, F) are more of the same kind, for questions that need many; there may be none. ``told``: of a
    forecaster, how the answers become a forecast.
    """

    x: FloatArray
    ids: Sequence[str]
    ds: Sequence[Sequence[str]]
    names: Sequence[str]
    words: str
    others: FloatArray
    told: Sequence[dict[str, Any]] = ()


def open_model(
    task: Mapping[str, Any], file: tuple[Path, str], table: tuple[Path, str] | None, folder: Path, news: News
) -> dict[str, Any]:
    """The result of an open task; ``file`` and ``table`` are uploaded files with their names."""
    news.phase("Opening the model")
    with news.warnings() as caught:
        model = load(file[0], **{part: task.get(part) for part in ("name", "head", "pool")})
        subject = subject_of(model)
        network = subject.network
        news.phase("Running it")
        fed = _in_type_of(network, _fed(model, subject, task, table))
        traces = traces_data(network, fed.x, fed.ids, fed.ds, fed.names)
        if fed.told:
            traces = [trace | {"forecast": told} for trace, told in zip(traces, fed.told, strict=True)]
        saved_job.write(model, np.concatenate([fed.x, fed.others]), folder)
        forecast, notes = _forecast(model) if isinstance(model, LSTMForecaster) and "table" not in task else ({}, [])
        return {
            "version": 1,
            "kind": "model",
            "title": file[1],
            "source": file[1],
            "net": net_data(network),
            "traces": traces,
            "notes": [fed.words, *notes, *caught],
            **forecast,
        }


def _forecast(forecaster: LSTMForecaster) -> tuple[dict[str, Any], list[str]]:
    """What an opened forecaster says of the steps after its rows, or why it can't."""
    if needed := ", ".join(forecaster.futr_exog):
        return {}, [
            f"Its forecast isn't shown here, since it needs {needed} of the steps to come: give a table of those to "
            "clearlstm predict --future, or to predict() in Python."
        ]
    forecaster.predict()
    series, _ = series_data(forecaster.forecast_, None)
    return {"series": series, "season_or_step": forecaster.panel_.frequency.sentence()}, []


def _fed(model: Any, subject: Subject, task: Mapping[str, Any], table: tuple[Path, str] | None) -> Fed:
    network = subject.network
    names = subject.names or [f"input {k}" for k in range(network.input_size)]
    if task.get("x") is not None:
        return _one(_numbers(task["x"], network), "The numbers that you gave are fed as they stand.", names)
    if "table" in task:
        source = example_source(task["table"]).table if table is None else read_upload(*table)
        return _columns(source, network, task)
    if subject.kind == "forecaster":
        return _own_windows(model)
    x = np.random.default_rng(0).standard_normal((1, RANDOM_STEPS, network.input_size))
    words = (
        f"Without data, the net is fed {RANDOM_STEPS} steps of random numbers (normal, seed 0): what it does with them "
        "shows how it is built, not what it does in use. Give it a table to see that."
    )
    return _one(x, words, names)


def _in_type_of(network: Network, fed: Fed) -> Fed:
    """The numbers as the network reads them, so that the page computes from the same ones."""
    return fed._replace(x=fed.x.astype(network.dtype), others=fed.others.astype(network.dtype))


def _one(x: FloatArray, words: str, names: Sequence[str]) -> Fed:
    """A single sequence x (1, T, F)."""
    return Fed(x, ["sequence"], [[str(t) for t in range(x.shape[1])]], names, words, x[:0])


def _numbers(given: Any, network: Network) -> FloatArray:
    try:
        x = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("x must be rows of numbers, a row for each step and all of one length") from error
    F = network.input_size
    if x.ndim != 2 or x.shape[1] != F or not 1 <= len(x) <= MAX_STEPS or not np.isfinite(x).all():
        raise InputError(f"x has shape {x.shape}; 1 to {MAX_STEPS} steps of {F} finite numbers are needed")
    return x[None]


def _columns(table: Table, network: Network, task: Mapping[str, Any]) -> Fed:
    """The last rows of columns of a table, as they stand."""
    names = task.get("features") or _numeric(table)
    if len(names) != network.input_size:
        raise InputError(
            f"the net takes {network.input_size} inputs a step, and {len(names)} columns are given "
            f"({', '.join(map(repr, names))}): name {network.input_size} in their order; its columns of numbers are "
            f"{', '.join(_numeric(table))}"
        )
    values = np.stack([_column(table, name) for name in names], axis=1)
    steps = min(task.get("steps") or MAX_STEPS, MAX_STEPS, len(values))
    starts = np.unique(np.linspace(0, len(values) - steps, MANY).astype(np.int64))[:-1]
    others = np.array([values[start : start + steps] for start in starts]).reshape(-1, steps, len(names))
    ds = [[f"row {row}" for row in range(len(values) - steps, len(values))]]
    words = f"Fed are the last {steps} rows of {', '.join(names)}, as they stand: scale them first if the net needs it."
    return Fed(values[None, -steps:], [table.source], ds, names, words, others)


def _numeric(table: Table) -> list[str]:
    from clearlstm.data.guess import reads_as_numbers

    return [str(name) for name in table.frame.columns if reads_as_numbers(table, name)]


def _column(table: Table, name: str) -> FloatArray:
    from clearlstm.data.cells import numbers

    values = np.asarray(numbers(table, name), dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise InputError(f"column {name!r} has no number in {table.row(int(bad[0]))}: fill it in, or leave the row out")
    return values


def _own_windows(forecaster: LSTMForecaster) -> Fed:
    """A forecaster brings the last rows of its series, from which it forecasts."""
    panel = shown_panel(forecaster.panel_)
    windows = last_windows(forecaster.model_, panel)
    if not len(windows.ids):
        raise InputError("none of the forecaster's series fills a window of the net: give a table instead")
    ds = panel.texts(windows.times).tolist()
    words = "Fed are the windows that the forecaster's next forecast is made from, scaled as it scales them."
    return Fed(
        windows.x,
        [str(one) for one in windows.ids],
        ds,
        windows.input_names,
        words,
        windows.x[:0],
        () if forecaster.futr_exog else answers_data(forecaster.model_, panel),
    )
