"""The libraries that are compared. Each gets the same work and does it in its own way, the one its users know.

A peer turns a row of the grid into callables, one a task. It runs in a process of its own.
"""

import importlib.util
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from clearlstm.bench.grid import Row, Task
from clearlstm.cell.cells import CELLS

Calls = Mapping[Task, Callable[[], object]]


def _inputs(row: Row) -> tuple[Any, Any, Any]:
    """x (N, T, F), and a gradient by every h (N, T, D·H) and by the final h (L·D, N, H)."""
    rng = np.random.default_rng(0)
    shapes = (
        (row.N, row.T, row.F),
        (row.N, row.T, row.directions * row.H),
        (row.layers * row.directions, row.N, row.H),
    )
    x, dh, dh_n = (rng.standard_normal(shape, dtype=np.float32) for shape in shapes)
    dh_n[: -row.directions] = 0  # the loss sees the last layer
    return x, dh, dh_n


def clearlstm_calls(row: Row, n_threads: int) -> Calls:
    """``net(x)`` for the answers; ``net.trace`` and ``net.backward``, which record everything, in the other tasks."""
    from clearlstm import kernels
    from clearlstm.network.nets import NETS

    kernels.set_num_threads(n_threads)
    own: dict[str, Any] = {"forget_bias": 0} if row.cell == "LSTM" else {}
    net = NETS[row.cell](
        row.F, row.H, row.layers, bidirectional=row.bidirectional, dropout=0.0, dtype="float32", seed=0, init="uniform",
        **own,
    )  # fmt: skip
    x, dh, dh_n = _inputs(row)
    lengths = row.lengths() if row.shortest else None
    by_last = (dh_n, *[None] * (len(net.cell.states) - 1))
    return {
        "forward": lambda: net(x, lengths),
        "trace": lambda: net.trace(x, lengths),
        "all": lambda: net.backward(net.trace(x, lengths), dh, need_dx=False),
        "last": lambda: net.backward(net.trace(x, lengths), None, by_last, need_dx=False),
    }


def torch_calls(row: Row, n_threads: int) -> Calls:
    """torch's net of the same kind, with packed sequences where lengths differ. It returns h and final states only."""
    import torch

    torch.set_num_threads(n_threads)
    torch.manual_seed(0)
    kind = getattr(torch.nn, row.cell)
    net = kind(row.F, row.H, row.layers, batch_first=True, bidirectional=row.bidirectional)
    x, dh, dh_n = (torch.from_numpy(array) for array in _inputs(row))
    lengths = torch.from_numpy(row.lengths()) if row.shortest else None

    def run() -> Any:
        if lengths is None:
            return net(x)
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        h, state = net(packed)
        return torch.nn.utils.rnn.pad_packed_sequence(h, batch_first=True, total_length=row.T)[0], state

    def forward() -> object:
        with torch.inference_mode():
            return run()

    def train(on_last_step: bool) -> None:
        net.zero_grad(set_to_none=True)
        h, state = run()
        if on_last_step:
            (state[0] if isinstance(state, tuple) else state).backward(dh_n)
        else:
            h.backward(dh)

    return {"forward": forward, "all": lambda: train(False), "last": lambda: train(True)}


def onnxruntime_calls(row: Row, n_threads: int) -> Calls:
    """ONNX Runtime's operator, forward only, with the input laid out as it wants it: (T, N, F)."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = n_threads, 1
    session = onnxruntime.InferenceSession(onnx_model(row), options, providers=["CPUExecutionProvider"])
    feeds = _onnx_inputs(row)
    return {"forward": lambda: session.run(None, feeds)}


def openvino_calls(row: Row, n_threads: int) -> Calls:
    """OpenVINO on the very model that ONNX Runtime is given; its answer is not copied, which is its quickest way."""
    # Imported, it would report to its maker; without the package that does so, it reports to nobody.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    # On processors with matrix units it would compute in bfloat16 if it weren't asked for float32.
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": n_threads,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    core = openvino.Core()
    request = core.compile_model(core.read_model(onnx_model(row)), "CPU", settings).create_infer_request()
    feeds = _onnx_inputs(row)
    return {"forward": lambda: request.infer(feeds, share_inputs=True, share_outputs=True)}


def _onnx_inputs(row: Row) -> dict[str, Any]:
    """What :func:`onnx_model` reads, by name: x0 (T, N, F), and lengths (N,) where they differ."""
    feeds: dict[str, Any] = {"x0": np.ascontiguousarray(_inputs(row)[0].transpose(1, 0, 2))}
    if row.shortest:
        feeds["lengths"] = row.lengths().astype(np.int32)
    return feeds


def onnx_model(row: Row) -> bytes:
    """A chain of LSTM or GRU operators; between two of them (T, D, N, H) becomes (T, N, D·H)."""
    from onnx import TensorProto, helper, numpy_helper

    rng, D, width = np.random.default_rng(0), row.directions, len(CELLS[row.cell].gates) * row.H
    options: dict[str, Any] = {"linear_before_reset": 1} if row.cell == "GRU" else {}
    nodes, constants = [], [numpy_helper.from_array(np.array([0, 0, -1]), "merged")]
    for k in range(row.layers):
        F = row.F if k == 0 else D * row.H
        shapes = {"W": (D, width, F), "R": (D, width, row.H), "B": (D, 2 * width)}
        for name, shape in shapes.items():
            values = (rng.uniform(-1, 1, shape) / np.sqrt(row.H)).astype(np.float32)
            constants.append(numpy_helper.from_array(values, f"{name}{k}"))
        names = [f"x{k}", f"W{k}", f"R{k}", f"B{k}", "lengths" if row.shortest else ""]
        direction = "bidirectional" if row.bidirectional else "forward"
        nodes += [
            helper.make_node(row.cell, names, [f"y{k}"], hidden_size=row.H, direction=direction, **options),
            helper.make_node("Transpose", [f"y{k}"], [f"t{k}"], perm=[0, 2, 1, 3]),
            helper.make_node("Reshape", [f"t{k}", "merged"], [f"x{k + 1}"]),
        ]
    inputs = [helper.make_tensor_value_info("x0", TensorProto.FLOAT, [row.T, row.N, row.F])]
    if row.shortest:
        inputs.append(helper.make_tensor_value_info("lengths", TensorProto.INT32, [row.N]))
    outputs = [helper.make_tensor_value_info(f"x{row.layers}", TensorProto.FLOAT, [row.T, row.N, D * row.H])]
    graph = helper.make_graph(nodes, "lstm", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    serialised: bytes = model.SerializeToString()
    return serialised


PEERS: Final[dict[str, Callable[[Row, int], Calls]]] = {
    "clearlstm": clearlstm_calls,
    "torch": torch_calls,
    "onnxruntime": onnxruntime_calls,
    "openvino": openvino_calls,
}

NEEDS: Final = {
    "clearlstm": (),
    "torch": ("torch",),
    "onnxruntime": ("onnxruntime", "onnx"),
    "openvino": ("openvino", "onnx"),
}


def installed_peers() -> list[str]:
    """The peers that can run here, ourselves first."""
    return [peer for peer, needs in NEEDS.items() if all(importlib.util.find_spec(module) for module in needs)]
