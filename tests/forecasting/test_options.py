"""The list of options and what is made of it; then some of them: logarithms, no negative values, weights."""

import inspect
import json
import os
import re
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pandas as pd
import pytest

from clearlstm.cli.options import FLAGS
from clearlstm.data.scaling import TransformName
from clearlstm.errors import DataError, InputError
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.options import DEFAULTS, OPTIONS, Options, form, renamed
from scripts.options_table import PAGE, renewed
from tests.forecasting.series import walk, walks

ROOT = Path(__file__).parents[2]


def test_the_signature_is_the_list() -> None:
    """Python's own signature is written out, for whoever reads or types; names, order and defaults are the list's."""
    parameters = list(inspect.signature(LSTMForecaster).parameters.values())
    assert [one.name for one in parameters] == list(OPTIONS)
    assert {one.name: one.default for one in parameters if one.default is not one.empty} == DEFAULTS
    types = get_type_hints(LSTMForecaster.__init__, localns={"os": os})
    assert types == get_type_hints(Options, localns={"TransformName": TransformName}) | {"return": type(None)}
    assert all(re.search(rf"^    .*\b{name}\b", LSTMForecaster.__doc__ or "", re.MULTILINE) for name in OPTIONS)


def test_a_forecaster_keeps_what_it_was_given() -> None:
    given = Options(h=3, level=[50], n_models=2)
    assert LSTMForecaster(**given.arguments()).options == given
    assert LSTMForecaster(3).like(seed=4).options == Options(h=3, seed=4)


def test_the_docs_table_is_made_of_the_list() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(page) == page, "docs/forecasting.md is behind: run `make docs`"
    assert all(f"| `{name}` |" in page for name in OPTIONS)


@pytest.mark.parametrize("name", [name for name, option in OPTIONS.items() if option.low is not None])
def test_a_number_outside_its_range_is_refused(name: str) -> None:
    option = OPTIONS[name]
    for value in [limit for limit in ((option.low or 0) - 1, option.high) if limit is not None]:
        with pytest.raises(InputError, match=f"{name} (is|holds) {value}"):
            LSTMForecaster(**(FAST | {"h": 2, "input_size": 6, name: [value] if option.several else value})).fit(
                walks(60)
            )


def test_a_form_gets_plain_values_with_limits() -> None:
    options = json.loads(json.dumps(form(), allow_nan=False))
    assert options["hidden_size"] == {
        "help": OPTIONS["hidden_size"].help, "unit": "units", "low": 1, "high": 4096, "default": 32, "unset": ""
    }  # fmt: skip
    assert options["h"]["default"] is None
    assert (options["level"]["low"], options["level"]["high"]) == (1, 100)
    assert "target_col" not in options


FAST: dict[str, Any] = {"hidden_size": 4, "max_steps": 15, "season_length": ()}
INTERVALS = ["LSTM-lo-80", "LSTM-hi-80", "LSTM-lo-95", "LSTM-hi-95"]


def with_one(value: float) -> pd.DataFrame:
    frame = walks(80)
    frame.loc[100, "y"] = value
    return frame


@pytest.mark.parametrize(("transform", "expected"), [(None, [True, False]), ("none", [False, False])])
def test_logarithms_are_chosen_by_series_or_not_taken(transform: Any, expected: list[bool]) -> None:
    f = LSTMForecaster(2, 6, transform=transform, **FAST).fit(with_one(-1.0))
    assert f.model_.transform.log.tolist() == expected
    if transform is None:
        assert LSTMForecaster(2, 6, transform="log", **FAST).fit(walks(80)).model_.transform.log.all()


@pytest.mark.parametrize("value", [0.0, -2.5])
def test_a_logarithm_that_does_not_exist_is_refused(value: float) -> None:
    message = rf"series 'B' has {value:g} at 2024-01-21, which has no logarithm: use transform=None"
    with pytest.raises(DataError, match=message):
        LSTMForecaster(2, 6, transform="log", **FAST).fit(with_one(value))


