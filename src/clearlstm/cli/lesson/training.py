"""The training that ends at the video's weights, repeated."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from clearlstm import examples
from clearlstm.cli.lesson.figures import GateWeights, gate_weights, walk
from clearlstm.data.bundled import Companies
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.training.loop import train

# (on h, on x, bias): StatQuest's published lesson draws the eight weights from N(0, 1) after seeding torch with 42.
START: Final = {
    "f": (0.33669036626815796, 0.12880940735340118, 0.0),
    "i": (0.23446236550807953, 0.23033303022384644, 0.0),
    "g": (-1.1228563785552979, -0.18632829189300537, 0.0),
    "o": (2.2082014083862305, -0.6379971504211426, 0.0),
}
SNAPSHOT_EPOCHS: Final = (2000, 3000, 5000)
LEARNING_RATE: Final = 0.001


@dataclass(frozen=True)
class Snapshot:
    """The unit after some epochs: its answers by company, the sum of their squared errors, its weights."""

    epoch: int
    answers: dict[str, float]
    loss: float
    weights: dict[str, GateWeights]


Watch = Callable[[int, LSTM], None]


def repeat_training(
    companies: Companies, epochs: tuple[int, ...] = SNAPSHOT_EPOCHS, watch: Watch | None = None
) -> tuple[Snapshot, ...]:
    """Train from START and look at the unit after each of ``epochs`` (0 is the start).

    Squared error, Adam, one update a company, A then B, in every epoch. ``watch`` is called with the epoch and the live
    unit after each epoch.
    """
    unit = examples.unit(START)
    taken = [snapshot(0, unit, companies)] if 0 in epochs else []

    def look(step: int, _loss: float) -> None:
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
        learning_rate=LEARNING_RATE,
        clip_norm=None,
        shuffle=False,
        on_step=look,
    )
    return tuple(taken)


def snapshot(epoch: int, unit: LSTM, companies: Companies) -> Snapshot:
    """The unit as it stands."""
    weights = unit.weights(0)
    answers = {
        name: walk(weights, days[:, 0].tolist())[-1].h for name, days in zip(companies.names, companies.x, strict=True)
    }
    errors = [answers[name] - wanted.item() for name, wanted in zip(companies.names, companies.y, strict=True)]
    return Snapshot(epoch, answers, sum(error * error for error in errors), gate_weights(weights))
