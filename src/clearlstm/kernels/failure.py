"""What is raised inside ``kernels`` where Numba is there and can't do its work."""


class CompileError(Exception):
    """A kernel could not be compiled for this machine."""
