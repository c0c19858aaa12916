"""Names in a sentence, cut short where they are many."""

from collections.abc import Iterable
from typing import Final

MOST_NAMES: Final = 12


def listed(names: Iterable[object]) -> str:
    """The first names, and how many more there are.

    >>> listed("abc")
    'a, b, c'
    >>> listed(range(961))
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 949 more'
    """
    texts = [str(name) for name in names]
    more = f" and {len(texts) - MOST_NAMES} more" if len(texts) > MOST_NAMES + 1 else ""
    return ", ".join(texts[:MOST_NAMES] if more else texts) + more
