"""Layers for torch that compute on clearlstm's kernels: ``LSTM`` and ``GRU`` in the place of ``torch.nn``'s.

    from clearlstm.torch import LSTM            # instead of: from torch.nn import LSTM

They take what ``torch.nn.LSTM`` and ``torch.nn.GRU`` take, give what those give, have the same state dicts, and train
with any torch optimiser; on the CPU they are quicker, and with ``record=True`` every gate of the last pass stands in
``layer.last_trace``. :func:`swap_lstms` exchanges the layers of a whole model. docs/torch.md has what isn't covered.
"""

from clearlstm.errors import MissingExtraError

try:
    from clearlstm.torch.layers import GRU, LSTM
    from clearlstm.torch.swapping import swap_lstms
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise MissingExtraError("clearlstm.torch needs torch: pip install 'clearlstm[torch]'") from error

__all__ = ["GRU", "LSTM", "swap_lstms"]
