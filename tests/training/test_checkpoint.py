"""An interrupted run goes on to the same result to the bit; anything else at the path is refused and left alone."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from clearlstm.errors import ClearLSTMWarning, InputError, ModelFileError
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.storage import read_tensors, write_tensors
from clearlstm.training.history import History
from clearlstm.training.loop import OnStep, train
from clearlstm.training.losses import Pinball
from tests.training.runs import N, assert_equal, model, sequences, weights

X, Y = sequences()
STEPS = 24


def _model(seed: int = 0) -> Network:
    return model(seed, num_layers=2, dropout=0.3)


def _train(net: Network, path: Path | None = None, **changes: Any) -> History:
    """Dropout, decay, clipping, a schedule, shuffled batches that span epochs, and validation: all state there is.

    It validates 8 times, so a patience of 8 never stops it early, wherever it started.
    """
    arguments: dict[str, Any] = {
        "batch_size": 7,
        "max_steps": STEPS,
        "learning_rate": 0.03,
        "weight_decay": 0.01,
        "schedule": "cosine",
        "warmup_steps": 5,
        "validation": 0.2,
        "validate_every": 3,
        "patience": 8,
        "seed": 11,
    }
    return train(net, X, Y, checkpoint=path, **{**arguments, **changes})


def _stop_at(step: int, error: type[BaseException]) -> OnStep:
    def stop(now: int, loss: float) -> None:  # noqa: ARG001 - the signature of a callback
        if now == step:
            raise error

    return stop


def _assert_same(result: History, wanted: History) -> None:
    np.testing.assert_array_equal(result.losses, wanted.losses)
    assert result.validations == wanted.validations
    assert (result.best_step, result.reason) == (wanted.best_step, wanted.reason)


@pytest.fixture(scope="module")
def straight() -> tuple[Network, History]:
    """The run without any interruption."""
    net = _model()
    return net, _train(net)


@pytest.mark.parametrize("cut", range(1, STEPS))
def test_a_run_stopped_by_ctrl_c_goes_on_to_the_bit(
    cut: int, straight: tuple[Network, History], tmp_path: Path
) -> None:
    path = tmp_path / "run.safetensors"
    with pytest.raises(KeyboardInterrupt):
        _train(_model(), path, on_step=_stop_at(cut, KeyboardInterrupt))
    again, seen = _model(), []
    history = _train(again, path, on_step=lambda step, _loss: seen.append(step))
    assert seen == list(range(cut + 1, straight[1].steps + 1))
    _assert_same(history, straight[1])
    assert_equal(again, straight[0])


@pytest.mark.parametrize("cut", [2, 9, 17])
def test_a_run_that_crashed_goes_on_from_the_last_checkpoint(
    cut: int, straight: tuple[Network, History], tmp_path: Path
) -> None:
    path = tmp_path / "run.safetensors"
    with pytest.raises(ZeroDivisionError):
        _train(_model(), path, checkpoint_seconds=0, on_step=_stop_at(cut, ZeroDivisionError))
    again, seen = _model(), []
    history = _train(again, path, on_step=lambda step, _loss: seen.append(step))
    assert seen[0] == cut  # the checkpoint was written after the step before
    _assert_same(history, straight[1])
    assert_equal(again, straight[0])


def test_nothing_is_written_before_it_is_time(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        _train(_model(), tmp_path / "run.safetensors", checkpoint_seconds=1e6, on_step=_stop_at(9, ZeroDivisionError))
    assert os.listdir(tmp_path) == []


def test_a_run_may_be_stopped_again_and_again(straight: tuple[Network, History], tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    for cut in (4, 5, 13):
        with pytest.raises(KeyboardInterrupt):
            _train(_model(), path, on_step=_stop_at(cut, KeyboardInterrupt))
    again = _model()
    _assert_same(_train(again, path), straight[1])
    assert_equal(again, straight[0])


def test_early_stopping_counts_over_an_interruption(tmp_path: Path) -> None:
    def run(path: Path | None, on_step: OnStep | None = None) -> tuple[Network, History]:
        net = _model()
        options: dict[str, Any] = {"learning_rate": 0.3, "validate_every": 1, "patience": 4, "max_steps": 200}
        return net, _train(net, path, on_step=on_step, **options)

    wanted_net, wanted = run(None)
    assert wanted.reason == "early_stopping"
    path = tmp_path / "run.safetensors"
    with pytest.raises(KeyboardInterrupt):
        run(path, _stop_at(wanted.steps - 2, KeyboardInterrupt))
    net, history = run(path)
    _assert_same(history, wanted)
    assert_equal(net, wanted_net)


def test_the_model_that_was_interrupted_may_go_on_itself(straight: tuple[Network, History], tmp_path: Path) -> None:
    """As in a notebook, where the cell that trains is simply run again."""
    path, net = tmp_path / "run.safetensors", _model()
    for cut in (6, 14):
        with pytest.raises(KeyboardInterrupt):
            _train(net, path, on_step=_stop_at(cut, KeyboardInterrupt))
    for _ in range(2):  # the second time it is finished already
        _assert_same(_train(net, path), straight[1])
        assert_equal(net, straight[0])
    again = _model()
    _train(again, path)
    assert_equal(again, straight[0])


def test_a_finished_checkpoint_gives_its_result_at_once(straight: tuple[Network, History], tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    first = _train(_model(), path)
    before = path.read_bytes()
    again, seen = _model(), []
    history = _train(again, path, on_step=lambda step, _loss: seen.append(step))
    assert seen == []
    _assert_same(history, straight[1])
    assert history.seconds == first.seconds
    assert_equal(again, straight[0])
    assert path.read_bytes() == before


SCRIPT = """
import sys, time
from pathlib import Path
from tests.training.test_checkpoint import _model, _train

