"""``clearlstm demo``: the worked example in words and numbers, its training, and a quiz."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from clearlstm.errors import InputError

if TYPE_CHECKING:
    from clearlstm.network.lstm import LSTM

LARGEST_SEED: Final = 2**32 - 1

# Which options go together: those of the lesson, of --train, of --quiz.
LESSON: Final = {"--full", "--exact", "--values", "--series", "--weights", "--model", "--json"}
TRAIN: Final = {"--train", "--save", "--json"}
QUIZ: Final = {"--quiz", "--seed", "--weights", "--model"}


def demo(
    train: Annotated[
        bool, typer.Option("--train", help="Repeat the video's training; watch answers and loss.")
    ] = False,
    quiz: Annotated[bool, typer.Option("--quiz", help="Your turn: work out the next number.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Every stage of every day.")] = False,
    exact: Annotated[bool, typer.Option("--exact", help="Unrounded, and why the roundings differ.")] = False,
    values: Annotated[str | None, typer.Option(help="Your own series, such as 0,0.5,0.25,1.")] = None,
    weights: Annotated[
        Path | None, typer.Option(help='A unit\'s weights: JSON {"f": [on h, on x, bias], …}, or a saved model.')
    ] = None,
    model: Annotated[Path | None, typer.Option(help="A saved LSTM of one input and unit, whoever wrote it.")] = None,
    series: Annotated[
        str | None, typer.Option(help="Your own series from a CSV or Parquet file, FILE or FILE:COLUMN.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="With --train: keep the trained unit in this .safetensors file.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="With --quiz: ask the questions of this seed again.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every number in full, as JSON.")] = False,
) -> None:
    """The worked example: one LSTM unit, step by step, in words and numbers.

    It is the unit of StatQuest's video "Long Short-Term Memory (LSTM), Clearly Explained"; words and pictures are our
    own. Every number is computed when you call it. On a terminal Enter goes from page to page, q ends.
    """
    _check_together(
        {"--train": train, "--quiz": quiz, "--full": full, "--exact": exact, "--values": values, "--weights": weights,
         "--model": model, "--series": series, "--save": save, "--seed": seed, "--json": as_json}
    )  # fmt: skip
    if train:
        _train(save, as_json=as_json)
    elif quiz:
        _quiz(_own_unit(weights, model), seed)
    else:
        _lesson(values, series, weights, model, full=full, exact=exact, as_json=as_json)


def _check_together(options: dict[str, Any]) -> None:
    """Refuse options that don't go together, by name."""
    given = {name for name, value in options.items() if value is not None and value is not False}
    for one, other in (("--train", "--quiz"), ("--values", "--series"), ("--weights", "--model")):
        if {one, other} <= given:
            raise InputError(f"{one} and {other} are both given: choose one of them")
    allowed = TRAIN if "--train" in given else QUIZ if "--quiz" in given else LESSON
    for name in sorted(given - allowed):
        if name in ("--save", "--seed") and allowed is LESSON:
            raise InputError(f"{name} belongs to {'--train' if name == '--save' else '--quiz'}: give both or neither")
        mode = "--train" if allowed is TRAIN else "--quiz"
        raise InputError(f"{name} doesn't go with {mode}, which takes {_listed(allowed - {mode})}")


def _listed(names: set[str]) -> str:
    *first, last = sorted(names)
    return f"{', '.join(first)} and {last}"


def _lesson(
    values: str | None, series: str | None, weights: Path | None, model: Path | None, *,
    full: bool, exact: bool, as_json: bool,
) -> None:  # fmt: skip
    """The worked example, or the same pages for a person's own numbers."""
    from clearlstm import examples
    from clearlstm.cli.lesson import figures, story
    from clearlstm.cli.lesson.series import Way
    from clearlstm.cli.paging import show_or_echo

    unit, own_values, companies = _own_unit(weights, model), _own_values(values, series), examples.companies()
    way = Way(full, exact, "day" if own_values is None else "step")
    if own_values is None and weights is None and model is None:
        lesson = figures.lesson(unit, companies)
        show_or_echo(asdict(lesson) if as_json else story.pages(lesson, way))
    else:
        own = figures.own(unit, own_values, companies)
        whose = "the video's" if weights is None and model is None else "this"
        show_or_echo(asdict(own) if as_json else story.own_pages(own, way, whose))


def _own_unit(weights: Path | None, model: Path | None) -> "LSTM":
    from clearlstm import examples
    from clearlstm.cli.lesson.own import read_model, read_unit

    if model is not None:
        return read_model(model)
    return examples.statquest_unit() if weights is None else read_unit(weights)


def _own_values(values: str | None, series: str | None) -> tuple[float, ...] | None:
    from clearlstm.cli.lesson.own import read_series, read_values

    if values is not None:
        return read_values(values, "--values")
    return None if series is None else read_series(series)


def _train(save: Path | None, *, as_json: bool) -> None:
    from clearlstm import examples
    from clearlstm.cli.lesson import training
    from clearlstm.cli.lesson.own import MODEL_SUFFIX
    from clearlstm.cli.look import console
    from clearlstm.cli.paging import show_or_echo
    from clearlstm.data.files import check_writable

    if save is not None:
        check_writable(save, (MODEL_SUFFIX,))
    companies = examples.companies()
    with training.drawn_live(None if as_json else console(), companies, training.EPOCHS[-1]) as watch:
        done = training.repeat_training(companies, training.EPOCHS, watch)
    if save is not None:
        done.unit.save(save)
        typer.echo(f"the trained unit is kept in {save}: clearlstm demo --model {save} works through it", err=True)
    show_or_echo(done.as_dict() if as_json else training.training_pages(done))


def _quiz(unit: "LSTM", seed: int | None) -> None:
    import secrets

    from clearlstm.cli.lesson.quiz import hold
    from clearlstm.cli.look import console

    if seed is not None and not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"--seed is {seed}; it must lie in 0..{LARGEST_SEED}")
    hold(console(), unit.weights(0), secrets.randbelow(10**6) if seed is None else seed)
