"""Every exception that clearlstm raises on purpose.

All derive from :class:`ClearLSTMError`, so a caller can catch what the program found wrong with its input
without catching what is wrong with the program.
"""


class ClearLSTMError(Exception):
    """Something the user can put right: the message says what was found, what is accepted, and what to do."""


class InputError(ClearLSTMError, ValueError):
    """An argument or an array has a value, shape or type that can't be used."""


class DataError(ClearLSTMError, ValueError):
    """A table or a data file can't be used as it is; the message names the column, the row or the series."""


class ModelFileError(ClearLSTMError, ValueError):
    """A model or checkpoint file is cut short, foreign, or from a newer version."""


class TrainingError(ClearLSTMError, ArithmeticError):
    """Training met a loss or a gradient that isn't finite; the message names the step and what to try."""


class MissingExtraError(ClearLSTMError, ImportError):
    """An optional library is needed and not installed; the message names the extra that brings it."""


class ClearLSTMWarning(UserWarning):
    """Something was handled by a stated rule and the user should know of it."""
