"""The file that each run writes: its options, versions and a fingerprint of the data; ``--config`` repeats it.

It holds nothing about where results go: that is said anew for each run.
"""

import hashlib
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from clearlstm.errors import DataError, InputError

if TYPE_CHECKING:
    from clearlstm.data.frames import Table
    from clearlstm.data.panel import Panel
    from clearlstm.data.source import Source
    from clearlstm.forecasting.forecaster import LSTMForecaster

KIND: Final = "clearlstm run"
FORMAT: Final = 2
SUFFIX: Final = ".config.json"
PACKAGES: Final = ("clearlstm", "numpy", "numba", "llvmlite", "pandas")
FILES: Final = frozenset(["file", "future", "database"])
"""Options that name files; the first two may be queries instead."""
NOT_KEPT: Final = frozenset(["output", "report", "csv_safe", "as_json", "save", "checkpoint", "config", "write_config"])
REPEATED: Final = "clearlstm.repeated_run"


def read_config(ctx: typer.Context, path: Path | None) -> Path | None:
    """Take the options that aren't given from the file of an earlier run."""
    if path is None:
        return None
    run = _read(path)
    if run["command"] != ctx.info_name:
        raise InputError(f"{path} was written by clearlstm {run['command']}: call that command with it")
    options = dict(run["options"])
    _check_options(ctx, path, options)
    for name in _files(options):
        options[name] = os.path.normpath(path.parent / options[name])
    ctx.default_map = options
    ctx.meta[REPEATED] = run
    return path


def _check_options(ctx: typer.Context, path: Path, options: dict[str, Any]) -> None:
    """Refuse what no run writes: above all a file that says where results go, and so what they replace."""
    written = {str(param.name) for param in ctx.command.params} - NOT_KEPT
    if unknown := sorted(set(options) - written):
        raise InputError(f"{path} holds the option {unknown[0]!r}, which no run writes: remove it")
    for name in FILES & set(options):
        if not isinstance(options[name], str):
            raise InputError(f"{path} holds {options[name]!r} as {name!r}; the name of a file is needed")


def _files(options: dict[str, Any]) -> list[str]:
    """The options that name files, where queries don't take their place."""
    from clearlstm.cli.tables import is_file

    database = options.get("database")
    return [name for name in FILES & set(options) if name == "database" or is_file(options[name], database)]


def _read(path: Path) -> dict[str, Any]:
    run = _parsed(path)
    if run.get("kind") == KIND and run.get("format") == 1:
        raise InputError(
            f"{path} is of an earlier clearlstm, which read dates and series otherwise: make the run again with the "
            "options that stand in it, and keep the file of that run"
        )
    if not _is_run(run):
        raise InputError(f"{path} was not written by a run of clearlstm, or by a newer one: give one that a run wrote")
    return run


def _parsed(path: Path) -> dict[str, Any]:
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path} doesn't exist: give the file that an earlier run wrote") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} can't be read as a run's file ({error}): give one that a run wrote") from error
    return run if isinstance(run, dict) else {}


def _is_ours(path: Path) -> bool:
    """Whether a run wrote it, of whatever version."""
    try:
        return _parsed(path).get("kind") == KIND
    except InputError:
        return False


def _is_run(run: dict[str, Any]) -> bool:
    return (
        (run.get("kind"), run.get("format")) == (KIND, FORMAT)
        and isinstance(run.get("command"), str)
        and isinstance(run.get("options"), dict)
        and isinstance(run.get("data"), dict)
        and isinstance(run.get("versions"), dict)
    )


def place_for(given: Path | None, default: Path) -> Path:
    """Where this run's file goes. Another one that stands there is only replaced if a run wrote it."""
    from clearlstm.data.files import check_writable

    path = check_writable(given or default, (".json",))
    if path.exists() and not _is_ours(path):
        raise InputError(
            f"{path} is there already and was not written by a run of clearlstm: name another with --write-config"
        )
    return path


def describe(
    ctx: typer.Context, source: "Source", panel: "Panel", forecaster: "LSTMForecaster", to_come: "Table | None" = None
) -> dict[str, Any]:
    """What the file of a run tells of it. Refused, if the run is to repeat another whose data were others."""
    from dataclasses import asdict

    from clearlstm.forecasting.files.archive import fingerprint

    data = {
        "fingerprint": fingerprint((panel, None if to_come is None else _digest(ctx.params, to_come))),
        "series": len(panel),
        "rows": len(panel.times),
    }
    if REPEATED in ctx.meta:
        _check_same(ctx.meta[REPEATED], data)
    return {
        "kind": KIND,
        "format": FORMAT,
        "command": ctx.info_name,
        "options": _kept(ctx.params, source, forecaster),
        "data": data,
        "settings": asdict(forecaster.settings(panel)),  # for the reader
        "versions": versions(),
    }


def _digest(options: dict[str, Any], to_come: "Table") -> str:
    """Of the file with the rows to come or, of what a query gave, of those rows."""
    is_file = "future" in _files({name: options[name] for name in ("future", "database")})
    content = Path(options["future"]).read_bytes() if is_file else to_come.frame.write_csv().encode("utf-8")
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _check_same(then: dict[str, Any], now: dict[str, Any]) -> None:
    was = then["data"]
    if was.get("fingerprint") != now["fingerprint"]:
        raise DataError(
            f"the data differ from those of the run in --config, which had {was.get('series')} series and "
            f"{was.get('rows')} rows (now {now['series']} and {now['rows']}): give the same data, or leave --config out"
        )
    used, present = then["versions"], versions()
    changed = [
        f"{name} {used.get(name)} then, {present[name]} now" for name in present if used.get(name) != present[name]
    ]
    if changed:
        typer.echo(f"note: not what the run was made with ({'; '.join(changed)}): last digits may differ", err=True)


def versions() -> dict[str, str]:
    """What the numbers depend on besides options and data."""
    packages = {name: version(name) for name in PACKAGES}
    return {**packages, "python": platform.python_version(), "machine": platform.machine()}


def _kept(options: dict[str, Any], source: "Source", forecaster: "LSTMForecaster") -> dict[str, Any]:
    """All options as they were used: the columns that were guessed, and the files as they were given."""
    kept = {name: _plain(value) for name, value in options.items() if name not in NOT_KEPT}
    if kept["file"] is not None:
        columns = source.columns
        kept |= {"time": columns.time, "target": columns.target, "series_id": list(columns.ids) or None}
    kept["horizon"] = forecaster.h
    return {name: value for name, value in kept.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value] or None
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def write(run: dict[str, Any], path: Path) -> None:
    """Write a run's file, whole or not at all. It names the data as seen from its own folder, to move with them."""
    from clearlstm.files import atomic_write

    options = dict(run["options"])
    for name in _files(options):
        options[name] = _seen_from(path.absolute().parent, Path(options[name]))
    with atomic_write(path) as temporary:
        temporary.write_text(
            json.dumps(run | {"options": options}, indent=1, default=str) + "\n", encoding="utf-8", newline="\n"
        )


def _seen_from(folder: Path, file: Path) -> str:
    try:
        return Path(os.path.relpath(file.absolute(), folder)).as_posix()
    except ValueError:  # another drive
        return str(file.absolute())
