"""A saved forecaster that is opened in the lab shows its forecast, or says why it can't."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.lab.tasks.model import open_model
from clearlstm.lab.tasks.progress import News


def _opened(folder: Path, futr_exog: list[str]) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    promotion = rng.integers(0, 2, 80)
    table = pd.DataFrame(
        {
            "unique_id": "shop",
            "ds": pd.date_range("2024-01-01", periods=80),
            "y": 10 + 3 * promotion + rng.normal(size=80),
            "promotion": promotion,
        }
    )
    forecaster = LSTMForecaster(h=2, input_size=6, hidden_size=3, max_steps=4, futr_exog=futr_exog, calendar=False)
    path = folder / "shop.safetensors"
    forecaster.fit(table if futr_exog else table.drop(columns="promotion")).save(path)
    return open_model({}, (path, path.name), None, folder, News(io.StringIO()))


@pytest.mark.filterwarnings("ignore::clearlstm.errors.ClearLSTMWarning")
def test_a_forecast_is_shown_where_nothing_more_must_be_known(tmp_path: Path) -> None:
    opened = _opened(tmp_path, [])
    assert [series["id"] for series in opened["series"]] == ["shop"]
    assert not any("isn't shown" in note for note in opened["notes"])


@pytest.mark.filterwarnings("ignore::clearlstm.errors.ClearLSTMWarning")
def test_what_must_be_known_of_the_steps_to_come_is_named(tmp_path: Path) -> None:
    opened = _opened(tmp_path, ["promotion"])
    assert "series" not in opened
    assert any("isn't shown here, since it needs promotion of the steps to come" in note for note in opened["notes"])
