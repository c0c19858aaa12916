"""``clearlstm inspect`` without data: what is in a model file, and what it takes to see more."""

import os
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich.text import Text

from clearlstm.errors import InputError
from clearlstm.insight.at_rest import AtRest, at_rest
from clearlstm.network.storage import digest_of
from clearlstm.shapes import FloatArray, counted

if TYPE_CHECKING:
    from clearlstm.interop.chain import Contents
    from clearlstm.network.model import Network

MIDDLE: Final = (0.1, 0.5, 0.9)
WAYS: Final = ("forward", "backward")
OPTIONS: Final = {"series_id": "id"}
CAUTION: Final = (
    "At rest is the gate that keeps the memory while x and h are 0: the middle unit's, and between which the middle "
    "80 % of the units are. What comes in moves the gates; only data show by how much."
)


def report(model: Path, made_by: str, contents: "Contents") -> dict[str, Any]:
    """All of it as plain values, ready for JSON."""
    layers = [
        {"name": name, "cell": type(net).__name__, "features": net.input_size, "units": net.hidden_size,
         "layer": part.place.layer, "direction": WAYS[part.place.direction], "parameters": _size(network),
         "gates": {gate: _quantiles(values) for gate, values in part.gates.items()},
         "half_life": None if part.half_life is None else _quantiles(part.half_life)}
        for name, network in contents.nets.items() for net in network.nets for part in at_rest(network)
    ]  # fmt: skip
    heads = {name: {"inputs": K, "outputs": M} for name, (K, M) in contents.heads.items()}
    return {"model": str(model), "made_by": made_by, "layers": layers, "heads": heads, "refused": contents.refused,
            "inputs": contents.inputs}  # fmt: skip


def _size(network: "Network") -> int:
    return sum(values.size for values in network.parameters.values())


def _quantiles(values: FloatArray) -> list[float | None]:
    """What 10, 50 and 90 % of the units are below; None where a half-life has no end, or can't be told."""
    with np.errstate(invalid="ignore"):
        return [float(value) if np.isfinite(value) else None for value in np.quantile(values, MIDDLE)]


def tell(model: Path, made_by: str, contents: "Contents") -> None:
    """Print it: the layers, their gates at rest, what could stand on top, and what to do next."""
    from clearlstm.cli.look import console

    screen = console()
    screen.print(Text(f"{model} ({made_by}): {_counts(contents)}", style="bold"))
    for name, lines in _nets(contents).items():
        screen.print()
        screen.print(Text(name, style="bold"), soft_wrap=True)
        for line in lines:
            screen.print(f"  {line}")
    if any(network.nets[0].cell.memory for network in contents.nets.values()):
        screen.print(f"\n{CAUTION}")
    if contents.heads:
        listed = ", ".join(f"{name or 'the linear layer'} ({K} to {M})" for name, (K, M) in contents.heads.items())
        screen.print(f"\nLinear layers: {listed}.")
    for name, reason in contents.refused.items():
        screen.print(f"\nNot opened: {reason if name in reason else f'{name}: {reason}'}")
    screen.print()
    for line in _next(model, made_by, contents):
        screen.print(line, soft_wrap=True)


def _counts(contents: "Contents") -> str:
    n, size = len(contents.nets), sum(map(_size, contents.nets.values()))
    return f"{counted(n, 'recurrent net')} with {size:,} parameters"


def _nets(contents: "Contents") -> dict[str, list[str]]:
    """What each net is, and how its gates stand, by name; one that another branch has too is told of once."""
    lines: dict[str, list[str]] = {}
    twins: dict[str, str] = {}
    for name, network in contents.nets.items():
        label = name or "The model itself"
        twin = twins.setdefault(digest_of(repr(network), network.parameters), label)
        lines[label] = _net(network) if twin == label else [f"The same weights as {twin}."]
    return lines


def _net(network: "Network") -> list[str]:
    net, parts = network.nets[0], at_rest(network)
    units = f"{counted(net.num_layers, 'layer')} of {counted(net.hidden_size, 'unit')}"
    sizes = f"{counted(net.input_size, 'feature')}, {units}"
    head = f", read through {network.head!r}" if network.head else ""
    words = f"{type(net).__name__}: {sizes}{', both directions' * net.bidirectional}{head}."
    return [words, *(f"{part.place.name}: {memory}" for part in parts if (memory := _memory(net, part)))]


def _memory(net: Any, part: AtRest) -> str:
    if part.half_life is None:
        return ""
    low, middle, high = (f"{value:.2f}" for value in np.quantile(part.gates[net.cell.memory.keep], MIDDLE))
    spread = "" if low == high else f" ({low} to {high})"
    return f"at rest {middle}{spread}: {_gone(float(np.median(part.half_life)))}"


def _gone(half_life: float) -> str:
    if np.isnan(half_life):
        return "how long it holds can't be told"
    return "nothing is forgotten" if np.isinf(half_life) else f"half of a memory is gone after {half_life:,.1f} steps"


def _next(model: Path, made_by: str, contents: "Contents") -> list[str]:
    """What is missing to see more, and the commands for it."""
    if not contents.nets:
        absent = [f"No recurrent layer is in it: {contents.absent}."] if contents.absent else []
        return [*absent, "Nothing in it can be looked into."]
    command = f"clearlstm inspect {_quoted(str(model))}"
    if contents.reads == "tables":
        return ["To see what it does, give it a table as it was fitted on:", f"  {command} --data table.csv"]
    name, first = next(iter(contents.nets.items()))
    several = len(contents.nets) + len(contents.refused) > 1
    alone = f"  {command} --name {_quoted(name)} --data x.npy"
    table = "" if contents.reads == "arrays" else ", or a table"
    lines = [
        f"To see what it does, give it what it reads, x (N, T, {first.input_size}){table}:",
        f"  {command} --data x.npy" if contents.whole or not several else alone,
    ]
    if contents.whole and several and made_by != "clearlstm":
        lines += ["Or look into one layer alone:", alone]
    if contents.inputs and contents.captured is not None:
        listed = ", ".join(f"{name} {kind}" for name, kind in contents.inputs.items())
        chosen = f" --name {_quoted(contents.captured)}" if contents.captured else ""
        lines += [
            f"Or the inputs of the whole model by name ({listed}), and see the net at work inside it:",
            f"  {command} --capture{chosen} --data inputs.npz",
        ]
    return lines


def _quoted(text: str) -> str:
    """As a shell takes it."""
    return shlex.quote(text) if os.name == "posix" else subprocess.list2cmdline([text])


def check_without_data(given: dict[str, Any]) -> None:
    """Refuse options that say something of data, or of one net alone, where no data are given."""
    for option, value in given.items():
        if value not in (None, (), False, 0, "never") or (option == "dayfirst" and value is not None):
            raise InputError(
                f"--{OPTIONS.get(option, option)} needs --data, what the model reads: give both or neither"
            )
