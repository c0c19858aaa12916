"""What tests of the rooms share; the fixture ``open_lab`` stands in tests/browser.py."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

OpenLab = Callable[..., Page]


def value(scope: Page | Locator, key: str) -> float:
    """The number in full behind the place that is marked with ``key``."""
    result = scope.locator(f"[data-key='{key}']").first.get_attribute("data-value")
    assert result
    return float(result)


def expect_value(scope: Page | Locator, key: str, wanted: float, rel: float = 1e-9) -> None:
    """The same, once the page has caught up: within ``rel`` of ``wanted``."""
    place = scope.locator(f"[data-key='{key}']").first
    expect(place).to_be_attached()
    eventually(place.page, lambda: value(scope, key) == pytest.approx(wanted, rel=rel, abs=1e-15))
    assert value(scope, key) == pytest.approx(wanted, rel=rel, abs=1e-15), key


def eventually(page: Page, holds: Callable[[], bool]) -> bool:
    """Whether something holds within some seconds. (The page's policy forbids Playwright's own wait_for_function.)"""
    for _ in range(200):
        if holds():
            return True
        page.wait_for_timeout(25)
    return holds()
