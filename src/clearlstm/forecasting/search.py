"""A small search over settings: chosen on earlier rolling origins, judged on later ones.

Each trial is one backtest. Optuna's TPE (Bergstra et al. 2011) proposes them in batches of a fixed size, so what is
proposed depends on no number of processes; joblib runs a batch side by side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np

from clearlstm.data.frames import Table
from clearlstm.data.panel import Panel
from clearlstm.errors import ClearLSTMError, InputError, MissingExtraError
from clearlstm.forecasting.evaluate import metrics
from clearlstm.forecasting.evaluate.backtest import Backtest, choose_cutoffs, run_backtest
from clearlstm.forecasting.evaluate.comparison import Comparison, compare
from clearlstm.forecasting.evaluate.verdict import verdict
from clearlstm.forecasting.fit.refits import fit_before, rows_until
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.jobs import run_jobs
from clearlstm.forecasting.model.baselines import Rows
from clearlstm.forecasting.notices import warn_gaps
from clearlstm.forecasting.options import OPTIONS, Options
from clearlstm.forecasting.settings import resolve
from clearlstm.shapes import check_positive, check_whole, counted
from clearlstm.training.progress import part, task

if TYPE_CHECKING:
    import pandas as pd
    from narwhals.typing import IntoFrame
    from optuna.distributions import BaseDistribution

Measure = Literal["mase", "pinball"]

BATCH: Final = 4
"""Trials proposed at a time, whatever the number of processes."""

SEARCHABLE: Final = tuple(name for name, option in OPTIONS.items() if option.searchable)


@dataclass(frozen=True)
class Trial:
    """One proposal: its settings, and its score on the earlier windows or why it has none."""

    settings: dict[str, Any]
    score: float | None
    failure: str | None = None


@dataclass(frozen=True)
class SearchResult:
    """What a search found. Scores are errors, the lower the better.

    base
        The forecaster that the search started from; ``base_score`` is its score on the windows of the search.
    best
        The settings to change, {} where no trial was better than the base.
    later, base_later
        The score of the choice and of the base on the ``holdout`` windows that no trial has seen. The score by which
        a choice was made flatters it; this one doesn't.
    comparison
        The choice beside the simple forecasts on those later windows.
    """

    base: LSTMForecaster
    measure: Measure
    n_windows: int
    holdout: int
    base_score: float
    trials: tuple[Trial, ...]
    later: float
    base_later: float
    comparison: Comparison = field(repr=False)

    @property
    def best(self) -> dict[str, Any]:
        """The settings that did best on the windows of the search."""
        return _best(self.trials, self.base_score)

    def forecaster(self) -> LSTMForecaster:
        """The base with the best settings, not fitted yet."""
        return self.base.like(**self.best)

    def to_frame(self) -> "pd.DataFrame":
        """A row a trial, in order: its settings, its score, and why it has none."""
        import pandas as pd

        return pd.DataFrame(
            [{**one.settings, self.measure: one.score, "failure": one.failure} for one in self.trials]
        ).astype({self.measure: float})

    def __str__(self) -> str:
        failed = sum(one.score is None for one in self.trials)
        name = {"mase": "MASE", "pinball": "pinball loss"}[self.measure]
        chosen = ", ".join(f"{key}={value!r}" for key, value in self.best.items()) or "the settings as they were"
        score = min([self.base_score, *(one.score for one in self.trials if one.score is not None)])
        lines = [
            f"{len(self.trials)} trials on {self.n_windows} windows, {failed} of them failed; best: {chosen}",
            f"{name} there {score:.4f}, with the settings as they were {self.base_score:.4f}",
        ]
        if self.best:
            gained = "better" if self.later < self.base_later else "no better there, so the search gained nothing"
            lines.append(
                f"{name} on {self.holdout} later windows {self.later:.4f}, as they were {self.base_later:.4f}: {gained}"
            )
        return "\n".join([*lines, verdict(self.comparison).headline])


def search(
    df: "IntoFrame | Table",
    space: "Mapping[str, Sequence[Any] | BaseDistribution]",
    *,
    base: LSTMForecaster,
    n_trials: int = 20,
    n_windows: int = 10,
    holdout: int = 10,
    step_size: int | None = None,
    measure: Measure = "mase",
    seed: int = 0,
    n_jobs: int | None = None,
) -> SearchResult:
    """Look in ``space`` for settings that forecast ``df`` better than those of ``base``.

    ``space`` maps arguments of the forecaster to lists of choices or to Optuna's distributions, such as
    ``FloatDistribution(1e-4, 1e-2, log=True)``. Every trial is fitted once, before ``n_windows`` cutoffs that are
    ``step_size`` (h) apart, and scored on them. What is chosen is then judged, beside the base and the simple
    forecasts, on the ``holdout`` windows after them. Only windows count that the base can forecast, scaled as for the
    base; a trial that can't forecast all of them has failed.

    ``measure``: "mase", or "pinball", the scaled quantile loss. ``seed`` is that of the proposals; the nets keep the
    base's. ``n_jobs`` is joblib's: how many trials run side by side; the result is the same to the bit. No checkpoints
    are written; ``base.progress`` shows one bar for the whole search.

    Raises :class:`MissingExtraError` without Optuna (extra ``search``), :class:`InputError` for a space that can't be.

    >>> from clearlstm.data.bundled import stock_prices
    >>> base = LSTMForecaster(h=2, input_size=4, max_steps=2, batch_size=8)
    >>> prices, space = stock_prices().tail(150), {"hidden_size": [2, 4]}
    >>> result = search(prices, space, base=base, n_trials=2, n_windows=3, holdout=3)
    >>> result.to_frame().columns.tolist()
    ['hidden_size', 'mase', 'failure']
    """
    proposals = _Proposals.of(space, check_whole("seed", seed))
    n_trials, n_windows = check_positive("n_trials", n_trials), check_positive("n_windows", n_windows)
    if measure not in get_args(Measure):
        raise InputError(f"measure is {measure!r}; it must be 'mase' or 'pinball'")
    panel = base.read(df)
    warn_gaps(panel)
    settings = base.settings(panel)
    step = settings.h if step_size is None else check_positive("step_size", step_size)
    last = choose_cutoffs(panel, settings, check_positive("holdout", holdout), step)[0]
    with task(base.progress, n_trials + 3, done=counted(n_trials, "trial")):
        with part("the base", parts=2):
            earlier = _Race.of(rows_until(panel, last), base.options, n_windows, step, measure, n_jobs)
            later = _Race.of(panel, base.options, holdout, step, measure, n_jobs)
        with part(parts=n_trials), task(base.progress, n_trials, "trial"):
            trials = _tried(earlier, proposals, n_trials, n_jobs)
        chosen = _best(trials, earlier.score(earlier.base))
        with part("the best"):
            judged = later.run(chosen, n_jobs) if chosen else later.base
    return SearchResult(
        base=base.like(),
        measure=measure,
        n_windows=n_windows,
        holdout=holdout,
        base_score=earlier.score(earlier.base),
        trials=tuple(trials),
        later=later.score(judged),
        base_later=later.score(later.base),
        comparison=compare(judged),
    )


def _tried(race: "_Race", proposals: "_Proposals", n_trials: int, n_jobs: int | None) -> list[Trial]:
    """So many trials, proposed batch by batch."""
    trials: list[Trial] = []
    while len(trials) < n_trials:
        proposed = proposals.ask(min(BATCH, n_trials - len(trials)))
        trials += run_jobs(race.trial, proposed, n_jobs)
        proposals.tell([one.score for one in trials[-len(proposed) :]])
    return trials


def _best(trials: Sequence[Trial], base_score: float) -> dict[str, Any]:
    """The settings of the first trial of least error, if that is less than ``base_score``; else none."""
    scored = [(one.score, one.settings) for one in trials if one.score is not None]
    score, settings = min(scored, key=lambda pair: pair[0], default=(base_score, {}))
    return settings if score < base_score else {}


@dataclass(frozen=True)
class _Race:
    """The windows on which settings are compared, by their errors there; ``base`` says which, and in what unit."""

    panel: Panel
    options: Options
    n_windows: int
    step_size: int
    measure: Measure
    base: Backtest

    @classmethod
    def of(
        cls, panel: Panel, options: Options, n_windows: int, step_size: int, measure: Measure, n_jobs: int | None
    ) -> "_Race":
        """The race over the last windows of ``panel``, with the base's own backtest run."""
        base = _backtest(panel, options, n_windows, step_size, n_jobs)
        return cls(panel, options, n_windows, step_size, measure, base)

    def run(self, changes: Mapping[str, Any], n_jobs: int | None) -> Backtest:
        """The backtest of the base with ``changes``."""
        return _backtest(self.panel, replace(self.options, **changes), self.n_windows, self.step_size, n_jobs)

    def trial(self, changes: dict[str, Any]) -> Trial:
        """The base with ``changes``, scored; a job of its own, whose parts run one after the other."""
        try:
            return Trial(changes, self.score(self.run(changes, n_jobs=1)))
        except ClearLSTMError as error:
            return Trial(changes, None, str(error))

    def score(self, backtest: Backtest) -> float:
        """The error of a backtest on the base's windows, in the base's unit: seasons may differ."""
        at = _find_rows(backtest.rows, self.base.rows)
        y, scale = self.base.y, self.base.scale[self.base.series][:, None]
        if self.measure == "mase":
            return metrics.mase(y, backtest.forecasts["LSTM"][at], scale)
        quantiles, levels = backtest.quantiles[at] / scale[:, :, None], backtest.settings.quantiles
        return float(np.mean([metrics.pinball(y / scale, quantiles[:, :, k], q) for k, q in enumerate(levels)]))


def _backtest(panel: Panel, options: Options, n_windows: int, step_size: int, n_jobs: int | None) -> Backtest:
    settings = resolve(panel, options)
    fits = partial(fit_before, settings=settings, n_jobs=n_jobs, progress=options.progress)
    how: dict[str, Any] = {"n_windows": n_windows, "step_size": step_size, "progress": options.progress}
    return run_backtest(panel, settings, fits, **how)


def _find_rows(rows: Rows, wanted: Rows) -> Rows:
    """Where each of the ``wanted`` origins (n,) stands among ``rows``, (n,)."""
    missing = ~np.isin(wanted, rows)
    if missing.any():
        raise InputError(f"{missing.sum()} of the {len(wanted)} windows that the base forecasts can't be forecast so")
    order = np.argsort(rows)
    return np.asarray(order[np.searchsorted(rows, wanted, sorter=order)])


@dataclass
class _Proposals:
    """Optuna's study, asked for settings and told their scores, batch by batch."""

    study: Any
    space: Mapping[str, Any]
    distributions: dict[str, Any]
    pending: list[Any] = field(default_factory=list)

    @classmethod
    def of(cls, space: Mapping[str, Any], seed: int) -> "_Proposals":
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
