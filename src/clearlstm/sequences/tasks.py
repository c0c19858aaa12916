"""Tasks with long lags, drawn at random: the classic test of memory (Hochreiter & Schmidhuber 1997).

What decides the answer stands early in a sequence, and noise follows. Sequences have different lengths; x is 0 beyond
them. ``seed`` is a whole number, None, or a generator to draw on from. Equal seeds give equal data, to the bit.
"""

from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.network.parameters import uniform
from clearlstm.shapes import FloatArray, IntArray, check_positive, random_generator, real_steps

Seed: TypeAlias = int | np.random.Generator | None

CORRECT_WITHIN: Final = 0.04
"""An answer to the adding problem is right if its absolute error is below this (ibid., experiment 4)."""

ORDER_SYMBOLS: Final = "EBabcdXY"
REBER_SYMBOLS: Final = "BTPSXVE"

# Where each X or Y may stand, in hundredths of n_steps (ibid., experiments 6a and 6b; there n_steps is 100).
_ORDER_WINDOWS: Final = {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))}


class Task(NamedTuple):
    """x (N, T, F), what the net reads; y, what it should answer; lengths (N,), each sequence's real steps."""

    x: FloatArray
    y: npt.NDArray[np.float64] | npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]


class Strings(NamedTuple):
    """Strings of a grammar, read a symbol at a time up to the last but one.

    x (N, T, 7) is one-hot in the order of ``REBER_SYMBOLS``; y (N, T) is the index of the symbol that follows;
    legal (N, T, 7) says which symbols could have followed; lengths (N,) are the steps that are read. In the padding
    all are 0.
    """

    x: FloatArray
    y: npt.NDArray[np.int64]
    legal: npt.NDArray[np.bool_]
    lengths: npt.NDArray[np.int64]


def adding_problem(n_sequences: int, n_steps: int = 100, *, seed: Seed = None) -> Task:
    """Add two marked numbers that stand far apart (ibid., experiment 4): x (N, T, 2), y (N, 1).

    A step holds a number, uniform in −1 … 1, and a marker: 1 at the two steps to add, −1 at a sequence's first and last
    step, else 0. One marked step is among the first ten, the other among the first ``n_steps`` / 2 (both among the
    first half, below 20 steps). If the draw falls on the first step, its marker stays −1 and the number counts as 0.
    y = 0.5 + (X₁ + X₂) / 4. Lengths are uniform in ``n_steps`` … 1.1 ``n_steps``.

    Raises InputError for ``n_sequences`` below 1 or ``n_steps`` below 4.

    >>> x, y, lengths = adding_problem(3, 20, seed=0)
    >>> x.shape[0], x.shape[2], y.shape, lengths
    (3, 2, (3, 1), array([22, 21, 21]))
    >>> marked = x[0, :, 1] == 1
    >>> bool(np.isclose(y[0, 0], 0.5 + x[0, marked, 0].sum() / 4))
    True
    """
    N, rng = check_positive("n_sequences", n_sequences), _generator(seed)
    lengths = _draw_lengths(N, _at_least(4, n_steps), rng)
    half, rows = n_steps // 2, np.arange(N)
    first = rng.integers(min(10, half), size=N)
    second = rng.integers(half - 1, size=N)
    second += second >= first  # any step of the first half but the one that is marked already
    real = real_steps(lengths, int(lengths.max()))
    value = np.where(real, uniform(rng, 1.0, real.shape), 0)
    marker = np.zeros(real.shape)
    marker[rows, first] = marker[rows, second] = 1
    marker[:, 0] = marker[rows, lengths - 1] = -1
    # y = 0.5 + (X₁ + X₂) / 4
    y = 0.5 + np.sum(value, axis=1, where=marker == 1, keepdims=True) / 4
    return Task(np.stack([value, marker], axis=2), y, lengths)


