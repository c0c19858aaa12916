"""Runs the audit for ``clearlstm inspect``: with a bar, and with what is known if it is stopped."""

from typing import TYPE_CHECKING, Any

from clearlstm.cli.inspect_data import Given

if TYPE_CHECKING:
    from clearlstm.insight.audit.audit import Audit


def look_over(model: Any, given: Given, *, seed: int, seconds: float) -> "Audit":
    """The audit; if it is stopped after the first answers, what is known by then, with ``facts.missing``."""
    from clearlstm.insight.audit.audit import AuditStopped, audit

    try:
        return audit(
            model, given.x, given.y, lengths=given.lengths, feature_names=given.names,
            target_feature=given.repeated, seed=seed, seconds=seconds, progress=True,
        )  # fmt: skip
    except AuditStopped as stopped:
        return stopped.audit
