"""Seeded damage: to bytes, and to trees of JSON."""

import json
from copy import deepcopy
from typing import Any, Final

import numpy as np

Rng = np.random.Generator

EXTREMES: Final = (0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
MOST_EDITS: Final = 6

DEEP: Any = 0
for _ in range(400):
    DEEP = [DEEP]

STRANGE: Final[tuple[Any, ...]] = (
    *(None, True, False, -1, 0, 1, 3, 10**6, 2**31, 2**63, -(2**63), 10**30, 0.5, -0.5, 1e308, 1e-320),
    *(float("nan"), float("inf"), "", "x", "é", "\ud800", "\x00", "/etc/passwd", "../..", "float8", "bfloat16"),
    *("LSTM", "linear", "9999-12-31", "0001-01-01", "1e999", "x" * 5000, [], {}, [None], {"": None}, [[]], [0, -1]),
    *({"class_name": "LSTM", "config": {}}, DEEP, [1] * 300),
)


def damaged(rng: Rng, content: bytes) -> bytes:
    """The content with a few edits: bits, bytes, numbers, pieces cut out, doubled or put in, the end cut off."""
    edited = bytearray(content)
    for _ in range(rng.integers(1, MOST_EDITS + 1)):
        at = (
            int(rng.integers(0, len(edited) + 1))
            if rng.random() < 0.5
            else int(rng.integers(0, min(len(edited), 400) + 1))
        )
        size = int(rng.integers(1, 17))
        match rng.integers(0, 8):
            case 0 | 1 if at < len(edited):
                edited[at] ^= 1 << int(rng.integers(0, 8))
            case 2 if at < len(edited):
                edited[at] = int(rng.integers(0, 256))
            case 3:
                width = int(rng.choice([1, 2, 4, 8]))
                extreme = int(rng.choice(np.array(EXTREMES, dtype=object))) % 2 ** (8 * width)
                edited[at : at + width] = extreme.to_bytes(width, "little")
            case 4:
                del edited[at : at + size]
            case 5:
                edited[at:at] = edited[at : at + size]
            case 6:
                edited[at:at] = rng.bytes(size)
            case 7 if rng.random() < 0.3:
                del edited[at:]
    return bytes(edited)


def damaged_tree(rng: Rng, tree: Any) -> Any:
    """A copy of a JSON tree with a few of its parts replaced, removed, moved or made lists."""
    copy = json.loads(json.dumps(tree))
    for _ in range(rng.integers(1, MOST_EDITS // 2 + 1)):
        places = _places(copy)
        if not places:
            return _strange(rng)
        container, key = places[rng.integers(0, len(places))]
        match rng.integers(0, 6):
            case 0:
                del container[key]
            case 1:
                container[key] = [container[key]]
            case 2:
                other, name = places[rng.integers(0, len(places))]
                container[key] = json.loads(json.dumps(other[name])) if name in _keys(other) else None
            case _:
                container[key] = _strange(rng)
    return copy


def _strange(rng: Rng) -> Any:
    return deepcopy(STRANGE[rng.integers(0, len(STRANGE))])


def _keys(container: Any) -> Any:
    return container if isinstance(container, dict) else range(len(container))


def _places(tree: Any, depth: int = 0) -> list[tuple[Any, Any]]:
    """Every (container, key) of a tree, but not those of what was put in too deep to go on from."""
    if depth > 60 or not isinstance(tree, (dict, list)):
        return []
    return [place for key in list(_keys(tree)) for place in [(tree, key), *_places(tree[key], depth + 1)]]
