"""Forecasts of neuralforecast's LSTM for ``other_packages.py``, which runs this with the other environment's Python.

    python neuralforecast_peer.py rows.csv forecasts.csv --h 18 --n-windows 4

Reads unique_id, ds (whole numbers) and y; writes unique_id, ds, cutoff and LSTM, and prints a JSON object: seconds, of
fit and forecasts but not of imports, and versions. All is the library's default (an input of 3 h, robust scaling, 1000
steps), but for short series: those whose rows before the first cutoff don't fill an input and its h are padded.
"""

import argparse
import json
import logging
import os
import time
import warnings
from importlib.metadata import version
from typing import Any


def main() -> None:
    """Read, forecast, write, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows")
    parser.add_argument("forecasts")
    parser.add_argument("--h", type=int, required=True)
    parser.add_argument("--n-windows", type=int, required=True)
    parser.add_argument("--max-steps", type=int, default=1000, help="the library's default; fewer to try the program")
    chosen = parser.parse_args()

    import pandas as pd

    rows = pd.read_csv(chosen.rows, dtype={"unique_id": str})
    table, seconds = _forecasts(rows, chosen.h, chosen.n_windows, chosen.max_steps)
    table[["unique_id", "ds", "cutoff", "LSTM"]].to_csv(chosen.forecasts, index=False)
    versions = {name: version(name) for name in ("neuralforecast", "torch")}
    print(json.dumps({"seconds": seconds, "versions": versions}))


def _forecasts(rows: Any, h: int, n_windows: int, max_steps: int) -> tuple[Any, float]:
    import torch
    from neuralforecast import NeuralForecast
    from neuralforecast.models import LSTM

    torch.set_num_threads(os.cpu_count() or 1)
    shortest = rows.groupby("unique_id").size().min() - n_windows * h
    model = LSTM(
        h=h,
        max_steps=max_steps,
        start_padding_enabled=bool(shortest < 4 * h),
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    start = time.perf_counter()
    table = NeuralForecast([model], freq=1).cross_validation(rows, n_windows=n_windows, step_size=h)
    return table, time.perf_counter() - start


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    main()
