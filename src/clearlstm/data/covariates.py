"""Columns beside the target: numbers, or categories by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Covariate:
    """A column without gaps, (rows,): numbers; or, where there are ``categories``, whole numbers that point to them."""

    values: npt.NDArray[np.floating[Any] | np.integer[Any]]
    categories: tuple[str, ...] | None = None

    @classmethod
    def of_texts(cls, texts: npt.NDArray[np.object_]) -> "Covariate":
        """Categories in alphabetical order."""
        names, codes = np.unique(texts.astype(str), return_inverse=True)
        return cls(codes.astype(np.int32), tuple(names.tolist()))

    @classmethod
    def joined(cls, parts: "Sequence[Covariate]") -> "Covariate":
        """All rows of ``parts``, one after the other; categories as soon as one of them has some."""
        if all(part.categories is None for part in parts):
            return cls(np.concatenate([part.values for part in parts]))
        return cls.of_texts(np.concatenate([part.texts() for part in parts]))

    def at(self, rows: Any) -> "Covariate":
        """The given rows, by number or by mask."""
        return Covariate(self.values[rows], self.categories)

    def texts(self) -> npt.NDArray[np.object_]:
        """The names of the categories, (rows,); numbers as they are written: 3 for 3.0."""
        if self.categories is None:
            numbers, where = np.unique(self.values, return_inverse=True)
            return np.asarray(np.array([f"{number:.15g}" for number in numbers], dtype=object)[where])
        return np.asarray(np.array(self.categories, dtype=object)[self.values])
