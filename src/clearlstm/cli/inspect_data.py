"""The sequences that ``clearlstm inspect`` looks at: windows of a table, or arrays as they are."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import DataError, InputError
from clearlstm.files import check_plain, door
from clearlstm.shapes import FloatArray, counted

if TYPE_CHECKING:
    from clearlstm.data.frames import Table
    from clearlstm.forecasting.forecaster import LSTMForecaster

ARRAYS: Final = (".npy", ".npz")
AS_THEY_ARE: Final = "The data are taken as they are, as if the model had been trained on data of this scale."
AS_FITTED: Final = "The data are scaled by what the model was fitted on."
WINDOW: Final = 100
"""Steps of a window, if nothing else says; half of the longest series, if that is shorter."""

MOST: Final = 1000
"""Windows that are taken of a table."""


@dataclass(frozen=True)
class DataOptions:
    """The options that say how data are read."""

    target: tuple[str, ...] = ()
    feature: tuple[str, ...] = ()
    window: int | None = None
    time: str | None = None
    series_id: tuple[str, ...] = ()
    dayfirst: bool | None = None
    seed: int = 0


@dataclass(frozen=True)
class Given:
    """What the audit is asked about, and in ``notes`` how it came about; arguments of :func:`clearlstm.audit`.

    x (N, T, F); lengths (N,) or None; y or None; ``repeated``, the feature that is the target's own past.
    """

    x: FloatArray
    notes: list[str]
    y: npt.NDArray[Any] | None = None
    lengths: npt.NDArray[np.int64] | None = None
    names: tuple[str, ...] | None = None
    repeated: int | None = None


@dataclass(frozen=True)
class Columns:
    """A table in order of series and time: numbers by name, each (R,), and where each series begins, (S+1,)."""

    source: str
    values: dict[str, FloatArray]
    offsets: npt.NDArray[np.int64]
    notes: list[str] = field(default_factory=list)


def is_array_file(path: Path) -> bool:
    """Whether the file holds arrays rather than a table."""
    return path.suffix.lower() in ARRAYS


def read_arrays(path: Path, options: DataOptions) -> Given:
    """x of an .npy file; x, y and lengths of an .npz file."""
    if options.target or options.feature or options.time or options.series_id or options.dayfirst is not None:
        raise InputError(
            "--target, --feature, --time and --id name columns of a table, and --dayfirst says how to read it; "
            f"{path} holds arrays"
        )
    arrays = load_arrays(path)
    if unknown := set(arrays) - {"x", "y", "lengths"}:
        raise DataError(f"{path} holds the arrays {', '.join(sorted(arrays))}; x is needed, y and lengths may be there "
                        f"({', '.join(sorted(unknown))} can't be placed)")  # fmt: skip
    if "x" not in arrays:
        raise DataError(f"{path} holds no array x: save it with numpy.savez(path, x=x, y=y)")
    x, notes = _as_sequences(path, arrays["x"], options)
    return Given(x, notes, arrays.get("y"), arrays.get("lengths"))


def of_estimator(path: Path, options: DataOptions, kind: str) -> Given:
    """Whole sequences for a classifier or a regressor, which scales them itself."""
    if not is_array_file(path):
        raise InputError(
            f"the model is a {kind}, which reads whole sequences, and a table would be cut into windows: give arrays, "
            "x (N, T, F) and lengths (N,), in an .npz file"
        )
    given = read_arrays(path, options)
    return replace(given, notes=[AS_FITTED if note == AS_THEY_ARE else note for note in given.notes])


def read_inputs(path: Path) -> tuple[Any, ...]:
    """What a whole model takes: the arrays of an .npz file by name, or that of an .npy file as its first input."""
    if not is_array_file(path):
        raise InputError(
            f"--capture runs the model on its own inputs: save them by name in an .npz file, not {path.name}"
        )
    arrays = load_arrays(path)
    return (arrays["x"],) if path.suffix.lower() == ".npy" else (arrays,)


def load_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of an .npz file by name; that of an .npy file as x."""
    check_plain(path, DataError)
    with door(path, DataError):
        try:
            content = np.load(path, allow_pickle=False)
            if isinstance(content, np.ndarray):
                return {"x": content}
            arrays = {name: content[name] for name in content.files}
            other = next((name for name, array in arrays.items() if not isinstance(array, np.ndarray)), None)
            if other is not None:  # NumPy hands out as bytes what isn't an array
                raise ValueError(f"{other} is no array")
            return arrays
        except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"{path} is no file of NumPy arrays of numbers, or it is damaged: {error}") from error


