"""Our kernels on torch's threads, and in several processes at once."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import clearlstm as cl  # noqa: E402
from clearlstm import kernels  # noqa: E402
from clearlstm.torch.openmp import launcher  # noqa: E402

pytestmark = pytest.mark.torch

lent = pytest.mark.skipif(
    "backend: OpenMP" not in torch.__config__.parallel_info() or sys.platform != "linux",
    reason="torch has no OpenMP threads to lend here",
)


def gradients() -> list[np.ndarray]:
    """Of a net large enough to be shared."""
    net, x = cl.LSTM(8, 64, 2, seed=0), np.random.default_rng(0).normal(size=(32, 60, 8)).astype(np.float32)
    trace = net.trace(x)
    return [trace.h, *net.backward(trace, np.ones_like(trace.h)).parameters.values()]


@lent
@pytest.mark.parametrize("n_threads", [2, 3, 7])
def test_on_borrowed_threads_the_bits_are_the_same(n_threads: int) -> None:
    assert launcher() is not None
    expected = gradients()
    with kernels.using_threads(n_threads), kernels.borrowing(launcher()):
        for one, other in zip(gradients(), expected, strict=True):
            np.testing.assert_array_equal(one, other)


@lent
def test_several_callers_borrow_at_the_same_time() -> None:
    expected, found = gradients(), {}

    def call(number: int) -> None:
        with kernels.using_threads(2), kernels.borrowing(launcher()):
            for _ in range(5):
                found[number] = gradients()

    callers = [threading.Thread(target=call, args=(number,)) for number in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for number in range(4):
        for one, other in zip(found[number], expected, strict=True):
            np.testing.assert_array_equal(one, other)


ALONE = """
import threading, torch
from clearlstm.torch import LSTM
torch.set_num_threads(2)
layer = LSTM(8, 64, 2)
layer(torch.zeros(60, 32, 8))[0].sum().backward()
print([thread.name for thread in threading.enumerate() if thread.name.startswith("clearlstm")])
"""


@lent
def test_the_layer_has_no_threads_of_its_own_beside_torchs() -> None:
    answer = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


WORKER = """
import os, sys, torch, torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from clearlstm.torch import LSTM
torch.manual_seed(0)
layer, x = LSTM(4, 6, 2, batch_first=True, dtype=torch.float64), torch.randn(8, 10, 4, dtype=torch.float64)
rank = int(os.environ["RANK"])
dist.init_process_group("gloo", init_method="file://" + sys.argv[1], rank=rank, world_size=2)
model = DistributedDataParallel(layer)
model(x[rank::2])[0].square().mean().backward()
joined = [parameter.grad.clone() for parameter in layer.parameters()]
layer.zero_grad()
layer(x)[0].square().mean().backward()
for one, parameter in zip(joined, layer.parameters()):
    torch.testing.assert_close(one, parameter.grad, rtol=1e-10, atol=1e-12)
dist.destroy_process_group()
print("alike")
"""


@pytest.mark.slow
@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch knows no other processes")
def test_gradients_of_two_processes_are_those_of_one_on_the_joined_batch(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", WORKER, str(tmp_path / "meeting")]
    workers = [
        subprocess.Popen(
            command,
            env=os.environ | {"RANK": str(rank), "GLOO_SOCKET_IFNAME": "lo"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    for worker in workers:
        text, _ = worker.communicate(timeout=120)
        assert worker.returncode == 0, text
        assert text.strip().endswith("alike")
