"""A Network as an ONNX graph: a recurrent node a layer, then the pool and the head."""

from typing import Any

import numpy as np

from clearlstm.interop.onnx.files import library
from clearlstm.network.model import Net, Network
from clearlstm.shapes import FloatArray
from clearlstm.version import __version__

OPSET = 18
IR_VERSION = 8
ACTIVATIONS: dict[str, tuple[str, float | None, float | None]] = {
    "sigmoid": ("Sigmoid", None, None),
    "tanh": ("Tanh", None, None),
    "relu": ("Relu", None, None),
    "hard_sigmoid": ("HardSigmoid", 0.2, 0.5),
    "hard_sigmoid_6": ("HardSigmoid", 1 / 6, 0.5),
    "linear": ("Affine", 1.0, 0.0),
}
"""ONNX's name, alpha and beta of each of ours."""


def onnx_model(model: Network) -> bytes:
    """The checked bytes of an ONNX model: x (N, T, F) to y (N, M), or (N, T, M) without a pool."""
    onnx = library()
    graph = _Writer()
    below, last = graph.add("Transpose", ["x"], perm=[1, 0, 2]), ""
    for n, net in enumerate(model.nets):
        for k in range(net.num_layers):
            below, last = graph.layer(net, k, f"net{n}.layer{k}", below)
    answer = graph.pooled(model, below, last)
    if model.head is not None:
        product = graph.add("MatMul", [answer, graph.constant("head.W", model.head.W)])
        answer = graph.add("Add", [product, graph.constant("head.b", model.head.b)])
    graph.nodes.append(onnx.helper.make_node("Identity", [answer], ["y"]))
    made = onnx.helper.make_model(
        graph.finish(model),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="clearlstm",
        producer_version=__version__,
    )
    onnx.checker.check_model(made, full_check=True)
    return bytes(made.SerializeToString())


class _Writer:
    """Nodes and constants as they are added."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        """Add a node with one output; returns the output's name."""
        output = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(library().helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, values: Any) -> str:
        """Add an array; returns its name."""
        self.constants.append(library().numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def layer(self, net: Net, k: int, name: str, below: str) -> tuple[str, str]:
        """One layer on ``below`` (T, N, F): the names of h (T, N, D·H) and of the final h (D, N, H)."""
        arrays = [self.constant(f"{name}.{part}", values) for part, values in _packed(net, k).items()]
        y, y_h = f"{name}.Y", f"{name}.Y_h"
        absent = ["", "", ""]  # sequence_lens, initial_h, initial_c
        inputs = [below, *arrays[:3], *absent, *arrays[3:]] if len(arrays) == 4 else [below, *arrays]
        direction = "bidirectional" if net.bidirectional else "forward"
        options = {"direction": direction, "hidden_size": net.hidden_size, **_options(net)}
        kind = net.cell.formats["onnx"].name
        self.nodes.append(library().helper.make_node(kind, inputs, [y, y_h], name=name, **options))
        side_by_side = self.add("Transpose", [y], perm=[0, 2, 1, 3])
        shape = self.constant(f"{name}.shape", np.array([0, 0, net.output_size]))
        return self.add("Reshape", [side_by_side, shape]), y_h

    def pooled(self, model: Network, h: str, h_n: str) -> str:
        """(N, D·H), or (N, T, D·H) without a pool."""
        if model.pool == "last":
            by_sequence = self.add("Transpose", [h_n], perm=[1, 0, 2])
            return self.add(
                "Reshape", [by_sequence, self.constant("pool.shape", np.array([0, model.nets[-1].output_size]))]
            )
        if model.pool == "mean":
            return self.add("ReduceMean", [h, self.constant("pool.axes", np.array([0]))], keepdims=0)
        return self.add("Transpose", [h], perm=[1, 0, 2])

    def finish(self, model: Network) -> Any:
        """The graph with its input and its output."""
        helper = library().helper
        kind = helper.np_dtype_to_tensor_dtype(model.dtype)
        x = helper.make_tensor_value_info("x", kind, ["N", "T", model.input_size])
        steps = ["T"] if model.pool is None else []
        y = helper.make_tensor_value_info("y", kind, ["N", *steps, model.output_size])
        return helper.make_graph(self.nodes, "clearlstm", [x], [y], self.constants)


def _packed(net: Net, k: int) -> dict[str, FloatArray]:
    """W (D, kH, F), R (D, kH, H), B (D, 2kH) and, if there are peepholes, P (D, 3H), in ONNX's order."""
    per_direction = []
    for d in range(net.num_directions):
        ours = net.cell.write("onnx", net.weights(k, d))
        theirs = {"W": ours["W"].T, "R": ours["U"].T, "B": np.concatenate([ours["b_input"], ours["b_recurrent"]])}
        per_direction.append(theirs | ({"P": ours["p"]} if "p" in ours else {}))
    return {part: np.stack([theirs[part] for theirs in per_direction]) for part in per_direction[0]}


def _options(net: Net) -> dict[str, Any]:
    """The node's attributes: its activations, direction by direction, and what else the cell has there."""
    known = [ACTIVATIONS[name] for name in net.cell.names_of(net.options)] * net.num_directions
    options: dict[str, Any] = {"activations": [kind for kind, _, _ in known]}
    options |= {theirs: int(net.options[ours]) for ours, theirs in net.cell.formats["onnx"].options.items()}
    alphas, betas = [a for _, a, _ in known if a is not None], [b for _, _, b in known if b is not None]
    return options | ({"activation_alpha": alphas, "activation_beta": betas} if alphas else {})
