"""Runs the audit for ``clearlstm inspect``: with a bar, and with what is known if it is stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from clearlstm.cli.inspect_data import Given

if TYPE_CHECKING:
    from clearlstm.insight.audit.audit import Audit, Progress


def look_over(model: Any, given: Given, *, seed: int, seconds: float) -> "Audit":
    """The audit; if it is stopped after the first answers, what is known by then, with ``facts.missing``."""
    from clearlstm.insight.audit.audit import AuditStopped, audit

    try:
        with _bar() as progress:
            return audit(
                model, given.x, given.y, lengths=given.lengths, feature_names=given.names,
                target_feature=given.repeated, seed=seed, seconds=seconds, progress=progress,
            )  # fmt: skip
    except AuditStopped as stopped:
        return stopped.audit


@contextmanager
def _bar() -> "Iterator[Progress]":
    """A bar with the time left, on stderr if that is a terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from clearlstm.cli.look import console

    screen = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(elapsed_when_finished=True))
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("answers", total=1.0)
        yield lambda stage, share: bar.update(task, description=stage, completed=share)
