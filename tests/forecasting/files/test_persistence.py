"""Forecasters on disk and with new rows: the same bits after loading, and nothing taken on trust."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file

from clearlstm.errors import ClearLSTMWarning, DataError, InputError, ModelFileError
from clearlstm.forecasting.evaluate.combination import Combination
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.model.bases import Base
from clearlstm.interop.open import load
from clearlstm.network.lstm import LSTM
from clearlstm.network.storage import DIGEST, HEADER, digest_of, read_tensors
from tests.forecasting.series import seasonal, walk, walks

GOLDEN = Path(__file__).parents[2] / "golden"
FAST: dict[str, Any] = {"hidden_size": 3, "max_steps": 8, "season_length": ()}


def forecaster(h: int = 2, input_size: int | None = 6, **more: Any) -> LSTMForecaster:
    return LSTMForecaster(h, input_size, **(FAST | more))


def there_and_back(fitted: LSTMForecaster, folder: Path) -> LSTMForecaster:
    fitted.save(folder / "f.safetensors")
    return LSTMForecaster.load(folder / "f.safetensors")


def same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    else:
        assert one.equals(other)
        assert one.schema == other.schema


# --- what comes back predicts the same to the bit ---


@pytest.mark.parametrize(
    "more", [{}, {"interval_method": "adaptive"}, {"interval_method": "quantile"}, {"n_models": 2}]
)
def test_predictions_after_loading_equal_those_before(more: dict[str, Any], tmp_path: Path) -> None:
    fitted = forecaster(**more).fit(walks(90))
    loaded = there_and_back(fitted, tmp_path)
    same(loaded.predict(), fitted.predict())
    same(loaded.predict(walk("NEW", 50, 7)), fitted.predict(walk("NEW", 50, 7)))


@pytest.mark.parametrize("method", ["conformal", "adaptive"])
def test_so_do_those_after_an_update(method: str, tmp_path: Path) -> None:
    whole = walks(100)
    old, new = whole[whole["ds"] < "2024-04-01"], whole[whole["ds"] >= "2024-04-01"]
    fitted = forecaster(interval_method=method).fit(old)
    loaded = there_and_back(fitted, tmp_path)
    before = fitted.predict()
    same(loaded.update(new).predict(), fitted.update(new).predict())
    assert not before["LSTM"].equals(fitted.predict()["LSTM"])
    same(there_and_back(fitted, tmp_path).predict(), fitted.predict())


def test_what_weighs_the_models_of_a_mean_comes_back_and_older_files_have_none(tmp_path: Path) -> None:
    loaded = LSTMForecaster.load(saved(tmp_path)).combination_
    assert loaded is not None
    np.testing.assert_array_equal(loaded.weights(np.array([0, 1, -1])), a_combination().weights(np.array([0, 1, -1])))
    tensors, description = load_file(tmp_path / "f.safetensors"), read_tensors(tmp_path / "f.safetensors")[1]
    older = {name: array for name, array in tensors.items() if not name.startswith("combination")}
    rewrite(tmp_path / "older.safetensors", older, {k: v for k, v in description.items() if k != "combination"})
    assert LSTMForecaster.load(tmp_path / "older.safetensors").combination_ is None


@pytest.mark.parametrize(
    "wrong",
    [{"names": ["LSTM", "os.system"]}, {"names": ["AutoETS", "LSTM"]}, {"names": ["LSTM"]}, {"n_cutoffs": -1}],
)
def test_models_that_there_are_none_of_are_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    path = saved(tmp_path)
    tensors, description = load_file(path), read_tensors(path)[1]
    description["combination"] |= wrong
    rewrite(path, tensors, description)
    with pytest.raises(ModelFileError, match=r"don't fit together|shape"):
        load(path)


def with_covariates(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = walks(n)
    return frame.assign(
        temperature=rng.normal(size=len(frame)),
        offer=rng.integers(0, 2, len(frame)),
        day=frame["ds"].dt.day_name(),
        kind=frame["unique_id"].map({"A": "shop", "B": "web"}),
        weight=1.0,
    )


COVARIATES: dict[str, Any] = {
    "hist_exog": ["temperature"],
    "futr_exog": ["offer", "day"],
    "static": ["kind"],
    "weight_col": "weight",
    "calendar": True,
}


def test_covariates_come_back(tmp_path: Path) -> None:
    whole = with_covariates(100)
    old, new = whole[whole["ds"] < "2024-04-01"], whole[whole["ds"] >= "2024-03-30"]
    to_come = whole[(whole["ds"] >= "2024-04-01") & (whole["ds"] <= "2024-04-02")]
    fitted = forecaster(**COVARIATES).fit(old)
    loaded = there_and_back(fitted, tmp_path)
    same(loaded.predict(X_df=to_come), fitted.predict(X_df=to_come))
    later = to_come.assign(ds=to_come["ds"] + np.timedelta64(9, "D"))
    same(loaded.update(new).predict(X_df=later), fitted.update(new).predict(X_df=later))


def test_a_file_from_before_simple_forecasts_were_averaged_says_the_same() -> None:
    """Written by an earlier version, together with what it said: one simple forecast, one share, the last rows."""
    fitted = LSTMForecaster.load(GOLDEN / "forecaster_of_last_values.safetensors")
    assert fitted.model_.base == Base("last", 2)
    assert fitted.model_.earned[0] == fitted.model_.earned[1] > 0
    expected = json.loads((GOLDEN / "forecaster_of_last_values.json").read_text(encoding="utf-8"))
    assert fitted.predict().astype({"ds": str}).to_dict("list") == expected
    with pytest.raises(InputError, match="the file holds only the last rows of each series"):
        fitted.predict(model="Drift")


def test_a_loaded_forecaster_knows_all_rows(tmp_path: Path) -> None:
    fitted = forecaster().fit(walks(100))
    loaded = there_and_back(fitted, tmp_path)
    same(loaded.predict(), fitted.predict())
    same(loaded.predict(model="Drift"), fitted.predict(model="Drift"))


@pytest.mark.filterwarnings("ignore::clearlstm.errors.ClearLSTMWarning")
def test_series_that_the_net_does_not_model_come_back_too(tmp_path: Path) -> None:
    constant = walk("constant", 90).assign(y=7.0)
    holes = walk("holes", 90, 3)
    holes.loc[[10, 57, 80], "y"] = np.nan
    fitted = forecaster().fit(pd.concat([walk("fine", 90), constant, holes]))
    same(there_and_back(fitted, tmp_path).predict(), fitted.predict())


def styles() -> list[Any]:
    plain = walks(60)
    single = walk("A", 60).drop(columns="unique_id")
    return [
        (plain, {}),
        (plain.assign(unique_id=plain["unique_id"].astype("category")), {}),
        (plain.assign(unique_id=plain["unique_id"].map({"A": 7, "B": 9})), {}),
        (plain.assign(unique_id=plain["unique_id"].map({"A": "Zürich", "B": "東京"})), {}),
        (plain.assign(ds=plain["ds"].dt.strftime("%Y-%m-%d")), {}),
        (single, {"id_col": None}),
        (single.assign(ds=range(60)), {"id_col": None}),
        (
            single.rename(columns={"ds": "when", "y": "what"}),
            {"id_col": None, "time_col": "when", "target_col": "what"},
        ),
        (single.assign(ds=pd.bdate_range("2024-01-01", periods=60)), {"id_col": None}),
        (single.assign(ds=pd.date_range("2019-01-31", periods=60, freq="ME")), {"id_col": None}),
        (single.assign(ds=pd.date_range("2019-01-31", periods=60, freq="QE")), {"id_col": None, "freq": "QE"}),
        (seasonal(120), {"season_length": 12}),
    ]


@pytest.mark.parametrize("case", range(len(styles())))
def test_every_kind_of_frame_comes_back_as_itself(case: int, tmp_path: Path) -> None:
    frame, more = styles()[case]
    fitted = forecaster(**more).fit(frame)
    same(there_and_back(fitted, tmp_path).predict(), fitted.predict())


def test_a_forecaster_of_polars_answers_in_polars_again(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars")
    plain = walks(60)
    fitted = forecaster().fit(pl.DataFrame({name: plain[name].to_list() for name in plain}))
    same(there_and_back(fitted, tmp_path).predict(), fitted.predict())


def test_arguments_come_back_and_the_folder_of_checkpoints_stays_behind(tmp_path: Path) -> None:
    fitted = forecaster(level=[50, 90.5], checkpoint=tmp_path / "work", seed=3).fit(walks(60))
    loaded = there_and_back(fitted, tmp_path)
    assert (loaded.level, loaded.seed, loaded.max_steps, loaded.checkpoint) == ((50, 90.5), 3, 8, None)
    same(loaded.fit(walks(60)).predict(), fitted.predict())
    assert str(tmp_path).encode() not in (tmp_path / "f.safetensors").read_bytes()


def test_load_knows_nets_and_forecasters(tmp_path: Path) -> None:
    LSTM(1, 2, seed=0).save(tmp_path / "net.safetensors")
    forecaster().fit(walks(60)).save(tmp_path / "f.safetensors")
    assert isinstance(load(tmp_path / "net.safetensors"), LSTM)
    assert isinstance(load(tmp_path / "f.safetensors"), LSTMForecaster)
    with pytest.raises(ModelFileError, match=r"holds a LSTM, not a forecaster: clearlstm\.load"):
        LSTMForecaster.load(tmp_path / "net.safetensors")


# --- what can't be saved or read ---


def test_saving_before_fitting_or_into_nowhere(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="isn't fitted yet"):
        forecaster().save(tmp_path / "f.safetensors")
    fitted = forecaster().fit(walks(60))
    with pytest.raises(InputError, match="doesn't exist: make it first"):
        fitted.save(tmp_path / "nowhere" / "f.safetensors")
    stamped = walks(60).assign(unique_id=lambda frame: frame["unique_id"].map({"A": (1, 2), "B": (1, 3)}))
    with pytest.raises(InputError, match="ids of type tuple can't be saved: make them texts"):
        forecaster().fit(stamped).save(tmp_path / "f.safetensors")
    assert not list(tmp_path.iterdir())


def saved(folder: Path) -> Path:
    """A forecaster of two nets with all kinds of columns, and with what weighs statistical models."""
    path = folder / "f.safetensors"
    fitted = forecaster(n_models=2, **COVARIATES).fit(with_covariates(60))
    fitted.combination_ = a_combination()
    fitted.save(path)
    return path


def a_combination() -> Combination:
    errors = np.array([[1.0, 2.0], [3.0, 1.0]])
    return Combination.of(("LSTM", "AutoETS"), np.array(["A", "B"], object)).seen(np.array([0, 1]), errors, 1)


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = saved(tmp_path).read_bytes()
    short = tmp_path / "short.safetensors"
    for size in {0, 7, 8, 100, len(whole) // 2, len(whole) - 1}:
        short.write_bytes(whole[:size])
        with pytest.raises(ModelFileError):
            load(short)


def rewrite(path: Path, tensors: dict[str, Any], description: Any) -> None:
    save_file(tensors, path, metadata={HEADER: (text := json.dumps(description)), DIGEST: digest_of(text, tensors)})


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a JSON tree."""
    items = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    return [place for key, child in items for place in [(tree, key), *places(child)]]


