"""Reports made of random walks and of a real LSTM's numbers."""

from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.cell import lstm as reference
from clearlstm.cell.lstm import LSTMRecord, LSTMWeights
from clearlstm.insight.ledger import ledger
from clearlstm.shapes import FloatArray

Data = dict[str, Any]
Floats = npt.NDArray[np.float64]
LEVELS = {80: 1.28, 95: 1.96}


def weekdays(first: str, count: int) -> list[str]:
    days = np.busday_offset(first, np.arange(count), roll="forward")
    return [str(day) for day in days]


def walk(rng: np.random.Generator, rows: int, start: float) -> Floats:
    return np.asarray(start * np.exp(np.cumsum(rng.normal(0, 0.016, rows))))


def one_series(name: str, rng: np.random.Generator, rows: int, horizon: int) -> Data:
    y = walk(rng, rows, 40 + 400 * rng.random()).round(2)
    dates = weekdays("2012-01-03", rows + horizon)
    median = y[-1] * np.exp(np.linspace(0.001, 0.004, horizon))
    spread = 0.016 * np.sqrt(np.arange(1, horizon + 1))
    intervals = [
        {"level": level, "lo": median * np.exp(-z * spread), "hi": median * np.exp(z * spread)}
        for level, z in LEVELS.items()
    ]
    forecast = {"ds": dates[rows:], "median": median, "intervals": intervals}
    return {
        "id": name, "unit": "USD", "ds": dates[:rows], "y": y, "forecast": forecast, "model": "LSTM", "note": None,
    }  # fmt: skip


def one_trace(series: Data, rng: np.random.Generator, steps: int, hidden: int) -> Data:
    """The window's last ``steps`` daily changes through two LSTM layers, the second one reading backwards."""
    changes = np.diff(np.log(series["y"]))[-steps:]
    x = (changes / changes.std()).reshape(1, -1, 1)
    first = layer_record(x, rng, hidden, reverse=False)
    second = layer_record(first.h, rng, hidden, reverse=True)
    layers = [layer_data("layer 0, forward", first), layer_data("layer 1, backward", second)]
    inputs = [{"name": "change", "values": x[0, :, 0]}, {"name": "change of the day before", "values": x[0, :, 0]}]
    return {"id": series["id"], "ds": series["ds"][-len(changes) :], "inputs": inputs, "layers": layers}


def layer_record(x: FloatArray, rng: np.random.Generator, hidden: int, *, reverse: bool) -> LSTMRecord:
    bias = np.zeros(4 * hidden)
    bias[:hidden] = rng.uniform(0.5, 4, hidden)
    weights = LSTMWeights(
        W=rng.normal(0, 0.8, (x.shape[2], 4 * hidden)),
        U=rng.normal(0, 1 / np.sqrt(hidden), (hidden, 4 * hidden)),
        b=bias,
    )
    nothing = np.zeros((1, hidden))
    return reference.forward(x, weights, nothing, nothing, np.array([x.shape[1]]), reverse=reverse)


def layer_data(name: str, record: LSTMRecord) -> Data:
    parts = {part: getattr(record, part)[0] for part in "figoch"}
    last = 0 if record.reverse else -1
    return {"name": name, "reverse": record.reverse, **parts, "ledger": ledger(record, last).entries[0]}


def comparison(series: list[Data], rng: np.random.Generator, horizon: int) -> Data:
    mase = {"LSTM": 1.004, "Naive": 1.0, "Drift": 1.013}
    growth = np.sqrt(np.arange(1, horizon + 1))
    models = [
        {"name": "LSTM", "mae": 3.4126, "mase": 1.004, "skill": None, "p_value": None, "verdict": None},
        {
            "name": "Naive",
            "mae": 3.3983,
            "mase": 1.0,
            "skill": -0.004,
            "p_value": 0.31,
            "verdict": "is equivalent to",
            "short": "equals it",
        },
        {
            "name": "Drift",
            "mae": 3.4425,
            "mase": 1.013,
            "skill": 0.0089,
            "p_value": 0.004,
            "verdict": "beats",
            "short": "beats it",
        },
    ]
    return {
        "n_origins": 250, "first_cutoff": "2012-03-30", "last_cutoff": "2013-03-21", "horizon": horizon, "step_size": 5,
        "models": models,
        "by_horizon": {name: size * growth * rng.normal(1, 0.006, horizon) for name, size in mase.items()},
        "coverage": [coverage(80, 0.787, 3.14), coverage(95, 0.941, 4.92)],
        "series": [backtest(one, rng) for one in series],
        "note": "The LSTM's line is nearly the price of the day before: it looks brilliant, and says nothing.",
    }  # fmt: skip


def coverage(level: int, actual: float, mean_width: float) -> Data:
    return {"level": level, "actual": actual, "mean_width": mean_width}


def backtest(series: Data, rng: np.random.Generator) -> Data:
    rows = min(250, len(series["y"]) - 1)
    y, before = series["y"][-rows:], series["y"][-rows - 1 : -1]
    forecasts = {"LSTM": before * rng.normal(1, 0.003, rows), "Naive": before, "Drift": before * 1.0006}
    return {
        "id": series["id"], "cutoff": series["ds"][-rows - 1 : -1], "ds": series["ds"][-rows:], "y": y,
        "forecasts": forecasts,
    }  # fmt: skip


def make_report(
    names: tuple[str, ...] = ("AAPL", "IBM", "MSFT"),
    rows: int = 320,
    horizon: int = 5,
    steps: int = 60,
    hidden: int = 24,
) -> Data:
    rng = np.random.default_rng(3)
    series = [one_series(name, rng, rows, horizon) for name in names]
    return {
        "version": 1,
        "title": "Daily closing prices of AAPL, IBM and MSFT",
        "made": "2025-11-22T20:15:00",
        "clearlstm": "0.1.0",
        "source": "the bundled prices, adj_close, 2000-03-01 to 2013-03-28",
        "verdict": {
            "headline": "The LSTM does not beat the last known price repeated.",
            "sentences": [
                "Its mean absolute error is 0.4 % larger than that of “tomorrow equals today”, over 250 origins.",
                "A difference of this size could well be chance (p = 0.31). For daily prices that is to be expected.",
            ],
        },
        "settings": [["horizon", "5 steps"], ["window", "60 steps"], ["hidden units", 24], ["layers", 2], ["seed", 0]],
        "warnings": ["Series 'FB' has 212 rows; a window of 60 steps needs 265: it gets the last value repeated."],
        "season_or_step": "A step is a row: a trading day.",
        "series": series,
        "comparison": comparison(series, rng, horizon),
        "traces": [one_trace(one, rng, steps, hidden) for one in series],
    }
