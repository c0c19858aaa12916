"""scikit-learn's conventions, where scikit-learn is installed.

What makes an estimator one (``clone``, parameters, tags, metadata routing, its picture in a notebook) changes from
release to release, so it is inherited rather than written again. Nothing that the estimators compute needs it: without
scikit-learn they stand on empty bases, and fit and predict all the same.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, final

from clearlstm.errors import ClearLSTMWarning, InputError, MissingExtraError

HAS_SKLEARN: Final = find_spec("sklearn") is not None

if TYPE_CHECKING or not HAS_SKLEARN:

    class BaseEstimator:
        """Stands in for scikit-learn's."""

        def __sklearn_tags__(self) -> Any:
            """What scikit-learn asks an estimator about itself."""

    class ClassifierMixin:
        """Stands in for scikit-learn's."""

    class RegressorMixin:
        """Stands in for scikit-learn's."""

    class DataConversionWarning(ClearLSTMWarning):
        """Stands in for scikit-learn's."""

    class SklearnNotFittedError(ValueError, AttributeError):
        """Stands in for scikit-learn's."""

else:
    from sklearn.base import BaseEstimator as BaseEstimator
    from sklearn.base import ClassifierMixin as ClassifierMixin
    from sklearn.base import RegressorMixin as RegressorMixin
    from sklearn.exceptions import DataConversionWarning as DataConversionWarning
    from sklearn.exceptions import NotFittedError as SklearnNotFittedError


@final
class NotFittedError(InputError, SklearnNotFittedError):
    """An estimator was asked for an answer before ``fit``."""


def check_installed(what: str) -> None:
    """Refuse ``what`` where scikit-learn isn't installed."""
    if not HAS_SKLEARN:
        raise MissingExtraError(f"{what} needs scikit-learn, which isn't installed: pip install 'clearlstm[compare]'")


def check_columns(estimator: Any, X: Any, *, reset: bool) -> None:
    """Learn the names and the number of columns of a table X (N, T) (``reset``), or hold X to those learnt before."""
    if not HAS_SKLEARN:
        return
    try:
        from sklearn.utils.validation import validate_data
    except ImportError as error:
        raise MissingExtraError(
            "this scikit-learn is older than 1.6, which tables (N, T) need: pip install 'clearlstm[sklearn]'"
        ) from error
    try:
        validate_data(estimator, X=X, reset=reset, skip_check_array=True)
    except (TypeError, ValueError) as error:
        raise InputError(str(error)) from error
