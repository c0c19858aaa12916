"""Nets with one known fault, and a plain one beside them."""

import numpy as np

from clearlstm.cell.layout import gate_slice
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray

WIDE_OPEN = 40.0


def noise(n: int = 300, steps: int = 40, features: int = 1, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(n, steps, features))


def ordinary(features: int = 1, hidden: int = 6, *, seed: int = 0) -> Network:
    """First weights, whose memory is of some steps."""
    return Network(LSTM(features, hidden, dtype="float64", seed=seed), head=1, seed=seed)


def set_gate(model: Network, gate: str, bias: float, unit: int | slice = slice(None)) -> None:
    """Let a gate of the first layer depend on nothing but ``bias``."""
    H = model.nets[0].hidden_size
    columns = np.arange(4 * H)[gate_slice(gate, H)][unit]
    for part, value in (("W", 0.0), ("U", 0.0), ("b", bias)):
        model.parameters[f"net0.layer0.forward.{part}"][..., columns] = value


def accumulating(unit: int = 2) -> Network:
    """One unit's forget gate is wide open, and it adds about 1 at every step."""
    model = ordinary()
    set_gate(model, "f", WIDE_OPEN, unit)
    set_gate(model, "i", WIDE_OPEN, unit)
    set_gate(model, "g", 2.0, unit)
    return model


def with_dead_unit(unit: int = 2) -> Network:
    """Nobody reads one unit."""
    model = ordinary()
    model.parameters["head.W"][unit] = 0
    model.parameters["net0.layer0.forward.U"][unit] = 0
    return model


def copying(features: int = 1, feature: int = 0) -> Network:
    """The answer is the last value of one feature, near enough: nothing is kept, all of it is let in and out."""
    model = ordinary(features, 1)
    set_gate(model, "f", -WIDE_OPEN)
    set_gate(model, "i", WIDE_OPEN)
    set_gate(model, "o", WIDE_OPEN)
    set_gate(model, "g", 0.0)
    model.parameters["net0.layer0.forward.W"][feature, gate_slice("g", 1)] = 0.05
    model.parameters["head.W"][...] = 20
    model.parameters["head.b"][...] = 0
    return model


def forgetting(kept: float = 0.45, hidden: int = 4) -> Network:
    """Nothing comes back from h, and ``kept`` of c is kept at each step: 0.45¹⁰ is 0.0003."""
    model = ordinary(1, hidden)
    model.parameters["net0.layer0.forward.U"][...] = 0
    set_gate(model, "f", float(np.log(kept / (1 - kept))))
    return model


def summing() -> Network:
    """The answer is 0.01 times the sum of all inputs, near enough."""
    model = ordinary(1, 1)
    for gate in ("f", "i", "o"):
        set_gate(model, gate, WIDE_OPEN)
    set_gate(model, "g", 0.0)
    model.parameters["net0.layer0.forward.W"][0, gate_slice("g", 1)] = 0.01
    model.parameters["head.W"][...] = 1
    model.parameters["head.b"][...] = 0
    return model
