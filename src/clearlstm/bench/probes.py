"""Compiled code that computes sigmoid and tanh and nothing else, as the kernels do: what the processor can reach.

``limits`` times it. It is a module of its own because it needs the compiler.
"""

from typing import Any

from clearlstm.kernels.activations import sigmoid, tanh
from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.parts import compiled
from clearlstm.kernels.team import Mailboxes, share
from clearlstm.kernels.vector import lanes_of, load, past, start, store
from clearlstm.shapes import FloatArray


@compiled
def activate_rows(numbers: FloatArray, repeats: int, part: int, n_parts: int) -> None:
    """Put sigmoid or tanh of itself in place of each of this part's n ``numbers`` (n_parts · n,), again and again.

    As in an LSTM's step, three registers take sigmoid and two tanh; n is a multiple of five registers.
    """
    n, V = numbers.size // n_parts, lanes_of(start(numbers))
    row = past(start(numbers), part * n)
    for _ in range(repeats):
        for at in range(0, n, 5 * V):
            store(row, at, sigmoid(load(row, at, V)), V)
            store(row, at + V, sigmoid(load(row, at + V, V)), V)
            store(row, at + 2 * V, tanh(load(row, at + 2 * V, V)), V)
            store(row, at + 3 * V, sigmoid(load(row, at + 3 * V, V)), V)
            store(row, at + 4 * V, tanh(load(row, at + 4 * V, V)), V)


@Kernel
def activate(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`activate_rows` for all parts."""
    share(mailboxes, n_parts, activate_rows, arguments)


@Kernel
def chain(numbers: FloatArray, links: int) -> None:
    """Numbers (V,) become tanh(sigmoid(numbers)), ``links`` times: each waits for the one before, as steps do."""
    V = lanes_of(start(numbers))
    state = load(start(numbers), 0, V)
    for _ in range(links):
        state = tanh(sigmoid(state))
    store(start(numbers), 0, state, V)
