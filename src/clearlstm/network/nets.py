"""The kinds of nets that there are, one for each cell."""

from typing import Any, Final

from clearlstm.network.gru import GRU
from clearlstm.network.lstm import LSTM
from clearlstm.network.recurrent import Recurrent
from clearlstm.network.rnn import RNN

NETS: Final[dict[str, type[Recurrent[Any]]]] = {net.cell.name: net for net in (LSTM, RNN, GRU)}
"""By the name of their cell, which stands in files. A new one is added here."""
