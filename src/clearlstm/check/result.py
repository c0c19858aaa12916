"""The result of one check."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["passed", "failed", "not promised"]


@dataclass(frozen=True)
class Result:
    """One check: what was measured, what is allowed, and where the worst of it was."""

    name: str
    status: Status
    measured: float | str
    limit: float | str
    where: str = ""

    @property
    def sentence(self) -> str:
        """All of it in a line.

        >>> Result("lstm forward float32", "failed", 1.2e-3, 1e-5, "h of 7 x 5 x 3 -> 9").sentence
        'lstm forward float32: 1.2e-03, at most 1.0e-05 is right (h of 7 x 5 x 3 -> 9)'
        """
        wanted = self.limit if isinstance(self.limit, str) else f"at most {self.limit:.1e}"
        sentence = f"{self.name}: {shown(self.measured)}, {wanted} is right"
        return f"{sentence} ({self.where})" if self.where else sentence


def shown(value: float | str) -> str:
    """A measured number, or words, as a person reads it."""
    return value if isinstance(value, str) else f"{value:.1e}"


def held_to(name: str, measured: float, limit: float, where: str) -> Result:
    """A check of a number that may be ``limit`` at most; not-a-number is never right."""
    return Result(name, "passed" if measured <= limit else "failed", measured, limit, where)


def same(name: str, measured: str, expected: str, where: str = "") -> Result:
    """A check of something that must be exactly as expected."""
    return Result(name, "passed" if measured == expected else "failed", measured, expected, where)


def crashed(name: str, error: Exception, limit: float | str) -> Result:
    """A check that could not be carried out."""
    return Result(name, "failed", f"{type(error).__name__}: {error}", limit)
