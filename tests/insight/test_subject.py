"""What can be looked into, and what a forecaster's net reads."""

from typing import Any

import numpy as np
import pytest

from clearlstm.errors import DataError, InputError
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.insight.subject import index_of, inputs_of
from clearlstm.insight.units import unit_facts
from clearlstm.network.subject import Corrects, subject_of
from tests.forecasting.series import walks


@pytest.fixture(scope="module")
def forecaster() -> LSTMForecaster:
    return LSTMForecaster(h=2, input_size=6, hidden_size=3, max_steps=3, seed=0).fit(walks(90))


def test_a_forecasters_net_takes_its_inputs(forecaster: LSTMForecaster) -> None:
    inputs = inputs_of(forecaster)
    assert inputs.names[:2] == ("change", "level")
    assert inputs.x.shape == (inputs.available, 6, len(inputs.names))
    assert inputs.y.shape == (inputs.available, 2)
    assert len(unit_facts(forecaster, inputs.x).unit) == 3
    again = inputs_of(forecaster, walks(90))
    np.testing.assert_array_equal(again.x, inputs.x)
    np.testing.assert_array_equal(again.y, inputs.y)


def test_many_windows_are_drawn_in_order_by_the_seed(forecaster: LSTMForecaster) -> None:
    whole, some, same, other = (
        inputs_of(forecaster, most=most, seed=seed) for most, seed in ((1000, 0), (20, 1), (20, 1), (20, 2))
    )
    assert some.x.shape[0] == 20
    assert some.available == whole.available
    np.testing.assert_array_equal(some.x, same.x)
    assert (some.x != other.x).any()
    places = [int((whole.x == one).all(axis=(1, 2)).argmax()) for one in some.x]
    assert places == sorted(set(places))
    np.testing.assert_array_equal(some.y, whole.y[places])


def test_what_has_no_inputs_is_refused(forecaster: LSTMForecaster) -> None:
    with pytest.raises(InputError, match="a fitted LSTMForecaster is needed"):
        inputs_of(LSTMForecaster(h=2))
    with pytest.raises(DataError, match="no window of enough known rows with 2 more after it"):
        inputs_of(forecaster, walks(3))
    with pytest.raises(InputError, match="most is 0"):
        inputs_of(forecaster, most=0)


@pytest.mark.parametrize("value", [3, -4, True, 1.0, None])
def test_an_index_that_there_is_not(value: Any) -> None:
    with pytest.raises(InputError, match="unit"):
        index_of("unit", value, 3, "the layer has units")


def test_estimators_hand_over_what_can_be_looked_into(forecaster: LSTMForecaster) -> None:
    subject = forecaster.subject()
    assert subject.kind == "forecaster"
    assert subject.names == inputs_of(forecaster).names
    assert subject.network is forecaster.model_.network
    assert subject.corrects == Corrects(forecaster.model_.base.name, forecaster.model_.earned)
    raw = subject.network(inputs_of(forecaster).x)
    assert subject.point(raw).shape == inputs_of(forecaster).y.shape


def test_what_cannot_be_looked_into_is_refused() -> None:
    for model in (3, LSTMForecaster, object()):
        with pytest.raises(InputError, match="a fitted estimator of clearlstm is needed"):
            subject_of(model)
    with pytest.raises(InputError, match="isn't fitted yet"):
        subject_of(LSTMForecaster(h=2))
