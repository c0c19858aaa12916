"""What a Keras model becomes, whole or one of its recurrent layers alone; and why it can't."""

from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final

from clearlstm.errors import InputError, ModelFileError
from clearlstm.interop import chain
from clearlstm.interop.chain import Dense, Layer
from clearlstm.interop.keras.cells import RECURRENT, Config, merge_mode, returns_sequences, settings, turns_round
from clearlstm.interop.keras.files import Source
from clearlstm.interop.keras.graph import Graph, Node
from clearlstm.interop.keras.layers import policy, read_dense, read_layers
from clearlstm.network.model import Network, Pool

NEUTRAL: Final = (
    *("InputLayer", "Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout"),
    "ActivityRegularization",
)
"""They change nothing but in training."""

REFUSED: Final = {
    "Masking": "is a Masking elsewhere than first: open what follows it by name, and call the network with lengths",
    "Embedding": "is an Embedding: open what follows it by name, and give it the vectors",
    "Lambda": "is a Lambda, which holds Python code that is never run here",
    **{
        f"ConvLSTM{axes}D": f"is a ConvLSTM{axes}D, whose gates are convolutions: LSTMs with matrices are opened"
        for axes in (1, 2, 3)
    },
}

APART: Final = {
    "mul": "multiplies its two directions, which is not linear",
    None: "gives its two directions apart (merge_mode=None)",
}
"""Merges that no network here does: the layer alone has both directions side by side."""


@dataclass(frozen=True)
class Plan:
    """What becomes the Network; the recurrent layers that it comes from; ``own_pool``, theirs.

    ``compared`` is what an example is run through: the source's answer as it is (None), or one layer. ``masking`` is
    the layer that told padding from steps; ``assumed``, what a file of weights alone doesn't say.
    """

    nodes: list[Node]
    layers: list[Layer]
    head: Dense | None
    pool: Pool
    own_pool: Pool
    compared: Node | None
    as_it_is: bool
    masking: Node | None = None
    assumed: str = ""


def plan_for(source: Source, name: str | None, head: str | None, pool: Pool) -> Plan:
    """The whole, or the layer of that name; of a file that holds weights alone, its only recurrent layer."""
    graph = source.graph()
    if name is None and not graph.assumed:
        return _whole(source, graph, head, pool)
    return _picked(source, graph, name, head, pool)


def plan_or_only(source: Source) -> Plan:
    """The whole; where it is no plain chain and has one recurrent layer, that alone, of which a note tells."""
    try:
        return plan_for(source, None, None, None)
    except InputError as error:
        graph = source.graph()
        if len(recurrent_nodes(graph)) != 1:
            raise
        plan = _picked(source, graph, None, None, None)
        why = str(error).removesuffix(_listed(graph)).rstrip(";. ")
        each = "after the last step" if plan.pool == "last" else "after each step"
        return replace(plan, assumed=f"{why}. Of it only {plan.nodes[0].name!r} is opened, whose answer is h {each}")


def build(plan: Plan) -> Network:
    """Its Network; layers that don't fit together are a :class:`ModelFileError`."""
    try:
        return chain.build(plan.layers, plan.head, plan.pool)
    except InputError as error:
        raise ModelFileError(f"the layers don't fit together, or hold what isn't finite ({error})") from error


def _whole(source: Source, graph: Graph, head: str | None, pool: Pool) -> Plan:
    """The chain: recurrent layers, an average over the steps perhaps, a Dense head perhaps."""
    if graph.chain is None:
        raise _no_chain(graph, graph.broken)
    nodes = [node for node in graph.chain if not _is_neutral(node)]
    masking = nodes.pop(0) if nodes and nodes[0].kind == "Masking" else None
    recurrent = list(takewhile(lambda node: node.kind in RECURRENT, nodes))
    rest = nodes[len(recurrent) :]
    if not recurrent:
        raise _no_chain(graph, _why(rest[0]) if rest else "it has no recurrent layer")
    own_pool: Pool = None if returns_sequences(recurrent[-1]) else "last"
    if rest and _is_mean(rest[0]) and own_pool is None:
        own_pool, rest = "mean", rest[1:]
    _check_joins(graph, recurrent, own_pool, masking)
    dense = _head(source, graph, rest, head)
    as_it_is = head is None and pool in (None, own_pool)
    layers = _read_stack(source, recurrent)
    return Plan(recurrent, layers, dense, pool or own_pool, own_pool, None, as_it_is, masking)


def _read_stack(source: Source, nodes: list[Node]) -> list[Layer]:
    """The layers of recurrent ones that stand on each other, each given its steps as those below turned them."""
    layers: list[Layer] = []
    turned = False
    for node in nodes:
        layers += read_layers(source, node, turned)
        turned ^= turns_round(node)
    return layers


