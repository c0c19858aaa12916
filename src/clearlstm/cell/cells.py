"""The kinds of cells that there are."""

from typing import Final

from clearlstm.cell.cell import Cell
from clearlstm.cell.gru import GRU
from clearlstm.cell.lstm import LSTM
from clearlstm.cell.rnn import RNN

CELLS: Final[dict[str, Cell]] = {cell.name: cell for cell in (LSTM, RNN, GRU)}
"""By name. A new one is added here, and its net to ``network/nets.py``."""
