"""``clearlstm demo``: the worked example in words and numbers."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from clearlstm.cli.lesson.pages import Page
    from clearlstm.cli.lesson.training import Snapshot, Watch
    from clearlstm.data.bundled import Companies
    from clearlstm.network.lstm import LSTM

SECONDS_BETWEEN_LOOKS = 0.1


def demo(
    train: bool = typer.Option(False, "--train", help="Repeat the video's training, and watch answers and loss move."),
    as_json: bool = typer.Option(False, "--json", help="Every number in full, as JSON."),
) -> None:
    """The worked example: one LSTM unit, step by step, in words and numbers.

    It is the unit of StatQuest's video "Long Short-Term Memory (LSTM), Clearly Explained"; words and pictures are our
    own. Every number is computed when you call it.
    """
    if train and as_json:
        typer.echo(_dumps({"training": [asdict(snapshot) for snapshot in _train_quietly()]}))
    elif train:
        _show_training()
    elif as_json:
        from clearlstm import examples
        from clearlstm.cli.lesson.figures import lesson

        typer.echo(_dumps(lesson(examples.statquest_unit(), examples.companies()).as_dict()))
    else:
        _show_lesson()


def _dumps(numbers: dict[str, Any]) -> str:
    return json.dumps(numbers, indent=1)


def _show_lesson() -> None:
    from clearlstm import examples
    from clearlstm.cli.lesson.figures import lesson
    from clearlstm.cli.lesson.pages import pages
    from clearlstm.cli.look import console

    screen = console()
    for page in pages(lesson(examples.statquest_unit(), examples.companies())):
        _show(screen, page)


def _show(screen: "Console", page: "Page") -> None:
    from rich.text import Text

    screen.print(Text(page.title, style="bold"))
    screen.print(Text("─" * len(page.title)))
    for line in page.lines:
        screen.print(line, soft_wrap=True)
    screen.print()


def _train_quietly() -> tuple["Snapshot", ...]:
    from clearlstm import examples
    from clearlstm.cli.lesson.training import SNAPSHOT_EPOCHS, repeat_training

    return repeat_training(examples.companies(), (0, *SNAPSHOT_EPOCHS))


def _show_training() -> None:
    from clearlstm import examples
    from clearlstm.cli.lesson.pages import training
    from clearlstm.cli.lesson.training import SNAPSHOT_EPOCHS, repeat_training
    from clearlstm.cli.look import console

    screen, companies = console(), examples.companies()
    with _live(screen, companies) as watch:
        snapshots = repeat_training(companies, (0, *SNAPSHOT_EPOCHS), watch)
    _show(screen, training(snapshots, examples.VIDEO_WEIGHTS))


@contextmanager
def _live(screen: "Console", companies: "Companies") -> Iterator["Watch | None"]:
    """On a terminal, yield what draws answers and loss ten times a second; elsewhere None."""
    if not screen.is_terminal:
        yield None
        return
    from rich.live import Live

    from clearlstm.cli.lesson.training import SNAPSHOT_EPOCHS, snapshot

    with Live(console=screen, auto_refresh=False) as live:
        last = SNAPSHOT_EPOCHS[-1]
        due = time.perf_counter()

        def watch(epoch: int, unit: "LSTM") -> None:
            nonlocal due
            if time.perf_counter() >= due or epoch == last:
                live.update(_progress(snapshot(epoch, unit, companies), last), refresh=True)
                due = time.perf_counter() + SECONDS_BETWEEN_LOOKS

        yield watch


def _progress(now: "Snapshot", last_epoch: int) -> "Text":
    from rich.text import Text

    from clearlstm.cli.look import bar

    a, b = now.answers["A"], now.answers["B"]
    return Text.assemble(
        f"epoch {now.epoch:>5} of {last_epoch}   loss {now.loss:.6f}\n",
        f"A answers {a:>8.4f}  ", bar(a, 40, "h"), " wanted 0\n",
        f"B answers {b:>8.4f}  ", bar(b, 40, "h"), " wanted 1\n",
    )  # fmt: skip
