"""How fast to learn at each step."""

from dataclasses import dataclass
from typing import Final, final

from clearlstm.elementary import sine_and_cosine

SCHEDULES: Final = ("constant", "cosine")


@final
@dataclass(frozen=True)
class Schedule:
    """The learning rate of each step, steps counted from 0.

    It rises in a straight line over the first ``warmup_steps`` (Goyal et al. 2017), reaching ``learning_rate`` with the
    last of them. After that ``"constant"`` stays there and ``"cosine"`` falls along half a cosine wave towards 0, which
    it would reach at step ``max_steps`` (Loshchilov & Hutter 2017, without restarts).

    >>> rate = Schedule("cosine", learning_rate=0.1, warmup_steps=2, max_steps=6)
    >>> [round(rate(step), 4) for step in range(6)]
    [0.05, 0.1, 0.1, 0.0854, 0.05, 0.0146]
    """

    kind: str
    learning_rate: float
    warmup_steps: int
    max_steps: int

    def __call__(self, step: int) -> float:
        """The learning rate at ``step``, 0 ≤ step < max_steps."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        if self.kind == "constant":
            return self.learning_rate
        done = (step - self.warmup_steps) / (self.max_steps - self.warmup_steps)
        _, cosine = sine_and_cosine(done / 2)
        return self.learning_rate * 0.5 * (1 + float(cosine))
