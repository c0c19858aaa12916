"""Networks from Keras: a model object, a ``.keras`` file or an older ``.h5`` file.

Keras itself is needed only by whoever hands over one of its objects; files are read with h5py, and nothing in them is
run. Keras packs the gates in one kernel (F, kH), one recurrent kernel (H, kH) and one bias (kH,), or two as its rows.
"""

import os
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.errors import ClearLSTMWarning, InputError, ModelFileError
from clearlstm.files import check_plain, door
from clearlstm.interop import chain
from clearlstm.interop.apart import Arrays, Broke, run_apart
from clearlstm.interop.chain import Contents
from clearlstm.interop.keras.cells import settings
from clearlstm.interop.keras.contents import list_contents
from clearlstm.interop.keras.files import open_file
from clearlstm.interop.keras.objects import ModelObject
from clearlstm.interop.keras.plan import Plan, build, notes_on, plan_for, plan_or_only, unlike
from clearlstm.network.model import Network, Pool
from clearlstm.network.storage import model_from
from clearlstm.shapes import FloatArray, as_array, check_array


def from_keras(
    src: Any,
    *,
    name: str | None = None,
    head: str | None = None,
    pool: Pool = None,
    example: npt.ArrayLike | None = None,
) -> Network:
    """The network in a Keras model: LSTM, GRU and SimpleRNN layers or cells, one direction or both, and a linear head.

    Parameters
    ----------
    src
        A Keras model, or the path of a ``.keras`` or ``.h5`` file or of a pickled model. Files are read with h5py
        (extra ``keras``), without Keras, and nothing in them is run. Of a file of weights alone a recurrent layer is
        opened as Keras's usual one of such weights, with a warning.
    name
        None: the whole model, which must be a plain chain. Else the recurrent layer of that name alone; one in a model
        inside the model is called ``inner/layer``.
    head
        The Dense layer to end with, whose activation is left off: a softmax's input, for instance. None: the model's
        own, or with ``name`` none.
    pool
        "last" or "mean" over the steps; None: as the source has it.
    example
        An input (N, T, F) of a model object, with at least 2 steps: the answers must equal the object's, with ``name``
        that layer's (max|a − b| ≤ 1e-5 max|b|). Random numbers serve.

    A Masking that comes first is left off, with a warning: its steps are padding here, so call the network with
    ``lengths``. Dropout acts in training only and is left off. A stateful layer starts from zeros here, with a warning.
    Functions other than sigmoid and tanh run on the reference, slower (``net.engine``). Keras 2 and 3 differ in
    ``hard_sigmoid``: each model keeps its own. Each cell of a stack is a net of its own. Directions that are added or
    averaged go into the weights above them, or into a head. What Keras gives of a layer that multiplies its directions,
    gives them apart or turns its answers round, no network does: by name such a layer is opened with both directions
    side by side, in the order of the steps, and a warning says so.

    Raises :class:`InputError`, with the names of the recurrent layers, for a model that is no plain chain;
    :class:`ModelFileError` for a file that is broken, foreign or hostile; :class:`MissingExtraError` without h5py.
    """
    if pool not in ("last", "mean", None):
        raise InputError(f"pool is {pool!r}; use 'last', 'mean' or None (as the source has it)")
    if isinstance(src, (str, os.PathLike)):
        if example is not None:
            raise InputError("example needs a model object to compare with, and files aren't run: leave it out")
        model, notes = _read_apart(src, name, head, pool)
    else:
        source = ModelObject(src)
        plan = plan_for(source, name, head, pool)
        model, notes = build(plan), notes_on(plan)
        if example is not None:
            _check_example(source, plan, example)
    _warn(notes)
    return model


def whole_or_only(path: str | os.PathLike[str]) -> Network:
    """The model in a file, whole; what is no plain chain and has one recurrent layer, as that, with a warning."""
    model, notes = _read_apart(path, None, None, None, or_only=True)
    _warn(notes)
    return model


def contents(src: Any) -> Contents:
    """What a Keras model or file holds: its recurrent layers, each a Network of it alone, and its linear ones.

    ``src`` as for :func:`from_keras`, with the same errors; but a layer that can't be opened stands in ``refused`` with
    the reason. Of what Keras does otherwise than a layer's network, a warning tells.
    """
    if isinstance(src, (str, os.PathLike)):
        answer, parameters = _ask_apart(src, "list_file", [os.fspath(src)])
        nets = {name: _network(config, _part(parameters, name)) for name, config in answer["nets"].items()}
        heads = {name: (K, M) for name, (K, M) in answer["heads"].items()}
        listed = Contents(nets, answer["refused"], heads, whole=answer["whole"])
        notes = answer["notes"]
    else:
        listed, notes = list_contents(ModelObject(src))
    _warn(notes)
    return listed


