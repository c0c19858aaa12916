"""``clearlstm classify``: labelled sequences in; an honest comparison, a trained net and a report out."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from clearlstm.cli.options import AsJson, CsvSafe

if TYPE_CHECKING:
    from clearlstm.cli.classify_data import Task
    from clearlstm.data.labelled import Kind
    from clearlstm.report.sequence_run import SequenceFindings

REPORT = Path("report.html")


class Outputs(NamedTuple):
    """Where the results go."""

    report: Path
    answers: Path | None
    model: Path | None

    def written(self) -> list[Path]:
        """All of them."""
        return [path for path in (self.report, self.answers, self.model) if path is not None]


def classify(
    file: Annotated[
        Path | None,
        typer.Argument(help="A CSV or Parquet file with a row a step, or an .npz file. Without one: an example."),
    ] = None,
    label: Annotated[str | None, typer.Option(help="The column of labels, one a sequence. Guessed if plain.")] = None,
    sequence_id: Annotated[
        list[str] | None,
        typer.Option("--id", help="The column that tells sequences apart. May be repeated. Guessed if plain."),
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="The column of times. Guessed if plain. [default: rows as they stand]")
    ] = None,
    feature: Annotated[
        list[str] | None, typer.Option(help="A column that the net reads. May be repeated. [default: all numbers]")
    ] = None,
    numbers: Annotated[
        bool | None,
        typer.Option("--numbers/--classes", help="Labels are numbers to predict, or classes. [default: by the data]"),
    ] = None,
    comparison: Annotated[bool, typer.Option(help="Compare with simple models.")] = True,
    folds: Annotated[
        int | None, typer.Option(min=2, help="Folds of the comparison. [default: 5, or a part held out, by size]")
    ] = None,
    hidden: Annotated[int, typer.Option(min=1, help="Units of the net, in each direction.")] = 32,
    pool: Annotated[
        str, typer.Option(help="Answer from the state after the last step, or from the mean over steps: last, mean.")
    ] = "last",
    steps_at_once: Annotated[
        int | None, typer.Option(min=1, help="Steps that the net reads together. [default: by their lengths]")
    ] = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Updates. [default: by size, 400 to 4000]")] = None,
    learning_rate: Annotated[float, typer.Option(help="At the start; it falls to 0.")] = 0.01,
    balanced: Annotated[bool, typer.Option("--balanced", help="Let all classes count the same in total.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of everything drawn at random.")] = 0,
    output: Annotated[
        Path | None, typer.Option(help="Also write the answer to every sequence to this CSV or Parquet file.")
    ] = None,
    csv_safe: CsvSafe = False,
    report: Annotated[Path | None, typer.Option(help="Where the report goes. [default: report.html]")] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the fitted estimator in this .safetensors file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell the class or the number of whole sequences, and say whether an LSTM is worth it.

    An LSTM is compared, on sequences that it has not seen, with the commonest class, logistic regression and the
    nearest neighbour (or the mean, ridge regression and the neighbour), then trained on all. The first line of the
    result says who won, and whether it could be chance. Sequences without a label get an answer in --output.
    """
    from clearlstm.cli.classify_data import read_task
    from clearlstm.data.labelled import Roles

    outputs = _check_outputs(file, output, report, save)
    roles = Roles(label, tuple(sequence_id or ()) or None, time, tuple(feature or ()))
    wanted: Any = None if numbers is None else "numbers" if numbers else "classes"
    task = read_task(file, roles, wanted)
    options = {
        "hidden_size": hidden,
        "pool": _pool(pool),
        "steps_at_once": steps_at_once,
        "max_steps": max_steps,
        "learning_rate": learning_rate,
        "seed": seed,
        **_class_weight(task.kind, balanced=balanced),
    }
    result = _run(task, options, folds, comparison=comparison)
    _write(result, outputs, safe=csv_safe)
    _show(result, outputs, as_json=as_json)


def _pool(given: str) -> str:
    from clearlstm.errors import InputError

    if given not in ("last", "mean"):
        raise InputError(f"--pool is {given!r}; use last or mean")
    return given


def _class_weight(kind: "Kind", *, balanced: bool) -> dict[str, Any]:
    from clearlstm.errors import InputError

    if balanced and kind == "numbers":
        raise InputError("--balanced weighs classes, and the labels are numbers: leave it out, or add --classes")
    return {"class_weight": "balanced"} if balanced else {}


def _check_outputs(file: Path | None, output: Path | None, report: Path | None, save: Path | None) -> Outputs:
    """Look before the work, not after it, whether the results can be written, and what they would replace."""
    from clearlstm.cli.training import check_not_read
    from clearlstm.data.files import check_output, check_writable
    from clearlstm.errors import InputError
    from clearlstm.report.page_file import is_report

    if report is None and REPORT.exists() and not is_report(REPORT):
        raise InputError(f"{REPORT} is there already and is not a report of clearlstm's: name another with --report")
    check_not_read(output, file)
    return Outputs(
        check_writable(report or REPORT, (".html", ".htm")),
        None if output is None else check_output(output),
        None if save is None else check_writable(save, (".safetensors",)),
    )


def _run(task: "Task", options: dict[str, Any], folds: int | None, *, comparison: bool) -> "SequenceFindings":
    """Compare, fit on everything, look."""
    from clearlstm.cli.look import console
    from clearlstm.cli.training import collected_warnings
    from clearlstm.report.sequence_run import compare, estimator_for, findings

    screen = console(stderr=True)
    model = estimator_for(task.kind, options)
    for note in task.data.notes:
        screen.print(note)
    screen.print()

    def announce(number: int, of: int, n_sequences: int) -> None:
        if number == 1:  # one line for all, above the bar
            print(f"Training {number} of {of + 1}, for the comparison, on {n_sequences:,} sequences.", file=sys.stderr)

    caught: list[str] = []
    with collected_warnings(caught):
        why_not = "that was not asked for (--no-comparison)"
        if comparison:
            why_not = compare(model, task.data, task.target, folds, announce) or ""
        screen.print(f"Training on all {len(task.data.X):,} sequences.")
        model.fit(task.data.X, task.target)
        return findings(model, task.data, task.new, task.kind, why_not=why_not or None, notices=caught)


def _write(result: "SequenceFindings", outputs: Outputs, *, safe: bool) -> None:
    """Write answers, report and model, each whole or not at all."""
    from clearlstm.cli.classify_pages import answers
    from clearlstm.cli.training import write_table
    from clearlstm.report.sequence_page import export_sequences

    if outputs.answers is not None:
        write_table(answers(result), outputs.answers, safe=safe)
    export_sequences(result, datetime.now(UTC), outputs.report)
    if outputs.model is not None:
        result.model.save(outputs.model)


def _show(result: "SequenceFindings", outputs: Outputs, *, as_json: bool) -> None:
    from clearlstm.cli.classify_pages import as_numbers, show
    from clearlstm.cli.look import console
    from clearlstm.files import is_stdout

    written: Sequence[Path] = outputs.written()
    if as_json:
        typer.echo(json.dumps(as_numbers(result, written), indent=1, allow_nan=False))
    else:
        show(console(stderr=is_stdout(outputs.answers)), result, written)
