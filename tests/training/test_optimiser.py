"""AdamW against torch's, and what it promises besides."""

import numpy as np
import pytest

from clearlstm.training.flat import FlatParameters
from clearlstm.training.optimiser import AdamW
from tests.torch_golden import golden
from tests.training.gradients import SHAPES, STEPS, draw, of_step, rate


@pytest.mark.parametrize("name", golden("training")["optimiser"])
def test_many_steps_end_where_torchs_do(name: str) -> None:
    case = golden("training")["optimiser"][name]
    dtype = case["dtype"]
    tolerance = {"float64": 1e-12, "float32": 1e-5}[dtype]
    parameters = draw(0, dtype)
    optimiser = AdamW(FlatParameters(parameters), weight_decay=case["weight_decay"], clip_norm=case["clip_norm"])
    for step in range(STEPS):
        optimiser.step(of_step(step, dtype), rate(step))
    for name, wanted in case["end"].items():
        np.testing.assert_allclose(parameters[name], wanted, rtol=tolerance, atol=tolerance, err_msg=name)
        assert parameters[name].dtype == dtype


def test_the_norm_is_that_of_all_gradients_together() -> None:
    parameters, gradients = draw(0), draw(1)
    wanted = np.linalg.norm(np.concatenate([values.ravel() for values in gradients.values()]))
    assert AdamW(FlatParameters(parameters)).step(gradients, 0.1) == pytest.approx(float(wanted), rel=1e-14)


def test_a_huge_float32_gradient_is_clipped_and_not_refused() -> None:
    parameters = draw(0, np.float32)
    before = parameters["head.b"].copy()
    gradients = {name: np.full(shape, 1e30, np.float32) for name, shape in SHAPES.items()}
    assert AdamW(FlatParameters(parameters), clip_norm=1.0).step(gradients, 0.1) == pytest.approx(1e30 * 49**0.5)
    assert parameters["head.b"] == pytest.approx(before - 0.1, abs=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_changes_nothing(bad: float) -> None:
    parameters, gradients = draw(0), draw(1)
    gradients["head.b"][0] = bad
    optimiser = AdamW(FlatParameters(parameters), clip_norm=1.0)
    assert not np.isfinite(optimiser.step(gradients, 0.1))
    assert optimiser.steps_taken == 0
    assert not optimiser.first_moment.any()
    for name, values in draw(0).items():
        np.testing.assert_array_equal(parameters[name], values)


def test_undo_takes_back_the_last_step_to_the_bit() -> None:
    parameters = draw(0)
    optimiser = AdamW(FlatParameters(parameters), weight_decay=0.1)
    optimiser.step(draw(1), 0.1)
    after_one = {name: values.copy() for name, values in parameters.items()}
    optimiser.step(draw(2), 0.1)
    assert not np.array_equal(parameters["head.b"], after_one["head.b"])
    optimiser.undo()
    for name, values in after_one.items():
        np.testing.assert_array_equal(parameters[name], values)


def test_a_restored_optimiser_goes_on_to_the_bit() -> None:
    whole, halved = draw(0), draw(0)
    straight, first = AdamW(FlatParameters(whole)), AdamW(FlatParameters(halved))
    for step in range(20):
        straight.step(of_step(step), 0.01)
    for step in range(10):
        first.step(of_step(step), 0.01)
    second = AdamW(FlatParameters(halved))
    second.restore(first.first_moment, first.second_moment, first.steps_taken)
    for step in range(10, 20):
        second.step(of_step(step), 0.01)
    for name in SHAPES:
        np.testing.assert_array_equal(whole[name], halved[name])


def test_flat_views_are_the_parameters_in_their_order() -> None:
    parameters = draw(0)
    flat = FlatParameters(parameters)
    for view, values in zip(flat.views(flat.read()), parameters.values(), strict=True):
        np.testing.assert_array_equal(view, values)
    flat.write(flat.views(np.arange(float(flat.size))))
    assert parameters["head.b"].tolist() == [flat.size - 1]


def test_the_fingerprint_sees_one_bit() -> None:
    parameters = draw(0)
    flat = FlatParameters(parameters)
    before = flat.fingerprint()
    parameters["net0.layer0.forward.U"][1, 3] = np.nextafter(parameters["net0.layer0.forward.U"][1, 3], 2)
    assert flat.fingerprint() != before
