"""The worked example, taken apart: ``figures`` computes it, ``pages`` tells it, ``training`` repeats its training."""
