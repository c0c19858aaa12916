"""Formats that aren't opened: what a file is, told by its content, and what to do about it."""

import re
from pathlib import Path
from typing import Final

TFLITE: Final = b"TFL3"
FROZEN: Final = re.compile(rb"\n.{1,3}?\n.[\w./-]+\x12.[A-Z]\w+[*:\x1a]", re.DOTALL)
"""The first node of a graph: its length, name and operation."""
SAVED_MODEL: Final = b"\x08\x01\x12"
TABLE: Final = (0xDB4775248B80FB57).to_bytes(8, "little")
"""The end of a LevelDB table, such as the .index of TensorFlow's checkpoints; the numbers stand in others, by name."""
SHARD: Final = re.compile(r"\.data-\d{5}-of-\d{5}$")
GGML: Final = b"lmgg"
CORE_ML: Final = re.compile(rb"\x08[\x02-\x20]\x12")
"""A version of the specification from 2 on, and a description: as SavedModel's, whose version is 1."""
TESSERACT: Final = (24).to_bytes(4, "little") + b"\xff" * 8
"""The number of parts, the first of which a net doesn't have."""
ARCHITECTURE: Final = re.compile(
    rb'\s*"?\{.{0,99}?class_name\\?"\s*:\s*'
    rb'\\?"(Sequential|Functional|Model)\b',
    re.DOTALL,
)
"""What Keras's to_json gives, or that as one text of JSON."""
ORIGIN: Final = "open the model that it was converted from, or export that to ONNX"
AS_KERAS: Final = "load it with the Keras that wrote it, and save the model as .keras"


def foreign(path: Path) -> str | None:
    """What a file that isn't opened is (of TensorFlow's, ggml's …), and what to do about it; None for any other."""
    with open(path, "rb") as file:
        start = file.read(512)
        file.seek(max(path.stat().st_size - len(TABLE), 0))
        end = file.read()
    if ARCHITECTURE.match(start):
        return (
            "Keras's architecture of a model, without its weights: build the model of it in Keras (model_from_json), "
            "load its weights, and save it whole by model.save('model.keras')"
        )
    if start[4:8] == TFLITE:
        return (
            "a TensorFlow Lite model, which isn't opened: save the Keras model it was converted from as .keras, or "
            "convert it to ONNX (python -m tf2onnx.convert --tflite model.tflite --output model.onnx)"
        )
    if FROZEN.match(start):
        return (
            "a frozen graph of TensorFlow's, which isn't opened: save the model it was made from as .keras, or convert "
            "it to ONNX (python -m tf2onnx.convert --graphdef model.pb --inputs … --outputs … --output model.onnx)"
        )
    if start.startswith(SAVED_MODEL):
        return f"the graph of a TensorFlow SavedModel, which isn't opened: {AS_KERAS}"
    if end == TABLE or SHARD.search(path.name):
        return f"a checkpoint in TensorFlow's own format, weights without a model: {AS_KERAS}"
    if start.startswith(GGML):
        return f"a ggml model, which isn't opened: {ORIGIN}"
    if CORE_ML.match(start):
        return f"a Core ML model, which isn't opened: {ORIGIN}"
    if start.startswith(TESSERACT):
        return "trained data of Tesseract's, whose format isn't opened"
    return None
