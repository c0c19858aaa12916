"""Networks from Keras: a model object, a ``.keras`` file or an older ``.h5`` file.

Keras itself is needed only by whoever hands over one of its objects; files are read with h5py, and nothing in them is
run. Keras packs the gates in one kernel (F, kH), one recurrent kernel (H, kH) and one bias (kH,), or two as its rows.
"""

import os
import warnings
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import ClearLSTMWarning, InputError, ModelFileError
from clearlstm.files import check_plain, door
from clearlstm.interop import chain
from clearlstm.interop.apart import Broke, run_apart
from clearlstm.interop.chain import Dense, Layer
from clearlstm.interop.keras_files import Source, open_file
from clearlstm.interop.keras_graph import Graph, Node, read_graph
from clearlstm.interop.keras_layers import RECURRENT, policy, read_dense, read_layer, returns_sequences, settings
from clearlstm.interop.keras_objects import ModelObject
from clearlstm.network.model import Network, Pool
from clearlstm.network.storage import model_from
from clearlstm.shapes import FloatArray, as_array, check_array

NEUTRAL: Final = (
    *("InputLayer", "Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout"),
    "ActivityRegularization",
)
"""They change nothing but in training."""

REFUSED: Final = {
    "CuDNNLSTM": "is a CuDNNLSTM, whose weights are packed for a GPU: copy them to an LSTM with the Keras that made it",
    "CuDNNGRU": "is a CuDNNGRU, whose weights are packed for a GPU: copy them to a GRU with the Keras that made it",
    "Masking": "is a Masking elsewhere than first: open what follows it by name, and call the network with lengths",
    "Embedding": "is an Embedding: open what follows it by name, and give it the vectors",
    "Lambda": "is a Lambda, which holds Python code that is never run here",
}


