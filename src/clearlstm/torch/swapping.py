"""Exchange the recurrent layers of a model for ours, and back."""

from typing import Final, TypeVar

from torch import nn

from clearlstm.torch.layers import GRU, LSTM

OURS: Final[dict[type[nn.Module], type[nn.Module]]] = {nn.LSTM: LSTM, nn.GRU: GRU}
THEIRS: Final = {ours: theirs for theirs, ours in OURS.items()}

ModuleT = TypeVar("ModuleT", bound=nn.Module)


def swap_lstms(module: ModuleT, *, back: bool = False, record: bool = False) -> ModuleT:
    """Let every ``nn.LSTM`` and ``nn.GRU`` in ``module`` compute on clearlstm's kernels; with ``back``, torch again.

    The layers stay the objects that they are, with their parameters, hooks and modes, so optimisers and whoever else
    holds them go on. Subclasses of torch's layers and single cells are left as they are. ``record`` is that of
    :class:`LSTM`. Returns ``module``.
    """
    classes = THEIRS if back else OURS
    for layer in module.modules():
        if (other := classes.get(type(layer))) is None:
            continue
        layer.__class__ = other
        for name in ("record", "last_trace"):
            vars(layer).pop(name, None)
        if record and not back:
            vars(layer)["record"] = True
    return module
