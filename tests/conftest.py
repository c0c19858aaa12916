"""What holds for all tests: how Hypothesis draws, which files hold tests, and what is said of those that are skipped.

Hypothesis draws anew at every run on a desk, and the same cases in CI, where a failure is then the change's own.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import browser, skips

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", parent=settings.get_profile("desk"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture(autouse=True)
def _torch(request: pytest.FixtureRequest) -> Iterator[None]:
    """What is marked torch is skipped without it, and takes one thread: nets this small only lose time to more."""
    if request.node.get_closest_marker("torch") is None:
        yield
        return
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(skips, "skips told once")
    config.pluginmanager.register(browser, "a browser")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Helpers hold no examples, and some import what isn't installed everywhere."""
    helper = collection_path.suffix == ".py" and not collection_path.name.startswith("test_")
    return helper or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that two processes that share the files end at about the same time."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture
def signals_heard() -> Iterator[None]:
    """Programs that a test starts hear SIGHUP and its like even where this run doesn't, as under nohup."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    ignored = [number for name in names if signal.getsignal(number := getattr(signal, name)) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