def _check_joins(graph: Graph, recurrent: list[Node], own_pool: Pool, masking: Node | None) -> None:
    """What each layer gives must be what the next one takes, and the last one's answers in the order of the steps."""
    for node in recurrent[:-1]:
        if not returns_sequences(node):
            raise _no_chain(graph, f"layer {node.name!r} gives one answer where the next layer needs one a step")
    for node in recurrent:
        if merge_mode(node) in APART:
            raise _no_chain(graph, f"layer {node.name!r} {APART[merge_mode(node)]}")
    turning = [node.name for node in recurrent if turns_round(node)]
    if len(turning) % 2 and own_pool is None:
        raise _no_chain(
            graph,
            f"layer {turning[-1]!r} has go_backwards=True and gives its answers in reverse order, which no network "
            "here does: by name they are in the order of the steps",
        )
    if turning and masking is not None:
        raise _no_chain(graph, f"layer {turning[0]!r} turns the steps round, but not what {masking.name!r} masks")


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
    if kind == "Dense" and len(rest) == 2 and rest[1].kind == "Activation" and _is_linear(config):
        config, rest = rest[1].config, rest[:1]
    if kind != "Dense" or len(rest) > 1:
        raise _no_chain(graph, _why(rest[1] if kind == "Dense" else rest[0]))
    if not _is_linear(config):
        raise InputError(
            f"the Dense layer {rest[0].name!r} ends in {config['activation']!r}, and heads are linear here: "
            f"head={rest[0].name!r} takes it without that function, name=… a recurrent layer alone; {_listed(graph)}"
        )
    return read_dense(source, rest[0])


def _is_linear(config: Config) -> bool:
    return config.get("activation") in (None, "linear")


def _picked(source: Source, graph: Graph, name: str | None, head: str | None, pool: Pool) -> Plan:
    """One recurrent layer alone, with a Dense layer behind it if ``head`` names one."""
    refused = why_refused(graph)
    if name is not None and name in refused:
        raise InputError(refused[name])
    nodes = recurrent_nodes(graph)
    if not nodes and graph.refused:
        raise InputError("; ".join(refused.values()))
    node = chain.choose(nodes, name, "recurrent layer")
    layers = list(read_layers(source, node))
    dense = None
    if head is not None:
        dense = read_dense(source, chain.choose(dense_nodes(graph), head, "Dense layer", "head"))
        width = chain.output_size(layers[-1])
        if len(dense.W) != width:
            raise InputError(f"head {head!r} takes {len(dense.W)} values; {node.name!r} gives {width}")
    own_pool: Pool = None if returns_sequences(node) else "last"
    return Plan([node], layers, dense, pool or own_pool, own_pool, node, True, assumed=graph.assumed)


def recurrent_nodes(graph: Graph) -> dict[str, Node]:
    """The recurrent layers by name, such as can perhaps be opened."""
    return {node.name: node for node in graph.nodes if node.kind in RECURRENT}


def dense_nodes(graph: Graph) -> dict[str, Node]:
    """The linear layers by name."""
    return {node.name: node for node in graph.nodes if settings(node)[0] == "Dense"}


def why_refused(graph: Graph) -> dict[str, str]:
    """Layers that can't be opened whatever their weights, by name, and why."""
    known = {node.name: _why(node) for node in graph.nodes if node.kind in REFUSED}
    return known | {name: f"layer {name!r} {why}" for name, why in graph.refused.items()}


def _is_neutral(node: Node) -> bool:
    return node.kind in NEUTRAL or (node.kind == "Activation" and _is_linear(node.config))


def _is_mean(node: Node) -> bool:
    usual = node.config.get("data_format") in (None, "channels_last") and not node.config.get("keepdims")
    return node.kind == "GlobalAveragePooling1D" and usual


def _why(node: Node) -> str:
    known = (
        f"is a {node.kind}; a chain is recurrent layers ({', '.join(RECURRENT)}), then perhaps a "
        "GlobalAveragePooling1D, then at most one Dense"
    )
    return f"layer {node.name!r} {REFUSED.get(node.kind, known)}"


def _no_chain(graph: Graph, why: str) -> InputError:
    return InputError(f"the model is no plain chain of recurrent layers and one linear head: {why}. {_listed(graph)}")


def _listed(graph: Graph) -> str:
    names = ", ".join(f"{name!r} ({node.kind})" for name, node in recurrent_nodes(graph).items())
    return f"Its recurrent layers are {names}: open one by name=…" if names else "It has no recurrent layer"


def unlike(node: Node) -> str | None:
    """In what the layer's answer differs from that of the network of it alone, if it does."""
    if merge_mode(node) in APART:
        return f"{node.name!r} {APART[merge_mode(node)]} in Keras: here they stand side by side, the forward one first"
    if turns_round(node):
        return f"{node.name!r} gives its answers in reverse order in Keras: here they are in the order of the steps"
    return None


def notes_on(plan: Plan) -> list[str]:
    """What whoever uses the network should know."""
    notes = [plan.assumed] if plan.assumed else []
    if plan.masking is not None:
        notes.append(
            f"{plan.masking.name!r} takes steps of {plan.masking.config.get('mask_value')} alone as padding: here call "
            "the network with lengths, else every step counts"
        )
    if plan.compared is not None and (difference := unlike(plan.compared)) is not None:
        notes.append(difference)
    stateful = [node.name for node in plan.nodes if settings(node)[1].get("stateful")]
    if stateful:
        notes.append(f"{stateful} are stateful in Keras: here every call starts from zeros unless it is given a state")
    mixed = {policy(node) for node in plan.nodes if policy(node).startswith("mixed_")}
    if mixed:
        notes.append(
            f"the model computes in {sorted(mixed)}; here it is float32 throughout, so answers differ by its rounding"
        )
    return notes
