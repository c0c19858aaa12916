"""The training that ends at the video's weights, repeated: drawn while it runs, and told page by page."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from clearlstm import examples
from clearlstm.cli.lesson.figures import GIVEN, GateWeights, gate_weights, walk
from clearlstm.cli.lesson.gradient import FirstGradient, first_gradient, gradient_pages
from clearlstm.cli.look import WIDTH, bar, swatch
from clearlstm.cli.paging import Page, page, row, says
from clearlstm.data.bundled import Companies
from clearlstm.insight.words import NAMES, sentence
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.training.loop import train

LAST_EPOCH: Final[int] = GIVEN["epochs"]
EPOCHS: Final = (0, 1, 10, 100, 250, 500, 1000, 1500, 2000, 2500, 3000, 4000, LAST_EPOCH)
EPOCHS_IN_FULL: Final = (2000, 3000, LAST_EPOCH)
BAR_CELLS: Final = 16
SECONDS_BETWEEN_LOOKS: Final = 0.1


@dataclass(frozen=True)
class Snapshot:
    """The unit after some epochs: its answers by company, the sum of their squared errors, its weights."""

    epoch: int
    answers: dict[str, float]
    loss: float
    weights: dict[str, GateWeights]


@dataclass(frozen=True)
class Repeated:
    """The training repeated: the unit that came out, how it came about, and one gradient of its first update."""

    unit: LSTM
    snapshots: tuple[Snapshot, ...]
    first_gradient: FirstGradient

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "training": [asdict(snapshot) for snapshot in self.snapshots],
            "first_gradient": asdict(self.first_gradient),
        }


Watch = Callable[[int, LSTM], None]


def repeat_training(companies: Companies, epochs: tuple[int, ...], watch: Watch | None = None) -> Repeated:
    """Train from the published start and look at the unit after each of ``epochs`` (0 is the start).

    Squared error, Adam, one update a company, A then B, in every epoch. ``watch`` is called with the epoch and the live
    unit after each epoch.
    """
    unit = examples.unit(examples.PUBLISHED_START)
    taken = [snapshot(0, unit, companies)] if 0 in epochs else []
    after_one: list[GateWeights] = []

    def look(step: int, _loss: float) -> None:
        if step == 1:
            after_one.append(gate_weights(unit.weights(0))["g"])
        epoch, within = divmod(step, len(companies.names))
        if within == 0:
            if watch is not None:
                watch(epoch, unit)
            if epoch in epochs:
                taken.append(snapshot(epoch, unit, companies))

    train(
        Network([unit]),
        companies.x,
        companies.y,
        batch_size=1,
        max_steps=max(epochs) * len(companies.names),
        learning_rate=GIVEN["learning_rate"],
        clip_norm=None,
        shuffle=False,
        on_step=look,
    )
    return Repeated(unit, tuple(taken), first_gradient(companies, after_one[0].x))


def snapshot(epoch: int, unit: LSTM, companies: Companies) -> Snapshot:
    """The unit as it stands."""
    weights = unit.weights(0)
    answers = {
        name: walk(weights, days[:, 0].tolist())[-1].h for name, days in zip(companies.names, companies.x, strict=True)
    }
    errors = [answer - wanted.item() for answer, wanted in zip(answers.values(), companies.y, strict=True)]
    return Snapshot(epoch, answers, sum(error * error for error in errors), gate_weights(weights))


@contextmanager
def drawn_live(screen: Console | None, companies: Companies, last_epoch: int) -> Iterator[Watch | None]:
    """On a terminal, yield what draws answers and loss ten times a second; elsewhere None."""
    if screen is None or not screen.is_terminal:
        yield None
        return
    with Live(console=screen, auto_refresh=False) as live:
        due = time.perf_counter()

        def watch(epoch: int, unit: LSTM) -> None:
            nonlocal due
            if time.perf_counter() >= due or epoch == last_epoch:
                live.update(_progress(snapshot(epoch, unit, companies), last_epoch, screen.width), refresh=True)
                due = time.perf_counter() + SECONDS_BETWEEN_LOOKS

        yield watch


def _progress(now: Snapshot, last_epoch: int, width: int) -> Text:
    a, b = now.answers["A"], now.answers["B"]
    cells = width // 2 - 10 if width < WIDTH else WIDTH // 2
    return Text.assemble(
        f"epoch {now.epoch:>5} of {last_epoch}   loss {now.loss:.6f}\n",
        f"A answers {a:>8.4f}  ", bar(a, cells, "h"), " wanted 0\n",
        f"B answers {b:>8.4f}  ", bar(b, cells, "h"), " wanted 1\n",
    )  # fmt: skip


def training_pages(done: Repeated) -> tuple[Page, ...]:
    """Answers and loss as they moved, one gradient in full, and the weights on the way."""
    return _course(done.snapshots), *gradient_pages(done.first_gradient), _weights(done.snapshots)


def _course(snapshots: tuple[Snapshot, ...]) -> Page:
    start = snapshots[0]
    lines = [
        row(f"{'epoch':>6}{'A answers':>12}{'':<{BAR_CELLS + 1}}{'B answers':>11}{'':<{BAR_CELLS + 1}}{'loss':>12}")
    ]
    for now in snapshots:
        a, b = (now.answers[name] for name in "AB")
        bars = bar(a, BAR_CELLS, "h"), bar(b, BAR_CELLS, "h")
        lines.append(row(f"{now.epoch:>6}{a:>12.4f} ", bars[0], f"{b:>11.4f} ", bars[1], f"{now.loss:>12.6f}"))
    return page(
        "The training, repeated",
        *says(
            "Eight weights were drawn at random and four biases set to 0. The unit then answered",
            f"{start.answers['A']:.4f} for A and {start.answers['B']:.4f} for B: it could not tell them apart.",
            f"{sentence('epoch')} A should answer 0, B 1:",
        ),
        *lines,
    )


def _weights(snapshots: tuple[Snapshot, ...]) -> Page:
    weights = [line for now in snapshots if now.epoch in EPOCHS_IN_FULL for line in _in_full(now)]
    last = snapshots[-1]
    rounded = {gate: tuple(round(value, 2) for value in (w.h, w.x, w.bias)) for gate, w in last.weights.items()}
    ending = ["Rounded to two decimals, these are the video's weights."] if rounded == examples.VIDEO_WEIGHTS else []
    return page(
        "What it learnt",
        *weights,
        *says(*ending, f"The loss is {last.loss:.6f}, not 0: more epochs would bring it further down."),
    )


def _in_full(now: Snapshot) -> list[Text]:
    answers = ", ".join(f"{name} {answer:.4f}" for name, answer in now.answers.items())
    after = f"After {now.epoch} epochs: {answers}"
    lines = [row(f"{after:<39}{'on h':>10}{'on x':>10}{'bias':>10}")]
    for gate, w in now.weights.items():
        lines.append(row(" ", swatch(gate), f" {gate} {NAMES[gate][0]:<34}{w.h:>10.4f}{w.x:>10.4f}{w.bias:>10.4f}"))
    return [*lines, Text()]
