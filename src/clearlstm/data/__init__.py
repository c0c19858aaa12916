"""Tables, time steps, windows and scaling. It knows nothing of networks: arrays are the only contract."""
