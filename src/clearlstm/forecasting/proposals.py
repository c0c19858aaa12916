"""What a search tries next: Optuna's proposals (extra ``search``), asked for and told of in batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from clearlstm.errors import InputError, MissingExtraError
from clearlstm.forecasting.options import OPTIONS

SEARCHABLE: Final = tuple(name for name, option in OPTIONS.items() if option.searchable)


@dataclass
class Proposals:
    """Optuna's study, asked for settings and told their scores, batch by batch."""

    study: Any
    space: Mapping[str, Any]
    distributions: dict[str, Any]
    pending: list[Any] = field(default_factory=list)

    @classmethod
    def of(cls, space: Mapping[str, Any], seed: int) -> "Proposals":
        """A new study over ``space``, checked. What Optuna logs of it is left out."""
        try:
            import optuna
        except ImportError as error:
            raise MissingExtraError(
                "a search needs optuna, which isn't installed: pip install 'clearlstm[search]'"
            ) from error
        distributions = {name: _distribution(name, choices) for name, choices in space.items()}
        if not distributions:
            raise InputError(f"the space is empty; give choices for some of {', '.join(SEARCHABLE)}")
        verbosity = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            return cls(optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed)), space, distributions)
        finally:
            optuna.logging.set_verbosity(verbosity)

    def ask(self, n: int) -> list[dict[str, Any]]:
        """The settings of ``n`` trials, which depend on the scores told so far."""
        self.pending = [self.study.ask(self.distributions) for _ in range(n)]
        return [self._settings(one.params) for one in self.pending]

    def tell(self, scores: Sequence[float | None]) -> None:
        """Take in the scores of the trials last asked for; None for one that failed."""
        from optuna.trial import TrialState

        for one, score in zip(self.pending, scores, strict=True):
            self.study.tell(one, score, state=TrialState.FAIL if score is None else None)

    def _settings(self, params: dict[str, Any]) -> dict[str, Any]:
        """Optuna knows choices by their number, so that they may be of any type."""
        return {
            name: self.space[name][value] if isinstance(self.space[name], Sequence) else value
            for name, value in params.items()
        }


def _distribution(name: str, choices: Any) -> Any:
    """What Optuna draws a setting from."""
    from optuna.distributions import BaseDistribution, CategoricalDistribution

    if name not in SEARCHABLE:
        raise InputError(f"the space holds {name!r}; what can be searched is {', '.join(SEARCHABLE)}")
    if isinstance(choices, BaseDistribution):
        return choices
    if isinstance(choices, str) or not isinstance(choices, Sequence) or not choices:
        raise InputError(
            f"the space has {choices!r} for {name}; give a list of choices or one of optuna.distributions, such as "
            "FloatDistribution(1e-4, 1e-2, log=True)"
        )
    return CategoricalDistribution(range(len(choices)))