def _warn(notes: list[str]) -> None:
    for note in notes:
        warnings.warn(note, ClearLSTMWarning, stacklevel=3)


def _read_apart(
    path: str | os.PathLike[str], name: str | None, head: str | None, pool: Pool, or_only: bool = False
) -> tuple[Network, list[str]]:
    answer, parameters = _ask_apart(path, "read_file", [os.fspath(path), name, head, pool, or_only])
    return _network(answer["config"], parameters), answer["notes"]


def _ask_apart(path: str | os.PathLike[str], function: str, request: list[Any]) -> tuple[Any, Arrays]:
    """What a function below answers in a process of its own."""
    advice = (
        "if it is a SavedModel, load it in Keras and save the model as .keras" if os.path.isdir(path) else "name a file"
    )
    check_plain(path, ModelFileError, advice)
    try:
        return run_apart(f"{__name__}.{function}", request, {})
    except Broke as error:
        raise ModelFileError(f"{path} can't be read, it is damaged or made to do harm: {error}") from error


def _network(config: dict[str, Any], parameters: Arrays) -> Network:
    model = model_from("Network", config, parameters)
    assert isinstance(model, Network)
    return model


def _part(parameters: Arrays, name: str) -> Arrays:
    """Those of one of several networks."""
    start = f"{name}\0"
    return {key.removeprefix(start): values for key, values in parameters.items() if key.startswith(start)}


def read_file(request: tuple[str, str | None, str | None, Pool, bool], _arrays: object) -> tuple[Any, dict[str, Any]]:
    """The network in a file, asked for by path, name, head and pool: its config, what is to be noted, and parameters.

    The last one asked for: whether the only recurrent layer will do where the whole is no chain.

    HDF5 may hang on a crafted file: this is to be called by :func:`run_apart`.
    """
    path, name, head, pool, or_only = request
    with door(path, ModelFileError), open_file(path) as source:
        plan = plan_or_only(source) if or_only else plan_for(source, name, head, pool)
        model = build(plan)
        return {"config": model.config(), "notes": notes_on(plan)}, model.parameters


def list_file(request: tuple[str], _arrays: object) -> tuple[Any, dict[str, Any]]:
    """The contents of the file of that path: configs of the networks by name, the rest, and all parameters."""
    (path,) = request
    with door(path, ModelFileError), open_file(path) as source:
        listed, notes = list_contents(source)
    configs = {name: net.config() for name, net in listed.nets.items()}
    parameters = {
        f"{name}\0{key}": values for name, net in listed.nets.items() for key, values in net.parameters.items()
    }
    told = {"refused": listed.refused, "heads": listed.heads, "whole": listed.whole, "notes": notes}
    return {"nets": configs, **told}, parameters


def _check_example(source: ModelObject, plan: Plan, example: npt.ArrayLike) -> None:
    """The answers on ``example`` must be the source's; a head or pool that ``name`` adds is not the layer's."""
    if not plan.as_it_is:
        raise InputError("example compares the model as it is: leave out head and pool, or example")
    if plan.compared is not None and (difference := unlike(plan.compared)) is not None:
        raise InputError(f"example compares answers, and {difference}: leave example out")
    if any(settings(node)[1].get("stateful") for node in plan.nodes):
        raise InputError("the model is stateful, and running it on example would change its state: leave example out")
    model = build(plan) if plan.compared is None else _alone(plan)
    x = check_array("example", as_array("example", example), (None, None, model.input_size), model.dtype)
    if x.shape[1] < 2:
        raise InputError("example has 1 step; it takes 2 or more to tell one network from another")
    answer = source.answer(plan.compared, x)
    if not _alike(model(x), answer):
        raise InputError(
            "the network's answers on example are not the model's: some layer does other than its description says. "
            "Open a recurrent layer by name=…, and report the model if that fails too"
        )


def _alike(ours: FloatArray, answer: FloatArray) -> bool:
    """Within 1e-5 of the largest value in float64 too: Keras multiplies matrices in float32 on some backends."""
    return ours.shape == answer.shape and bool(np.abs(ours - answer).max() <= 1e-5 * np.abs(answer).max())


def _alone(plan: Plan) -> Network:
    return chain.build(plan.layers, None, plan.own_pool)
