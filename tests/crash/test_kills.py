"""Killed at any moment, without a word: what was there stays whole, and the next start goes on to the same result."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from safetensors.numpy import load_file

import clearlstm as cl
from clearlstm import kernels

TRAINING: Final = """
import sys
import numpy as np
import clearlstm as cl
model = cl.Network([cl.LSTM(1, 8, seed=0)], head=1, seed=0)
x = np.sin(np.arange(4000)).reshape(80, 50, 1)
going = []
def tell(step, loss):
    if not going:
        going.append(step)
        print("going", flush=True)
often = {"checkpoint": sys.argv[1], "checkpoint_seconds": 0, "on_step": tell}
cl.train(model, x[:, :-1], x[:, -1], max_steps=500, batch_size=16, **often)
model.save(sys.argv[2])
"""

SAVING: Final = """
import sys
import clearlstm as cl
models = [cl.LSTM(4, 100, seed=seed) for seed in (0, 1)]
print("going", flush=True)
while True:
    for model in models:
        model.save(sys.argv[1])
"""

COMPILING: Final = """
import numpy as np
from clearlstm import kernels
print("going", flush=True)
print(kernels.exp(np.array([[-1.0]]))[0, 0], kernels.product(np.eye(3), np.eye(3)).sum())
"""


def killed(program: str, seconds: float, *arguments: Path, **environment: str) -> bool:
    """Run a program for so long after it says that it is going, and kill it; whether it had ended by itself."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment or None) as running:
        assert running.stdout is not None
        assert running.stdout.readline() in (b"going\n", b"")
        time.sleep(seconds)
        ended = running.poll() is not None
        running.kill()
        if ended:
            assert running.returncode == 0, running.communicate()
    return ended


def left_beside(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir() if one != path)


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole, checkpoint, model = tmp_path / "whole", tmp_path / "a" / "run.safetensors", tmp_path / "model.safetensors"
    subprocess.run([sys.executable, "-c", TRAINING, str(whole), str(whole)], check=True, capture_output=True)
    checkpoint.parent.mkdir()
    rng, kills = np.random.default_rng(0), 0
    while not killed(TRAINING, rng.uniform(0, 0.5), checkpoint, model):
        kills += 1
        assert kills < 200
    assert kills >= 3
    ours, theirs = load_file(model), load_file(whole)
    assert all(np.array_equal(values, ours[name]) for name, values in theirs.items())
    assert left_beside(checkpoint) == []


@pytest.mark.slow
def test_a_model_that_is_saved_over_another_is_one_of_the_two_at_every_moment(tmp_path: Path) -> None:
    path, rng = tmp_path / "model.safetensors", np.random.default_rng(1)
    models = [cl.LSTM(4, 100, seed=seed).parameters["layer0.forward.U"] for seed in (0, 1)]
    left = 0
    for _ in range(12):
        killed(SAVING, rng.uniform(0.0, 0.1), path)
        if path.exists():
            found = cl.load(path)
            assert isinstance(found, cl.LSTM)
            assert any(np.array_equal(found.parameters["layer0.forward.U"], one) for one in models)
        left = max(left, len(left_beside(path)))
        assert left <= 1, "each start clears what the one before left"
    cl.LSTM(1, 2, seed=0).save(path)
    assert left_beside(path) == []


@pytest.mark.slow
def test_a_cache_whose_writer_is_killed_serves_the_next(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    environment = {**os.environ, "CLEARLSTM_CACHE_DIR": str(tmp_path)}
    for _ in range(6):
        killed(COMPILING, rng.uniform(0.2, 3), **environment)
    command = [sys.executable, "-c", COMPILING]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == f"going\n{kernels.exp(np.array([[-1.0]]))[0, 0]} 3.0\n"
    again = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert again.stderr == "", "all was kept"
