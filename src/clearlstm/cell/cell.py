"""What makes a kind of cell: all that the rest of clearlstm asks of it stands in one :class:`Cell`.

Networks, traces, the kernels' dispatch, insight, files and other frameworks' formats are written once, for any cell.
How to add one: docs/extending.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from clearlstm.cell.layout import reorder
from clearlstm.shapes import FloatArray

Options = Mapping[str, Any]
"""What distinguishes nets of one cell, such as which functions their gates have."""


@dataclass(frozen=True)
class Format:
    """How another framework has a cell.

    name, gates, peepholes
        What it is called there, and the order in which its gates are packed and, if it has any, its peepholes.
    functions
        Which of the framework's options names each of our functions, in their order, if it has such options.
    options
        Our options that it has too, as 0 or 1, and what it calls them; one that is left out there is 0.
    """

    name: str
    gates: tuple[str, ...]
    peepholes: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Memory:
    """A state that a gate keeps, unit by unit: state = keep · state_prev + write · candidate."""

    state: str
    keep: str
    """The gate."""

    parts: Callable[[Any], FloatArray]
    """From a record: keep, write and candidate side by side, then whatever, (N, T, ≥ 3H)."""


def summed(b_input: FloatArray, b_recurrent: FloatArray, _options: Options) -> dict[str, FloatArray]:
    """One bias from a framework's two, where they are only ever added up."""
    return {"b": b_input + b_recurrent}


def unsummed(weights: Any) -> tuple[FloatArray, FloatArray]:
    """The two biases again: all in the first."""
    return weights.b, weights.b * 0


@dataclass(frozen=True, eq=False)
class Cell:
    """One kind of cell.

    name
        Of the net that is made of it, in Python and in files.
    states
        What goes from step to step, each (N, H); the first is what a layer gives out.
    gates
        As they stand side by side in W, U and b.
    weights, record, gradients
        Its data classes: see :mod:`clearlstm.cell.record`. Gradients are made of x, W, U, b, those by the first states
        and those by optional parameters.
    recorded
        The arrays (N, T, kH) that a record starts with, each with its k.
    options
        The net's own options, each with the value that the kernels compute. With others the reference answers.
    activations, functions
        Which option names the functions, and how it is made of their names.
    optional
        Parameters besides W, U and b: the option that brings each, and the gates that it belongs to.
    step, forward, preactivations, backward
        The equations: see :mod:`clearlstm.cell.lstm`, where they take ``h_0, c_0`` for the states.
    kernels
        The module with the same, compiled.
    formats
        By framework: "torch", "keras" and "onnx".
    biases, split_biases
        From the two biases of a framework, for x and for h_prev, to the parameters here, and back.
    memory
        The state that a gate keeps, if there is one.
    walk_back, walk_on
        Of a cell whose only state is h: ``walk_back(z, record, weights, functions, product)`` is a function of
        (rows, t, dh) that carries gradients by h after step t, dh (R, K, H), to the state before it. ``walk_on``
        carries small changes of the h before step t to the one after it: the same Jacobians from the other side.
    """

    name: str
    states: tuple[str, ...]
    gates: tuple[str, ...]
    weights: Callable[..., Any]
    record: Callable[..., Any]
    gradients: Callable[..., Any]
    recorded: Mapping[str, int]
    options: Options
    activations: str
    functions: Callable[..., Any]
    step: Callable[..., tuple[FloatArray, ...]]
    forward: Callable[..., Any]
    preactivations: Callable[..., dict[str, FloatArray]]
    backward: Callable[..., Any]
    kernels: str
    formats: Mapping[str, Format]
    optional: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    biases: Callable[[FloatArray, FloatArray, Options], dict[str, FloatArray]] = summed
    split_biases: Callable[[Any], tuple[FloatArray, FloatArray]] = unsummed
    memory: Memory | None = None
    walk_back: Callable[..., Callable[..., FloatArray]] | None = None
    walk_on: Callable[..., Callable[..., FloatArray]] | None = None

    @cached_property
    def first_names(self) -> tuple[str, ...]:
        """What the states before the first step are called, such as h_0."""
        return tuple(f"{state}_0" for state in self.states)

    @cached_property
    def last_names(self) -> tuple[str, ...]:
        """The same after the last step: h_n."""
        return tuple(f"{state}_n" for state in self.states)

    def shapes(self, F: int, H: int, options: Options) -> dict[str, tuple[int, ...]]:
        """The shape of each parameter of one layer in one direction."""
        width = len(self.gates) * H
        optional = {name: (len(gates) * H,) for name, (option, gates) in self.optional.items() if options.get(option)}
        return {"W": (F, width), "U": (H, width), "b": (width,)} | optional

    def computed_by(self, options: Options) -> str:
        """What runs a net with these options: "kernels" or "reference"."""
        return "kernels" if all(options[name] == value for name, value in self.options.items()) else "reference"

    def names_of(self, options: Options) -> tuple[str, ...]:
        """The names of the functions."""
        functions = options[self.activations]
        return (functions,) if isinstance(functions, str) else tuple(vars(functions).values())

    def read(
        self,
        framework: str,
        W: FloatArray,
        U: FloatArray,
        b_input: FloatArray,
        b_recurrent: FloatArray,
        options: Options,
        p: FloatArray | None = None,
    ) -> Any:
        """Our weights from a framework's W (F, kH), U (H, kH), its two biases (kH,) and its peepholes or None."""
        order = self.formats[framework]
        W, U, b_input, b_recurrent = (reorder(part, order.gates, self.gates) for part in (W, U, b_input, b_recurrent))
        more = {} if p is None else {"p": reorder(p, order.peepholes, self.optional["p"][1])}
        return self.weights(W, U, **self.biases(b_input, b_recurrent, options), **more)

    def write(self, framework: str, weights: Any) -> dict[str, FloatArray]:
        """W (F, kH), U (H, kH), b_input and b_recurrent (kH,), and p if there is one, as a framework packs them."""
        order = self.formats[framework]
        b_input, b_recurrent = self.split_biases(weights)
        packed = {"W": weights.W, "U": weights.U, "b_input": b_input, "b_recurrent": b_recurrent}
        packed = {name: reorder(part, self.gates, order.gates) for name, part in packed.items()}
        if (p := getattr(weights, "p", None)) is not None:
            packed["p"] = reorder(p, self.optional["p"][1], order.peepholes)
        return packed