def temporal_order(n_sequences: int, n_steps: int = 100, *, n_relevant: int = 2, seed: Seed = None) -> Task:
    """Say in which order X and Y came (ibid., experiment 6): x (N, T, 8) one-hot, y (N,) the class.

    A sequence starts with E, ends with B, and holds a, b, c or d at random between them, but for ``n_relevant`` symbols
    that are X or Y. With two of them (6a) they stand 10 to 20 % and 50 to 60 % of ``n_steps`` into the sequence; with
    three (6b) 10 to 20, 33 to 43 and 66 to 76 %. The classes are numbered XX, XY, YX, YY (XXX, XXY, … with three).
    Features are in the order of ``ORDER_SYMBOLS``. Lengths are uniform in ``n_steps`` … 1.1 ``n_steps``.

    Raises InputError for ``n_sequences`` below 1, ``n_steps`` below 10, or other ``n_relevant`` than 2 and 3.

    >>> x, y, lengths = temporal_order(1, 10, seed=1)
    >>> "".join(ORDER_SYMBOLS[k] for k in x[0].argmax(axis=1)), int(y[0])
    ('EXdaaYdabB', 1)
    """
    if n_relevant not in _ORDER_WINDOWS:
        raise InputError(f"n_relevant is {n_relevant!r}; the task has 2 or 3 relevant symbols")
    N, rng = check_positive("n_sequences", n_sequences), _generator(seed)
    lengths = _draw_lengths(N, _at_least(10, n_steps), rng)
    rows, (noise_first, noise_last) = np.arange(N), (ORDER_SYMBOLS.index("a"), ORDER_SYMBOLS.index("d"))
    symbols = rng.integers(noise_first, noise_last, (N, lengths.max()), endpoint=True)
    symbols[:, 0] = ORDER_SYMBOLS.index("E")
    symbols[rows, lengths - 1] = ORDER_SYMBOLS.index("B")
    y = np.zeros(N, dtype=np.int64)
    for low, high in _ORDER_WINDOWS[n_relevant]:
        is_y = rng.integers(2, size=N)
        symbols[rows, rng.integers(n_steps * low // 100, n_steps * high // 100, size=N, endpoint=True)] = (
            ORDER_SYMBOLS.index("X") + is_y
        )
        y = 2 * y + is_y
    return Task(_one_hot(symbols, lengths, len(ORDER_SYMBOLS)), y, lengths)


# Reber's automaton (Reber 1967): the two edges that leave each node, each with its symbol and the node it leads to.
_EDGES: Final = (
    (("T", 1), ("P", 2)),
    (("S", 1), ("X", 3)),
    (("T", 2), ("V", 4)),
    (("X", 2), ("S", 5)),
    (("P", 3), ("V", 5)),
    (("E", 6), ("E", 6)),
)
_END: Final = 6


def embedded_reber(n_sequences: int, *, seed: Seed = None) -> Strings:
    """Predict the next symbol of strings whose last but one repeats the second (ibid., experiment 1).

    A string is B, then T or P, then a string of Reber's grammar, then that same T or P, then E. Of Reber's automaton
    (Reber 1967) each edge is taken with probability ½, so there is no longest string. One prediction in each string
    needs its second symbol, read at least 5 steps before; for all others the last few symbols are enough.

    Raises InputError for ``n_sequences`` below 1.

    >>> strings = embedded_reber(1, seed=0)
    >>> "".join(REBER_SYMBOLS[k] for k in strings.x[0].argmax(axis=1))
    'BPBPVPXTTTTVVEP'
    >>> [REBER_SYMBOLS[k] for k in np.flatnonzero(strings.legal[0, 3])]        # after B, P, B, P
    ['T', 'V']
    """
    N, rng = check_positive("n_sequences", n_sequences), _generator(seed)
    rows, n_symbols = np.arange(N), len(REBER_SYMBOLS)
    branch = np.array([_index("T"), _index("P")])[rng.integers(2, size=N)]
    inner, inner_legal, inner_lengths = _reber(N, rng)
    lengths = inner_lengths + 3
    symbols = np.zeros((N, lengths.max() + 1), dtype=np.int64)
    symbols[:, 0], symbols[:, 1], symbols[:, 2:-2] = _index("B"), branch, inner
    symbols[rows, lengths - 1], symbols[rows, lengths] = branch, _index("E")
    legal = np.zeros((*symbols.shape, n_symbols), dtype=bool)
    legal[:, 0], legal[:, 1], legal[:, 2:-2] = _set_of("TP"), _set_of("B"), inner_legal
    # After the inner string only the second symbol, once more, is legal; after that only the end.
    legal[rows, lengths - 2, branch] = legal[rows, lengths - 1, _index("E")] = True
    return Strings(_one_hot(symbols[:, :-1], lengths, n_symbols), symbols[:, 1:].copy(), legal[:, :-1].copy(), lengths)


def _reber(N: int, rng: np.random.Generator) -> tuple[IntArray, npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Strings of Reber's own grammar: symbols (N, T), what could follow each (N, T, 7), lengths (N,); 0 in padding.

    All strings walk together; ``node`` (N,) is where each of them stands.
    """
    symbol_of, node_after, legal_at = _tables()
    node: IntArray = np.zeros(N, dtype=np.int64)
    lengths = np.ones(N, dtype=np.int64)
    symbols, legal = [np.full(N, _index("B"))], [legal_at[node]]
    while (node != _END).any():
        lengths += node != _END
        edge = rng.integers(2, size=N)
        symbols.append(symbol_of[node, edge])
        node = node_after[node, edge]
        legal.append(legal_at[node])
    return np.stack(symbols, axis=1), np.stack(legal, axis=1), lengths


def _tables() -> tuple[IntArray, IntArray, npt.NDArray[np.bool_]]:
    """The automaton as arrays: symbol and next node by node and edge, (7, 2) each; legal symbols by node, (7, 7)."""
    symbol_of = np.array([[_index(symbol) for symbol, _ in edges] for edges in _EDGES] + [[0, 0]])
    node_after = np.array([[node for _, node in edges] for edges in _EDGES] + [[_END, _END]])
    legal_at = np.array([_set_of("".join(symbol for symbol, _ in edges)) for edges in _EDGES] + [_set_of("")])
    return symbol_of, node_after, legal_at


def _index(symbol: str) -> int:
    return REBER_SYMBOLS.index(symbol)


def _set_of(symbols: str) -> npt.NDArray[np.bool_]:
    return np.array([symbol in symbols for symbol in REBER_SYMBOLS])


def _one_hot(symbols: IntArray, lengths: npt.NDArray[np.int64], n_symbols: int) -> FloatArray:
    """Symbols (N, T) as (N, T, n_symbols), a 1 in each step; 0 in padding."""
    x = np.eye(n_symbols)[symbols]
    x[~real_steps(lengths, symbols.shape[1])] = 0
    return x


def _draw_lengths(N: int, n_steps: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return rng.integers(n_steps, n_steps + n_steps // 10, size=N, endpoint=True)


def _at_least(least: int, n_steps: object) -> int:
    steps = check_positive("n_steps", n_steps)
    if steps < least:
        raise InputError(f"n_steps is {steps}; this task needs at least {least}")
    return steps


def _generator(seed: Seed) -> np.random.Generator:
    return seed if isinstance(seed, np.random.Generator) else random_generator(seed)
