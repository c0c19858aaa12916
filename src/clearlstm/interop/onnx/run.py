"""An ONNX model's own answers to an example, computed in a process of its own."""

from collections.abc import Callable
from typing import Any

import numpy as np

from clearlstm.errors import InputError
from clearlstm.interop.apart import Broke, run_apart
from clearlstm.interop.onnx.files import check_self_contained, library
from clearlstm.interop.onnx.graph import OLDEST_OPSET, Graph
from clearlstm.interop.onnx.halves import in_float32
from clearlstm.shapes import FloatArray


def runner(graph: Graph, names: list[str]) -> Callable[[FloatArray], FloatArray]:
    """The model's first answer to its one input; what can't be run is an :class:`InputError` that tells the names."""
    instead = (
        "run it whole on its own inputs with clearlstm.capture, or pick one of its recurrent layers by name=…: "
        f"{', '.join(map(repr, names))}"
    )
    if len(graph.inputs) != 1:
        raise InputError(f"the model has the inputs {graph.inputs}; an example is for one: {instead}")
    check_self_contained(graph.model)  # else running it would open the files that it names
    model, name = np.frombuffer(in_float32(graph.model).SerializeToString(), np.uint8), graph.inputs[0]

    def answer(x: FloatArray) -> FloatArray:
        try:
            y: FloatArray = run_apart(f"{__name__}.run", name, {"model": model, "x": x})[1]["y"]
        except Broke as error:
            raise InputError(
                f"the model can't be run on an example of shape {x.shape}: {error}. {of_age(graph)}If it takes others, "
                f"give one as example=…, or {instead}"
            ) from error
        return y

    return answer


def of_age(graph: Graph) -> str:
    """A sentence on a model that is too old to be run; "" for others."""
    if not graph.is_too_old:
        return ""
    return (
        f"It is of opset {graph.opset}, and ONNX Runtime runs models from opset {OLDEST_OPSET} on: "
        "onnx.version_converter.convert_version(model, 17) may help. "
    )


def run(name: str, arrays: dict[str, Any]) -> tuple[None, dict[str, Any]]:
    """The first answer ``y`` of the bytes ``model`` to the input ``x`` called ``name``.

    A model may hold loops that never end: this is to be called by :func:`run_apart`.
    """
    return None, {"y": _run(arrays["model"].tobytes(), {name: arrays["x"]})}


def _run(model: bytes, fed: dict[str, FloatArray]) -> FloatArray:
    """By ONNX Runtime, or by onnx's reference evaluator where that can't."""
    try:
        return np.asarray(session_for(model).run(None, fed)[0])
    except Exception as error:  # it isn't installed, or has not this operator in this type
        try:
            return _evaluated(model, fed)
        except Exception:
            raise error from None  # the runtime's says more about the model


def session_for(model: bytes) -> Any:
    """The model in ONNX Runtime, which is told to be silent: what fails is an exception."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _evaluated(model: bytes, fed: dict[str, FloatArray]) -> FloatArray:
    from onnx.reference import ReferenceEvaluator

    answers: Any = ReferenceEvaluator(library().load_model_from_string(model)).run(None, fed)
    return np.asarray(answers[0])
