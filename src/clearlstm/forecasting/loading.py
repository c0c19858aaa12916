"""``clearlstm.load``: one door for all files that clearlstm saves. What a file doesn't need isn't imported."""

import os
from typing import TYPE_CHECKING, Any, Final

from clearlstm.errors import ModelFileError
from clearlstm.network import storage

if TYPE_CHECKING:
    from clearlstm.forecasting.forecaster import LSTMForecaster

FORECASTER: Final = "LSTMForecaster"


def load(path: str | os.PathLike[str]) -> "LSTMForecaster | storage.Model":
    """Read a net, a model or a forecaster that ``save`` wrote, whichever it is.

    Raises :class:`ModelFileError` where the file is foreign, cut off, damaged or of a newer version.
    """
    if read_whole(path)[1]["kind"] != FORECASTER:
        return storage.load(path)
    from clearlstm.forecasting.forecaster import LSTMForecaster

    return LSTMForecaster.load(path)


def read_whole(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays of a file and its description, which says what kind of thing it holds."""
    tensors, description = storage.read_tensors(path)
    if not isinstance(description.get("kind"), str):
        raise ModelFileError(f"{path}: its description doesn't say what it holds; the file is damaged")
    return tensors, description
