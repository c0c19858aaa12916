"""What ``forecast`` and ``backtest`` share while they train: what is said, and what becomes of checkpoints."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearlstm.errors import ClearLSTMWarning, InputError

if TYPE_CHECKING:
    from rich.console import Console

    from clearlstm.data.panel import Panel
    from clearlstm.data.source import Source
    from clearlstm.forecasting.forecaster import LSTMForecaster


def check_checkpoint(folder: Path) -> None:
    """Refuse a place where no folder can be."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--checkpoint {folder} is a file: name a folder, which is made if it isn't there")


def check_not_read(output: Path | None, *read: Path | None) -> None:
    """Refuse to write over a file that is read."""
    from clearlstm.data.files import same_file

    for path in read:
        if output is not None and path is not None and same_file(output, path):
            raise InputError(f"--output {output} is the file that is read: give another path")


def choose_origins(
    forecaster: "LSTMForecaster", panel: "Panel", windows: int | None, step_size: int | None = None
) -> tuple[int, int]:
    """How many origins to compare on, and how far apart: what was given, or as the rows have room for."""
    from clearlstm.report.forecast_run import origins_for
    from clearlstm.shapes import check_positive

    for name, given in (("windows", windows), ("step_size", step_size)):
        if given is not None:
            check_positive(name, given)
    return origins_for(forecaster, panel, windows, step_size)


class Announcer:
    """Says which fit comes next, above the bar that is there meanwhile: that is why it prints to ``sys.stderr``."""

    def __init__(self, n_fits: int, last: str) -> None:
        self._n_fits, self._number, self._last = n_fits, 0, last

    def __call__(self, _number: int, _of: int, panel: "Panel") -> None:
        """Before each fit; the rows that it may see are in ``panel``."""
        self._number += 1
        what = self._last if self._number == self._n_fits else "for the comparison"
        last = panel.text(panel.times.max())
        print(f"Training {self._number} of {self._n_fits}, {what}, on rows up to {last}.", file=sys.stderr)


def introduce(screen: "Console", source: "Source", panel: "Panel") -> None:
    """What is worked on, and what to expect of it."""
    from clearlstm.forecasting.evaluate.verdict import expectation

    first, last = panel.text(panel.times.min()), panel.text(panel.times.max())
    screen.print(source.name)
    screen.print(f"{len(panel)} series, {len(panel.times)} rows, {first} to {last}. {panel.frequency.sentence()}")
    for note in (*source.notes, *panel.notes):
        screen.print(note)
    screen.print(f"\n{expectation(source.noun)}\n")


@contextmanager
def training(forecaster: "LSTMForecaster", screen: "Console") -> Iterator[list[str]]:
    """Our own warnings are shown as they come, once each, and collected; a stop leaves checkpoints and says so."""
    caught: list[str] = []
    try:
        with collected_warnings(caught):
            yield caught
    except (KeyboardInterrupt, SystemExit):
        folder = Path(forecaster.checkpoint or "")
        if folder.is_dir() and any(folder.iterdir()):
            screen.print(f"\nTraining so far is kept in {folder}: the same command goes on from there.")
        raise


@contextmanager
def collected_warnings(caught: list[str]) -> Iterator[None]:
    """Our own warnings are shown as they come, once each, and collected."""
    shown: Any = warnings.showwarning

    def keep(message: Warning | str, category: type[Warning], *where: Any, **how: Any) -> None:
        if not issubclass(category, ClearLSTMWarning):
            shown(message, category, *where, **how)
        elif str(message) not in caught:
            caught.append(str(message))
            shown(message, category, *where, **how)

    with warnings.catch_warnings():
        warnings.simplefilter("always", ClearLSTMWarning)
        warnings.showwarning = keep
        yield


def clear_checkpoints(forecaster: "LSTMForecaster") -> None:
    """When the results are written, the checkpoints have done their work."""
    for path in forecaster.checkpoints_:
        path.unlink(missing_ok=True)
    folder = Path(forecaster.checkpoint or "")
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def write_table(frame: Any, path: Path, *, safe: bool) -> None:
    """Write a result to a CSV or Parquet file, whole or not at all; ``safe`` for spreadsheets."""
    from clearlstm.data.files import write_file
    from clearlstm.files import atomic_write

    with atomic_write(path, stream=True) as temporary:
        write_file(frame, temporary, like=path, safe=safe)
