"""The graphs inside an ONNX model: branches, bodies of loops and functions, and what a name stands for in each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from clearlstm.errors import InputError
from clearlstm.interop.onnx.tensors import constant_tensors

MOST_NODES: Final = 200_000
"""Functions count each time they are called: some that call each other twice would be endless."""

DEEPEST: Final = 32

BRANCHES: Final = {"then_branch": "then", "else_branch": "else"}


class Source(NamedTuple):
    """Where a name gets its value: from a tensor, from a node, or, without either, from whoever calls ``scope``."""

    scope: "Scope"
    name: str
    tensor: Any = None
    node: Any = None


@dataclass(frozen=True, eq=False)
class Scope:
    """A graph or a function's body, and what it sees from outside.

    path
        How one gets there: "", or such as "then/" and "encoder/".
    outer
        Of a graph inside a graph: the one around it, whose names it may use.
    given
        Of a function: what its inputs are where it is called.
    values
        Of a function: what its nodes' attributes may refer to.
    holder, attribute
        Of a graph inside a graph: the node that has it, and as which attribute.
    """

    part: Any
    path: str = ""
    outer: "Scope | None" = None
    given: Mapping[str, tuple["Scope", str]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    holder: Any = None
    attribute: str = ""

    @cached_property
    def nodes(self) -> list[Any]:
        """Its nodes; of a function, with the attributes that its caller gives."""
        return [self._with_attributes(node) for node in self.part.node]

    @cached_property
    def tensors(self) -> dict[str, Any]:
        """Its constants."""
        return dict(constant_tensors(self.part, self.nodes))

    @cached_property
    def makers(self) -> dict[str, Any]:
        """The node that makes each value."""
        return {output: node for node in self.nodes for output in node.output if output}

    @cached_property
    def users(self) -> dict[str, list[Any]]:
        """The nodes that a value goes to, by its name."""
        users: dict[str, list[Any]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(node.input):
                users.setdefault(name, []).append(node)
        return users

    @cached_property
    def inputs(self) -> list[str]:
        """What the caller gives; older models name their constants among the inputs too."""
        names = [getattr(value, "name", value) for value in self.part.input]
        return [name for name in names if name not in self.tensors]

    def source(self, name: str) -> Source:
        """Where ``name``, as it is used in here, gets its value."""
        scope = self
        for _ in range(2 * DEEPEST):
            if name in scope.tensors:
                return Source(scope, name, tensor=scope.tensors[name])
            if name in scope.makers:
                return Source(scope, name, node=scope.makers[name])
            if name in scope.given:
                scope, name = scope.given[name]
            elif scope.outer is not None and name not in scope.inputs:
                scope = scope.outer
            else:
                break
        return Source(scope, name)

    def _with_attributes(self, node: Any) -> Any:
        """The node itself, or a copy with the attributes that it takes from its function's caller."""
        if not any(attribute.ref_attr_name for attribute in node.attribute):
            return node
        bound = type(node)()
        bound.CopyFrom(node)
        del bound.attribute[:]
        for attribute in node.attribute:
            value = self.values.get(attribute.ref_attr_name) if attribute.ref_attr_name else attribute
            if value is not None:  # else the caller leaves it out
                bound.attribute.add().CopyFrom(value)
                bound.attribute[-1].name = attribute.name
        return bound


def scopes_in(model: Any) -> list[Scope]:
    """The model's graph and all that are inside it, each where its node stands; functions where they are called."""
    walk = _Walk({(function.domain, function.name): function for function in model.functions})
    return list(walk.within(Scope(model.graph), 0))


class _Walk:
    """A walk through all graphs, which ends at a limit."""

    def __init__(self, functions: Mapping[tuple[str, str], Any]) -> None:
        self.functions = functions
        self.n_nodes = 0

    def within(self, scope: Scope, depth: int) -> Iterator[Scope]:
        self.n_nodes += len(scope.part.node)
        if depth > DEEPEST or self.n_nodes > MOST_NODES:
            raise InputError(
                f"the model's graphs and functions are inside each other {depth} deep and have {self.n_nodes:,} nodes "
                f"so far; up to {DEEPEST} and {MOST_NODES:,} are looked at"
            )
        yield scope
        for node in scope.nodes:
            for inner in self._inside(scope, node):
                yield from self.within(inner, depth + 1)

    def _inside(self, scope: Scope, node: Any) -> Iterator[Scope]:
        if (function := self.functions.get((node.domain, node.op_type))) is not None:
            given = {name: (scope, value) for name, value in zip(function.input, node.input, strict=False) if value}
            known = {attribute.name: attribute for attribute in (*function.attribute_proto, *node.attribute)}
            yield Scope(function, f"{scope.path}{node.name or node.op_type}/", None, given, known)
            return
        for attribute in node.attribute:
            for graph in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                step = BRANCHES.get(attribute.name, attribute.name)
                yield Scope(graph, f"{scope.path}{step}/", scope, holder=node, attribute=attribute.name)