def _as_sequences(path: Path, x: npt.NDArray[Any], options: DataOptions) -> tuple[FloatArray, list[str]]:
    if x.dtype.kind not in "biuf" or x.ndim not in (2, 3):
        raise DataError(
            f"x in {path} is {x.shape} of {x.dtype.name}; numbers (N, T, F), or (N, T) of one feature, are needed"
        )
    if options.window is not None:
        raise InputError(f"--window cuts a table into windows; the sequences in {path} are taken whole: leave it out")
    x = x[:, :, None] if x.ndim == 2 else x
    N, T, F = x.shape
    return x.astype(np.float64), [
        f"{counted(N, 'sequence')} of {counted(T, 'step')} and {counted(F, 'feature')} from {path}.",
        AS_THEY_ARE,
    ]


def read_columns(table: "Table", options: DataOptions) -> Columns:
    """The numbers of a table, its rows by series and time where it tells of them."""
    from clearlstm.data.cells import numbers
    from clearlstm.data.frames import read_times
    from clearlstm.data.times import TimeReading

    time, ids, free, notes = _roles(table, options)
    series = _series(table, ids)
    reading = TimeReading(dayfirst=options.dayfirst)
    times = np.arange(len(series)) if time is None else read_times(table, time, reading).values
    order = np.lexsort((times, series))
    if ((np.diff(series[order]) == 0) & (times[order][1:] == times[order][:-1])).any():
        notes.append(_shared_times(table, str(time), ids))
    names = [*dict.fromkeys([*(options.feature or free), *options.target])]
    values: dict[str, FloatArray] = {name: numbers(table, name)[order] for name in names}
    offsets = np.concatenate([[0], np.cumsum(np.bincount(series))])
    return Columns(table.source, values, offsets, notes)


def _shared_times(table: "Table", time: str, ids: tuple[str, ...]) -> str:
    """What is said where rows of a series have the same time: what would tell them apart, if anything does."""
    from clearlstm.data.keys import named, smallest_key

    key = smallest_key(table, time, [name for name in table.frame.columns if name != time], ids)
    remedy = "they stay in their order" if key is None else f"if they are of several series, name those {named(key)}"
    return f"Several rows{' of a series' * bool(ids)} have the same time: {remedy}."


def _roles(table: "Table", options: DataOptions) -> tuple[str | None, tuple[str, ...], list[str], list[str]]:
    """The column of times, those of ids, those of numbers that are neither, and what was guessed."""
    from clearlstm.data.guess import ID_NAMES, TIME_NAMES, by_name, reads_as_numbers, reads_as_times

    columns = [str(name) for name in table.frame.columns]
    for name in (options.time, *options.series_id, *options.feature, *options.target):
        if name is not None:
            table.raw(name)  # refuses a name that isn't there
    free = [name for name in columns if name not in {*options.feature, *options.target}]
    readable = [name for name in free if name not in options.series_id and reads_as_times(table, name)]
    dates = [name for name in readable if not reads_as_numbers(table, name)]
    time = options.time or by_name(readable, TIME_NAMES) or (dates[0] if len(dates) == 1 else None)
    free = [name for name in free if name != time]
    guessed = None if options.series_id else by_name(free, ID_NAMES)
    ids = options.series_id if guessed is None else (guessed,)
    free = [name for name in free if name not in ids]
    left_out = [name for name in free if not reads_as_numbers(table, name)]
    roles = [("time", None if options.time else time), ("series", guessed)]
    guesses = [f"{what} = {column!r}" for what, column in roles if column is not None]
    notes = [f"Columns guessed: {', '.join(guesses)}."] if guesses else []
    if left_out and not options.feature:
        notes.append(f"Not numbers, so left out: {', '.join(left_out)}.")
    free = [name for name in columns if name not in {time, *ids, *left_out}]
    return time, ids, free, notes


