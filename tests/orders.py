"""How other frameworks pack an LSTM's gates, as their documentation says: stated here anew, to hold ours to it."""

TORCH_GATES = ("i", "f", "g", "o")
KERAS_GATES = ("i", "f", "g", "o")
ONNX_GATES = ("i", "o", "f", "g")
ONNX_PEEPHOLES = ("i", "o", "f")