def test_nothing_falls_below_0_where_that_is_asked_for() -> None:
    rng = np.random.default_rng(0)
    frame = walk("A", 200).assign(y=rng.poisson(1.0, 200).astype(float))
    frame.loc[199, "y"] = 0.0
    still = walk("few", 3, start="2024-07-16").assign(y=[3.0, 0.0, 0.0])
    both = pd.concat([frame, still])
    free, bounded = (LSTMForecaster(2, 6, nonnegative=one, **FAST).fit(both) for one in (False, True))
    with pytest.warns(match="'few' has too few values"):
        loose, tight = free.predict(), bounded.predict()
    assert (loose.groupby("unique_id")["LSTM-lo-95"].min() < 0).all()
    np.testing.assert_array_equal(tight[["LSTM", *INTERVALS]], loose[["LSTM", *INTERVALS]].clip(lower=0))
    with pytest.raises(DataError, match="series 'B' has -1 at 2024-01-21, and nonnegative=True"):
        LSTMForecaster(2, 6, nonnegative=True, **FAST).fit(with_one(-1.0))


def counts(n: int = 90) -> pd.DataFrame:
    """Few sales, none on most days."""
    return walk("A", n).assign(y=np.random.default_rng(0).poisson(0.4, n).astype(float))


def test_counts_are_forecast_as_no_less_than_nothing_unless_that_is_wanted() -> None:
    default, free = (LSTMForecaster(2, 6, nonnegative=one, **FAST).fit(counts()) for one in (None, False))
    out, below = default.predict(), free.predict()
    assert default.model_.settings.nonnegative
    assert (below["LSTM-lo-95"] < 0).any()
    columns = [name for name in out if name.startswith("LSTM")]
    pd.testing.assert_frame_equal(out[columns], below[columns].clip(lower=0))


@pytest.mark.parametrize("value", [0.5, -1.0])
def test_other_values_are_not_taken_for_counts(value: float) -> None:
    frame = counts()
    frame.loc[3, "y"] = value
    f = LSTMForecaster(2, 6, **FAST)
    assert not f.settings(f.read(frame)).nonnegative
    frame.loc[3, "y"] = np.nan
    assert f.settings(f.read(frame)).nonnegative


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"transform": "sqrt"}, "transform is 'sqrt'"),
        ({"nonnegative": 1}, "nonnegative is 1"),
        ({"n_models": 0}, "n_models is 0"),
    ],
)
def test_options_that_cannot_be_meant(argument: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        LSTMForecaster(2, 6, **FAST, **argument).fit(walks(60))


# --- weights ---


def test_equal_weights_change_nothing_but_the_start_a_little() -> None:
    """The head's first bias is a quantile, read off between two errors or at one."""
    frame = walks(120)
    plain = LSTMForecaster(2, 6, **FAST).fit(frame).model_
    equal, other = (
        LSTMForecaster(2, 6, weight_col="w", **FAST).fit(frame.assign(w=weight)).model_
        for weight in (2.0, 1 + np.arange(len(frame)) % 5)
    )
    course, with_equal, with_other = (model.history.losses[:5] for model in (plain, equal, other) if model.history)
    np.testing.assert_allclose(with_equal, course, rtol=2e-3)
    assert np.abs(with_other / course - 1).max() > 1e-2
    assert plain.n_training == equal.n_training


def test_what_weighs_nothing_is_not_trained_on() -> None:
    """Steps come in pairs in one series and are taken back in the other: a net can't believe both."""
    rng = np.random.default_rng(0)
    first = rng.choice([-1.0, 1.0], 300)
    pairs = walk("pairs", 600).assign(y=np.cumsum(np.repeat(first, 2)))
    back = walk("back", 600).assign(y=np.cumsum(np.stack([first, -first], axis=1).ravel()))
    frame = pd.concat([pairs, back])
    how: dict[str, Any] = {"hidden_size": 4, "max_steps": 200, "learning_rate": 1e-2, "season_length": ()}

    def errors(counted: str) -> dict[str, float]:
        weighted = frame.assign(w=(frame["unique_id"] == counted).astype(float))
        model = LSTMForecaster(1, 4, weight_col="w", **how).fit(weighted).model_
        problem = model.problem(LSTMForecaster(1, 4, **how).read(frame))
        rows = problem.origins(1)
        missed = np.abs(model.scaled(problem, rows)[:, 0, 2] - problem.y(rows)[:, 0])
        names = problem.panel.ids[problem.known.series(rows)]
        return {name: float(missed[names == name].mean()) for name in ("pairs", "back")}

    by_pairs, by_back = errors("pairs"), errors("back")
    assert by_pairs["pairs"] < 0.9 * by_back["pairs"]
    assert by_back["back"] < 0.9 * by_pairs["back"]


def test_weights_are_not_needed_to_predict() -> None:
    f = LSTMForecaster(2, 6, weight_col="w", **FAST).fit(walks(80).assign(w=1.0))
    assert len(f.predict(walks(80))) == 4


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (-1.0, "'w' holds -1.0, which is no weight, in row 0"),
        (np.nan, "'w' holds nan, which is no weight, in row 0"),
        (np.inf, "'w' holds inf, which is not finite, in row 0"),
        (0.0, "'w' holds nothing but 0"),
    ],
)
def test_weights_that_cannot_be_meant(weights: float, message: str) -> None:
    with pytest.raises(DataError, match=message):
        LSTMForecaster(2, 6, weight_col="w", **FAST).fit(walks(60).assign(w=weights))