def _series(table: "Table", ids: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """The number of each row's series, (rows,): one for each combination of what the columns ``ids`` hold."""
    from clearlstm.data.frames import Columns as Named
    from clearlstm.data.ids import read_ids

    return read_ids(table, Named(time="", target="", id=ids if len(ids) > 1 else next(iter(ids), None)))[1]


def feature_names(columns: Columns, options: DataOptions, n_features: int) -> tuple[str, ...]:
    """The columns that the model reads, in its order. Refused where their number isn't the model's."""
    if options.feature:
        names = options.feature
    else:
        names = tuple(columns.values)
        others = tuple(name for name in names if name not in options.target)
        names = others if len(names) != n_features and len(others) == n_features else names
    if len(names) != n_features:
        raise InputError(
            f"the model takes {counted(n_features, 'feature')} a step; {columns.source} has "
            f"{counted(len(names), 'column')} of numbers ({', '.join(names)}): name the ones that it takes, "
            "in its order, with --feature"
        )
    return names


def cut(columns: Columns, names: Sequence[str], n_answers: int, options: DataOptions) -> Given:
    """Windows of the features ``names``, and of the targets what follows each."""
    lengths = np.diff(columns.offsets)
    after = _steps_after(options.target, n_answers)
    steps = options.window or max(2, min(WINDOW, int(lengths.max()) // 2))
    starts = _starts(columns, (*names, *options.target), steps + after)
    if not len(starts):
        raise DataError(
            f"{columns.source} has no run of {steps + after} rows without a gap (its longest series has "
            f"{lengths.max()}): lower --window, or give more rows"
        )
    chosen = starts
    if len(starts) > MOST:
        chosen = np.sort(np.random.default_rng(options.seed).choice(starts, MOST, replace=False))
    rows = chosen[:, None] + np.arange(steps)
    x = np.stack([columns.values[name][rows] for name in names], axis=2)
    given = f"{_drawn(len(starts), options.seed)} of {counted(steps, 'step')} from {columns.source}"
    notes = [*columns.notes, f"{given}; features: {', '.join(names)}."]
    y = _targets(columns, options.target, chosen + steps, n_answers)
    if y is not None:
        notes.append(
            f"Target: {', '.join(options.target)}, {f'the {after} steps' if after > 1 else 'the step'} after each "
            "window."
        )
    notes.append(AS_THEY_ARE)
    own = options.target[0] if len(options.target) == 1 else None
    return Given(x, notes, y, None, tuple(names), names.index(own) if own in names else None)


def _steps_after(target: Sequence[str], n_answers: int) -> int:
    """How many steps the answers lie ahead."""
    if not target:
        return 0
    if len(target) == n_answers:
        return 1
    if len(target) > 1:
        raise InputError(
            f"the model gives {n_answers} answers; --target names {len(target)} columns: name one, or {n_answers}"
        )
    return n_answers


def _targets(
    columns: Columns, target: Sequence[str], first: npt.NDArray[np.int64], n_answers: int
) -> FloatArray | None:
    """The next step of several targets, or the next steps of one, (N, M)."""
    if not target:
        return None
    if len(target) == n_answers:
        return np.stack([columns.values[name][first] for name in target], axis=1)
    return np.asarray(columns.values[target[0]][first[:, None] + np.arange(n_answers)])


def _starts(columns: Columns, names: Sequence[str], rows_needed: int) -> npt.NDArray[np.int64]:
    """The rows at which a run of that many begins, in one series and without a missing value."""
    missing = np.any([np.isnan(columns.values[name]) for name in names], axis=0)
    before = np.concatenate([[0], np.cumsum(missing)])
    last = np.repeat(columns.offsets[1:], np.diff(columns.offsets)) - rows_needed
    rows = np.arange(len(missing))
    fits = rows[rows <= last]
    return np.asarray(fits[before[fits + rows_needed] == before[fits]])


def _drawn(available: int, seed: int) -> str:
    """How the windows were come by."""
    if available <= MOST:
        return "The only window" if available == 1 else f"All {available:,} windows"
    return f"{MOST:,} of {available:,} windows, drawn with seed {seed},"


def of_forecaster(forecaster: "LSTMForecaster", table: "Table", options: DataOptions) -> Given:
    """The windows that the forecaster itself reads of the table, each with the corrections that were needed."""
    columns = (options.target, options.feature, options.time, options.series_id)
    if options.window or any(columns) or options.dayfirst is not None:
        raise InputError(
            "a forecaster reads the table by its own window and columns: leave --window, --target, --feature, --time, "
            "--id and --dayfirst out"
        )
    from clearlstm.insight.subject import inputs_of

    model, inputs = forecaster.model_, inputs_of(forecaster, table, most=MOST, seed=options.seed)
    whose = "its net's" if len(model.members) == 1 else f"the first of its {len(model.members)} nets'"
    notes = [
        f"{_drawn(inputs.available, options.seed)} of {counted(inputs.x.shape[1], 'step')}, as the forecaster reads "
        f"{table.source}; the answers are {whose} corrections to {model.base.name}, scaled.",
        "Rows that it was fitted on are looked at like others, so its skill here is no test: see clearlstm backtest.",
    ]
    return Given(inputs.x, notes, inputs.y.astype(np.float64), None, inputs.names)
