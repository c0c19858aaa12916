"""clearlstm beside torch, ONNX Runtime and OpenVINO: one machine, one run, the same work."""
