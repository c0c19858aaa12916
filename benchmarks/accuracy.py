"""How near the forecasts come, beside simple and statistical ones, on the classic series of ``accuracy_data``.

    python benchmarks/accuracy.py --develop     # compares settings on the development series
    python benchmarks/accuracy.py               # the settings below, once, on the reported ones; writes ACCURACY.md

Series of one frequency are one table with numbered rows, all ending at the same number, and share one net. Every model
forecasts from the same cutoffs with the rows up to each; statistical models are fitted again at each, the net once,
before the first.
"""

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import accuracy_data
import numpy as np
import pandas as pd

from clearlstm import LSTMForecaster
from clearlstm.errors import ClearLSTMWarning
from clearlstm.files import atomic_write
from clearlstm.forecasting.evaluate import metrics
from clearlstm.kernels import processor_name

HORIZON: Final = {"YS": 6, "QS": 8, "MS": 18, "W-FRI": 13, "B": 14, "h": 48, "30min": 48}
"""The M4 competition's, with half-hours as its hours."""

WINDOWS: Final = {"m1": 1, "YS": 2}
FEWEST_WINDOWS: Final = 4

ARIMA: Final = ("YS", "QS")
"""AutoARIMA takes minutes a series on long or seasonal ones; it is asked for the short ones only."""

SETTINGS: Final[dict[str, Any]] = {"n_models": 5}
"""Chosen on the development series, as the defaults of the net's size and training were."""

CANDIDATES: Final[dict[str, dict[str, Any]]] = {
    "one net": {},
    "five nets": {"n_models": 5},
    "one net, half as large, half as long": {"hidden_size": 16, "max_steps": 600},
    "one net, twice as large": {"hidden_size": 64},
    "one net, twice as long": {"max_steps": 2400},
}

RESULTS: Final = Path(__file__).with_name("ACCURACY.md")
RESAMPLES: Final = 5000


class Group(NamedTuple):
    """Series of one frequency: a table with numbered rows, and how to forecast them."""

    name: str
    freq: str
    season: int
    h: int
    table: pd.DataFrame
    n_windows: int

    @property
    def baselines(self) -> tuple[str, ...]:
        """The statistical models that are asked for."""
        return ("AutoETS", "AutoTheta", *(("AutoARIMA",) if self.freq in ARIMA else ()))


def groups(use: accuracy_data.Use) -> Iterator[Group]:
    """The series by collection and frequency."""
    table, about = accuracy_data.load(use)
    for (collection, freq), members in about.groupby(["group", "freq"]):
        rows = table[table["unique_id"].isin(members["unique_id"])].copy()
        length = rows.groupby("unique_id")["y"].transform("size")
        rows["ds"] = 1_000_000 - length + rows.groupby("unique_id").cumcount()
        windows = WINDOWS.get(str(collection), WINDOWS.get(str(freq), FEWEST_WINDOWS))
        name = f"{collection} {freq}"
        yield Group(name, str(freq), int(members["season"].iloc[0]), HORIZON[str(freq)], rows, windows)


class Forecasts(NamedTuple):
    """From every cutoff: unique_id, ds, cutoff, y, and a column a model; the seconds of those that were timed."""

    table: pd.DataFrame
    seconds: dict[str, float]


def forecaster_for(group: Group, **settings: Any) -> LSTMForecaster:
    """One for numbered rows with the season of their frequency."""
    return LSTMForecaster(h=group.h, freq=1, season_length=group.season if group.season > 1 else (), **settings)


def forecasts(group: Group, settings: dict[str, Any], baselines: tuple[str, ...]) -> Forecasts:
    """Those of ours and of the models beside it."""
    forecaster = forecaster_for(group, **settings)
    table = forecaster.cross_validation(group.table, n_windows=group.n_windows, baselines=baselines)
    return Forecasts(table.loc[:, ~table.columns.str.contains("-lo-|-hi-")], forecaster.backtest_.seconds)


def errors_by_series(group: Group, table: pd.DataFrame) -> pd.DataFrame:
    """sMAPE and MASE of every model, a row a series and model; sMAPE is empty for a series that touches zero."""
    rows = []
    models = table.columns.drop(["unique_id", "ds", "cutoff", "y"])
    for series, part in table.groupby("unique_id"):
        whole = group.table[group.table["unique_id"] == series]
        past = whole.loc[whole["ds"] <= part["cutoff"].min(), "y"].to_numpy()
        scale = float(np.abs(past[group.season :] - past[: -group.season]).mean())
        y, zero = part["y"].to_numpy(), bool((whole["y"] <= 0).any())
        for model in models:
            forecast = part[model].to_numpy()
            smape = float("nan") if zero else metrics.smape(y, forecast)
            rows.append((group.name, series, model, smape, metrics.mase(y, forecast, scale)))
    return pd.DataFrame(rows, columns=["group", "series", "model", "smape", "mase"])


def measured(group: Group, settings: dict[str, Any], baselines: tuple[str, ...]) -> pd.DataFrame:
    """The errors of every model."""
    return errors_by_series(group, forecasts(group, settings, baselines).table)


