"""Attribution: how much each input at each step accounts for in one number of a model's answer.

Two ways: gradient × input, the slope at the input itself; and integrated gradients (Sundararajan, Taly & Yan 2017), the
slope averaged along the way from a baseline to the input, which adds up to the difference between the two answers.

An attribution answers "compared with what?", so its baseline is always named. It is a fact about the model and not
about the world: inputs that move together share the credit as this model happens to use them.
"""

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.insight.attribution.answer_units import AnswerUnits, columns
from clearlstm.insight.attribution.baseline import BaselineName, starts_of
from clearlstm.insight.attribution.path_integral import (
    Integral,
    Question,
    Read,
    Rows,
    Rule,
    Starts,
    at_the_input,
    completeness_gap,
    integrate,
)
from clearlstm.insight.ledger import positions
from clearlstm.insight.notebook import Shown, notebook_html
from clearlstm.network.model import Network
from clearlstm.network.subject import Subject, subject_of
from clearlstm.shapes import FloatArray, as_array, check_positive, counted, real_steps

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Method: TypeAlias = Literal["integrated", "gradient"]
METHODS: Final = get_args(Method)


@dataclass(frozen=True, repr=False)
class Attribution(Shown):
    """What each input accounts for, in float64, 0 in padding.

    values (N, T, F)
        The attributions: in the units of the answer, with its sign.
    answer, baseline_answer (N,)
        The number that is explained, at the input and at the baseline (the mean over them, if there are several).
    points (N,), converged (N,)
        Points on each path from the baseline, and whether the gap came below the tolerance (or the floor).
    lengths (N,)
        The real steps of each sequence.
    method, baseline_name
        How, and compared with what.
    held_fixed
        What the attribution takes as given, in a sentence.
    units (N,)
        What the numbers are counted in.
    feature_names (F,), ids (N,), times (N, T)
        Names for the axes; None where they have only numbers.
    """

    values: FloatArray
    answer: FloatArray
    baseline_answer: FloatArray
    points: Rows
    converged: npt.NDArray[np.bool_]
    lengths: Rows
    method: Method
    baseline_name: str
    held_fixed: str
    units: tuple[str, ...]
    feature_names: tuple[str, ...] | None = None
    ids: npt.NDArray[Any] | None = None
    times: npt.NDArray[Any] | None = None

    @property
    def gap(self) -> FloatArray:
        """Σ values − (answer − baseline_answer), (N,): how far the attribution is from complete."""
        return completeness_gap(self.values, self.answer, self.baseline_answer)

    @property
    def by_step(self) -> FloatArray:
        """What each step accounts for, all features together, (N, T)."""
        return np.asarray(self.values.sum(axis=2))

    @property
    def by_feature(self) -> FloatArray:
        """What each feature accounts for, all steps together, (N, F)."""
        return np.asarray(self.values.sum(axis=1))

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table: ``sequence, step, feature, value``, a row for each feature of each real step.

        Where they are known, ``id`` and ``time`` stand after the first two, and features go by their names.
        """
        import pandas as pd

        F = self.values.shape[2]
        sequence, step = np.nonzero(real_steps(self.lengths, self.values.shape[1]))
        columns = {"sequence": sequence, "id": None if self.ids is None else self.ids[sequence]}
        columns |= {"step": step, "time": None if self.times is None else self.times[sequence, step]}
        features = np.arange(F) if self.feature_names is None else np.array(self.feature_names, dtype=object)
        table = {name: np.repeat(values, F) for name, values in columns.items() if values is not None}
        table |= {"feature": np.tile(features, len(step)), "value": self.values[sequence, step].ravel()}
        return pd.DataFrame(table)

    @property
    def sentence(self) -> str:
        """What was compared with what, and how complete the attribution is."""
        N = len(self.answer)
        if self.method == "gradient":
            return f"{self._size()}, gradient × input, compared with {self.baseline_name}"
        done = int(self.converged.sum())
        how = (
            "all complete within the tolerance"
            if done == N
            else f"{done} complete within the tolerance, {N - done} not"
        )
        return f"{self._size()}, integrated from {self.baseline_name}; {how}"

    def _size(self) -> str:
        return ", ".join(map(counted, self.values.shape, ("sequence", "step", "feature")))

    def plot(self, *, sequence: int = 0, ax: "Axes | None" = None) -> "Figure":
        """Bars over the steps, and by feature: :func:`clearlstm.insight.plots.plot_attribution`."""
        from clearlstm.insight.plots import plot_attribution

        return plot_attribution(self, sequence=sequence, ax=ax)

    def __repr__(self) -> str:
        return f"Attribution({self.sentence})"

    def _repr_html_(self) -> str:
        return notebook_html(f"{self.sentence}. {self.held_fixed}", self.to_frame())


def attribute(
    model: Any,
    x: Any = None,
    lengths: npt.ArrayLike | None = None,
    *,
    output: Any = None,
    step: int | None = None,
    method: Method = "integrated",
    baseline: BaselineName | npt.ArrayLike | None = None,
    data: Any = None,
    data_lengths: npt.ArrayLike | None = None,
    n_windows: int = 16,
    tolerance: float = 0.01,
    points: int = 8,
    max_points: int = 2048,
    seed: int = 0,
) -> Attribution:
    """Split one number of the answer to each sequence over its steps and features.

    Parameters
    ----------
    model, x, lengths
        A Network, an LSTM, an RNN or a forecaster with the input of its net, (N, T, F); or a classifier or a regressor
        with X as its ``predict`` takes it; a captured layer needs no x. Of a forecast:
        :func:`~clearlstm.insight.attribution.of_forecast.attribute_forecast`.
    output
        The column of the answer, by default 0. Of a classifier a label, by default each sequence's likeliest; what is
        explained is the class's score before softmax. Of a regressor the answer is in y's units.
    step
        Of a model that answers at each step, which step's answer; negative ones count from each sequence's own last
        step, which is the default.
    method
        "integrated", or "gradient" for the slope at the input times (input − baseline).
    baseline, n_windows, seed
        "mean", of each feature over all real steps of ``data``, or of x itself without data (the default of
        "integrated"); "zero" (the default of "gradient", which makes it gradient × input); "last", each sequence's
        last real value repeated; "windows", ``n_windows`` random stretches of the data, averaged over (Erion et al.
        2021), drawn with ``seed``; or an array (F,), (T, F) or (N, T, F) in the units of x.
    data, data_lengths
        What "mean" and "windows" are taken from, such as the training sequences; in the form of x.
    tolerance, points, max_points
        The points on each path are doubled from ``points`` until the sum of the attributions is as near to the
        difference between the answers as ``tolerance`` of that difference, or a tenth of ``tolerance`` of the sum of
        their sizes where that is more, or the answers' own rounding. With ``max_points`` it ends, with a warning.

    Raises InputError for what can't be used; warns (ClearLSTMWarning) of sequences whose attribution isn't complete.

    >>> import clearlstm as cl
    >>> found = attribute(cl.examples.statquest_unit(), cl.examples.companies().x, baseline="zero")
    >>> found.answer.round(4), found.baseline_answer.round(4)
    (array([0.0064, 0.9694]), array([-0.2524, -0.2524]))
    >>> found.by_step.round(2)
    array([[0.  , 0.07, 0.02, 0.17],
           [0.78, 0.23, 0.06, 0.15]])
    """
    subject = subject_of(model)
    network = subject.network
    x, lengths, state = subject.read(x, lengths)
    known = None if data is None else _read_data(subject, data, data_lengths)
    named = default_baseline(method) if baseline is None else baseline
    starts = starts_of(
        named if isinstance(named, str) else subject.forward(as_array("baseline", named)),
        x,
        lengths,
        known,
        n_windows=check_positive("n_windows", n_windows),
        seed=seed,
        zero=subject.forward(np.zeros(network.input_size)),
    )
    column = columns(subject, x, lengths, output)
    question = Question((network,), lengths, _reader(column, _positions(network, step, lengths)), state)
    return attributed(question, x, starts, method, Rule(tolerance, points, max_points), AnswerUnits.of(subject, column))


def attributed(
    question: Question, x: FloatArray, starts: Starts, method: Method, rule: Rule, units: AnswerUnits
) -> Attribution:
    """The attribution of a question's answers to x (N, T, F), which are a linear function of the net's: ``units``."""
    if method == "gradient":
        integral = at_the_input(question, x, starts, rule.tolerance)
    else:
        integral = integrate(question, x, starts, rule)
        _warn_of_gaps(integral, rule.tolerance, x.dtype)
    return Attribution(
        values=integral.values * units.factor[:, None, None],
        answer=integral.answer * units.factor + units.shift,
        baseline_answer=integral.baseline_answer * units.factor + units.shift,
        points=integral.points,
        converged=integral.converged,
        lengths=question.lengths,
        method=method,
        baseline_name=starts.name,
        held_fixed=units.held_fixed,
        units=units.units,
    )


def _read_data(subject: Subject, data: Any, lengths: npt.ArrayLike | None) -> tuple[FloatArray, Rows]:
    try:
        sequences = replace(subject, own=None).read(data, lengths)
        return sequences.x, sequences.lengths
    except InputError as error:
        raise InputError(f"data must be sequences like x: {error}") from error


def _positions(network: Network, step: int | None, lengths: Rows) -> Rows | None:
    """The step whose answer is explained, (N,); None if there is one answer for the whole sequence."""
    if network.pool is None:
        return positions(-1 if step is None else step, lengths)
    if step is not None:
        raise InputError(f"step is {step!r}, but this model gives one answer a sequence: leave step out")
    return None


def _reader(column: Rows, position: Rows | None) -> Read:
    """Take one number from each answer y (B, M), or (B, T, M)."""

    def read(y: FloatArray, rows: Rows) -> tuple[FloatArray, FloatArray]:
        where = (np.arange(len(rows)), *(() if position is None else (position[rows],)), column[rows])
        slope = np.zeros_like(y)
        slope[where] = 1
        return y[where].astype(np.float64), slope

    return read


def default_baseline(method: Method, integrated: BaselineName = "mean") -> BaselineName:
    """The baseline where none is given. Raises InputError for an unknown method."""
    if method not in METHODS:
        raise InputError(f"method is {method!r}; use 'integrated' or 'gradient'")
    return integrated if method == "integrated" else "zero"


def _warn_of_gaps(sums: Integral, tolerance: float, dtype: npt.DTypeLike) -> None:
    missed = np.flatnonzero(~sums.converged)
    if len(missed):
        worst = int(missed[np.abs(sums.gap[missed]).argmax()])
        warnings.warn(
            f"the attributions of {len(missed)} of {len(sums.converged)} sequences don't add up to {tolerance:.2g} of "
            f"the difference between the answers, with {sums.points[worst]} points: worst is sequence {worst}, off by "
            f"{sums.gap[worst]:.2g}. The answer changes fast on the way from the baseline: raise max_points, or take "
            f"a nearer baseline{'' if dtype == np.float64 else ', or a float64 net'}",
            ClearLSTMWarning,
            stacklevel=4,
        )