def on_step(step, loss):
    if step == 3:
        print("ready", flush=True)
    time.sleep(0.1)

_train(_model(), Path(sys.argv[1]), on_step=on_step)
"""


@pytest.mark.usefixtures("signals_heard")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to another process")
def test_a_real_ctrl_c_leaves_a_checkpoint_that_goes_on(straight: tuple[Network, History], tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", SCRIPT, str(path)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, message = process.communicate(timeout=60)
    assert message.rstrip().endswith("KeyboardInterrupt")
    assert process.returncode == -signal.SIGINT
    again, seen = _model(), []
    history = _train(again, path, on_step=lambda step, _loss: seen.append(step))
    assert 3 < seen[0] < 10
    _assert_same(history, straight[1])
    assert_equal(again, straight[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rate": 0.04}, r"learning_rate was 0\.03 and is now 0\.04\."),
        ({"batch_size": 8, "seed": 12}, "batch_size was 7 and is now 8; seed was 11 and is now 12"),
        ({"max_steps": STEPS + 1}, "max_steps was 24 and is now 25"),
        ({"clip_norm": None}, r"clip_norm was 1\.0 and is now None"),
        ({"loss": "absolute"}, r"loss was 'SquaredError\(\)' and is now 'AbsoluteError\(\)'"),
        ({"loss": Pinball((0.5,))}, r"is now 'Pinball\(levels=\(0\.5,\)\)'"),
        ({"validation": None}, "the validation data were others"),
        ({"validation": (X, Y)}, "the training data were others; the validation data were others"),
        ({"shuffle": False}, "shuffle was True and is now False"),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    _assert_refused(tmp_path, message, lambda path: _train(_model(), path, **changes))


def test_a_checkpoint_of_other_data_is_refused(tmp_path: Path) -> None:
    other = X.copy()
    other[0, 0, 0] += 1e-12

    def run(path: Path) -> None:
        train(_model(), other, Y, checkpoint=path)

    _assert_refused(tmp_path, "the training data were others", run)


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (model(num_layers=2, dropout=0.3, hidden_size=5), r"model\.nets\.0\.hidden_size was 4 and is now 5"),
        (model(num_layers=2, dropout=0.4), r"model\.nets\.0\.dropout was 0\.3 and is now 0\.4"),
        (model(num_layers=2, dropout=0.3, dtype="float32"), r"dtype was 'float64' and is now 'float32'"),
        (_model(seed=1), "the model started from other weights"),
        (Network([LSTM(2, 4, 2, dropout=0.3, dtype="float64", seed=0)], 1, "mean"), r"model\.pool was 'last'"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(net: Network, message: str, tmp_path: Path) -> None:
    before = weights(net)
    _assert_refused(tmp_path, message, lambda path: _train(net, path))
    assert_equal(net, before)


def _assert_refused(folder: Path, message: str, run: Callable[[Path], object]) -> None:
    path = folder / "run.safetensors"
    with pytest.raises(KeyboardInterrupt):
        _train(_model(), path, on_step=_stop_at(5, KeyboardInterrupt))
    before = path.read_bytes()
    with pytest.raises(InputError, match=message) as caught:
        run(path)
    assert "belongs to another run" in str(caught.value)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before
    assert os.listdir(folder) == [path.name]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A checkpoint after 5 steps, one validation done."""
    path = tmp_path / "run.safetensors"
    with pytest.raises(KeyboardInterrupt):
        _train(_model(), path, on_step=_stop_at(5, KeyboardInterrupt))
    return path


