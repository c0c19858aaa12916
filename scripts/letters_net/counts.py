"""What counting alone can do: guess the next letter by how often each came after the same few letters."""

import math
from collections import Counter, defaultdict

from clearlstm import letters

Table = dict[str, Counter[str]]
"""After each history, how often each letter came."""


def counted(text: str, longest: int) -> list[Table]:
    """A table for each length of history, 0 … ``longest`` letters."""
    tables: list[Table] = []
    for back in range(longest + 1):
        table: Table = defaultdict(Counter)
        for t in range(back, len(text)):
            table[text[t - back : t]][text[t]] += 1
        tables.append(dict(table))
    return tables


def bits_by_counts(tables: list[Table], text: str) -> list[float]:
    """Bits a letter on ``text`` for each length of history.

    Each length is mixed with the shorter ones as Witten & Bell (1991) do: after a history that was seen n times and
    had k different letters after it, the count has the weight n / (n + k). The shortest is mixed with equal chances.
    """
    lost = [0.0] * len(tables)
    for t in range(1, len(text)):
        chance = 1 / len(letters.ALPHABET)
        for back, table in enumerate(tables):
            after = table.get(text[t - back : t]) if back <= t else None
            if after:
                chance = (after[text[t]] + len(after) * chance) / (after.total() + len(after))
            lost[back] -= math.log2(chance)
    return [total / (len(text) - 1) for total in lost]
