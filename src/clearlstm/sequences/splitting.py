"""Which sequences are held back to decide when training stops."""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.shapes import IntArray, random_generator

Split: TypeAlias = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]

# With a smaller part, chance would decide when to stop.
MIN_VALIDATION: Final = 5
MAX_SHARE: Final = 0.5


def split(strata: IntArray, share: float | None, seed: int) -> Split:
    """Numbers of the sequences to train on and of those to hold back, drawn at random within each stratum (N,).

    Each stratum gives the same share, to within 1.5 sequences, and never all it has. A part of fewer than
    ``MIN_VALIDATION`` is not held back at all.

    >>> training, held_back = split(np.repeat([0, 1], 20), 0.25, seed=0)
    >>> len(training), np.bincount(np.repeat([0, 1], 20)[held_back]).tolist()
    (30, [5, 5])
    """
    N = len(strata)
    checked = 0.0 if share is None else _check_share(share)
    # In a random order, sequence k of a stratum of n stands at (k + 1/2) / n: the lowest places are a stratified draw.
    place, most = np.empty(N), np.empty(N)
    shuffled = random_generator(seed).permutation(N)
    for stratum in np.unique(strata):
        members = shuffled[strata[shuffled] == stratum]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
        # A stratum's last place is never below 1/2, so it stays. What small ones can't give, no large one makes up for.
        most[members] = min(checked + 1 / len(members), MAX_SHARE)
    in_order = shuffled[np.argsort(place[shuffled], kind="stable")]
    held_back = in_order[: round(N * checked)]
    held_back = np.sort(held_back[place[held_back] < most[held_back]])
    if len(held_back) < MIN_VALIDATION:
        held_back = held_back[:0]
    return np.setdiff1d(np.arange(N), held_back), held_back


def keep_all_classes(parts: Split, classes: list[npt.NDArray[np.int64]]) -> Split:
    """Give back to training what is held back and has a class that training would never see.

    ``classes`` holds those of each sequence's steps.
    """
    training, held_back = parts
    seen = {int(one) for n in training for one in classes[n]}
    back = []
    for n in held_back:
        if not seen.issuperset(here := {int(one) for one in classes[n]}):
            back.append(int(n))
            seen |= here
    return np.sort(np.append(training, np.array(back, np.int64))), np.setdiff1d(held_back, back)


def _check_share(share: object) -> float:
    number = isinstance(share, (float, np.floating)) and not isinstance(share, bool)
    if not number or not 0 < float(share) < MAX_SHARE:  # type: ignore[arg-type]
        raise InputError(
            f"validation_share is {share!r}; it is the share of the sequences held back, above 0 and below "
            f"{MAX_SHARE}, or None"
        )
    return float(share)  # type: ignore[arg-type]
