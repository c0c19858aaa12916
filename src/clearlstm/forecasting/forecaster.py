"""``LSTMForecaster``: a data frame of series in, forecasts beside their baselines out."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clearlstm.data.frame_style import FrameStyle
from clearlstm.data.frames import Table
from clearlstm.data.panel import Panel
from clearlstm.data.scaling import TransformName
from clearlstm.data.times import TimeArray
from clearlstm.errors import InputError
from clearlstm.forecasting.arguments import Arguments
from clearlstm.forecasting.evaluate.answer import chosen, combined_forecast, forecast_by, forecast_columns
from clearlstm.forecasting.evaluate.backtest import Backtest, run_backtest
from clearlstm.forecasting.evaluate.combination import Combination
from clearlstm.forecasting.evaluate.comparison import Comparison, compare
from clearlstm.forecasting.evaluate.leakage import Suspicion, look_for_leaks
from clearlstm.forecasting.evaluate.verdict import Verdict, verdict
from clearlstm.forecasting.files.persistence import State, read_forecaster, write_forecaster
from clearlstm.forecasting.fit.appending import appended, caught_up, new_gaps
from clearlstm.forecasting.fit.ensemble import made_folder
from clearlstm.forecasting.fit.fitting import fit_model
from clearlstm.forecasting.fit.refits import OnFit, fit_before
from clearlstm.forecasting.model.bases import Base
from clearlstm.forecasting.model.forecast import Forecast, base_weights, forecast
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.model.simple_forecasts import COMBINED
from clearlstm.forecasting.model.statsforecast_baselines import Baselines
from clearlstm.forecasting.notices import (
    warn,
    warn_comparison,
    warn_fallbacks,
    warn_gaps,
    warn_late_gaps,
    warn_still,
    warn_too_slow,
    warn_unknown,
)
from clearlstm.forecasting.options import IntervalMethod
from clearlstm.forecasting.reading import read, read_history, with_future
from clearlstm.forecasting.settings import Settings, check_val_size
from clearlstm.network.subject import Subject
from clearlstm.shapes import check_positive

if TYPE_CHECKING:
    import os

    from narwhals.typing import IntoFrame

    from clearlstm.widget.drawing import Drawing


class LSTMForecaster(Arguments):
    """One LSTM over all series of a long table, forecasting h steps at once with intervals.

    The net corrects a mean of simple forecasts (the last value, seasons, drift, the Theta method, damped trends), each
    weighted by how little it was off before; and its correction counts as far as it has earned that on later rows than
    it was trained on, from not at all to wholly. For positive series it works on logarithms. The point forecast (column
    ``LSTM``) is the median.

    Nothing is filled in. A missing value (an empty target) enters the window as nothing, with an input that says so;
    windows that reach beyond the start of their series are padded likewise; only windows whose h targets are all
    known are trained on. A series with fewer than 3 changes to measure, or fewer than 2 values in the window, gets the
    last known value with intervals from its own changes, and a warning that names it.

    Parameters
    ----------
    h
        Steps to forecast. A step is a row.
    input_size
        The window that the net looks at, in steps. None: twice the horizon or the shortest season, whichever is more,
        at least 20; but at most half of what the shortest series (a tenth of them aside) has before its last h rows.
    level
        Levels of the intervals, in percent.
    freq
        A pandas alias such as "D" or "MS", or a whole number for numbered rows. None: inferred.
    id_col, time_col, target_col
        The columns. ``id_col=None`` for a table of one series; several names where they tell series apart together.
    dayfirst
        Whether 01/02/2015 is 1 February. None: as the rows tell, and if they don't, you are asked.
    interval_method
        "conformal": the net's quantiles, moved by how far they missed on origins later than the training part.
        "adaptive": conformal, and in :meth:`cross_validation` and :meth:`update` the level aimed at follows what was
        missed, for series that change their ways. "quantile": the net's own quantiles. None of them is guaranteed.
    hist_exog, futr_exog, static
        Names of columns beside the target: known of the past alone; known of the h steps to come too, which
        :meth:`predict` then takes as ``X_df``; the same in all rows of a series. Numbers (scaled by the training part)
        or categories (one input each). Empty cells are filled in with nothing: an input says where numbers lack, and
        such a category is none of the known ones. They are refused where the fit has seen none.
    calendar
        Show the net where each step lies in its day, week, month or year: True for what fits the frequency, or some of
        "time_of_day", "day_of_week", "day_of_month", "time_of_year".
    weight_col
        A column that says how much each row counts in training: a window counts as its targets do on average.
    transform
        "log", "none", or None: logarithms for the series that are positive throughout. (Differences need no option:
        what the net sees and answers are changes.)
    nonnegative
        Cut forecasts and intervals off at 0. None: for counts and their like, where all values of the table are whole
        numbers and none is below 0.
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
        Show a progress bar, on a terminal or in a notebook: one for each call, whatever it trains.
    n_models, n_jobs
        How many nets, from the seeds ``seed``, ``seed`` + 1 …; the forecast is the mean of their quantiles. joblib
        trains ``n_jobs`` of them side by side, or as many as its ``parallel_config`` has room for, a cluster for
        instance; in :meth:`cross_validation` it does so with the fits, if there are several. The result is the same.
    seed
        Of everything drawn at random.

    >>> from clearlstm.data.bundled import stock_prices
    >>> f = LSTMForecaster(h=2, max_steps=5).fit(stock_prices())
    >>> f.predict()[["unique_id", "ds"]].astype(str).values.tolist()[:2]
    [['AAPL', '2013-03-04'], ['AAPL', '2013-03-05']]
    """

    combination_: Combination | None = None

    def __init__(
        self,
        h: int,
        input_size: int | None = None,
        *,
        level: Sequence[float] = (80, 95),
        freq: str | int | None = None,
        id_col: str | Sequence[str] | None = "unique_id",
        time_col: str = "ds",
        target_col: str = "y",
        dayfirst: bool | None = None,
        interval_method: IntervalMethod = "adaptive",
        hist_exog: Sequence[str] = (),
        futr_exog: Sequence[str] = (),
        static: Sequence[str] = (),
        calendar: bool | Sequence[str] | None = None,
        weight_col: str | None = None,
        transform: TransformName = None,
        nonnegative: bool | None = None,
        season_length: int | Sequence[int] | None = None,
        hidden_size: int = 32,
        batch_size: int = 64,
        learning_rate: float = 2e-3,
        max_steps: int = 1200,
        validation_share: float = 0.2,
        checkpoint: "str | os.PathLike[str] | None" = None,
        progress: bool = False,
        n_models: int = 1,
        n_jobs: int | None = None,
        seed: int = 0,
    ) -> None:
        self.h = h
        self.input_size = input_size
        self.level = level
        self.freq = freq
        self.id_col = id_col
        self.time_col = time_col
        self.target_col = target_col
        self.dayfirst = dayfirst
        self.interval_method = interval_method
        self.hist_exog = hist_exog
        self.futr_exog = futr_exog
        self.static = static
        self.calendar = calendar
        self.weight_col = weight_col
        self.transform = transform
        self.nonnegative = nonnegative
        self.season_length = season_length
        self.hidden_size = hidden_size
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_steps = max_steps
        self.validation_share = validation_share
        self.checkpoint = checkpoint
        self.progress = progress
        self.n_models = n_models
        self.n_jobs = n_jobs
        self.seed = seed

    def fit(self, df: "IntoFrame | Table", *, on_fit: OnFit | None = None) -> "LSTMForecaster":
        """Fit one net to all series of ``df``; returns the forecaster.

        ``df`` is a frame of pandas, polars, pyarrow or another library that narwhals knows. A lazy one, such as a
        DuckDB relation, is collected, and its size is told; forecasts come back in polars for polars' own, else in
        pandas. Raises :class:`DataError` for a table that can't be used, :class:`InputError` for a setting that can't
        be; their messages name the column, the row or the setting.
        """
        panel, style = self.read_with_style(df)
        warn_gaps(panel)
        settings = self.settings(panel)
        if on_fit is not None:
            on_fit(1, 1, panel)
        return self.adopt(panel, style, fit_model(panel, settings, **self.how()))

    def adopt(self, panel: Panel, style: FrameStyle, model: ForecastModel) -> "LSTMForecaster":
        """Take ``model``, fitted to ``panel`` elsewhere, as this forecaster's own; returns the forecaster."""
        self._note(model)
        self.panel_, self.style_, self.model_, self.loaded_ = panel, style, model, False
        return self

    def predict(
        self,
        df: "IntoFrame | Table | None" = None,
        X_df: "IntoFrame | Table | None" = None,
        *,
        model: str = "LSTM",
        h: int | None = None,
    ) -> Any:
        """Forecast the h steps after each series' last row, of the fitted table or of ``df``.

        ``df`` holds the history of any series, known from fitting or new, with the covariates that were fitted on.
        ``X_df`` holds the ``futr_exog`` of the h steps to come: id, time and those columns; a row for each series and
        step, others aren't looked at; :meth:`make_future_dataframe` makes its ids and times. Columns: id, time,
        ``LSTM``, ``LSTM-lo-80``, ``LSTM-hi-80`` …, in the caller's kind of frame.

        ``model``: "Combined" puts before these columns the mean of the LSTM and the statistical models of the last
        :meth:`cross_validation`, and its intervals; "recommended" takes what ``comparison_.recommendation`` names;
        the name of a baseline, such as "Naive", takes that, in one column of its name.
        ``h``: only the first so many of the steps; None for all that were fitted.
        """
        self._check_fitted()
        steps = self._steps(h)
        panel, style = self._history(df)
        name = chosen(model, getattr(self, "comparison_", None))
        if name not in ("LSTM", COMBINED):
            return self._predict_by(name, panel, style, steps, whole=df is not None or not self.loaded_)
        warn_unknown({} if self.model_.encoding is None else self.model_.encoding.unknown(panel))
        past, panel = panel, with_future(panel, X_df, self.options, self.model_.settings)
        answers = [forecast(self.model_, panel)]
        warn_fallbacks(answers[0].fallbacks)
        if name == COMBINED:
            answers.insert(0, combined_forecast(answers[0], self.model_, past, self.combination_))
        self.forecast_: Forecast = answers[0]
        columns = {self.time_col: self.forecast_.times[:, :steps].ravel(), **forecast_columns(answers, steps)}
        ids = np.repeat(panel.ids, steps)
        self.predicted_: Any = style.build(ids, columns, times=(self.time_col,))
        return self.predicted_

    def make_future_dataframe(self, df: "IntoFrame | Table | None" = None, h: int | None = None) -> Any:
        """Ids and times of the h steps after each series' last row, of the fitted table or of ``df``.

        To be filled in with the ``futr_exog`` and given to :meth:`predict` as ``X_df``. ``h``: another number of steps.
        """
        self._check_fitted()
        panel, style = self._history(df)
        times = panel.future(self.model_.settings.h if h is None else check_positive("h", h))
        return style.build(np.repeat(panel.ids, times.shape[1]), {self.time_col: times.ravel()}, (self.time_col,))

    def base_weights(self, df: "IntoFrame | Table | None" = None) -> Any:
        """How much each simple forecast counts in what the net corrects, from each series' last row.

        Columns: id, ``forecast``, ``weight``; the weights of a series sum to 1.
        """
        self._check_fitted()
        panel, style = self._history(df)
        names, weights = base_weights(self.model_, panel)
        columns = {"forecast": np.tile(np.array(names, dtype=object), len(panel)), "weight": weights.ravel()}
        return style.build(np.repeat(panel.ids, len(names)), columns, times=())

    def update(self, df: "IntoFrame | Table") -> "LSTMForecaster":
        """Append the rows of ``df``, which follow the known ones; nothing is trained, the next forecasts start there.

        Rows that are known already may stand in ``df`` again and must agree, else it is a :class:`DataError`; rows
        older than what a loaded forecaster has kept are passed over. The intervals take in how far the net was off
        since ("adaptive": their level too).
        """
        self._check_fitted()
        panel = appended(self.panel_, read(df, self.options, self.panel_)[0])
        warn_gaps(new_gaps(self.panel_, panel))
        self.model_ = caught_up(self.model_, self.panel_, panel)
        self.panel_ = panel
        return self

    def save(self, path: "str | os.PathLike[str]") -> None:
        """Write the fitted forecaster to one safetensors file, from which :meth:`load` predicts the same to the bit.

        It holds the whole table: what the simple forecasts got wrong before decides how they count in the next one; and
        what weighs the models of ``Combined``, if there is such a column.
        """
        self._check_fitted()
        write_forecaster(path, self.options, State(self.panel_, self.style_, self.model_, self.combination_))

    @staticmethod
    def load(path: "str | os.PathLike[str]") -> "LSTMForecaster":
        """Read a forecaster that :meth:`save` wrote.

        Raises :class:`ModelFileError` where the file is foreign, cut off, damaged or of a newer version.
        """
        options, state = read_forecaster(path)
        forecaster = LSTMForecaster(**options.arguments())
        forecaster.panel_, forecaster.style_, forecaster.model_, forecaster.combination_ = state
        forecaster.loaded_ = isinstance(state.model.base, Base)  # older files have the last rows alone
        return forecaster

    def cross_validation(
        self,
        df: "IntoFrame | Table",
        *,
        n_windows: int = 30,
        step_size: int | None = None,
        val_size: int | None = None,
        refit: bool | int = False,
        baselines: Baselines = (),
        on_fit: OnFit | None = None,
    ) -> Any:
        """Forecast from ``n_windows`` past cutoffs, ``step_size`` (h) apart, with only the rows up to each.

        ``val_size``: the rows before a fit's cutoff that decide when to stop and what to correct; None takes
        ``validation_share``. ``refit``: False fits once, before the first cutoff; True before each; a number k before
        every k-th. Several fits run side by side where ``n_jobs`` or joblib's ``parallel_config`` says so: then
        ``on_fit`` is called for all of them first. ``baselines``: any of AutoETS, AutoARIMA and AutoTheta, by the extra
        ``baselines``, fitted anew at each cutoff; or "auto": AutoETS and AutoTheta, if that extra is there and each
        takes less than about 20 s, fitted once a series.

        Columns: id, ``cutoff``, time, target, ``LSTM``, its intervals, and on the same windows ``Naive`` (the last
        known value), ``SeasonalNaive`` (one for each season), ``Naive2``, ``Drift``, ``HistoricMean``, ``Base`` (what
        the net corrects) and those asked for; with these ``Combined``, the mean of them and the LSTM, weighted by what
        each got wrong before. ``comparison_`` then holds the numbers, ``verdict_`` says what they mean,
        ``suspicions_`` what may be too good to be true.
        """
        panel, style = self.read_with_style(df)
        warn_gaps(panel)
        settings = replace(self.settings(panel), val_size=check_val_size(val_size, self.h))
        windows: dict[str, Any] = {"n_windows": n_windows, "step_size": step_size, "refit": refit}
        fits = partial(self._fits, settings, on_fit)
        how: dict[str, Any] = {"n_jobs": self.n_jobs, "progress": self.progress}
        backtest = run_backtest(panel, settings, fits, **windows, baselines=baselines, **how)
        self.backtest_: Backtest = backtest
        self.comparison_: Comparison = compare(backtest)
        self.combination_ = backtest.combination
        self.verdict_: Verdict = verdict(self.comparison_)
        self.suspicions_: tuple[Suspicion, ...] = look_for_leaks(backtest)
        warn_comparison(backtest.left_out, backtest.unfitted, len(backtest.y), self.suspicions_)
        warn_too_slow(backtest.too_slow)
        names = {"ds": self.time_col, "y": self.target_col}
        columns = {names.get(name, name): values for name, values in backtest.columns().items()}
        ids = np.repeat(panel.ids[backtest.series], settings.h)
        return style.build(ids, columns, times=("cutoff", self.time_col))

    def like(self, **changes: Any) -> "LSTMForecaster":
        """A forecaster with the same arguments but for ``changes``; it isn't fitted."""
        return LSTMForecaster(**replace(self.options, **changes).arguments())

    def read(self, df: "IntoFrame | Table") -> Panel:
        """Check ``df`` as :meth:`fit` would, and return it as one long table."""
        return self.read_with_style(df)[0]

    def read_with_style(self, df: "IntoFrame | Table") -> tuple[Panel, FrameStyle]:
        """The same, and what a frame that goes back to the caller must look like."""
        return read(df, self.options, weighted=True)

    def how(self) -> dict[str, Any]:
        """How fits are carried out, which doesn't change what becomes of them; makes the folder for checkpoints."""
        folder = None if self.checkpoint is None else made_folder(Path(self.checkpoint))
        return {"checkpoints": folder, "progress": self.progress, "n_jobs": self.n_jobs}

    def _fits(self, settings: Settings, on_fit: OnFit | None, panel: Panel, cutoffs: TimeArray) -> list[ForecastModel]:
        models = fit_before(panel, cutoffs, settings, on_fit=on_fit, **self.how())
        for model in models:
            self._note(model)
        return models

    def _note(self, model: ForecastModel) -> None:
        """Say what the user should know of a fit, and keep the names of the files that it left."""
        if model.history is None and model.n_training:
            warn(
                "too few windows to hold some back for validation, so nothing could show that training helps: "
                f"the forecast is {model.base.name}, with intervals from its past errors"
            )
        warn_still(() if model.encoding is None else model.encoding.still)
        warn_late_gaps(() if model.encoding is None else model.encoding.late_gaps)
        left = (model.tried_checkpoint, *(member.checkpoint for member in model.members))
        checkpoints = frozenset(path for path in left if path is not None)
        self.checkpoints_: frozenset[Path] = getattr(self, "checkpoints_", frozenset()) | checkpoints

    def _history(self, df: "IntoFrame | Table | None") -> tuple[Panel, FrameStyle]:
        """What to forecast from: the fitted table or ``df``."""
        if df is None:
            return self.panel_, self.style_
        return read_history(df, self.options, self.panel_)

    def _steps(self, h: int | None) -> int:
        """How many steps are asked for, at most those that were fitted."""
        fitted = self.model_.settings.h
        steps = fitted if h is None else check_positive("h", h)
        if steps > fitted:
            raise InputError(
                f"h is {h}; the forecaster was fitted for {fitted} steps: ask for fewer, or fit with h={h}"
            )
        return steps

    def _predict_by(self, name: str, panel: Panel, style: FrameStyle, steps: int, *, whole: bool) -> Any:
        """The forecasts of a baseline. From the last rows alone most of them would say something else."""
        if not whole:
            raise InputError(f"the file holds only the last rows of each series: give all as df to forecast by {name}")
        values = forecast_by(name, self.model_, panel)[:, :steps]
        columns = {self.time_col: panel.future(steps).ravel(), name: values.ravel()}
        return style.build(np.repeat(panel.ids, steps), columns, times=(self.time_col,))

    def show(self) -> "Drawing":
        """Forecast, comparison and the net's last windows as a live drawing in a notebook, by the extra ``notebook``.

        The last line of a cell shows it. It shows the last ``predict``, and makes one if there is none; and the last
        ``cross_validation``, if there was one. Raises InputError before ``fit``, and
        MissingExtraError without the extra.
        """
        self._check_fitted()
        drawing: Drawing = import_module("clearlstm.widget.show").show_forecaster(self)
        return drawing

    def subject(self) -> Subject:
        """What can be looked into: the first of its nets, and what that corrects."""
        self._check_fitted()
        return self.model_.subject()

    @property
    def fitted(self) -> bool:
        """Whether there is anything to forecast with."""
        return hasattr(self, "model_")

    def _check_fitted(self) -> None:
        if not self.fitted:
            raise InputError("the forecaster isn't fitted yet: call fit(df) first")
