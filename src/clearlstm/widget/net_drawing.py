"""The drawing of a net: inputs, weights and held gates go both ways between it and Python."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

import numpy as np
import traitlets

from clearlstm.cell.layout import GATES
from clearlstm.cell.lstm import STANDARD
from clearlstm.checks import NUMBER
from clearlstm.errors import InputError
from clearlstm.insight.layers import Place, places
from clearlstm.insight.views import Request
from clearlstm.network.model import Network, NetworkTrace
from clearlstm.shapes import FloatArray, check_array, is_whole
from clearlstm.widget import link
from clearlstm.widget.drawing import Drawing, as_sent
from clearlstm.widget.link import Changes, Held
from clearlstm.widget.pictures import picture_of_net
from clearlstm.widget.shown import Shown

MOST_DAYS: Final = 1000
UNIT_WEIGHTS: Final = 12
"""What room 3 takes."""
NET: Final = "net0."
"""Before the parameters of a net that stands alone in a network."""


class Checked(traitlets.TraitType[Any, Any]):
    """A value that the drawing checks; numbers that are equal are no change."""

    def __init__(self, check: Callable[["NetDrawing", Any], Any]) -> None:
        super().__init__(None, allow_none=True)
        self.check = check

    def validate(self, obj: "NetDrawing", value: Any) -> Any:
        """The value as it is kept."""
        return self.check(obj, value)

    def set(self, obj: Any, value: Any) -> None:
        """As traitlets does, but for arrays."""
        new, old = self._validate(obj, value), obj._trait_values.get(self.name)
        if not _same(old, new):
            obj._trait_values[self.name] = new
            obj._notify_trait(self.name, old, new)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_same(old[name], new[name]) for name in old)
    return type(old) is type(new) and bool(np.array_equal(old, new))


class NetDrawing(Drawing):
    """A net on sequences. What follows can be read, observed and set; arrays are read-only: set a changed copy.

    x (N, T, F)
        The inputs as the net reads them, of the steps that are shown.
    weights
        By name, as in ``net.parameters``. Set all of them, or some.
    held
        The gates that stand still, by layer, gate and unit: ``{(0, "f", 3): 1.0}``.
    place
        Step and unit that the reader stopped at; None before that.

    >>> import clearlstm as cl
    >>> w = cl.examples.statquest_unit().show(np.ones((1, 4, 1)))
    >>> w.weights["layer0.forward.b"]
    array([ 1.62,  0.62, -0.32,  0.59])
    """

    x = Checked(lambda drawing, value: drawing._checked_x(value))
    weights = Checked(lambda drawing, value: drawing._checked_weights(value))
    held = Checked(lambda drawing, value: drawing._checked_held(value))
    place = Checked(lambda drawing, value: drawing._checked_place(value))

    def __init__(self, shown: Shown, title: str, *, named_by_net: bool = False) -> None:
        self._shown = replace(shown, network=deepcopy(shown.network))
        self._title, self._prefix, self._is_following = title, NET if named_by_net else "", False
        self.is_unit = _is_unit(self._shown)
        super().__init__(self._contents(), self._still, self._request)
        self._follow()

    @property
    def layers(self) -> list[Place]:
        """The layers in the page's order, from the lowest up: ``held`` counts them so."""
        return places(self._shown.network)

    def trace(self) -> NetworkTrace:
        """Every gate and state of what is shown now, with what was changed and held."""
        now = self._now()
        if not self.held:
            return now.network.trace(now.x, now.lengths, now.state)
        from clearlstm.insight.altered import Hold
        from clearlstm.insight.what_if import what_if

        holds = []
        for (layer, gate, unit), value in self.held.items():
            net, k, direction, _ = self.layers[layer]
            holds.append(Hold(gate, value, unit=unit, net=net, layer=k, direction=direction))
        return what_if(now.subject, hold=holds).after

    @traitlets.observe("address")
    def _follow(self, _change: Any = None) -> None:
        """Take over what the reader has chosen."""
        parts = link.read(self.address)
        now = self._now()
        values = {name.removeprefix(self._prefix): _fixed(v) for name, v in now.network.parameters.items()}
        day = parts.get(link.UNIT_DAY, "")
        place = (int(day), 0) if self.is_unit and day.isdecimal() else link.place_of(parts)
        with self._following():
            self.set_trait("x", _fixed(now.x))
            self.set_trait("weights", values)
            self.set_trait("held", Changes.read(parts).held(now.network))
            self.set_trait("place", place)

    def _now(self) -> Shown:
        """What is shown, with what the reader has changed of it."""
        parts, before = link.read(self.address), self._shown
        if self.is_unit:
            return _unit_now(before, parts)
        changes, x = Changes.read(parts), before.x.copy()
        n = self._sequence(parts)
        length = before.lengths[n]
        x[n, :length] = changes.inputs(x[n, :length])
        return replace(before, network=_with(before.network, changes.weights(before.network)), x=x)

    def _sequence(self, parts: Mapping[str, str]) -> int:
        """Which one is looked at."""
        ids = self._shown.ids
        return ids.index(parts[link.SERIES]) if parts.get(link.SERIES) in ids else 0

    def _still(self) -> str:
        parts, layers = link.read(self.address), self.layers
        chosen = parts.get(link.LAYER, "0")
        layer = layers[min(int(chosen) if chosen.isdecimal() else 0, len(layers) - 1)]
        units = self._shown.network.nets[layer.net].hidden_size
        unit = min(self.place[1], units - 1) if self.place and not self.is_unit else None
        return picture_of_net(self._now(), self._title, sequence=self._sequence(parts), place=layer, unit=unit)

    @contextmanager
    def _following(self) -> Iterator[None]:
        self._is_following = True
        try:
            yield
        finally:
            self._is_following = False

    @traitlets.observe("x")
    def _new_x(self, change: Any) -> None:
        if self._is_following:
            return
        x, shown = np.array(change["new"]), self._shown
        if self.is_unit:
            steps = [[str(t) for t in range(x.shape[1])]]
            shown = replace(shown, lengths=np.array([x.shape[1]]), steps=steps)
        self._show(replace(shown, x=x), "x", link.UNIT_X)

    @traitlets.observe("weights")
    def _new_weights(self, change: Any) -> None:
        if not self._is_following:
            named = {self._prefix + name: values for name, values in change["new"].items()}
            network = _with(self._shown.network, named)
            self._show(replace(self._shown, network=network), "WUb", link.UNIT_WEIGHTS)

    @traitlets.observe("held")
    def _new_held(self, change: Any) -> None:
        if not self._is_following:
            parts = link.read(self.address)
            self.address = _with_changes(parts, Changes.read(parts).holding(change["new"]))

    @traitlets.observe("place")
    def _new_place(self, change: Any) -> None:
        if self._is_following:
            return
        parts, place = link.read(self.address), change["new"]
        name = link.UNIT_DAY if self.is_unit else link.PLACE
        parts.pop(name, None)
        if place is not None:
            parts[name] = str(place[0]) if self.is_unit else f"{place[0]}_{place[1]}"
        self.address = link.write(parts)

    def _show(self, shown: Shown, changed: str, part: str) -> None:
        """Something else to begin with; what the reader had changed of it is gone, other changes stay."""
        self._shown = shown
        parts = link.read(self.address)
        parts.pop(part, None)
        with self.hold_sync():
            self._data = as_sent(self._contents())
            self.address = _with_changes(parts, Changes.read(parts).without(*changed))
        self._follow()

    def _contents(self) -> dict[str, Any]:
        if not self.is_unit:
            return {**self._shown.data(self._title), "start": "words=field"}
        first = [0.0, 0.0] if self._shown.state is None else [part.item() for part in self._shown.state[0]]
        start = {
            link.UNIT_X: link.joined(self._shown.x),
            link.UNIT_WEIGHTS: link.joined(np.array(link.unit_weights(self._shown.network.parameters))),
            link.UNIT_H: repr(float(first[0])),
            link.UNIT_C: repr(float(first[1])),
        }
        return {"kind": "unit", "title": self._title, "start": link.write(start), "notes": list(self._shown.notes)}

    def _request(self, question: Mapping[str, Any]) -> Request:
        shown = self._shown
        return Request(shown.subject, shown.x, question, shown.lengths, tuple(shown.names))

    def _checked_x(self, value: Any) -> FloatArray | None:
        shape: tuple[int | None, ...] = (1, None, 1) if self.is_unit else self._shown.x.shape
        x = check_array("x", value, shape, self._shown.network.dtype)
        if self.is_unit and not 1 <= x.shape[1] <= MOST_DAYS:
            raise InputError(f"x has {x.shape[1]} steps; 1 to {MOST_DAYS} can be drawn")
        return _fixed(x)

    def _checked_weights(self, value: Any) -> dict[str, FloatArray]:
        own = {name.removeprefix(self._prefix): values for name, values in self._shown.network.parameters.items()}
        if not isinstance(value, Mapping) or set(value) - set(own):
            raise InputError(f"weights must be arrays by name, of these names: {', '.join(own)}")
        given = {name: check_array(name, value[name], own[name].shape, own[name].dtype) for name in value}
        before = self.weights or own
        return {name: _fixed(given.get(name, before[name])) for name in own}

    def _checked_held(self, value: Any) -> Held:
        if not isinstance(value, Mapping):
            raise InputError('held must be values by (layer, gate, unit), such as {(0, "f", 3): 1.0}')
        if value and (self.is_unit or not self._runs_in_page):
            raise InputError("in this drawing no gate can be held: that takes a net of LSTMs that the page computes")
        return {self._checked_gate(key): _finite(key, one) for key, one in value.items()}

    @property
    def _runs_in_page(self) -> bool:
        nets = self._shown.network.nets
        return self._shown.has_weights and all(net.cell.name == "LSTM" for net in nets)

    def _checked_gate(self, key: Any) -> tuple[int, str, int]:
        layers = self.layers
        good = isinstance(key, tuple) and len(key) == 3 and is_whole(key[0]) and key[1] in GATES and is_whole(key[2])
        if not good or not 0 <= key[0] < len(layers):
            raise InputError(
                f"{key!r} is no gate: give (layer, gate, unit), a layer of 0..{len(layers) - 1}, and f, i, g or o"
            )
        units = self._shown.network.nets[layers[key[0]].net].hidden_size
        if not 0 <= key[2] < units:
            raise InputError(f"unit {key[2]} is asked for; the layer has units 0..{units - 1}")
        return int(key[0]), str(key[1]), int(key[2])

    def _checked_place(self, value: Any) -> tuple[int, int] | None:
        if value is None:
            return None
        pair = isinstance(value, tuple | list) and len(value) == 2
        if not pair or not all(is_whole(one) and one >= 0 for one in value):
            raise InputError(f"place is {value!r}; it must be (step, unit), each counted from 0")
        return int(value[0]), int(value[1])


