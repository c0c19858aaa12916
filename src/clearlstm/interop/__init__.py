"""Networks from PyTorch, Keras and ONNX and back: one file each, each imported only when asked for."""
