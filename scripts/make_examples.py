"""Make the bundled example data in src/clearlstm/data/bundled from the packages that carry the originals.

Run from the root of a clone: ``pip install --group examples`` and then ``python scripts/make_examples.py``.
The files come out the same to the byte every time. Their README says what they are and where they come from.
"""

import gzip
import io
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parents[1] / "src" / "clearlstm" / "data" / "bundled"
TICKERS = ("AAPL", "IBM", "MSFT")  # GOOG and FB start years later


def stock_prices() -> pd.DataFrame:
    """Daily adjusted closing prices, 2000-03-01 to 2013-03-01, one row a ticker and day."""
    from bokeh_sampledata.stocks import data

    chosen = data[data["ticker"].isin(TICKERS)].sort_values(["ticker", "date"])
    return pd.DataFrame(
        {
            "unique_id": chosen["ticker"].to_numpy(),
            "ds": chosen["date"].dt.strftime("%Y-%m-%d").to_numpy(),
            "y": chosen["adj_close"].round(6).to_numpy(),
        }
    )


def load() -> pd.DataFrame:
    """Half-hourly demand for electricity in England and Wales, Monday 5 June to Sunday 27 August 2000, megawatts."""
    from pmdarima.datasets import load_taylor

    values = load_taylor()
    times = pd.date_range("2000-06-05", periods=len(values), freq="30min")
    return pd.DataFrame({"unique_id": "load", "ds": times.strftime("%Y-%m-%d %H:%M"), "y": values.astype(int)})


def write(frame: pd.DataFrame, name: str) -> None:
    text = io.StringIO()
    frame.to_csv(text, index=False, lineterminator="\n")
    # No time stamp inside, so that the same data give the same bytes.
    packed = gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0)
    (FOLDER / name).write_bytes(packed)
    print(f"{name}: {len(frame)} rows, {len(packed)} bytes")


if __name__ == "__main__":
    write(stock_prices(), "stock_prices.csv.gz")
    write(load(), "load.csv.gz")
