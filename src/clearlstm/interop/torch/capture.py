"""Watching the recurrent layers of a PyTorch module while it runs."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from clearlstm.errors import InputError
from clearlstm.interop.captured import Captured, named
from clearlstm.interop.torch import from_torch
from clearlstm.interop.torch.layers import OWN
from clearlstm.interop.torch.objects import evaluating, forward_of, unwrapped
from clearlstm.network.model import Network, States
from clearlstm.shapes import FloatArray

LAYERS: Final = (nn.LSTM, nn.GRU, nn.RNN)
CELLS: Final = (nn.LSTMCell, nn.GRUCell, nn.RNNCell)


@dataclass(frozen=True)
class _Call:
    """One call of a layer: x (N, T, F), output (N, T, D·P), and the states as torch has them, (L·D, N, P or H) each.

    ``first`` is empty where the layer starts from zeros.
    """

    x: FloatArray
    lengths: npt.NDArray[np.int64] | None
    first: tuple[FloatArray, ...]
    output: FloatArray
    last: tuple[FloatArray, ...]

    def goes_on(self, before: "_Call") -> bool:
        """Whether it starts from the very state that the call before ended with."""
        return (
            bool(self.first)
            and self.lengths is None
            and before.lengths is None
            and len(self.x) == len(before.x)
            and all(map(np.array_equal, self.first, before.last))
        )


def capture_torch(module: nn.Module, inputs: Sequence[Any], name: str | None) -> dict[str, Captured]:
    """The recurrent layers of ``module`` that run on ``inputs``, by name."""
    module = unwrapped(module)
    parts = _watched(module, name)
    calls: dict[str, list[_Call]] = {where: [] for where in parts}
    with ExitStack() as stack:
        stack.enter_context(evaluating(module))
        for where, part in parts.items():
            stack.callback(part.register_forward_hook(_watcher(calls[where]), with_kwargs=True).remove)
        _run(module, inputs)
    captured: dict[str, Captured] = {}
    for where, part in parts.items():
        for label, run in _sequences(where, part, calls[where]):
            captured[label] = _captured(label, part, run)
    if not captured:
        raise InputError(
            f"the module ran, and none of its recurrent layers ({', '.join(map(repr, parts))}) was called: it uses "
            "their weights by another way, which can't be watched"
        )
    return named(captured, name)


def _watched(module: nn.Module, name: str | None) -> dict[str, nn.Module]:
    """The recurrent layers and cells in a module, by name; of those the one that is meant."""
    parts = {where: part for where, part in module.named_modules() if _is_watched(part)}
    if not parts:
        raise InputError(f"the module holds no nn.LSTM, nn.GRU, nn.RNN or cell of theirs: {_holds(module)}")
    if name is None:
        return parts
    meant = {where: part for where, part in parts.items() if where in (name, name.rpartition("[")[0])}
    if not meant:
        raise InputError(f"name is {name!r}; the module's recurrent layers are {', '.join(map(repr, parts))}")
    return meant


def _is_watched(part: nn.Module) -> bool:
    """Whether it is a recurrent layer or cell that computes as torch does: torch's, or clearlstm's in its place."""
    return isinstance(part, (*LAYERS, *CELLS)) and OWN.fullmatch(forward_of(part)) is not None


def _holds(module: nn.Module) -> str:
    if isinstance(module, torch.jit.ScriptModule):
        return "it is a TorchScript program, whose layers can't be watched; give the module that it was made of"
    kinds = dict.fromkeys(type(part).__name__ for part in module.modules())
    return f"it holds {', '.join(list(kinds)[:8])}"


def _run(module: nn.Module, inputs: Sequence[Any]) -> None:
    """Arrays become tensors, numbers of the module's own float type; a mapping at the end, arguments by name."""
    *given, last = (*inputs, {}) if not inputs or not isinstance(inputs[-1], Mapping) else inputs
    like = next((values for values in module.parameters() if values.is_floating_point()), torch.zeros(()))
    try:
        module(*(_tensor(value, like) for value in given), **{key: _tensor(value, like) for key, value in last.items()})
    except Exception as error:  # the module is a stranger's, and raises what it likes
        shapes = (
            ", ".join(str(getattr(value, "shape", type(value).__name__)) for value in (*given, *last.values()))
            or "none"
        )
        raise InputError(f"the module can't be run on inputs of {shapes}: {error}") from error