def test_whatever_is_changed_in_the_description_it_is_read_or_refused_and_never_crashes(tmp_path: Path) -> None:
    path = saved(tmp_path)
    tensors, description = load_file(path), read_tensors(path)[1]
    other = tmp_path / "other.safetensors"
    refused = 0
    for container, key in places({name: description[name] for name in PARTS}):
        kept = container[key]
        for wrong in WRONG:
            container[key] = wrong
            rewrite(other, tensors, description)
            try:
                load(other)
            except (ModelFileError, ImportError):
                refused += 1
        container[key] = kept
    rewrite(other, tensors, description)
    assert isinstance(load(other), LSTMForecaster)
    assert refused > 200


PARTS = ("panel", "style", "model", "arguments", "combination")
WRONG: tuple[Any, ...] = ({}, "offsets", None, 10**12)


def halves(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return array[: len(array) // 2]


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    tensors, description = load_file(path), read_tensors(path)[1]
    other = tmp_path / "other.safetensors"
    for name, array in tensors.items():
        if name.endswith("losses"):  # of any number
            continue
        for wrong in (halves(array), array[::-1] * 3 + 1 if "offsets" in name else array[None], array.astype(np.int8)):
            rewrite(other, {**tensors, name: np.ascontiguousarray(wrong)}, description)
            if array.shape == wrong.shape and (".network." in name or ".covariates." in name):  # any type of number
                continue
            with pytest.raises(ModelFileError):
                load(other)
        rewrite(other, {key: value for key, value in tensors.items() if key != name}, description)
        with pytest.raises(ModelFileError):
            load(other)


def test_foreign_and_endless_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.safetensors"
    path.write_text("not a model")
    with pytest.raises(ModelFileError, match="not a whole safetensors file"):
        load(path)
    nested = '{"format_version": 1, "kind": ' + "[" * 100_000 + "]" * 100_000 + "}"
    save_file({"x": np.zeros(1)}, path, metadata={HEADER: nested})
    with pytest.raises(ModelFileError):
        load(path)
    rewrite(path, {"x": np.zeros(1)}, {"format_version": 99, "kind": "LSTMForecaster"})
    with pytest.raises(ModelFileError, match="update clearlstm"):
        load(path)
    rewrite(path, {"x": np.zeros(1)}, {"format_version": 1, "kind": "LSTMForecaster"})
    with pytest.raises(ModelFileError, match="damaged"):
        load(path)


# --- new rows ---


def test_forecasts_start_after_the_new_rows_and_nothing_is_trained() -> None:
    whole = walks(90)
    fitted = forecaster().fit(whole[whole["ds"] < "2024-03-25"])
    weights = {name: values.copy() for name, values in fitted.model_.network.parameters.items()}
    updated = fitted.update(whole[whole["ds"] >= "2024-03-20"]).predict()
    assert updated["ds"].min() == whole["ds"].max() + np.timedelta64(1, "D")
    for name, values in fitted.model_.network.parameters.items():
        np.testing.assert_array_equal(values, weights[name])
    later = forecaster(interval_method="quantile").fit(whole[whole["ds"] < "2024-03-25"])
    expected = later.predict(whole)
    same(later.update(whole[whole["ds"] >= "2024-03-25"]).predict(), expected)


def test_row_by_row_is_the_same_as_all_at_once() -> None:
    whole = walks(80)
    old = whole[whole["ds"] < "2024-03-10"]
    once, daily = (forecaster(interval_method="conformal").fit(old) for _ in range(2))
    once.update(whole[whole["ds"] >= "2024-03-10"])
    for _, day in whole[whole["ds"] >= "2024-03-10"].groupby("ds"):
        daily.update(day)
    same(daily.predict(), once.predict())
    assert once.model_.calibration is not None
    assert daily.model_.calibration is not None
    np.testing.assert_array_equal(once.model_.calibration.scores, daily.model_.calibration.scores)


def test_a_series_that_was_not_there_is_added() -> None:
    fitted = forecaster().fit(walks(60))
    out = fitted.update(walk("C", 30, 5)).predict()
    assert out["unique_id"].unique().tolist() == ["A", "B", "C"]
    same(out[out["unique_id"] == "C"].reset_index(drop=True), fitted.predict(walk("C", 30, 5)))


def test_updates_and_cross_validation_adapt_alike() -> None:
    """At each cutoff the intervals are those of a forecaster that was fitted once and has been updated since."""
    whole = walks(120)
    times = np.sort(whole["ds"].unique())
    one = forecaster(interval_method="adaptive")
    cv = one.cross_validation(whole, n_windows=5)
    cutoffs = np.sort(cv["cutoff"].unique())
    other = forecaster(interval_method="adaptive").fit(whole[whole["ds"] <= cutoffs[0]])
    known = cutoffs[0]
    for cutoff in cutoffs:
        new = whole[(whole["ds"] > known) & (whole["ds"] <= cutoff)]
        out = (other.update(new) if len(new) else other).predict()
        there = cv[cv["cutoff"] == cutoff].sort_values(["unique_id", "ds"])
        np.testing.assert_array_equal(there["LSTM-lo-80"], out["LSTM-lo-80"])
        np.testing.assert_array_equal(there["LSTM-hi-95"], out["LSTM-hi-95"])
        known = cutoff
    assert known < times[-1]
    assert other.model_.calibration is not None
    assert (other.model_.calibration.alphas != [0.2, 0.05]).any()


def test_rows_that_change_the_past_are_refused_and_nothing_is_touched() -> None:
    whole = walks(60)
    fitted = forecaster().fit(whole)
    before = fitted.predict()
    for wrong, message in (
        (whole.tail(3).assign(y=1.0), r"series 'B' has 1 for 2024-02-27, which is known as .*: leave out the rows"),
        (whole.tail(1).assign(ds=pd.Timestamp("2024-02-01 12:00")), "lies between rows that are known"),
        (whole.tail(3).assign(ds=[1, 2, 3]), "have whole numbers for times, the known ones dates"),
        (whole.tail(3).assign(unique_id=5), "have ids of type int, the known ones str"),
        (whole.tail(3).drop(columns="y"), "no column 'y'"),
    ):
        with pytest.raises(DataError, match=message):
            fitted.update(wrong)
        same(fitted.predict(), before)
    same(fitted.update(whole.tail(3)).predict(), before)


def test_a_gap_before_the_new_rows_is_told() -> None:
    fitted = forecaster().fit(walks(60))
    later = walk("A", 70)
    with pytest.warns(ClearLSTMWarning, match=r"rows are missing in series 'A' \(1, the first after 2024-02-29\)"):
        fitted.update(later.tail(3))
