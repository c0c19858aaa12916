"""What is said of skipped tests: once for each reason, with how many there are and what brings them back.

Where CLEARLSTM_NO_SKIPS is set, as in .ci/run, a skipped test fails the run.
"""

import os
import re
from collections.abc import Generator, Sequence
from typing import Any, Final

import pytest

REMEDY: Final = "Libraries that are missing come by pip install --group dev, or one by one where not all exist."
NO_SKIPS: Final = "CLEARLSTM_NO_SKIPS"
MISSING: Final = re.compile(r"No module named '(\w+)")


def skip_without_library(error: object) -> None:
    """What needs a library that isn't installed is skipped; MissingExtraError is an ImportError, too."""
    if isinstance(error, ImportError):
        pytest.skip(str(error))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """An example of a docstring is skipped, too, if the first that fails in it lacks its library."""
    try:
        yield
    except Exception as error:
        if isinstance(item, pytest.DoctestItem):
            first = getattr(error, "failures", [error])[0]
            skip_without_library(getattr(first, "exc_info", (None, None))[1])
        raise


@pytest.hookimpl(wrapper=True, tryfirst=True)  # after all that others say
def pytest_terminal_summary(terminalreporter: Any) -> Generator[None, None, None]:
    yield
    skipped = terminalreporter.stats.get("skipped", [])
    for line in told(skipped):
        terminalreporter.write_line(line, yellow=True)
    if skipped and NO_SKIPS in os.environ:
        terminalreporter.write_line(f"Nothing may be skipped here: {NO_SKIPS} is set.", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped") if reporter else None  # xdist's workers have no reporter
    if skipped and NO_SKIPS in os.environ and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def told(reports: Sequence[Any]) -> list[str]:
    """A line for each reason."""
    groups: dict[str, list[Any]] = {}
    for report in reports:
        groups.setdefault(_reason(report), []).append(report)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    lines = [f"{_count(group)} skipped: {reason}" for reason, group in ordered]
    return [*lines, REMEDY] if any(_missing(report) for report in reports) else lines


def _reason(report: Any) -> str:
    return _missing(report) or str(_text(report))


def _missing(report: Any) -> str | None:
    """The library that isn't installed, if that is why."""
    if module := MISSING.search(_text(report)):
        return f"no {module[1]}"
    return "no library of those that it imports" if "unable to import module" in _text(report) else None


def _text(report: Any) -> str:
    _, _, text = report.longrepr
    return str(text).removeprefix("Skipped: ")


def _count(reports: Sequence[Any]) -> str:
    """``3 files of tests and 171 browser tests were``."""
    files = sum(report.when == "collect" for report in reports)
    tests = len(reports) - files
    kind = "browser " if all("browser" in report.keywords for report in reports if report.when != "collect") else ""
    counted = [(files, "file of tests", "files of tests"), (tests, f"{kind}test", f"{kind}tests")]
    parts = [f"{count} {one if count == 1 else many}" for count, one, many in counted if count]
    return f"{' and '.join(parts)} {'was' if len(reports) == 1 else 'were'}"