def from_keras(
    src: Any,
    *,
    name: str | None = None,
    head: str | None = None,
    pool: Pool = None,
    example: npt.ArrayLike | None = None,
) -> Network:
    """The network in a Keras model: LSTM, GRU and SimpleRNN layers, of one direction or both, and a linear Dense head.

    Parameters
    ----------
    src
        A Keras model, or the path of a ``.keras`` or ``.h5`` file. Files are read with h5py (extra ``keras``), without
        Keras, and nothing in them is run.
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
    ``hard_sigmoid``: each model keeps its own.

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
        plan = _plan(source, source.graph(), name, head, pool)
        model, notes = _build(plan), _notes(plan)
        if example is not None:
            _check_example(source, plan, example)
    for note in notes:
        warnings.warn(note, ClearLSTMWarning, stacklevel=2)
    return model


@dataclass(frozen=True)
class _Plan:
    """What becomes the Network; the recurrent layers that it comes from; ``own_pool``, theirs.

    ``compared`` is what an example is run through: the source's answer as it is (None), or one layer. ``masking`` is
    the layer that told padding from steps.
    """

    nodes: list[Node]
    layers: list[Layer]
    head: Dense | None
    pool: Pool
    own_pool: Pool
    compared: Node | None
    as_it_is: bool
    masking: Node | None = None


def _read_apart(
    path: str | os.PathLike[str], name: str | None, head: str | None, pool: Pool
) -> tuple[Network, list[str]]:
    advice = "if it is a SavedModel, save the model as .keras" if os.path.isdir(path) else "name a file"
    check_plain(path, ModelFileError, advice)
    try:
        answer, parameters = run_apart(f"{__name__}.read_file", [os.fspath(path), name, head, pool], {})
    except Broke as error:
        raise ModelFileError(f"{path} can't be read, it is damaged or made to do harm: {error}") from error
    model = model_from("Network", answer["config"], parameters)
    assert isinstance(model, Network)
    return model, answer["notes"]


def read_file(request: tuple[str, str | None, str | None, Pool], _arrays: object) -> tuple[Any, dict[str, Any]]:
    """The network in a file, asked for by path, name, head and pool: its config, what is to be noted, and parameters.

    HDF5 may hang on a crafted file: this is to be called by :func:`run_apart`.
    """
    path, name, head, pool = request
    with door(path, ModelFileError), open_file(path) as source:
        plan = _plan(source, read_graph(source.description), name, head, pool)
        model = _build(plan)
        return {"config": model.config(), "notes": _notes(plan)}, model.parameters


def _plan(source: Source, graph: Graph, name: str | None, head: str | None, pool: Pool) -> _Plan:
    return _whole(source, graph, head, pool) if name is None else _picked(source, graph, name, head, pool)


def _build(plan: _Plan) -> Network:
    try:
        return chain.build(plan.layers, plan.head, plan.pool)
    except InputError as error:
        raise ModelFileError(f"the layers don't fit together, or hold what isn't finite ({error})") from error


def _whole(source: Source, graph: Graph, head: str | None, pool: Pool) -> _Plan:
    """The chain: recurrent layers, an average over the steps perhaps, a Dense head perhaps."""
    if graph.chain is None:
        raise _no_chain(graph, graph.broken)
    nodes = [node for node in graph.chain if not _is_neutral(node)]
    masking = nodes.pop(0) if nodes and nodes[0].kind == "Masking" else None
    recurrent = list(takewhile(lambda node: node.kind in RECURRENT, nodes))
    rest = nodes[len(recurrent) :]
    if not recurrent:
        raise _no_chain(graph, _why(rest[0]) if rest else "it has no recurrent layer")
    for node in recurrent[:-1]:
        if not returns_sequences(node):
            raise _no_chain(graph, f"layer {node.name!r} gives one answer where the next layer needs one a step")
    own_pool: Pool = None if returns_sequences(recurrent[-1]) else "last"
    if rest and _is_mean(rest[0]) and own_pool is None:
        own_pool, rest = "mean", rest[1:]
    dense = _head(source, graph, rest, head)
    layers = [read_layer(source, node) for node in recurrent]
    as_it_is = head is None and pool in (None, own_pool)
    return _Plan(recurrent, layers, dense, pool or own_pool, own_pool, None, as_it_is, masking)


def _head(source: Source, graph: Graph, rest: list[Node], head: str | None) -> Dense | None:
    """The Dense layer that ends the chain; what follows it is cut off only if ``head`` asks for just that layer."""
    if head is not None:
        dense = next((node for node in rest[:1] if settings(node)[0] == "Dense" and node.name == head), None)
        if dense is None:
            raise InputError(f"head={head!r} is not a Dense layer right behind the recurrent ones; {_listed(graph)}")
        return read_dense(source, dense)
    if not rest:
        return None
    kind, config = settings(rest[0])
    if kind != "Dense" or len(rest) > 1:
        raise _no_chain(graph, _why(rest[1] if kind == "Dense" else rest[0]))
    if config.get("activation") not in (None, "linear"):
        raise InputError(
            f"the Dense layer {rest[0].name!r} ends in {config['activation']!r}, and heads are linear here: "
            f"head={rest[0].name!r} takes it without that function, name=… a recurrent layer alone; {_listed(graph)}"
        )
    return read_dense(source, rest[0])


def _picked(source: Source, graph: Graph, name: str, head: str | None, pool: Pool) -> _Plan:
    """One recurrent layer alone, with a Dense layer behind it if ``head`` names one."""
    refused = {node.name: node for node in graph.nodes if node.kind in REFUSED}
    if name in refused:
        raise InputError(_why(refused[name]))
    node = chain.choose({node.name: node for node in graph.nodes if node.kind in RECURRENT}, name, "recurrent layer")
    layer = read_layer(source, node)
    dense = None
    if head is not None:
        heads = {other.name: other for other in graph.nodes if settings(other)[0] == "Dense"}
        dense = read_dense(source, chain.choose(heads, head, "Dense layer", "head"))
        if len(dense.W) != chain.output_size(layer):
            raise InputError(f"head {head!r} takes {len(dense.W)} values; {name!r} gives {chain.output_size(layer)}")
    own_pool: Pool = None if returns_sequences(node) else "last"
    return _Plan([node], [layer], dense, pool or own_pool, own_pool, node, True)


def _is_neutral(node: Node) -> bool:
    linear = node.kind == "Activation" and node.config.get("activation") == "linear"
    return linear or node.kind in NEUTRAL


def _is_mean(node: Node) -> bool:
    usual = node.config.get("data_format") in (None, "channels_last") and not node.config.get("keepdims")
    return node.kind == "GlobalAveragePooling1D" and usual


def _why(node: Node) -> str:
    known = f"is a {node.kind}; {', '.join(RECURRENT)}, GlobalAveragePooling1D and Dense make a chain"
    return f"layer {node.name!r} {REFUSED.get(node.kind, known)}"


def _no_chain(graph: Graph, why: str) -> InputError:
    return InputError(f"the model is no plain chain of recurrent layers and one linear head: {why}. {_listed(graph)}")


def _listed(graph: Graph) -> str:
    names = ", ".join(f"{node.name!r} ({node.kind})" for node in graph.nodes if node.kind in RECURRENT)
    return f"Its recurrent layers are {names}: open one by name=…" if names else "It has no recurrent layer"


def _check_example(source: ModelObject, plan: _Plan, example: npt.ArrayLike) -> None:
    """The answers on ``example`` must be the source's; a head or pool that ``name`` adds is not the layer's."""
    if not plan.as_it_is:
        raise InputError("example compares the model as it is: leave out head and pool, or example")
    if any(settings(node)[1].get("stateful") for node in plan.nodes):
        raise InputError("the model is stateful, and running it on example would change its state: leave example out")
    model = chain.build(plan.layers, plan.head, plan.pool) if plan.compared is None else _alone(plan)
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


def _alone(plan: _Plan) -> Network:
    return chain.build(plan.layers, None, plan.own_pool)


def _notes(plan: _Plan) -> list[str]:
    """What whoever uses the network should know."""
    notes = []
    if plan.masking is not None:
        notes.append(
            f"{plan.masking.name!r} takes steps of {plan.masking.config.get('mask_value')} alone as padding: here call "
            "the network with lengths, else every step counts"
        )
    stateful = [node.name for node in plan.nodes if settings(node)[1].get("stateful")]
    if stateful:
        notes.append(f"{stateful} are stateful in Keras: here every call starts from zeros unless it is given a state")
    mixed = {policy(node) for node in plan.nodes if policy(node).startswith("mixed_")}
    if mixed:
        notes.append(
            f"the model computes in {sorted(mixed)}; here it is float32 throughout, so answers differ by its rounding"
        )
    return notes