def _assert_damaged(path: Path, message: str = "cut short") -> None:
    before, net = path.read_bytes(), _model()
    with pytest.raises(ModelFileError, match=message):
        _train(net, path)
    assert path.read_bytes() == before
    assert_equal(net, _model())


@pytest.mark.parametrize("kept", [0, 4, 8, 100, 1000, -8, -1])
def test_a_file_that_was_cut_off_is_refused(kept: int, checkpoint: Path) -> None:
    checkpoint.write_bytes(checkpoint.read_bytes()[:kept])
    _assert_damaged(checkpoint)


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("date,close\n2000-03-01,31.68\n", encoding="utf-8")
    _assert_damaged(path)


def test_a_safetensors_file_of_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": np.zeros(3)}, path)
    _assert_damaged(path, "not one that clearlstm wrote")


def test_a_models_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    _model().save(path)
    _assert_damaged(path, "not a checkpoint but a model's file")


@pytest.mark.parametrize("changed", ["parameters", "first_moment", "second_moment", "best_parameters", "losses"])
@pytest.mark.parametrize("how", ["missing", "shorter", "other type", "two axes"])
def test_arrays_that_do_not_fit_are_refused(changed: str, how: str, checkpoint: Path) -> None:
    tensors, description = read_tensors(checkpoint)
    values = tensors.pop(changed)
    if how == "shorter":
        # A shorter list of losses contradicts the validation after step 3 that the file tells of.
        tensors[changed] = values[:2]
    elif how == "other type":
        tensors[changed] = values.astype(np.float32)
    elif how == "two axes":
        tensors[changed] = values[None]
    write_tensors(checkpoint, tensors, description)
    _assert_damaged(checkpoint, "damaged")


@pytest.mark.parametrize("changed", ["parameters", "first_moment", "second_moment", "best_parameters"])
def test_numbers_that_are_not_finite_are_refused(changed: str, checkpoint: Path) -> None:
    tensors, description = read_tensors(checkpoint)
    tensors[changed][0] = np.nan
    write_tensors(checkpoint, tensors, description)
    _assert_damaged(checkpoint, "damaged")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"run": None}, "damaged"),
        ({"run": [1, 2]}, "damaged"),
        ({"seconds": "long"}, "damaged"),
        ({"seconds": None}, "damaged"),
        ({"seconds": -1}, "damaged"),
        ({"reason": "bored"}, "damaged"),
        ({"reason": ["max_steps"]}, "damaged"),
        ({"kind": ["checkpoint"]}, "not a checkpoint"),
        ({"format_version": 99}, "format 99"),
    ],
)
def test_descriptions_that_make_no_sense_are_refused(change: dict[str, Any], message: str, checkpoint: Path) -> None:
    tensors, description = read_tensors(checkpoint)
    write_tensors(checkpoint, tensors, {**description, **change})
    _assert_damaged(checkpoint, message)


@pytest.mark.parametrize("validations", [[[0, 1]], [[6, 1]], [[3, 1], [3, 1]], [[3.0, np.nan]], [[1, 2, 3]], [1, 2]])
def test_validations_that_make_no_sense_are_refused(validations: Any, checkpoint: Path) -> None:
    tensors, description = read_tensors(checkpoint)
    tensors["validations"] = np.array(validations, dtype=np.float64)
    write_tensors(checkpoint, tensors, description)
    _assert_damaged(checkpoint, "damaged")


def test_no_file_holds_a_pickle_and_the_numbers_are_plain_arrays(checkpoint: Path) -> None:
    arrays = load_file(checkpoint)
    assert set(arrays) == {
        "parameters",
        "first_moment",
        "second_moment",
        "best_parameters",
        "losses",
        "validations",
    }
    assert len(arrays["losses"]) == 5
    assert arrays["validations"][:, 0].tolist() == [3.0]


def test_a_checkpoint_that_cannot_be_written_is_told_and_does_not_end_the_run(
    straight: tuple[Network, History], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("clearlstm.training.run.write_checkpoint", full)
    net = _model()
    with pytest.warns(ClearLSTMWarning, match="no checkpoint could be written after step 24: .*No space left"):
        history = _train(net, tmp_path / "run.safetensors")
    _assert_same(history, straight[1])
    assert_equal(net, straight[0])


def test_without_validation_the_last_parameters_are_the_result(tmp_path: Path) -> None:
    path, straight_on, cut = tmp_path / "run.safetensors", _model(), _model()
    wanted = _train(straight_on, validation=None)
    with pytest.raises(KeyboardInterrupt):
        _train(cut, path, validation=None, on_step=_stop_at(N // 4, KeyboardInterrupt))
    again = _model()
    _assert_same(_train(again, path, validation=None), wanted)
    assert_equal(again, straight_on)
