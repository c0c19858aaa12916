"""Many units: layers and directions, a head, traces of every gate and state, and files."""
