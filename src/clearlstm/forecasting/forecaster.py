"""``LSTMForecaster``: a data frame of series in, forecasts beside their baselines out."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clearlstm.data.frames import Columns, FrameStyle, Table, read_panel
from clearlstm.data.panel import Panel
from clearlstm.data.times import format_time
from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.forecasting.backtest import Backtest, interval_columns, refit_every, run_backtest
from clearlstm.forecasting.comparison import Comparison, compare
from clearlstm.forecasting.fitting import fit_model
from clearlstm.forecasting.forecast import Forecast, forecast
from clearlstm.forecasting.model import ForecastModel
from clearlstm.forecasting.settings import Settings, resolve
from clearlstm.shapes import check_positive

if TYPE_CHECKING:
    import os

    from narwhals.typing import IntoDataFrame

OnFit = Callable[[int, int, Panel], None]
"""Called before each fit with its number (from 1), how many there will be, and the rows that it may see."""

NAMED_SERIES = 5


class LSTMForecaster:
    """One LSTM over all series of a long table, forecasting h steps at once with intervals.

    The net corrects a simple forecast, the last value or the last season; for positive series it works on logarithms,
    so for prices its target is log(y_{t+k} / y_t). The point forecast (column ``LSTM``) is the median. A series that
    can't be modelled gets the last known value with intervals from its own changes, and a warning that names it.

    Parameters
    ----------
    h
        Steps to forecast. A step is a row.
    input_size
        The window that the net looks at, in steps. None: twice the horizon or the season, at least 20, less for short
        series.
    level
        Levels of the intervals, in percent.
    freq
        A pandas alias such as "D" or "MS", or a whole number for numbered rows. None: inferred.
    id_col, time_col, target_col
        The columns; ``id_col=None`` for a table of one series.
    season_length
        A season in steps, or several. None: what goes with the frequency, if the series are long enough; () for none.
    hidden_size, batch_size, learning_rate, max_steps
        Of the net and its training.
    validation_share
        The last share of the windows, by time, that decides when to stop; it lies after all that is trained on.
    checkpoint
        A folder: each fit leaves a file there from which it goes on after an interruption, and the finished ones aren't
        made again. None: no files.
    progress
        Show a progress bar for each fit.
    seed
        Of everything drawn at random.

    >>> from clearlstm.data.bundled import stock_prices
    >>> f = LSTMForecaster(h=2, max_steps=5).fit(stock_prices())
    >>> f.predict()[["unique_id", "ds"]].astype(str).values.tolist()[:2]
    [['AAPL', '2013-03-04'], ['AAPL', '2013-03-05']]
    """

    def __init__(
        self,
        h: int,
        input_size: int | None = None,
        *,
        level: Sequence[float] = (80, 95),
        freq: str | int | None = None,
        id_col: str | None = "unique_id",
        time_col: str = "ds",
        target_col: str = "y",
        season_length: int | Sequence[int] | None = None,
        hidden_size: int = 16,
        batch_size: int = 64,
        learning_rate: float = 2e-3,
        max_steps: int = 600,
        validation_share: float = 0.2,
        checkpoint: "str | os.PathLike[str] | None" = None,
        progress: bool = False,
        seed: int = 0,
    ) -> None:
        self.h = h
        self.input_size = input_size
        self.level = level
        self.freq = freq
        self.id_col = id_col
        self.time_col = time_col
        self.target_col = target_col
        self.season_length = season_length
        self.hidden_size = hidden_size
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_steps = max_steps
        self.validation_share = validation_share
        self.checkpoint = checkpoint
        self.progress = progress
        self.seed = seed

    def fit(self, df: "IntoDataFrame | Table", *, on_fit: OnFit | None = None) -> "LSTMForecaster":
        """Fit one net to all series of ``df``, a pandas or polars frame; returns the forecaster."""
        panel, style = self._read(df)
        _warn_gaps(panel)
        model = self._fit(panel, resolve(panel, vars(self)), on_fit, 1, 1)
        self.panel_, self.style_, self.model_ = panel, style, model
        return self

    def predict(self, df: "IntoDataFrame | Table | None" = None) -> Any:
        """Forecast the h steps after each series' last row, of the fitted table or of ``df``.

        ``df`` holds the history of any series, known from fitting or new. Columns: id, time, ``LSTM``,
        ``LSTM-lo-80``, ``LSTM-hi-80`` …, in the caller's kind of frame.
        """
        self._check_fitted()
        panel, style = (self.panel_, self.style_) if df is None else self._read(df)
        found = forecast(self.model_, panel)
        _warn_fallbacks(found.fallbacks)
        self.forecast_: Forecast = found
        h = found.settings.h
        columns = {
            self.time_col: found.times.ravel(),
            "LSTM": found.median.ravel(),
            **interval_columns(found.quantiles, found.settings),
        }
        self.predicted_: Any = style.build(np.repeat(panel.ids, h), columns, times=(self.time_col,))
        return self.predicted_

    def cross_validation(
        self,
        df: "IntoDataFrame | Table",
        *,
        n_windows: int = 30,
        step_size: int | None = None,
        refit: bool | int = False,
        on_fit: OnFit | None = None,
    ) -> Any:
        """Forecast from ``n_windows`` past cutoffs, ``step_size`` (h) apart, with only the rows up to each.

        ``refit``: False fits once, before the first cutoff; True before each; a number k before every k-th. Columns:
        id, ``cutoff``, time, target, ``LSTM``, its intervals, and the baselines ``Naive`` (last known value),
        ``Drift`` and, with a season, ``SeasonalNaive``, on the same windows. ``comparison_`` then holds the numbers.
        """
        panel, style = self._read(df)
        _warn_gaps(panel)
        settings = resolve(panel, vars(self))
        fits = -(-check_positive("n_windows", n_windows) // refit_every(refit, n_windows))
        numbers = iter(range(1, fits + 1))

        def fit(past: Panel) -> ForecastModel:
            return self._fit(past, settings, on_fit, next(numbers), fits)

        backtest = run_backtest(panel, settings, fit, n_windows=n_windows, step_size=step_size, refit=refit)
        if backtest.left_out:
            said = _listed([repr(one) for one in backtest.left_out])
            _warn(f"not compared, since they couldn't be forecast from the cutoffs: series {said}")
        self.backtest_: Backtest = backtest
        self.comparison_: Comparison = compare(backtest)
        names = {"ds": self.time_col, "y": self.target_col}
        columns = {names.get(name, name): values for name, values in backtest.columns().items()}
        ids = np.repeat(panel.ids[backtest.series], settings.h)
        return style.build(ids, columns, times=("cutoff", self.time_col))

    def read(self, df: "IntoDataFrame | Table") -> Panel:
        """Check ``df`` as :meth:`fit` would, and return it as one long table."""
        return self._read(df)[0]

    def settings(self, panel: Panel) -> Settings:
        """What would be used for ``panel``: the arguments, and what is chosen where they were left open."""
        return resolve(panel, vars(self))

    def _read(self, df: "IntoDataFrame | Table") -> tuple[Panel, FrameStyle]:
        _check_names(id_col=self.id_col, time_col=self.time_col, target_col=self.target_col)
        table = df if isinstance(df, Table) else Table.of(df, "the data frame")
        columns = Columns(self.time_col, self.target_col, self.id_col)
        return read_panel(table, columns, self.freq), FrameStyle.of(table, columns)

    def _fit(self, panel: Panel, settings: Settings, on_fit: OnFit | None, number: int, of: int) -> ForecastModel:
        if on_fit is not None:
            on_fit(number, of, panel)
        folder = None if self.checkpoint is None else _make_folder(Path(self.checkpoint))
        model = fit_model(panel, settings, checkpoints=folder, progress=self.progress)
        if model.history is None:
            _warn(
                "too few windows to hold some back for validation, so nothing could show that training helps: "
                f"the forecast is {model.base.name}, with intervals from its past errors"
            )
        left = frozenset() if model.checkpoint is None else frozenset([model.checkpoint])
        self.checkpoints_: frozenset[Path] = getattr(self, "checkpoints_", frozenset()) | left
        return model

    def _check_fitted(self) -> None:
        if not hasattr(self, "model_"):
            raise InputError("the forecaster isn't fitted yet: call fit(df) first")


def _check_names(**given: str | None) -> None:
    """Refuse a column that a column of the result would replace."""
    ours = ("LSTM", "Naive", "Drift", "SeasonalNaive")
    for argument, name in given.items():
        text = str(name)
        if text == "cutoff" or text in ours or text.startswith(tuple(f"{one}-" for one in ours)):
            raise InputError(f"{argument} is {name!r}, which is the name of a column of the result: rename it")


def _make_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"checkpoint is {path}, and no folder can be made there ({error.strerror}): give the name of a folder"
        ) from error
    return path


def _warn_gaps(panel: Panel) -> None:
    missing = np.bincount(panel.row_series, weights=np.isnan(panel.values), minlength=len(panel)).astype(int)
    if missing.any():
        said = [f"{str(panel.ids[k])!r} ({missing[k]})" for k in np.flatnonzero(missing)]
        _warn(f"missing values in series {_listed(said)}: windows that touch them are not trained on")
    broken = panel.skipped_rows()
    if broken:
        said = [f"{series_id!r} ({count}, the first after {format_time(after)})" for series_id, count, after in broken]
        _warn(
            f"rows are missing in series {_listed(said)}: a step is a row, so the time that they cover is skipped; "
            "add rows with an empty target to have them treated as missing"
        )


def _warn_fallbacks(fallbacks: dict[str, str]) -> None:
    if fallbacks:
        said = _listed([f"{series_id!r} {why}" for series_id, why in fallbacks.items()])
        _warn(f"forecast by the last known value, with intervals from their own changes: series {said}")


def _listed(said: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = f"; and {len(said) - NAMED_SERIES} more" if len(said) > NAMED_SERIES else ""
    return "; ".join(said[:NAMED_SERIES]) + more


def _warn(message: str) -> None:
    warnings.warn(message, ClearLSTMWarning, stacklevel=3)
