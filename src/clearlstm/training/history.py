"""What a training run leaves behind besides the weights."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, final

import numpy as np

from clearlstm.shapes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

REASONS: Final = {
    "max_steps": "all steps were taken",
    "early_stopping": "the validation loss had stopped falling",
}


class Validation(NamedTuple):
    """The loss on the validation part after ``step`` updates."""

    step: int
    loss: float


@final
@dataclass(frozen=True, eq=False)
class History:
    """The course of a run.

    losses (steps,)
        The loss of each step's batch, before its update; ``losses[k - 1]`` belongs to update k.
    validations
        (step, loss) pairs, the loss on the whole validation part after that many updates; empty without validation.
    best_step
        The updates after which validation was best, and whose parameters the model has now; None without validation.
    reason
        Why it stopped: "max_steps" or "early_stopping".
    seconds
        The time its steps and validations took, those before an interruption included.
    """

    losses: FloatArray
    validations: tuple[Validation, ...]
    reason: str
    seconds: float

    @property
    def steps(self) -> int:
        """The updates made."""
        return len(self.losses)

    @property
    def best_step(self) -> int | None:
        """The updates after which the validation loss was lowest (the first, of equals)."""
        best = best_validation(self.validations)
        return None if best is None else best.step

    def to_frame(self) -> "pd.DataFrame":
        """A row a step: step, loss, validation_loss (missing where none was computed)."""
        import pandas as pd

        validation = np.full(self.steps, np.nan)
        for step, loss in self.validations:
            validation[step - 1] = loss
        return pd.DataFrame({"step": np.arange(1, self.steps + 1), "loss": self.losses, "validation_loss": validation})

    def __str__(self) -> str:
        lines = [
            f"{self.steps} steps in {self.seconds:.1f} s; {REASONS[self.reason]}.",
            f"Training loss: {self.losses[0]:.4g} at the first step, {self.losses[-1]:.4g} at the last.",
        ]
        if best := best_validation(self.validations):
            lines.append(f"Validation loss: lowest, {best.loss:.4g}, after step {best.step}; those weights were kept.")
        return "\n".join(lines)

    def __repr__(self) -> str:
        best = best_validation(self.validations)
        validation = "" if best is None else f", best_step={best.step}, best_validation={best.loss:.4g}"
        return f"History(steps={self.steps}, last_loss={self.losses[-1]:.4g}{validation}, reason={self.reason!r})"


def best_validation(validations: tuple[Validation, ...] | list[Validation]) -> Validation | None:
    """The validation with the lowest loss, the first of equals; None if there are none."""
    return min(validations, key=lambda validation: validation.loss, default=None)
