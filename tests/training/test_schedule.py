"""Learning rates against torch's schedulers."""

import pytest
import torch

from clearlstm.training.schedule import Schedule

MAX_STEPS = 37


def _torch_rates(warmup_steps: int, cosine: bool) -> list[float]:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    schedulers = torch.optim.lr_scheduler
    after: torch.optim.lr_scheduler.LRScheduler = schedulers.ConstantLR(optimiser, factor=1.0)
    if cosine:
        after = schedulers.CosineAnnealingLR(optimiser, T_max=max(MAX_STEPS - warmup_steps, 1))
    rise = schedulers.LambdaLR(optimiser, lambda step: (step + 1) / max(warmup_steps, 1))
    whole = schedulers.SequentialLR(optimiser, [rise, after], milestones=[warmup_steps]) if warmup_steps else after
    rates = []
    for _ in range(MAX_STEPS):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        whole.step()
    return rates


@pytest.mark.parametrize("kind", ["constant", "cosine"])
@pytest.mark.parametrize("warmup_steps", [0, 1, 10, MAX_STEPS])
@pytest.mark.filterwarnings("ignore:The epoch parameter in:UserWarning")
def test_rates_equal_torch(kind: str, warmup_steps: int) -> None:
    rate = Schedule(kind, 0.3, warmup_steps, MAX_STEPS)
    wanted = _torch_rates(warmup_steps, kind == "cosine")
    assert [rate(step) for step in range(MAX_STEPS)] == pytest.approx(wanted, rel=1e-9)
