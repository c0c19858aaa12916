"""``clearlstm demo``: the worked example in words and numbers, its training, and a quiz."""

import json
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
    model: Annotated[Path | None, typer.Option(help="A model that clearlstm saved, of one input and one unit.")] = None,
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
    elif any(given is not None for given in (values, weights, model, series)):
        unit, own_values = _own_unit(weights, model), _own_values(values, series)
        whose = "the video's" if weights is None and model is None else "this"
        _show_own(unit, own_values, whose, full=full, exact=exact, as_json=as_json)
    else:
        _show_lesson(full=full, exact=exact, as_json=as_json)


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


def _echo_json(numbers: dict[str, Any]) -> None:
    typer.echo(json.dumps(numbers, indent=1, allow_nan=False))


def _show_lesson(*, full: bool, exact: bool, as_json: bool) -> None:
    from clearlstm import examples
    from clearlstm.cli.lesson.figures import lesson
    from clearlstm.cli.lesson.series import Way
    from clearlstm.cli.lesson.story import pages
    from clearlstm.cli.look import console
    from clearlstm.cli.paging import show

    numbers = lesson(examples.statquest_unit(), examples.companies())
    if as_json:
        _echo_json(numbers.as_dict())
    else:
        show(console(), pages(numbers, Way(full, exact)))


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


def _show_own(
    unit: "LSTM", values: tuple[float, ...] | None, whose: str, *, full: bool, exact: bool, as_json: bool
) -> None:
    from clearlstm import examples
    from clearlstm.cli.lesson.figures import own
    from clearlstm.cli.lesson.series import Way
    from clearlstm.cli.lesson.story import own_pages
    from clearlstm.cli.look import console
    from clearlstm.cli.paging import show

    numbers = own(unit, values, examples.companies())
    if as_json:
        _echo_json(numbers.as_dict())
    else:
        show(console(), own_pages(numbers, Way(full, exact, "day" if values is None else "step"), whose))


def _train(save: Path | None, *, as_json: bool) -> None:
    from clearlstm import examples
    from clearlstm.cli.lesson import training
    from clearlstm.cli.lesson.live import drawn_live
    from clearlstm.cli.lesson.own import MODEL_SUFFIX
    from clearlstm.cli.look import console
    from clearlstm.cli.paging import show
    from clearlstm.data.files import check_writable

    if save is not None:
        check_writable(save, (MODEL_SUFFIX,))
    screen, companies = console(), examples.companies()
    if as_json:
        done = training.repeat_training(companies, training.EPOCHS)
    else:
        with drawn_live(screen, companies, training.EPOCHS[-1]) as watch:
            done = training.repeat_training(companies, training.EPOCHS, watch)
    if save is not None:
        done.unit.save(save)
        typer.echo(f"the trained unit is kept in {save}: clearlstm demo --model {save} works through it", err=True)
    if as_json:
        _echo_json(done.as_dict())
    else:
        show(screen, training.training_pages(done))


def _quiz(unit: "LSTM", seed: int | None) -> None:
    import secrets

    from clearlstm.cli.lesson.quiz import hold
    from clearlstm.cli.look import console

    if seed is not None and not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"--seed is {seed}; it must lie in 0..{LARGEST_SEED}")
    hold(console(), unit.weights(0), secrets.randbelow(10**6) if seed is None else seed)