def summary(errors: pd.DataFrame) -> pd.DataFrame:
    """Mean MASE and OWA of each model, the best OWA first."""
    mase = errors.groupby("model")["mase"].mean()
    with_both = errors.dropna(subset=["smape"])
    parts = with_both.groupby("model")[["smape", "mase"]].mean()
    owa = (parts / parts.loc["Naive2"]).mean(axis=1)
    return pd.DataFrame({"OWA": owa, "MASE": mase}).sort_values("OWA")


def intervals(errors: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """The 95 % interval of each model's OWA, and of its ratio to the LSTM's, from resampled series."""
    tables = {name: errors.pivot(index="series", columns="model", values=name).dropna() for name in ("smape", "mase")}
    common = tables["smape"].index.intersection(tables["mase"].index)
    smape, mase = (tables[name].loc[common] for name in ("smape", "mase"))
    rng, owas, reference = np.random.default_rng(seed), [], list(smape.columns).index("Naive2")
    for _ in range(RESAMPLES):
        drawn = rng.integers(len(common), size=len(common))
        parts = [table.to_numpy()[drawn].mean(axis=0) for table in (smape, mase)]
        owas.append(sum(part / part[reference] for part in parts) / 2)
    sampled = pd.DataFrame(owas, columns=smape.columns)
    against = sampled.div(sampled["LSTM"], axis=0)
    return pd.DataFrame(
        {
            "OWA from": sampled.quantile(0.025),
            "OWA to": sampled.quantile(0.975),
            "against LSTM from": against.quantile(0.025),
            "against LSTM to": against.quantile(0.975),
        }
    )


def develop() -> None:
    """Compare the candidates on the development series."""
    for name, settings in CANDIDATES.items():
        start = time.perf_counter()
        errors = pd.concat([measured(group, settings, ()) for group in groups("development")])
        shown = summary(errors).loc[["LSTM", "Base", "SeasonalNaive", "Naive"]].round(3)
        print(f"\n{name}: {time.perf_counter() - start:.0f} s\n{shown.to_string()}", flush=True)


def report() -> None:
    """The reported series, once."""
    parts, times = [], []
    for group in groups("reported"):
        start = time.perf_counter()
        parts.append(measured(group, SETTINGS, group.baselines))
        times.append(time.perf_counter() - start)
        print(f"{group.name}: {times[-1]:.0f} s\n{summary(parts[-1]).round(3).to_string()}", flush=True)
    errors = pd.concat(parts)
    with atomic_write(RESULTS) as temporary:
        temporary.write_text(_markdown(errors, sum(times)), encoding="utf-8")


def _markdown(errors: pd.DataFrame, seconds: float) -> str:
    finer = errors[~errors["group"].str.endswith("YS")]
    everywhere = finer.groupby("model")["series"].nunique()
    finer = finer[finer["model"].isin(everywhere[everywhere == everywhere.max()].index)]
    yearly = errors[errors["group"] == "m1 YS"]
    missing = sorted(set(accuracy_data.load("reported").about["unique_id"]) - set(errors["series"]))
    left_out = f"Too short for the windows, and left out: {', '.join(missing)}." if missing else ""
    return f"""# Accuracy

Written by `python benchmarks/accuracy.py` in {seconds / 60:.0f} minutes on {processor_name()}. Series and their
sources: `benchmarks/accuracy_data.py`. Settings, frozen on other series (`--develop`): {SETTINGS}, all else default.
OWA as in the M4 competition (below 1: better than Naive2); series that touch zero have no sMAPE, so they count in MASE
only. Intervals are 95 %, from {RESAMPLES} resamples of the series; the last column is a model's OWA over the LSTM's:
above 1 the LSTM is better. {left_out}

## Quarterly, monthly and finer: {finer["series"].nunique()} series

{table(finer)}

## M1 competition, yearly: {yearly["series"].nunique()} series

{table(yearly)}

## By frequency

{_by_group(errors)}
"""


def table(errors: pd.DataFrame) -> str:
    """OWA and MASE of each model with their intervals, in Markdown."""
    both = summary(errors).join(intervals(errors))
    header = "| model | OWA | 95 % | MASE | OWA against the LSTM's |\n| --- | ---: | ---: | ---: | ---: |\n"
    return header + "\n".join(
        f"| {model} | {row['OWA']:.3f} | {row['OWA from']:.3f} … {row['OWA to']:.3f} | {row['MASE']:.3f} "
        f"| {row['against LSTM from']:.3f} … {row['against LSTM to']:.3f} |"
        for model, row in both.iterrows()
    )


def _by_group(errors: pd.DataFrame) -> str:
    owa = pd.DataFrame({name: summary(part)["OWA"] for name, part in errors.groupby("group")})
    counts = errors.groupby("group")["series"].nunique()
    header = "| OWA | " + " | ".join(f"{name} ({counts[name]})" for name in owa.columns) + " |\n"
    lines = [
        f"| {model} | " + " | ".join("" if np.isnan(value) else f"{value:.3f}" for value in row) + " |"
        for model, row in owa.iterrows()
    ]
    return header + "| --- |" + " ---: |" * len(owa.columns) + "\n" + "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--develop", action="store_true", help="compare settings on the development series")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore", ClearLSTMWarning)
    develop() if chosen.develop else report()
