"""The report on a classifier or a regressor: one HTML file, without JavaScript, that works offline."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Final

import numpy as np

from clearlstm import __version__
from clearlstm.report.page import FIRST_STYLE, fill, sha256, static
from clearlstm.report.page_file import write_page
from clearlstm.report.sequence_drawings import sequence_drawing, share_bars
from clearlstm.report.sequence_run import TENTHS, Missed, SequenceFindings
from clearlstm.sequences.comparing.comparison import Score, SequenceComparison

MOST_CLASSES: Final = 30
"""Classes up to which the confusion matrix is drawn."""
MOST_FEATURES: Final = 20
SHADES: Final = 5


def export_sequences(findings: SequenceFindings, made: datetime, path: str | Path) -> None:
    """Write the report to ``path``, whole or not at all."""
    write_page(sequence_page(findings, made), path)


def sequence_page(findings: SequenceFindings, made: datetime) -> str:
    """The page."""
    style = static(f"styles/{FIRST_STYLE}").read_text("utf-8") + static("sequences.css").read_text("utf-8")
    what = "Which class" if findings.kind == "classes" else "What number"
    return fill(
        "sequences.html",
        policy=f"default-src 'none'; style-src '{sha256(style)}'; base-uri 'none'; form-action 'none'",
        title=escape(f"{what}? {findings.data.label} of {findings.data.source}"),
        style=style,
        headline=_text(findings.verdict.headline),
        sections="\n".join(_sections(findings)),
        made=escape(f"clearlstm {__version__}, {made.isoformat(timespec='seconds')}"),
    )


def _sections(findings: SequenceFindings) -> Iterator[str]:
    yield _section("What that rests on", _list([*findings.verdict.sentences, *findings.data.notes]))
    if findings.warnings:
        yield _section("Warnings", _list(findings.warnings))
    comparison = findings.comparison
    if comparison is not None:
        yield _section("The comparison", _table(comparison))
        if comparison.classes is not None and len(comparison.classes) <= MOST_CLASSES:
            yield _section("Which classes it mixes up", _confusion(comparison))
        yield _section("What it got wrong", _all_missed(findings))
    yield _section("What the net looked at", _looked(findings))
    yield _section("The net", _net(findings))


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _list(sentences: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{_text(sentence)}</li>" for sentence in sentences) + "</ul>"


def _text(sentence: str) -> str:
    """A number and its percent sign stay on one line."""
    return escape(sentence.replace(" %", "\N{NO-BREAK SPACE}%"))


def _table(comparison: SequenceComparison) -> str:
    names = ("right", "Brier", "each class alike") if comparison.kind == "classes" else ("R²", "error (RMSE)", "")
    head = "".join(f"<th scope='col'>{name}</th>" for name in (*filter(None, names), "the LSTM's gain", "95 %", "p"))
    rows = "".join(_row(comparison, score) for score in comparison.scores)
    words = comparison.words
    legend = "; ".join(f"{score.name}: {words[score.name]}" for score in comparison.scores[1:])
    return (
        f"<div class='wide-table'><table><thead><tr><th class='text' scope='col'>model</th>{head}"
        f"<th class='text' scope='col'>the LSTM</th></tr></thead><tbody>{rows}</tbody></table></div>"
        f"<p>{escape(legend)}. p is adjusted for their number.</p>"
    )


def _row(comparison: SequenceComparison, score: Score) -> str:
    classes = comparison.kind == "classes"
    cells = [f"{100 * score.score:.1f} %" if classes else f"{score.score:.3f}", f"{score.loss:.4g}"]
    if score.balanced is not None:
        cells.append(f"{100 * score.balanced:.1f} %")
    duel = next((duel for duel in comparison.duels if duel.baseline == score.name), None)
    if duel is None:
        return _cells(score.name, [*cells, "", "", ""], "")
    low, high = duel.interval
    scale, digits = (100, 1) if classes else (1, 3)
    p = "< 0.001" if duel.p_value < 0.001 else f"{duel.p_value:.3f}"
    gain = [f"{scale * duel.gain:+.{digits}f}", f"{scale * low:+.{digits}f} … {scale * high:+.{digits}f}", p]
    return _cells(score.name, [*cells, *gain], duel.judgement)


def _cells(name: str, cells: Sequence[str], last: str) -> str:
    middle = "".join(f"<td>{_text(cell)}</td>" for cell in cells)
    return f"<tr><th class='text' scope='row'>{escape(name)}</th>{middle}<td class='text'>{escape(last)}</td></tr>"


def _confusion(comparison: SequenceComparison) -> str:
    assert comparison.classes is not None
    labels = [str(label) for label in comparison.classes]
    head = "".join(f"<th scope='col'>{escape(label)}</th>" for label in labels)
    rows = []
    for k, (label, counts) in enumerate(zip(labels, comparison.confusion, strict=True)):
        most = max(int(counts.sum()), 1)
        cells = "".join(
            f"<td class='shade-{int(np.ceil(SHADES * count / most))}{' right' if j == k else ''}'>{count}</td>"
            for j, count in enumerate(counts.tolist())
        )
        rows.append(f"<tr><th class='text' scope='row'>{escape(label)}</th>{cells}</tr>")
    times = f", {comparison.plan.repeats} to each sequence" if comparison.plan.repeats > 1 else ""
    return (
        "<p>Rows are what is right, columns what the LSTM answered before it had seen the sequence; "
        f"{comparison.plan.n_answers:,} answers{times}.</p>"
        "<div class='wide-table'><table class='confusion'><thead><tr><th class='text' scope='col'>right is</th>"
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _all_missed(findings: SequenceFindings) -> str:
    if not findings.missed:
        return "<p>Nothing.</p>"
    shown, n = len(findings.missed), findings.n_missed
    first = "the surest of its errors first" if findings.kind == "classes" else "the largest errors first"
    many = f"{shown} of {n:,}" if n > shown else f"All {n}"
    if findings.kind == "numbers":
        many = f"{shown} sequences"
    figures = "".join(_figure(findings, one) for one in findings.missed)
    return (
        f"<p>{many}, {first}, from answers to sequences that it had not seen. Below each, what its steps account for "
        "in that answer, in the net that was fitted on all: upwards they speak for it, downwards against it, compared "
        f"with the mean of each feature.</p><div class='missed'>{figures}</div>"
    )


def _figure(findings: SequenceFindings, one: Missed) -> str:
    sure = "" if one.confidence is None else f", {100 * one.confidence:.0f} % sure"
    doubt = "" if one.complete else " The attribution doesn't add up: take it with care."
    words = f"{one.id}: answered {one.answer}{sure}; right is {one.truth}.{doubt}"
    drawing = sequence_drawing(one.x, one.weight, findings.data.names, words)
    return f"<figure>{drawing}<figcaption>{_text(words)}</figcaption></figure>"


def _looked(findings: SequenceFindings) -> str:
    looked, names = findings.looked, findings.data.names
    order = np.argsort(-looked.by_feature, kind="stable")[:MOST_FEATURES]
    left_out = f" ({looked.n_left_out} more didn't add up and are left out)" if looked.n_left_out else ""
    parts = [
        f"<p>Integrated gradients over {looked.n_sequences} sequences{left_out}, compared with the mean of each "
        "feature: the shares of all that inputs account for in the answers, whatever their sign. They are a fact about "
        "this net, not about the world.</p>"
    ]
    if len(names) > 1:
        drawn = share_bars(looked.by_feature[order], [names[k] for k in order], "by feature")
        left = f" ({len(names) - MOST_FEATURES} more are smaller)" if len(names) > MOST_FEATURES else ""
        parts.append(f"<h3>By feature{left}</h3>{drawn}")
    tenths = [f"{10 * k} to {10 * k + 10} % of the way" for k in range(TENTHS)]
    parts.append(f"<h3>By place in the sequence</h3>{share_bars(looked.by_tenth, tenths, 'by place in the sequence')}")
    return "".join(parts)


def _net(findings: SequenceFindings) -> str:
    model = findings.model
    net = model.network_.nets[0]
    at_once = model.steps_at_once_
    return _list(
        [
            f"{net.hidden_size} units{' in each direction' if net.bidirectional else ''}, "
            f"{net.num_layers} {'layer' if net.num_layers == 1 else 'layers'}, pool {model.pool}.",
            "It reads step by step." if at_once == 1 else f"It reads {at_once} steps at once.",
            f"{model.history_.steps:,} updates in {model.history_.seconds:.1f} s on all {len(findings.data.X):,} "
            f"sequences; seed {model.seed}.",
        ]
    )
