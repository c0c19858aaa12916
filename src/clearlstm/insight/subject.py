"""What a forecaster's net reads, and checks of what is asked for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clearlstm.errors import DataError, InputError
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray, check_positive, is_whole, random_generator

if TYPE_CHECKING:
    from clearlstm.forecasting.model.net import ForecastModel


@dataclass(frozen=True)
class ForecasterInputs:
    """What a forecaster's nets read of a table: N windows.

    x (N, T, F)
        The windows, scaled as the net takes them; ``names`` (F,) says what each input is.
    y (N, h)
        The scaled corrections that were needed after each window.
    available
        How many such windows the table has.
    """

    x: FloatArray
    y: FloatArray
    names: tuple[str, ...]
    available: int


def inputs_of(forecaster: Any, df: Any = None, *, most: int = 1000, seed: int = 0) -> ForecasterInputs:
    """The input of a fitted forecaster's net, for what asks about that net: ``what_if``, ``unit_facts``, ``audit``.

    ``df`` is a table such as ``fit`` takes, by default the one that the forecaster holds. Of more than ``most`` windows
    so many are drawn with ``seed``; they stand in the table's order. Raises InputError for what isn't a fitted
    forecaster, and DataError for a table without a whole window and the steps after it.

    >>> import clearlstm as cl
    >>> f = cl.LSTMForecaster(h=2, max_steps=5).fit(cl.examples.stock_prices())
    >>> inputs = inputs_of(f, most=100)
    >>> inputs.x.shape, inputs.names
    ((100, 20, 4), ('change', 'level', 'known', 'base ahead'))
    >>> cl.audit(f, inputs.x, inputs.y, feature_names=inputs.names).facts.samples.given
    100
    """
    model = _fitted(forecaster)
    problem = model.problem(forecaster.panel_ if df is None else forecaster.read(df))
    rows = problem.origins(model.settings.h)
    if not len(rows):
        source = "the table that the forecaster holds" if df is None else getattr(df, "source", "the data frame")
        raise DataError(
            f"{source} has no window of enough known rows with {model.settings.h} more after it: give longer series"
        )
    chosen = rows
    if len(rows) > check_positive("most", most):
        chosen = np.sort(random_generator(seed).choice(rows, most, replace=False))
    return ForecasterInputs(problem.x(chosen), problem.y(chosen), problem.input_names, len(rows))


def _fitted(forecaster: Any) -> "ForecastModel":
    from clearlstm.forecasting.forecaster import LSTMForecaster

    if not isinstance(forecaster, LSTMForecaster) or not forecaster.fitted:
        raise InputError(f"the forecaster is a {type(forecaster).__name__}; a fitted LSTMForecaster is needed")
    return forecaster.model_


def index_of(name: str, value: object, size: int, owner: str) -> int:
    """The index counted from 0; a negative ``value`` counts from the end. Raises InputError for one there isn't.

    >>> index_of("unit", -1, 8, "the layer has units")
    7
    """
    if not is_whole(value):
        raise InputError(f"{name} is {value!r}; it must be a whole number")
    index = int(cast(int, value))
    if not -size <= index < size:
        raise InputError(f"{name} {index} is asked for; {owner} 0..{size - 1}")
    return index % size


def check_finite(layer: LayerTrace) -> None:
    """Refuse a pass that holds NaN or infinity: nothing that is counted or compared there would mean anything."""
    for name in reversed(layer.cell.states):
        good = np.isfinite(getattr(layer.record, name)).all(axis=(1, 2))
        if not good.all():
            n = int((~good).argmax())
            raise InputError(
                f"the pass holds NaN or infinity in sequence {n} ({name}): check the weights and the input"
            )
