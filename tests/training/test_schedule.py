"""Learning rates against torch's schedulers."""

import pytest

from clearlstm.training.schedule import Schedule
from tests.torch_golden import golden


@pytest.mark.parametrize("kind", ["constant", "cosine"])
def test_rates_are_torchs(kind: str) -> None:
    rates = golden("training")["rates"]
    for warmup_steps, wanted in zip(rates["warmup_steps"], rates[kind], strict=True):
        rate = Schedule(kind, rates["peak"], warmup_steps, rates["max_steps"])
        assert [rate(step) for step in range(rates["max_steps"])] == pytest.approx(wanted, rel=1e-9)