def test_weights_that_leave_nothing_to_train_on() -> None:
    frame = walks(80)
    with pytest.raises(DataError, match="no window to train on has a weight above 0"):
        LSTMForecaster(2, 6, weight_col="w", **FAST).fit(frame.assign(w=(frame["ds"] >= frame["ds"][78]).astype(float)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"calendar": 5}, "calendar holds 5; use True, False or some of"),
        ({"level": [80.0000001, 80]}, "level holds 80.0000001; a column is named after it"),
        ({"level": [99.99999999]}, "level holds 99.99999999; a column"),
        ({"n_jobs": 0}, "n_jobs is 0; use a whole number"),
        ({"n_jobs": "all"}, "n_jobs is 'all'; use a whole number"),
        ({"target_col": 0}, "target_col is 0; the name of a column is needed, a text"),
        ({"time_col": None}, "time_col is None; the name of a column"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        LSTMForecaster(2, 6, **(FAST | arguments)).fit(walks(80))


def test_baselines_that_are_no_names_are_refused() -> None:
    with pytest.raises(InputError, match="baselines holds None; what can be asked for is AutoETS"):
        LSTMForecaster(2, 6, **FAST).cross_validation(walks(80), n_windows=2, baselines=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("input_size 60 and h 7 need 67: lower input_size", "--window 60 and --horizon 7 need 67: lower --window"),
        ("h is 0; level holds 0.9", "--horizon is 0; --level holds 0.9"),
        ("series 'h 1' has no level, and h of unit 3 is 0.5", "series 'h 1' has no level, and h of unit 3 is 0.5"),
        ("name it (time_col, --time); --level 80", "name it (time_col, --time); --level 80"),
        ("my_input_size is 3, input_size=3", "my_input_size is 3, input_size=3"),
    ],
)
def test_names_of_arguments_give_way_to_what_a_reader_calls_them(message: str, expected: str) -> None:
    assert renamed(message, FLAGS) == expected


def test_every_flag_is_one_of_the_command_line() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert {flag for flag in FLAGS.values() if f"  {flag} " not in page} <= {
        "--dayfirst",
        "--calendar",
        "--nonnegative",
    }