def _finite(key: Any, value: Any) -> float:
    if not NUMBER[0](value):
        raise InputError(f"the gate {key!r} is held at {value!r}; it must be a finite number")
    return float(value)


def _is_unit(shown: Shown) -> bool:
    """Whether room 3 can show it: one LSTM unit with one input, and one sequence."""
    network, net = shown.network, shown.network.nets[0]
    sizes = (len(network.nets), net.input_size, net.hidden_size, net.num_layers, net.num_directions, len(shown.x))
    usual = net.cell.name == "LSTM" and net.functions == STANDARD and not net.options.get("peepholes")
    return usual and network.head is None and all(size == 1 for size in sizes)


def _unit_now(shown: Shown, parts: Mapping[str, str]) -> Shown:
    dtype = shown.network.dtype
    values = {name: array.copy() for name, array in shown.network.parameters.items()}
    twelve = link.numbers(parts.get(link.UNIT_WEIGHTS, ""))
    if twelve is not None and len(twelve) == UNIT_WEIGHTS:
        link.set_unit_weights(values, twelve)
    days = link.numbers(parts.get(link.UNIT_X, ""))
    x = shown.x if days is None or len(days) > MOST_DAYS else np.array(days, dtype)[None, :, None]
    state = shown.state
    if link.UNIT_H in parts or link.UNIT_C in parts:
        first = [np.zeros((1, 1, 1), dtype)] * 2 if state is None else state[0]
        names = (link.UNIT_H, link.UNIT_C)
        pairs = zip(names, first, strict=True)
        state = (tuple([_memory(parts.get(name, ""), old) for name, old in pairs]),)
    return replace(shown, network=_with(shown.network, values), x=x, lengths=np.array([x.shape[1]]), state=state)


def _memory(text: str, before: FloatArray) -> FloatArray:
    values = link.numbers(text)
    return before if values is None or len(values) != 1 else np.full_like(before, values[0])


def _with(network: Network, parameters: Mapping[str, FloatArray]) -> Network:
    """A copy of the network with these parameters."""
    return deepcopy(network).set_parameters(parameters)


def _with_changes(parts: dict[str, str], changes: Changes) -> str:
    parts.pop(link.CHANGES, None)
    return link.write(parts | ({link.CHANGES: changes.write()} if changes.values else {}))


def _fixed(values: FloatArray) -> FloatArray:
    """A copy that nobody changes in place: the drawing wouldn't hear of it."""
    fixed = np.array(values)
    fixed.flags.writeable = False
    return fixed
