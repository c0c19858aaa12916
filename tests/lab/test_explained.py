"""What the page says of an error: by the names of its own fields."""

from pathlib import Path

import pytest

import clearlstm
from clearlstm.errors import DataError
from clearlstm.lab.tasks.table import FIELDS
from clearlstm.lab.worker import explain

pytest.importorskip("starlette")

FORM = Path(clearlstm.__file__).parent / "report" / "static" / "rooms" / "yours" / "table-form.js"
ERROR = DataError("series 'a' has 19 rows; input_size 60 and h 5 need at least 65: lower input_size or give more data")


def test_a_forecasts_error_names_the_fields_of_its_form() -> None:
    assert explain(ERROR, {"kind": "forecast"}) == (
        "series 'a' has 19 rows; “Window, in steps” 60 and “Steps ahead” 5 need at least 65: "
        "lower “Window, in steps” or give more data"
    )


def test_an_opened_models_error_is_left_as_it_is() -> None:
    assert explain(ERROR, {"kind": "open"}) == str(ERROR)


@pytest.mark.parametrize("label", FIELDS.values())
def test_the_form_has_a_field_of_that_name(label: str) -> None:
    assert f'"{label.strip("“”")}"' in FORM.read_text(encoding="utf-8")
