"""Learning rates against torch's schedulers."""

import pytest

from clearlstm.training.schedule import Schedule
from tests.torch_golden import golden


@pytest.mark.parametrize("kind", ["constant", "cosine"])
def test_rates_are_torchs(kind: str) -> None:
    asked = golden("training")["rates"]
    for warmup_steps, wanted in zip(asked["warmup_steps"], asked[kind], strict=True):
        rate = Schedule(kind, asked["peak"], warmup_steps, asked["max_steps"])
        assert [rate(step) for step in range(asked["max_steps"])] == pytest.approx(wanted, rel=1e-9)
