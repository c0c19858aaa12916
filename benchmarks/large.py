"""100,000 series of 1,000 points: fit and predict, seconds and peak memory, and how they grow with the rows.

    python benchmarks/large.py                  # writes LARGE.md; needs about 5 GB
    python benchmarks/large.py --series 1000    # one size, printed

Each size runs in a process of its own. The table is a pandas frame, ids as categories, values as float32.
"""

import argparse
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from clearlstm import LSTMForecaster
from clearlstm.errors import ClearLSTMWarning
from clearlstm.files import atomic_write
from clearlstm.kernels import processor_name

SIZES: Final = (1_000, 10_000, 100_000)
POINTS, HORIZON, UPDATES = 1_000, 7, 500
RESULTS: Final = Path(__file__).with_name("LARGE.md")


def panel(n_series: int) -> pd.DataFrame:
    """Random walks with a weekly wave, each at a level of its own."""
    rng = np.random.default_rng(0)
    values = np.empty((n_series, POINTS), np.float32)
    wave = np.sin(2 * np.pi * np.arange(POINTS) / 7).astype(np.float32)
    for row in values:
        row[:] = np.exp(rng.normal(3, 1) + 0.05 * wave + np.cumsum(rng.normal(0, 0.02, POINTS)))
    times = pd.date_range("2020-01-01", periods=POINTS)
    ids = pd.Categorical.from_codes(np.repeat(np.arange(n_series), POINTS), [f"s{k:06d}" for k in range(n_series)])
    return pd.DataFrame({"unique_id": ids, "ds": np.tile(times, n_series), "y": values.ravel()}, copy=False)


def measure(n_series: int) -> str:
    """One line of the table."""
    frame = panel(n_series)
    before = _peak()
    start = time.perf_counter()
    forecaster = LSTMForecaster(h=HORIZON, max_steps=UPDATES).fit(frame)
    fitted = time.perf_counter()
    forecasts = forecaster.predict()
    done = time.perf_counter()
    assert len(forecasts) == n_series * HORIZON
    assert np.isfinite(forecasts["LSTM"]).all()
    size = frame.memory_usage(index=False, deep=True).sum() / 2**20
    more = (_peak() - before) / 2**20
    return f"| {n_series:,} | {size:,.0f} | {fitted - start:.1f} | {done - fitted:.1f} | {more:,.0f} |"


def _peak() -> float:
    """Bytes; Linux counts in thousands of them, macOS does not."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """All sizes, each in its own process."""
    lines = []
    for size in SIZES:
        run = [sys.executable, __file__, "--series", str(size)]
        lines.append(subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip())
        print(lines[-1], flush=True)
    table = "\n".join(lines)
    with atomic_write(RESULTS) as temporary:
        temporary.write_text(
            f"""# Many series

Written by `python benchmarks/large.py` on {processor_name()}. `LSTMForecaster(h={HORIZON}, max_steps={UPDATES})`,
so at most {UPDATES} updates of 64 windows whatever the size, on series of {POINTS:,} points, and a forecast of every
series. Seconds include reading and checking the frame; memory is the peak beyond the frame.

| series | frame, MB | fit, s | predict, s | more memory, MB |
| ---: | ---: | ---: | ---: | ---: |
{table}
""",
            encoding="utf-8",
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, help="measure this one size and print its line")
    warnings.simplefilter("ignore", ClearLSTMWarning)
    chosen = parser.parse_args()
    print(measure(chosen.series)) if chosen.series else main()
