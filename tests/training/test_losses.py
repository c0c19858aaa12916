"""The losses against torch's answers, central differences and plain loops."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.errors import InputError
from clearlstm.training.losses import AbsoluteError, CrossEntropy, Loss, Pinball, SquaredError, as_loss
from tests.torch_golden import golden

LEVELS = (0.1, 0.5, 0.95)
ROWS = st.sampled_from([(1,), (7,), (3, 5)])
SEEDS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("name", golden("training")["losses"])
def test_values_and_gradients_are_torchs(name: str) -> None:
    """test_against_torch.py draws more of them."""
    case = golden("training")["losses"][name]
    arrays: Any = [None if case[part] is None else np.array(case[part]) for part in ("prediction", "y", "weight")]
    value, gradient = as_loss(name.partition(",")[0]).value_and_gradient(*arrays)
    assert value == pytest.approx(case["value"], rel=1e-12)
    np.testing.assert_allclose(gradient, case["gradient"], rtol=1e-12, atol=1e-15)


@given(rows=ROWS, horizons=st.integers(1, 4), seed=SEEDS)
def test_pinball_is_laid_out_horizon_by_horizon(rows: tuple[int, ...], horizons: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    prediction = rng.normal(size=(*rows, horizons * len(LEVELS)))
    y, weight = rng.normal(size=(*rows, horizons)), rng.random(rows)
    total = 0.0
    wanted = np.zeros_like(prediction)
    for row in np.ndindex(*rows):
        for k in range(horizons):
            for q, level in enumerate(LEVELS):
                place = (*row, k * len(LEVELS) + q)
                error = y[(*row, k)] - prediction[place]
                total += weight[row] * (level * error if error >= 0 else (level - 1) * error)
                slope = -level if error > 0 else 1 - level
                wanted[place] = weight[row] * slope
    count = weight.sum() * prediction.shape[-1]
    value, gradient = Pinball(LEVELS).value_and_gradient(prediction, y, weight)
    assert value == pytest.approx(total / count, rel=1e-12)
    np.testing.assert_allclose(gradient, wanted / count, rtol=1e-12)


@pytest.mark.parametrize("loss", [SquaredError(), AbsoluteError(), Pinball(LEVELS), CrossEntropy()], ids=repr)
@given(seed=SEEDS)
def test_gradients_equal_central_differences(loss: Loss, seed: int) -> None:
    rng = np.random.default_rng(seed)
    prediction, weight = rng.normal(size=(4, 6)), rng.random(4)
    y: npt.NDArray[np.generic] = rng.normal(size=(4, 2 if isinstance(loss, Pinball) else 6)) + 20
    if isinstance(loss, CrossEntropy):
        y = rng.integers(6, size=4)
    _, gradient = loss.value_and_gradient(prediction, y, weight)
    for place in np.ndindex(*prediction.shape):
        nudge = np.zeros_like(prediction)
        nudge[place] = 1e-5
        up, down = (loss.value_and_gradient(prediction + sign * nudge, y, weight)[0] for sign in (1, -1))
        assert gradient[place] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-8)


def test_a_single_squared_error_has_slope_twice_the_error() -> None:
    value, gradient = SquaredError().value_and_gradient(np.array([[0.25]]), np.array([[1.0]]))
    assert (value, gradient.tolist()) == (0.5625, [[-1.5]])


@pytest.mark.parametrize("loss", [SquaredError(), AbsoluteError(), Pinball(LEVELS)], ids=repr)
def test_a_row_of_weight_zero_does_not_count(loss: Loss) -> None:
    rng = np.random.default_rng(0)
    prediction, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 1 if isinstance(loss, Pinball) else 3))
    weight = np.array([1.0, 2.0, 0.0, 0.0, 1.0])
    kept = weight > 0
    few, few_gradient = loss.value_and_gradient(prediction[kept], y[kept], weight[kept])
    value, gradient = loss.value_and_gradient(prediction, y, weight)
    assert value == pytest.approx(few, rel=1e-14)
    np.testing.assert_allclose(gradient[kept], few_gradient, rtol=1e-14)
    assert not gradient[~kept].any()


def test_a_batch_in_which_nothing_counts_teaches_nothing() -> None:
    value, gradient = SquaredError().value_and_gradient(np.ones((2, 1)), np.zeros((2, 1)), np.zeros(2))
    assert (value, gradient.tolist()) == (0.0, [[0.0], [0.0]])


def test_pinball_is_least_at_the_quantile() -> None:
    y = np.random.default_rng(0).exponential(size=1001)[:, None]
    guesses = np.linspace(0, 5, 1001)
    for level in LEVELS:
        losses = [Pinball((level,)).value_and_gradient(np.full_like(y, guess), y)[0] for guess in guesses]
        assert guesses[np.argmin(losses)] == pytest.approx(np.quantile(y, level), abs=0.01)


def test_cross_entropy_stays_finite_for_huge_scores() -> None:
    prediction = np.array([[1e4, -1e4], [1e4, -1e4]], dtype=np.float32)
    value, gradient = CrossEntropy().value_and_gradient(prediction, np.array([0, 1]))
    assert value == 1e4
    assert gradient.tolist() == [[0.0, 0.0], [0.5, -0.5]]


@pytest.mark.parametrize("loss", [SquaredError(), AbsoluteError(), Pinball(LEVELS)], ids=repr)
def test_gradients_keep_the_predictions_type(loss: Loss) -> None:
    y = np.zeros((2, 1 if isinstance(loss, Pinball) else 3), dtype=np.float64)
    _, gradient = loss.value_and_gradient(np.ones((2, 3), dtype=np.float32), y, np.ones(2))
    assert gradient.dtype == np.float32


def test_y_may_lack_a_last_axis_of_one() -> None:
    prediction = np.array([[1.0], [2.0]])
    assert SquaredError().value_and_gradient(prediction, np.array([0.0, 0.0]))[0] == 2.5


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (SquaredError(), np.zeros((2, 3)), r"y has shape \(2, 3\); \(4, 6\) is needed"),
        (SquaredError(), np.zeros(4), r"y has shape \(4,\); \(4, 6\) is needed"),
        (Pinball(LEVELS), np.zeros((4, 6)), r"y has shape \(4, 6\); \(4, 2\) is needed"),
        (Pinball((0.1, 0.3, 0.5, 0.9)), np.zeros((4, 1)), "6 numbers a row; 4 quantile levels"),
        (CrossEntropy(), np.zeros((4, 6), dtype=int), r"y has shape \(4, 6\)"),
        (CrossEntropy(), np.array([0, 1, 6, 2]), r"class 6; .* classes are 0\.\.5"),
        (CrossEntropy(), np.array([0, -1, 6, 2]), "class -1"),
    ],
)
def test_targets_that_do_not_fit_are_refused(loss: Loss, y: npt.NDArray[np.generic], message: str) -> None:
    with pytest.raises(InputError, match=message):
        loss.value_and_gradient(np.zeros((4, 6)), y)
    with pytest.raises(InputError):
        loss.check_target(y, (4,), 6, np.float64)


def test_targets_are_checked_whole() -> None:
    assert SquaredError().check_target([1, 2], (2,), 1, np.float32).dtype == np.float32
    assert CrossEntropy().check_target([0, 5], (2,), 6, np.float32).tolist() == [0, 5]
    with pytest.raises(InputError, match=r"nan at index \(1, 0\)"):
        SquaredError().check_target([1.0, np.nan], (2,), 1, np.float32)
    with pytest.raises(InputError, match="float64; cross-entropy needs one whole number"):
        CrossEntropy().check_target([0.0, 1.0], (2,), 6, np.float32)


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match=r"weight has shape \(3,\); \(4,\) is needed"):
        SquaredError().value_and_gradient(np.zeros((4, 6)), np.zeros((4, 6)), np.ones(3))


@pytest.mark.parametrize("levels", [(), (0.0, 0.5), (0.5, 1.0), (0.9, 0.1), (0.5, 0.5), (float("nan"),)])
def test_levels_lie_between_0_and_1_and_rise(levels: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="quantile levels lie between 0 and 1"):
        Pinball(levels)


@pytest.mark.parametrize("loss", ["mse", None, 3])
def test_an_unknown_loss_is_refused(loss: object) -> None:
    with pytest.raises(InputError, match="'squared', 'absolute', 'cross_entropy'"):
        as_loss(loss)  # type: ignore[arg-type]
