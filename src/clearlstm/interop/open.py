"""One door: the model in any file, whoever wrote it and whatever it is called."""

import os
import warnings
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy.typing as npt

from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.interop.chain import Contents
from clearlstm.interop.content import maker_of
from clearlstm.network import storage
from clearlstm.network.model import Network, Pool
from clearlstm.network.subject import network_of, subject_of

if TYPE_CHECKING:
    from clearlstm.forecasting.forecaster import LSTMForecaster
    from clearlstm.sequences.classifier import LSTMClassifier
    from clearlstm.sequences.regressor import LSTMRegressor

Path: TypeAlias = str | os.PathLike[str]
Model: TypeAlias = "LSTMForecaster | LSTMClassifier | LSTMRegressor | storage.Model"
PoolName: TypeAlias = Literal["last", "mean", "none"] | None

READS: Final[dict[str, Literal["arrays", "tables"]]] = {
    "forecaster": "tables",
    "classifier": "arrays",
    "regressor": "arrays",
}


def load(
    path: Path,
    *,
    name: str | None = None,
    head: str | None = None,
    pool: PoolName = None,
    example: npt.ArrayLike | None = None,
) -> Model:
    """The model in a file: one that clearlstm saved, or one of PyTorch, Keras or ONNX, told by its content.

    Parameters
    ----------
    path
        What ``save`` wrote, as it was; or a Network made of a torch state dict (``.pt``, ``.pth``, ``.safetensors``), a
        Keras model (``.keras``, ``.h5``) or an ONNX model. The file's name doesn't matter. No code in it is run.
    name, head
        Of another framework's model: which recurrent layer to take, and which linear layer on top. Without them, what
        is no plain chain in a file of Keras or ONNX is opened as its only recurrent layer, with a warning.
    pool
        What is read off the layer: "last", "mean", or "none" for an answer a step. None: as the file has it; a state
        dict doesn't say, and answers at each step.
    example
        An input of an ONNX model, with at least 2 steps, by which it is found out whether it is a plain chain of
        recurrent layers and one linear head, which comes over whole. None: random numbers.

    Raises
    ------
    ModelFileError
        if the file is no model, cut off, damaged, hostile or of a newer version
    InputError
        if several layers could be meant (it lists them), or for choices that the file doesn't leave
    MissingExtraError
        if a library that the file needs isn't installed; it names the extra that brings it

    >>> import tempfile
    >>> from clearlstm.network.lstm import LSTM
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Network([LSTM(3, 4, seed=0), LSTM(4, 5, seed=1)], head=2, seed=0).to_onnx(f"{folder}/model")
    ...     model = load(f"{folder}/model")
    >>> len(model.nets), model.head, model.pool
    (2, Linear(5, 2, dtype='float32'), 'last')
    """
    maker = maker_of(path)
    named = {"name": name, "head": head, "pool": pool}
    given = {word: value for word, value in named.items() if value is not None}
    if maker != "onnx" and example is not None:
        raise InputError(f"example is given, and {path} is no ONNX model: leave it out")
    if maker == "clearlstm":
        return _own(path, list(given))
    read_off: Pool = None if pool == "none" else pool
    if maker == "torch":
        from clearlstm.interop.torch import from_torch

        return from_torch(path, name=name, head=head, pool=read_off)
    if maker == "keras":
        from clearlstm.interop.keras import from_keras, whole_or_only

        if pool == "none":
            raise InputError("a Keras model says itself whether it answers at each step: leave pool='none' out")
        return from_keras(path, name=name, head=head, pool=read_off) if given else whole_or_only(path)
    from clearlstm.interop.onnx import from_onnx

    return from_onnx(path, name=name, head=head, pool=read_off) if given else _whole_onnx(path, example)


def contents(path: Path) -> Contents:
    """What a model file holds, without data: its recurrent layers, each alone, and what could stand on top.

    Raises :class:`ModelFileError` for what is no model file, :class:`MissingExtraError` as :func:`load` does.
    """
    maker = maker_of(path)
    if maker == "clearlstm":
        return _own_contents(load(path))
    if maker == "torch":
        from clearlstm.interop.torch import contents as of_torch

        return of_torch(path)
    if maker == "keras":
        from clearlstm.interop.keras import contents as of_keras

        return of_keras(path)
    from clearlstm.interop.onnx import contents as of_onnx

    return of_onnx(path)


def _own_contents(model: Model) -> Contents:
    network, kind = network_of(model), subject_of(model).kind
    heads = {} if network.head is None else {"head": (network.head.input_size, network.head.output_size)}
    nets = {f"net {k}": Network([net], pool=None) for k, net in enumerate(network.nets)}
    return Contents(nets, {}, heads, whole=True, reads=READS.get(kind))


def _own(path: Path, given: list[str]) -> Model:
    if given:
        raise InputError(f"{given[0]} is given, but clearlstm wrote this file and opens it whole: leave it out")
    tensors, description = storage.read_whole(path)
    if description["kind"] in ("LSTMClassifier", "LSTMRegressor"):
        from clearlstm.sequences.storing import load as load_estimator

        return load_estimator(path)
    if description["kind"] != "LSTMForecaster":
        return storage.model_in(path, tensors, description)
    from clearlstm.forecasting.forecaster import LSTMForecaster

    return LSTMForecaster.load(path)


def _whole_onnx(path: Path, example: Any) -> Network:
    """The whole model where it is a plain chain; else its only LSTM, of which a warning tells."""
    from clearlstm.interop.onnx import example_for, from_onnx

    try:
        return from_onnx(path, example=example_for(path) if example is None else example)
    except InputError as error:
        if example is not None:
            raise
        try:
            alone = from_onnx(path)
        except InputError:  # of several, none is meant more than the others
            raise error from None
    warnings.warn(
        f"{path} is no plain chain of recurrent layers and one linear head: of it only the LSTM is opened, whose "
        "answer is h after each step",
        ClearLSTMWarning,
        stacklevel=3,
    )
    return alone
