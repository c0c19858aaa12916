"""How ``clearlstm classify`` shows what came of it: on the terminal, as a table of answers, and as JSON."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clearlstm.cli.forecast_pages import show_verdict, show_written, table
from clearlstm.sequences.comparing.comparison import OURS, SequenceComparison

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

    from clearlstm.report.sequence_run import SequenceFindings

SHORT = {"beats": "beats it", "loses to": "loses to it", "is equivalent to": "equals it"}
MOST_NAMED = 5


def show(screen: "Console", findings: "SequenceFindings", outputs: Sequence[Path]) -> None:
    """The verdict first; then the table that it rests on, what the net looked at, and what was written."""
    show_verdict(screen, findings.verdict)
    if findings.comparison is not None:
        screen.print()
        screen.print(_comparison(findings.comparison))
    screen.print()
    screen.print(looked(findings))
    show_written(screen, outputs)


def _comparison(comparison: SequenceComparison) -> "Table":
    classes = comparison.kind == "classes"
    measure = ("right", "Brier") if classes else ("R²", "RMSE")
    rows = table("<model", *measure, "gain", "95 % interval", "p", "<the LSTM", "s")
    duels = {duel.baseline: duel for duel in comparison.duels}
    scale, digits = (100, 1) if classes else (1, 3)
    for score in comparison.scores:
        cells = [f"{100 * score.score:.1f} %" if classes else f"{score.score:.3f}", f"{score.loss:.4g}"]
        duel = duels.get(score.name)
        if duel is None:
            cells += ["", "", "", ""]
        else:
            low, high = (scale * one for one in duel.interval)
            p = "< 0.001" if duel.p_value < 0.001 else f"{duel.p_value:.3f}"
            gain = f"{scale * duel.gain:+.{digits}f}"
            words = SHORT.get(duel.judgement, "can't be told")
            cells += [gain, f"{low:+.{digits}f} … {high:+.{digits}f}", p, words]
        rows.add_row(score.name, *cells, f"{score.seconds:.1f}")
    return rows


def looked(findings: "SequenceFindings") -> str:
    """What the net looked at, in a sentence or two."""
    share, names = findings.looked.by_feature, findings.data.names
    order = np.argsort(-share, kind="stable")[:MOST_NAMED]
    named = ", ".join(f"{names[k]} {100 * share[k]:.0f} %" for k in order)
    thirds = [part.sum() for part in np.array_split(findings.looked.by_tenth, [3, 7])]
    place = (
        f"the first three tenths of a sequence {100 * thirds[0]:.0f} %, the middle {100 * thirds[1]:.0f} %, the last "
        f"three tenths {100 * thirds[2]:.0f} %"
    )
    return f"What its answers depend on: {f'{named}; ' if len(names) > 1 else ''}{place}."


def answers(findings: "SequenceFindings") -> "pd.DataFrame":
    """A row a sequence: id, label, answer, whether the net had seen it, and of classes how likely each is.

    Answers to labelled sequences are those of the comparison, from nets that hadn't seen them (the first, where there
    are several); without one they are the fitted net's own. Sequences without a label get the fitted net's.
    """
    import pandas as pd

    data, new, model = findings.data, findings.new, findings.model
    own = _own(findings) if findings.comparison is not None else np.full(len(data.X), -1)
    outputs = _outputs(model, data.X)
    if findings.comparison is not None:
        seen_by_none = own >= 0
        outputs[seen_by_none] = findings.comparison.tests.answers[OURS][own[seen_by_none]]
    whole = np.concatenate([outputs, _outputs(model, new.X)]) if len(new.X) else outputs
    frame = pd.DataFrame({"id": [*data.ids, *new.ids], "label": [*data.labels, *[None] * len(new.X)]})
    classes = getattr(model, "classes_", None)
    frame["answer"] = whole[:, 0] if classes is None else classes[whole.argmax(axis=1)]
    frame["seen"] = [*(own < 0), *[False] * len(new.X)]
    for k, label in enumerate([] if classes is None else classes.tolist()):
        frame[f"p({label})"] = whole[:, k]
    return frame


def _own(findings: "SequenceFindings") -> Any:
    """The first test of each sequence (N,); −1 where it was tested in none."""
    assert findings.comparison is not None
    first = np.full(len(findings.data.X), -1)
    tested = findings.comparison.tests.sequence
    first[tested[::-1]] = np.arange(len(tested))[::-1]
    return first


def _outputs(model: Any, X: Sequence[Any]) -> Any:
    """Probabilities (n, K) or numbers (n, 1)."""
    if hasattr(model, "predict_proba"):
        return np.array(model.predict_proba(list(X)))
    return np.array(model.predict(list(X))).reshape(len(X), -1)


def as_numbers(findings: "SequenceFindings", outputs: Sequence[Path]) -> dict[str, Any]:
    """Every number of the result, as plain values."""
    comparison = findings.comparison
    return {
        "verdict": {"headline": findings.verdict.headline, "sentences": list(findings.verdict.sentences)},
        "notes": list(findings.data.notes),
        "warnings": list(findings.warnings),
        "kind": findings.kind,
        "comparison": None if comparison is None else _comparison_numbers(comparison),
        "looked_at": {
            "features": dict(zip(findings.data.names, findings.looked.by_feature.tolist(), strict=True)),
            "tenths": findings.looked.by_tenth.tolist(),
        },
        "written": [str(path) for path in outputs],
    }


def _comparison_numbers(comparison: SequenceComparison) -> dict[str, Any]:
    frame = comparison.to_frame()
    models = [{key: _plain(value) for key, value in row.items()} for row in frame.to_dict("records")]
    numbers = {"recommended": comparison.recommended, "folds": len(comparison.plan.folds), "models": models}
    if comparison.classes is not None:
        numbers |= {"classes": comparison.classes.tolist(), "confusion": comparison.confusion.tolist()}
    return numbers


def _plain(value: Any) -> Any:
    """JSON has no infinity: a number that isn't finite becomes null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
