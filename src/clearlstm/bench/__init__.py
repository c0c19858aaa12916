"""clearlstm beside torch and ONNX Runtime: one machine, one run, the same work."""
