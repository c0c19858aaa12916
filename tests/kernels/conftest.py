"""Where the kernels' tests keep compiled code."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def compiled_code(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder for the code of the processor of that name, the same for all tests, workers and runs of pytest."""
    cache = getattr(pytestconfig, "cache", None)  # there is none with -p no:cacheprovider
    folder = cache.mkdir("kernels") if cache else tmp_path_factory.mktemp("kernels")
    return lambda name: Path(folder) / name.replace(" ", "-")
