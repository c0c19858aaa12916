"""The golden bits: hashes of what every machine with fused multiply-add must compute, to the last bit.

In a clone they stand in ``tests/golden/bits.json``, and ``scripts/golden_bits.py`` writes them anew; a wheel has them
beside this file.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.check import golden_cases
from clearlstm.check.result import Result, crashed, same
from clearlstm.errors import InputError

REPOSITORY_FILE: Final = Path(__file__).parents[3] / "tests" / "golden" / "bits.json"
WHEEL_FILE: Final = Path(__file__).with_name("bits.json")

PREFIX: Final = "bits of "
"""Of the names of these checks."""

HASH_DIGITS: Final = 16


def hash_of(*arrays: npt.NDArray[Any]) -> str:
    """The first 16 hexadecimal digits of SHA-256 over each array's dtype, shape and little-endian bytes.

    >>> hash_of(np.zeros((2, 3), np.float32)), hash_of(np.zeros((3, 2), np.float32))
    ('c7e21115a5e262dc', 'f9f600ddbe257bd2')
    """
    digest = hashlib.sha256()
    for array in arrays:
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        digest.update(f"{little.dtype.str} {array.shape} ".encode())
        digest.update(little.tobytes())
    return digest.hexdigest()[:HASH_DIGITS]


def _hash_of_case(case: Callable[[], Iterable[npt.NDArray[Any]]]) -> str:
    return hash_of(*case())


CASES: Final[dict[str, Callable[[], str]]] = {
    name: partial(_hash_of_case, case) for name, case in golden_cases.CASES.items()
}
"""The hash that this machine reaches, by the case's name."""

BY_REFERENCE: Final = frozenset(PREFIX + name for name in golden_cases.BY_REFERENCE)
"""The checks of nets that the reference runs: they say nothing about the kernels through time."""


def golden() -> dict[str, str]:
    """The hash of each case that every machine must reach."""
    file = WHEEL_FILE if WHEEL_FILE.exists() else REPOSITORY_FILE
    try:
        hashes: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"the golden bits in {file} can't be read ({error}): install clearlstm anew") from None
    return hashes


def compare(names: Iterable[str] | None = None) -> list[Result]:
    """Compute the cases of these names, or all, and compare them with the golden file.

    Where the promise doesn't hold (no fused multiply-add, no compiled kernels), nothing is computed.
    """
    expected = golden()
    wanted = [*CASES, *(name for name in expected if name not in CASES)] if names is None else list(names)
    if kernels.this_machine().no_promise:
        return [Result(PREFIX + name, "not promised", "", expected.get(name, "")) for name in wanted]
    return [_compared(name, expected.get(name, "in the golden file")) for name in wanted]


def _compared(name: str, expected: str) -> Result:
    if name not in CASES:
        return same(PREFIX + name, "no such case", expected)
    try:
        return same(PREFIX + name, CASES[name](), expected)
    except Exception as error:
        return crashed(PREFIX + name, error, expected)
