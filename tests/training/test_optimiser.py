"""AdamW against torch's, step by step."""

import numpy as np
import numpy.typing as npt
import pytest
import torch

from clearlstm.shapes import FloatArray
from clearlstm.training.flat import FlatParameters
from clearlstm.training.optimiser import AdamW

SHAPES = {
    "net0.layer0.forward.W": (3, 8),
    "net0.layer0.forward.U": (2, 8),
    "net0.layer0.forward.b": (8,),
    "head.b": (1,),
}
STEPS = 300


def _draw(seed: int, dtype: npt.DTypeLike = np.float64) -> dict[str, FloatArray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in SHAPES.items()}


def _gradients(step: int, dtype: npt.DTypeLike) -> dict[str, FloatArray]:
    """Of very different sizes from step to step, so that some are clipped and some are not."""
    return {name: (values * 10.0 ** (step % 4 - 2)).astype(dtype) for name, values in _draw(step + 1).items()}


def _torch_run(weight_decay: float, clip_norm: float | None, dtype: npt.DTypeLike) -> dict[str, FloatArray]:
    tensors = {name: torch.nn.Parameter(torch.from_numpy(values)) for name, values in _draw(0, dtype).items()}
    weights = [tensor for name, tensor in tensors.items() if not name.endswith(".b")]
    biases = [tensor for name, tensor in tensors.items() if name.endswith(".b")]
    groups = [{"params": weights, "weight_decay": weight_decay}, {"params": biases, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=1.0)
    for step in range(STEPS):
        for name, values in _gradients(step, dtype).items():
            tensors[name].grad = torch.from_numpy(values)
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(tensors.values(), clip_norm)
        for group in optimiser.param_groups:
            group["lr"] = _rate(step)
        optimiser.step()
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}


def _rate(step: int) -> float:
    return 0.01 / (1 + step % 7)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
@pytest.mark.parametrize("clip_norm", [None, 1.0])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_many_steps_equal_torch(weight_decay: float, clip_norm: float | None, dtype: str, tolerance: float) -> None:
    parameters = _draw(0, dtype)
    optimiser = AdamW(FlatParameters(parameters), weight_decay=weight_decay, clip_norm=clip_norm)
    for step in range(STEPS):
        optimiser.step(_gradients(step, dtype), _rate(step))
    for name, wanted in _torch_run(weight_decay, clip_norm, dtype).items():
        np.testing.assert_allclose(parameters[name], wanted, rtol=tolerance, atol=tolerance, err_msg=name)
        assert parameters[name].dtype == dtype


def test_the_norm_is_that_of_all_gradients_together() -> None:
    parameters, gradients = _draw(0), _draw(1)
    wanted = np.linalg.norm(np.concatenate([values.ravel() for values in gradients.values()]))
    assert AdamW(FlatParameters(parameters)).step(gradients, 0.1) == pytest.approx(float(wanted), rel=1e-14)


def test_a_huge_float32_gradient_is_clipped_and_not_refused() -> None:
    parameters = _draw(0, np.float32)
    before = parameters["head.b"].copy()
    gradients = {name: np.full(shape, 1e30, np.float32) for name, shape in SHAPES.items()}
    assert AdamW(FlatParameters(parameters), clip_norm=1.0).step(gradients, 0.1) == pytest.approx(1e30 * 49**0.5)
    assert parameters["head.b"] == pytest.approx(before - 0.1, abs=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_changes_nothing(bad: float) -> None:
    parameters, gradients = _draw(0), _draw(1)
    gradients["head.b"][0] = bad
    optimiser = AdamW(FlatParameters(parameters), clip_norm=1.0)
    assert not np.isfinite(optimiser.step(gradients, 0.1))
    assert optimiser.steps_taken == 0
    assert not optimiser.first_moment.any()
    for name, values in _draw(0).items():
        np.testing.assert_array_equal(parameters[name], values)


def test_undo_takes_back_the_last_step_to_the_bit() -> None:
    parameters = _draw(0)
    optimiser = AdamW(FlatParameters(parameters), weight_decay=0.1)
    optimiser.step(_draw(1), 0.1)
    after_one = {name: values.copy() for name, values in parameters.items()}
    optimiser.step(_draw(2), 0.1)
    assert not np.array_equal(parameters["head.b"], after_one["head.b"])
    optimiser.undo()
    for name, values in after_one.items():
        np.testing.assert_array_equal(parameters[name], values)


def test_a_restored_optimiser_goes_on_to_the_bit() -> None:
    whole, halved = _draw(0), _draw(0)
    straight, first = AdamW(FlatParameters(whole)), AdamW(FlatParameters(halved))
    for step in range(20):
        straight.step(_gradients(step, np.float64), 0.01)
    for step in range(10):
        first.step(_gradients(step, np.float64), 0.01)
    second = AdamW(FlatParameters(halved))
    second.restore(first.first_moment, first.second_moment, first.steps_taken)
    for step in range(10, 20):
        second.step(_gradients(step, np.float64), 0.01)
    for name in SHAPES:
        np.testing.assert_array_equal(whole[name], halved[name])


def test_flat_views_are_the_parameters_in_their_order() -> None:
    parameters = _draw(0)
    flat = FlatParameters(parameters)
    for view, values in zip(flat.views(flat.read()), parameters.values(), strict=True):
        np.testing.assert_array_equal(view, values)
    flat.write(flat.views(np.arange(float(flat.size))))
    assert parameters["head.b"].tolist() == [flat.size - 1]


def test_the_fingerprint_sees_one_bit() -> None:
    parameters = _draw(0)
    flat = FlatParameters(parameters)
    before = flat.fingerprint()
    parameters["net0.layer0.forward.U"][1, 3] = np.nextafter(parameters["net0.layer0.forward.U"][1, 3], 2)
    assert flat.fingerprint() != before
