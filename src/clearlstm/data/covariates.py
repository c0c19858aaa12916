"""Columns beside the target: numbers, or categories by name; a cell of them may be empty."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

EMPTY = ""
"""The name of the category of rows that have none."""


@dataclass(frozen=True)
class Covariate:
    """A column, (rows,): numbers; or, where there are ``categories``, whole numbers that point to them.

    An empty cell is not-a-number, or the category :data:`EMPTY`.
    """

    values: npt.NDArray[np.floating[Any] | np.integer[Any]]
    categories: tuple[str, ...] | None = None
    has_gaps: bool = False
    """Whether a cell is empty, in these rows or in others of the table that they were read from."""

    @classmethod
    def of_numbers(cls, numbers: npt.NDArray[np.float64]) -> "Covariate":
        """Numbers, of which some may be not-a-number."""
        return cls(numbers, has_gaps=bool(np.isnan(numbers).any()))

    @classmethod
    def of_texts(cls, texts: npt.NDArray[np.object_]) -> "Covariate":
        """Categories in alphabetical order."""
        names, codes = np.unique(texts.astype(str), return_inverse=True)
        return cls(codes.astype(np.int32), tuple(names.tolist()), has_gaps=EMPTY in names)

    @classmethod
    def joined(cls, parts: "Sequence[Covariate]") -> "Covariate":
        """All rows of ``parts``, one after the other; categories as soon as one of them has some."""
        if all(part.categories is None for part in parts):
            whole = cls(np.concatenate([part.values for part in parts]))
        else:
            whole = cls.of_texts(np.concatenate([part.texts() for part in parts]))
        return replace(whole, has_gaps=any(part.has_gaps for part in parts))

    @property
    def missing(self) -> npt.NDArray[np.bool_]:
        """Which cells are empty, (rows,)."""
        if self.categories is None:
            return np.asarray(np.isnan(self.values))
        return np.asarray(np.array([name == EMPTY for name in self.categories], bool)[self.values])

    @property
    def known_values(self) -> npt.NDArray[np.floating[Any] | np.integer[Any]]:
        """The values of the cells that aren't empty."""
        return self.values[~self.missing]

    def at(self, rows: Any) -> "Covariate":
        """The given rows, by number or by mask."""
        return replace(self, values=self.values[rows])

    def texts(self) -> npt.NDArray[np.object_]:
        """The names of the categories, (rows,); numbers as they are written: 3 for 3.0."""
        if self.categories is None:
            numbers, where = np.unique(self.values, return_inverse=True)
            names = [EMPTY if np.isnan(number) else f"{number:.15g}" for number in numbers]
            return np.asarray(np.array(names, dtype=object)[where])
        return np.asarray(np.array(self.categories, dtype=object)[self.values])
