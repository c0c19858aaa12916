"""A torch model as a source of weights: named tensors, and what is known of the modules that hold them.

Checkpoints keep state dicts wherever they like, among other things: all of a file is searched. Whole modules, pickled
or as TorchScript, are nothing but their records here: their weights, and the names of their classes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from clearlstm.errors import InputError
from clearlstm.interop.torch.effective import effective, is_packed
from clearlstm.interop.torch.pickle import Made
from clearlstm.interop.torch.tensors import is_weights, weights_in

PARAMETER: Final = re.compile(
    r"(?P<module>.*?)\.?(?P<kind>weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)(?P<place>(_l\d+)?(_reverse)?)"
)

DEEPEST: Final = 8
"""So far down in a checkpoint a state dict is looked for."""

DEEPEST_MODULE: Final = 64
SCRIPTED: Final = "__torch__."
MANGLED: Final = re.compile(r"___torch_mangle_\d+\.")

OTHERS: Final = {
    r"recurrent_kernel": "a layer of Keras's",
    r"A_log$|dt_proj": "a Mamba layer",
    r"time_(mix|decay|faaaa)": "an RWKV layer",
    r"[ih]2h[._]weight": "a recurrent layer of one's own or of MXNet's",
    r"(cell|lstm|gru|rnn)\w*\..*conv\w*\.weight": "a convolutional recurrent layer",
    r"in_proj_weight|q_proj|self_attn|query": "attention",
}
"""What else remembers, by its parameters' names."""


@dataclass(frozen=True)
class Module:
    """What is known of a module but its weights: its class, where that is known, and what the weights don't say."""

    kind: str | None = None
    dropout: float = 0.0
    activation: str | None = None
    bidirectional: bool | None = None


@dataclass(frozen=True)
class Source:
    """Tensors by name, whatever they are made of; the modules that are known, by name; where in a file they were."""

    values: Mapping[str, Any]
    modules: Mapping[str, Module] = field(default_factory=dict)
    root: str = ""

    @property
    def holds(self) -> str:
        """What it holds, in words, for an error."""
        if not self.values:
            return "no tensors at all"
        shown = ", ".join(f"{name} {tuple(getattr(part, 'shape', ()))}" for name, part in list(self.values.items())[:4])
        known = [what for sign, what in OTHERS.items() if any(re.search(sign, name) for name in self.values)]
        tensors = f"{len(self.values)} tensor{'s' if len(self.values) > 1 else ''}"
        more = ", …" if len(self.values) > 4 else ""
        return f"{tensors} ({shown}{more})" + (f", by their names {' and '.join(known)}" if known else "")


def module_of(options: Mapping[str, Any], kind: str | None) -> Module:
    """By the attributes of a module."""
    dropout, both = options.get("dropout", 0.0), options.get("bidirectional")
    named = {"tanh": "tanh", "relu": "relu", "RNN_TANH": "tanh", "RNN_RELU": "relu"}
    return Module(
        kind,
        float(dropout) if isinstance(dropout, (int, float)) else 0.0,
        named.get(str(options.get("nonlinearity", options.get("mode")))),
        both if isinstance(both, bool) else None,
    )


def find_source(content: Any) -> Source:
    """All state dicts and modules in what a file, or a dict in memory, holds.

    Of one state dict with recurrent layers, the names are its own; of several, each name begins with where it was.
    """
    walk = _Walk()
    walk.visit(content, "", 0)
    groups = {path: effective(values, walk.modules.get(path, {})) for path, values in walk.groups.items()}
    recurrent = [path for path, values in groups.items() if any(PARAMETER.fullmatch(name) for name in values)]
    root = recurrent[0] if len(recurrent) == 1 else ""
    values: dict[str, Any] = {}
    modules: dict[str, Module] = {}
    for path in sorted(groups, key=lambda path: path != root):
        start = "" if path == root else path
        for name, part in groups[path].items():
            values.setdefault(_join(start, name), part)
        for name, known in walk.modules.get(path, {}).items():
            modules.setdefault(_join(start, name), known)
    return Source(values, modules, root)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


class _Walk:
    """Groups of tensors, each by the path of the dict or of the module that holds it, and modules alike."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[str, Any]] = {}
        self.modules: dict[str, dict[str, Module]] = {}
        self.seen: set[int] = set()
        self.kept: list[Any] = []  # so that no other object gets the identity of one that was seen

    def visit(self, node: Any, path: str, depth: int) -> None:
        if depth > DEEPEST or self._again(node):
            return
        if _is_module(node):
            self.module(node, path, "", 0)
        elif hasattr(node, "state_dict") and hasattr(node, "named_modules"):
            self.groups[path] = dict(node.state_dict())
        else:
            children = {str(key): weights_in(child) for key, child in _children(node)}
            own = {key: child for key, child in children.items() if is_weights(child) or is_packed(child)}
            if own and not isinstance(node, (list, tuple)):
                self.groups[path] = own
            for key in [key for key in children if key not in own]:
                self.visit(children[key], _join(path, key), depth + 1)

    def module(self, node: Made, root: str, inner: str, depth: int) -> None:
        """The weights of a module and of those in it, as one group."""
        if depth > DEEPEST_MODULE:
            raise InputError("its modules stand in each other without end")
        kind = MANGLED.sub("", node.name.removeprefix(SCRIPTED))
        self.modules.setdefault(root, {})[inner] = module_of(node.state, kind)
        weights = self.groups.setdefault(root, {})
        for key, child in _parts(node.state):
            name = _join(inner, key)
            if is_weights(child) or is_packed(child):
                weights[name] = child
            elif _is_module(child) and not self._again(child):
                self.module(child, root, name, depth + 1)

    def _again(self, node: Any) -> bool:
        """Whether a container was seen: it may be named twice, or stand in itself."""
        if not isinstance(node, (Mapping, list, tuple, Made)):
            return False
        if id(node) in self.seen:
            return True
        self.seen.add(id(node))
        self.kept.append(node)
        return False


def _is_module(node: Any) -> bool:
    scripted = isinstance(node, Made) and node.name.startswith(SCRIPTED) and not is_packed(node)
    return isinstance(node, Made) and isinstance(node.state, dict) and (scripted or "_parameters" in node.state)


def _parts(state: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """What a module holds, by name: in torch's three dicts, or, of TorchScript, side by side."""
    dicts = [state.get(name) for name in ("_parameters", "_buffers", "_modules")] if "_parameters" in state else [state]
    for part in dicts:
        yield from ((str(key), weights_in(child)) for key, child in _children(part))


def _children(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, Mapping):
        yield from node.items()
    elif isinstance(node, (list, tuple)):
        yield from enumerate(node)
    elif isinstance(node, Made):
        for part in (node.state, node.items, node.listed):
            yield from _children(part) if isinstance(part, (dict, list)) else ()
