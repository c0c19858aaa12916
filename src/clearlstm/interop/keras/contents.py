"""What a Keras model holds: each recurrent layer as a network, or why it can't be one; its linear layers."""

import re
from typing import Final

from clearlstm.errors import ClearLSTMError
from clearlstm.interop.chain import Contents
from clearlstm.interop.keras.cells import RECURRENT, settings
from clearlstm.interop.keras.files import DAMAGED, Source
from clearlstm.interop.keras.graph import Graph
from clearlstm.interop.keras.layers import read_dense
from clearlstm.interop.keras.plan import build, dense_nodes, notes_on, plan_for, recurrent_nodes, why_refused
from clearlstm.network.model import Network

BY_NAME: Final = re.compile("LSTM|GRU|RNN|Recurrent")
"""Classes that call themselves recurrent."""


def list_contents(source: Source) -> tuple[Contents, list[str]]:
    """All that the model holds, whatever of it can't be opened; and what is to be noted."""
    graph = source.graph()
    nets: dict[str, Network] = {}
    refused = _refused(graph)
    notes: dict[str, None] = {}
    for name in recurrent_nodes(graph):
        try:
            plan = plan_for(source, name, None, None)
            nets[name] = build(plan)
            notes |= dict.fromkeys(notes_on(plan))
        except (ClearLSTMError, *DAMAGED) as error:
            refused[name] = str(error)
    return Contents(nets, refused, _heads(source, graph), whole=_is_whole(source)), list(notes)


def _is_whole(source: Source) -> bool:
    """Whether without a name the whole model opens, or the only recurrent layer that is there."""
    try:
        build(plan_for(source, None, None, None))
    except (ClearLSTMError, *DAMAGED):
        return False
    return True


def _refused(graph: Graph) -> dict[str, str]:
    """Recurrent layers of kinds that aren't opened."""
    known = why_refused(graph)
    refused = {name: why for name, why in known.items() if name in graph.refused}
    for node in graph.nodes:
        kind = f"{node.kind}({settings(node)[0]})" if node.kind == "TimeDistributed" else node.kind
        if node.kind not in RECURRENT and BY_NAME.search(kind):
            other = f"layer {node.name!r} is a {kind}; {', '.join(RECURRENT)} of Keras's own are opened"
            refused[node.name] = known.get(node.name, other)
    return refused


def _heads(source: Source, graph: Graph) -> dict[str, tuple[int, int]]:
    """(K, M) of the linear layers whose weights can be read."""
    heads: dict[str, tuple[int, int]] = {}
    for name, node in dense_nodes(graph).items():
        try:
            K, M = read_dense(source, node).W.shape
        except (ClearLSTMError, *DAMAGED):
            continue
        heads[name] = (K, M)
    return heads