def _tensor(value: Any, like: torch.Tensor) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    tensor = torch.from_numpy(np.ascontiguousarray(value))
    return tensor.to(like.device, like.dtype if tensor.is_floating_point() else tensor.dtype)


def _watcher(calls: list[_Call]) -> Callable[..., None]:
    def watch(part: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        given = inspect.signature(part.forward).bind(*args, **kwargs).arguments
        calls.append((_layer_call if isinstance(part, LAYERS) else _cell_call)(part, given, output))

    return watch


def _layer_call(part: Any, given: dict[str, Any], output: Any) -> _Call:
    """Of nn.LSTM, nn.GRU or nn.RNN: packed, padded, time first or one sequence alone."""
    x, (y, last), lengths, alone = given["input"], output, None, False
    if isinstance(x, PackedSequence):
        (x, steps), (y, _) = (pad_packed_sequence(packed, batch_first=True) for packed in (x, y))
        lengths = steps.numpy().astype(np.int64)
    elif alone := x.dim() == 2:
        x, y = x[None], y[None]
    elif not part.batch_first:
        x, y = x.transpose(0, 1), y.transpose(0, 1)
    first, last = (
        [values[:, None] if alone else values for values in _parts(state)] for state in (given.get("hx"), last)
    )
    return _Call(_array(x), lengths, tuple(map(_array, first)), _array(y), tuple(map(_array, last)))


def _cell_call(_part: Any, given: dict[str, Any], output: Any) -> _Call:
    """Of one step of a cell."""
    x = given["input"]
    first, last = (
        [values.reshape(1, -1, values.shape[-1]) for values in _parts(state)] for state in (given.get("hx"), output)
    )
    h = _array(last[0]).swapaxes(0, 1)
    return _Call(_array(x).reshape(-1, 1, x.shape[-1]), None, tuple(map(_array, first)), h, tuple(map(_array, last)))


def _parts(state: Any) -> tuple[torch.Tensor, ...]:
    """(h, c) or (h,); nothing where the layer starts from zeros."""
    if state is None:
        return ()
    return state if isinstance(state, tuple) else (state,)


def _array(tensor: torch.Tensor) -> FloatArray:
    """A copy, since the module may change it afterwards."""
    tensor = tensor.detach().cpu()
    return np.array((tensor if tensor.dtype == torch.float64 else tensor.float()).numpy())


def _sequences(where: str, part: nn.Module, calls: Sequence[_Call]) -> Iterator[tuple[str, list[_Call]]]:
    """The calls that went on from each other, as one sequence each."""
    runs: list[list[_Call]] = []
    for call in calls:
        if runs and call.goes_on(runs[-1][-1]) and not getattr(part, "bidirectional", False):
            runs[-1].append(call)
        else:
            runs.append([call])
    if isinstance(part, CELLS) and 1 < len(runs) == len(calls):
        raise InputError(
            f"{where!r} is called {len(calls)} times and never goes on from the state that it gave: the model changes "
            "the state between the steps, so they are no sequence of an LSTM"
        )
    for k, run in enumerate(runs):
        yield where if len(runs) == 1 else f"{where}[{k}]", run


def _captured(label: str, part: nn.Module, run: Sequence[_Call]) -> Captured:
    network = from_torch(part)
    x, output = (np.concatenate(values, axis=1) for values in ([call.x for call in run], [call.output for call in run]))
    lengths = run[0].lengths if run[0].lengths is not None else np.full(len(x), x.shape[1])
    state = _first_state(part, run[0].first, network, len(x))
    return Captured(label, network, x.astype(network.dtype), lengths, state, output)


def _first_state(part: Any, first: tuple[FloatArray, ...], network: Network, N: int) -> States:
    """What the net starts from. Of a projected h (P,), the h (H,) whose projection it is."""
    if first and int(getattr(part, "proj_size", 0)) > 0:
        unprojected = [h @ np.linalg.pinv(W.T) for h, W in zip(first[0], _projections(part), strict=True)]
        first = (np.stack(unprojected), *first[1:])
    [net] = network.nets
    given = tuple([values.astype(net.dtype) for values in first]) if first else None
    return (net.first_state(given, N),)


def _projections(part: Any) -> list[FloatArray]:
    """Of each layer in each direction, (P, H)."""
    return [_array(values) for name, values in part.named_parameters() if name.startswith("weight_hr")]
