"""``clearlstm gradients``: why a plain net's gradient explodes or vanishes, and what an LSTM does about it."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from clearlstm.errors import InputError

if TYPE_CHECKING:
    from clearlstm.cli.flow.figures import Figures
    from clearlstm.insight.long_lag import OnNet

WEIGHTS: Final = (2.0, 0.5)
DRAWS: Final = 9
DRAWS_TO_TRAIN: Final = 3
UPDATES: Final = 400
MOST_STEPS: Final = 1000
MOST_UNITS: Final = 512
MOST_DRAWS: Final = 100
MOST_WEIGHTS: Final = 3


def gradients(
    weight: Annotated[
        list[float] | None, typer.Option(help="The loop's feedback weight; up to three times. [default: 2, 0.5]")
    ] = None,
    steps: Annotated[int, typer.Option(help="The steps to go back over.")] = 50,
    hidden: Annotated[int, typer.Option(help="Units in each net.")] = 32,
    draws: Annotated[
        int | None, typer.Option(help="Draws of weights for each net. [default: 9; 3 with --train]")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the first draw; the next ones count on from it.")] = 0,
    train: Annotated[bool, typer.Option("--train", help="Let all nets learn a task with a long lag.")] = False,
    updates: Annotated[int, typer.Option(help="Updates for each net, with --train.")] = UPDATES,
    picture: Annotated[
        Path | None, typer.Option(help="Draw it to this file: .svg, .pdf or .png (needs matplotlib).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every number in full, as JSON.")] = False,
) -> None:
    """Plain nets and LSTMs over 50 steps or more: how much gradient reaches each earlier step.

    First one loop with one weight, unrolled. Then nets of one size, plain and LSTM, from several starts: before
    training and, with --train, after it.
    """
    weights = _check_weights(weight)
    n_draws = draws if draws is not None else DRAWS_TO_TRAIN if train else DRAWS
    for name, value, low, high in (
        ("--steps", steps, 2, MOST_STEPS), ("--hidden", hidden, 1, MOST_UNITS), ("--draws", n_draws, 1, MOST_DRAWS),
        ("--updates", updates, 1, 10**6), ("--seed", seed, 0, 2**31),
    ):  # fmt: skip
        if not low <= value <= high:
            raise InputError(f"{name} is {value}; it must lie in {low}..{high}")
    if picture is not None:
        from clearlstm.cli.flow.picture import check_picture

        check_picture(picture)
    _show(_compute(weights, steps, hidden, n_draws, seed, updates if train else 0), picture, as_json=as_json)


def _check_weights(given: list[float] | None) -> tuple[float, ...]:
    weights = tuple(given or WEIGHTS)
    if len(weights) > MOST_WEIGHTS:
        raise InputError(f"--weight is given {len(weights)} times; at most {MOST_WEIGHTS} fit side by side")
    for weight in weights:
        if not math.isfinite(weight):
            raise InputError(f"--weight is {weight}; it must be a finite number, such as 2 or 0.5")
    return weights


def _compute(weights: tuple[float, ...], steps: int, hidden: int, draws: int, seed: int, updates: int) -> "Figures":
    from clearlstm.cli.flow.figures import Figures, Loop, video_unit
    from clearlstm.insight.long_lag import STARTS, compare

    with _progress(len(STARTS) * draws, updates) as on_net:
        nets = compare(
            hidden_size=hidden, n_steps=steps, n_draws=draws, seed=seed, n_updates=updates, on_net=on_net
        )  # fmt: skip
    return Figures(tuple(Loop(weight, steps) for weight in weights), video_unit(steps), nets)


@contextmanager
def _progress(n_nets: int, updates: int) -> "Iterator[OnNet]":
    """A bar on stderr, on a terminal: training takes a while."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from clearlstm.cli.look import console

    verb = "training" if updates else "measuring"
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    screen = console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(verb, total=n_nets)
        begun = 0

        def on_net(name: str) -> None:
            nonlocal begun
            progress.update(task, description=f"{verb} {name:<17}", completed=begun)
            begun += 1

        yield on_net


def _show(figures: "Figures", picture: Path | None, *, as_json: bool) -> None:
    from clearlstm.cli.flow.pages import pages
    from clearlstm.cli.paging import show_or_echo

    show_or_echo(figures.as_dict() if as_json else pages(figures))
    if picture is not None:
        from clearlstm.cli.flow.picture import draw

        draw(figures.nets, picture)
        typer.echo(f"picture written to {picture}", err=True)
