"""The list of views, and that pages, pictures and requests are made of it."""

import json
import re
from typing import Any

import numpy as np
import pytest

from clearlstm.errors import InputError
from clearlstm.insight.views import FIELDS, QUESTIONS, VIEWS, Request
from clearlstm.lab.requests import Refused, checked_task
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from clearlstm.report.packing import to_json, with_packed
from clearlstm.report.page import modules, static

SEQUENCES, STEPS = 5, 7


@pytest.fixture
def request_of(rng: np.random.Generator) -> Any:
    """Of an LSTM of two layers, both directions, and a plain net on it."""
    nets: list[LSTM | RNN] = [
        LSTM(2, 3, 2, bidirectional=True, dtype="float64", seed=0),
        RNN(6, 2, dtype="float64", seed=1),
    ]
    model, x = Network(nets, head=2, seed=0), rng.normal(size=(SEQUENCES, STEPS, 2))
    return lambda **chosen: Request(model, x, chosen)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_says_something_and_has_a_table(name: str, request_of: Any) -> None:
    view = VIEWS[name]
    result = view.compute(request_of(trace=3) if "trace" in view.fields else request_of())
    assert all(isinstance(sentence, str) and sentence for sentence in view.say(result))
    assert len(view.say(result)) > 0
    assert len(result.to_frame()) > 0
    assert set(view.fields) <= set(FIELDS)
    assert view.cannot.endswith(".")
    assert view.read.endswith(".")


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_the_page_draws_can_travel(name: str, request_of: Any) -> None:
    view, request = QUESTIONS[name], request_of()
    assert view.data is not None
    assert json.loads(to_json(with_packed(view.data(request, view.compute(request)))))


@pytest.mark.parametrize("name", [name for name, view in VIEWS.items() if view.figure is not None])
def test_what_has_a_figure_draws_one(name: str, request_of: Any) -> None:
    pytest.importorskip("matplotlib")
    view = VIEWS[name]
    assert view.figure is not None
    assert view.figure(view.compute(request_of())).axes


@pytest.mark.parametrize("name", [name for name, view in VIEWS.items() if "layer" in view.fields])
def test_a_plain_layer_has_the_views_that_need_no_memory(name: str, request_of: Any) -> None:
    view, plain = VIEWS[name], request_of(layer=4)
    if name in ("ledger", "memory"):
        with pytest.raises(InputError, match="a plain recurrent layer has no long-term memory"):
            view.compute(plain)
    elif view.figure is not None and pytest.importorskip("matplotlib"):
        if view.needs_memory:
            with pytest.raises(InputError, match="a plain recurrent layer has no long-term memory"):
                view.figure(view.compute(plain))
        else:
            assert view.figure(view.compute(plain)).axes


def test_what_there_is_not_is_refused(request_of: Any) -> None:
    with pytest.raises(InputError, match="trace 5 is asked for; there are 5, counted from 0"):
        VIEWS["gradient_flow"].compute(request_of(trace=5))
    with pytest.raises(InputError, match="layer 9 is asked for; the net has 5, counted from 0"):
        VIEWS["gradient_flow"].compute(request_of(layer=9))


def test_a_units_course_has_its_rows_alone(request_of: Any) -> None:
    whole, one = (VIEWS["gates"].compute(request_of(**chosen)).to_frame() for chosen in ({}, {"unit": 1}))
    assert len(whole) == STEPS * 3
    assert one["step"].tolist() == list(range(STEPS))
    assert set(one["unit"]) == {1}


def test_the_lab_accepts_the_views_and_their_fields() -> None:
    for name, view in QUESTIONS.items():
        fields: dict[str, Any] = {one: 0 for one in view.fields if not FIELDS[one].many}
        assert checked_task({"kind": "inside", "job": "j", "question": name, **fields})[1]["question"] == name
    with pytest.raises(Refused, match=r"it must be one of .*what_if"):
        checked_task({"kind": "inside", "job": "j", "question": "gates"})
    with pytest.raises(Refused, match="zero is"):
        checked_task({"kind": "inside", "job": "j", "question": "what_if", "zero": [-1]})


def test_the_page_has_titles_and_words_of_the_list_and_draws_only_what_is_in_it() -> None:
    views = json.loads(modules()["lab/views.json"].removeprefix("export default ").removesuffix(";"))
    assert {name: view["title"] for name, view in views.items()} == {name: one.title for name, one in QUESTIONS.items()}
    assert all(views[name]["cannot"] == view.cannot for name, view in QUESTIONS.items())
    source = static("rooms/yours/questions.js").read_text("utf-8")
    drawn = re.findall(r"^  (\w+): \{ Answer:", source, re.MULTILINE)
    assert set(drawn) == set(QUESTIONS) - {"ledger"}  # which the page works out for itself


def test_pictures_of_a_trace_are_those_of_the_list(rng: np.random.Generator) -> None:
    pytest.importorskip("matplotlib")
    trace = LSTM(2, 3, seed=0).trace(rng.normal(size=(2, 5, 2)))
    kinds = [view.kind for view in VIEWS.values() if view.kind is not None]
    for kind in kinds:
        assert trace.plot(kind).axes
    with pytest.raises(InputError, match=f"it must be one of {', '.join(kinds)}"):
        trace.plot("none")


def test_the_pages_of_the_docs_are_made_of_the_list() -> None:
    pytest.importorskip("matplotlib")
    from scripts.views_page import PAGES, renewed

    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert renewed(text) == text, f"{page.name} is behind: run `make docs`"
