"""A person's own numbers: a series, the twelve weights of a unit, or the one unit of a saved model."""

import json
import math
from pathlib import Path
from typing import Any, Final

import typer

from clearlstm import examples
from clearlstm.cell.layout import GATES
from clearlstm.cell.lstm import STANDARD
from clearlstm.cli.lesson.figures import gate_weights
from clearlstm.errors import DataError, InputError
from clearlstm.files import check_plain
from clearlstm.interop.open import load
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.subject import network_of

MOST_VALUES: Final = 200
LARGEST: Final = 1000.0
MOST_BYTES: Final = 100_000
MODEL_SUFFIX: Final = ".safetensors"
KEYS: Final = ("h", "x", "bias")


def read_values(text: str, option: str) -> tuple[float, ...]:
    """Numbers with commas between them."""
    values = []
    for part in text.split(","):
        try:
            values.append(float(part))
        except ValueError:
            raise InputError(
                f"{option} holds {part.strip()!r}, which is not a number: write numbers with commas between them, such "
                "as 0,0.5,0.25,1"
            ) from None
    return _check_values(tuple(values), option)


def read_series(text: str) -> tuple[float, ...]:
    """Numbers, a file, or FILE:COLUMN."""
    if Path(text).exists():
        return _from_file(Path(text), None)
    path, colon, column = text.rpartition(":")
    if colon and Path(path).exists():
        return _from_file(Path(path), column)
    if text.replace(",", "").strip(" 0123456789.+-eE") == "":
        return read_values(text, "--series")
    raise InputError(f"--series is {text!r}: give numbers such as 0,0.5,0.25,1, or a CSV or Parquet file that exists")


def _from_file(path: Path, column: str | None) -> tuple[float, ...]:
    from clearlstm.data.cells import numbers
    from clearlstm.data.source import read_table

    table = read_table(path)
    for note in table.notes:
        typer.echo(note, err=True)
    names = [str(name) for name in table.frame.columns]
    if column is None and len(names) > 1:
        raise DataError(
            f"{path} has the columns {', '.join(names)}: say which one holds the series: --series {path}:COLUMN"
        )
    series = numbers(table, names[0] if column is None else column)
    missing = [k for k, value in enumerate(series) if math.isnan(value)]
    if missing:
        raise DataError(f"{table.row(missing[0])} has no value: a unit needs a number at every step")
    return _check_values(tuple(float(value) for value in series), str(path))


def _check_values(values: tuple[float, ...], source: str) -> tuple[float, ...]:
    if len(values) > MOST_VALUES:
        raise InputError(f"{source} holds {len(values)} numbers; at most {MOST_VALUES} are shown: give a part of them")
    for k, value in enumerate(values, 1):
        if not abs(value) <= LARGEST:
            raise InputError(
                f"{source}: number {k} is {value:g}; give finite numbers from {-LARGEST:g} to {LARGEST:g}. The video's "
                "unit learnt on numbers from 0 to 1: scale yours"
            )
    return values


def read_unit(path: Path) -> LSTM:
    """A unit in float64: from a model that clearlstm saved, or from a JSON file of its weights."""
    return read_model(path) if path.suffix == MODEL_SUFFIX else read_weights(path)


def read_weights(path: Path) -> LSTM:
    """A JSON file of three numbers for each of f, i, g, o: {"f": [on h, on x, bias], …}."""
    described = _read_json(path)
    if not isinstance(described, dict) or set(described) != set(GATES):
        held = ", ".join(map(str, described)) if isinstance(described, dict) else type(described).__name__
        raise InputError(
            f"{path} holds {held or 'nothing'}; four keys are needed: f, i, g and o, each with [weight on h, weight "
            "on x, bias]"
        )
    return examples.unit({gate: _three(path, gate, described[gate]) for gate in GATES})


def _read_json(path: Path) -> Any:
    check_plain(path, InputError)
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path} is not a short JSON file: twelve weights are needed, such as f: [2.7, 1.63, 1.62] …")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not a JSON file ({error}); a saved model's name ends in {MODEL_SUFFIX}") from error


def _three(path: Path, gate: str, given: Any) -> tuple[float, float, float]:
    if isinstance(given, dict) and set(given) == set(KEYS):
        given = [given[key] for key in KEYS]
    if not isinstance(given, list) or len(given) != len(KEYS) or not all(map(_is_usable, given)):
        raise InputError(
            f"{path}: {gate} is {json.dumps(given)[:60]}; three numbers from {-LARGEST:g} to {LARGEST:g} are needed: "
            "[weight on h, weight on x, bias]"
        )
    on_h, on_x, bias = map(float, given)
    return on_h, on_x, bias


def _is_usable(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST


def read_model(path: Path) -> LSTM:
    """The unit in a saved model; one with more in it is refused, and told what that is."""
    model = network_of(load(path))
    if more := _what_is_more(model):
        raise InputError(
            f"{path} has {' and '.join(more)}; these pages work through one LSTM layer of one unit with one input, in "
            "one direction. clearlstm.load(…).trace(x) shows every number of larger ones"
        )
    weights = {gate: (w.h, w.x, w.bias) for gate, w in gate_weights(model.nets[0].weights(0)).items()}
    for gate, three in weights.items():
        if not all(map(_is_usable, three)):
            raise InputError(f"{path}: gate {gate} has the weights {three}; up to {LARGEST:g} can be shown")
    return examples.unit(weights)


def _what_is_more(model: Network) -> list[str]:
    """What a model has that a single unit hasn't, in words."""
    more = [] if model.head is None else ["a head"]
    if len(model.nets) > 1:
        return [*more, f"{len(model.nets)} nets"]
    net: Any = model.nets[0]
    if net.cell.name != "LSTM":
        return [*more, "a plain recurrent net" if net.cell.name == "RNN" else f"a {net.cell.name}"]
    more += [f"{count} {name}" for count, name in (
        (net.input_size, "inputs"), (net.hidden_size, "units a layer"), (net.num_layers, "layers")
    ) if count > 1]  # fmt: skip
    more += ["both directions"] * net.bidirectional + ["peepholes"] * net.peepholes
    return more + ["other functions than sigmoid and tanh"] * (net.activations != STANDARD)
