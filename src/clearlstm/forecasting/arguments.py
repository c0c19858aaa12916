"""A forecaster's arguments: kept as they were given, by their names, and what comes of them for a table."""

from typing import Any, Self

from clearlstm.data.panel import Panel
from clearlstm.errors import InputError
from clearlstm.forecasting.options import OPTIONS, Options
from clearlstm.forecasting.settings import Settings, resolve


class Arguments:
    """What has an attribute for each option of :class:`Options`."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - no argument has arguments of its own
        """The arguments by name, as scikit-learn's ``clone`` asks for them."""
        return self.options.arguments()

    def set_params(self, **params: Any) -> Self:
        """Change arguments, for the next fit; returns the forecaster."""
        for name in params:
            if name not in OPTIONS:
                raise InputError(f"there is no argument {name!r}; there are {', '.join(OPTIONS)}")
        vars(self).update(params)
        return self

    @property
    def options(self) -> Options:
        """The arguments, as they are now."""
        return Options(**{name: getattr(self, name) for name in OPTIONS})

    def settings(self, panel: Panel) -> Settings:
        """What would be used for ``panel``: the arguments, and what is chosen where they were left open."""
        return resolve(panel, self.options)
