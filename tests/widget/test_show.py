"""``show()`` of everything that has it."""

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import InputError, MissingExtraError
from clearlstm.insight.views import QUESTIONS

pytest.importorskip("anywidget")

X = np.cumsum(np.random.default_rng(0).normal(size=(4, 30, 2)), axis=1)


@pytest.fixture(scope="module")
def model() -> cl.Network:
    return cl.Network(cl.LSTM(2, 6, seed=0), head=2, seed=0)


def _results(model: cl.Network) -> dict[str, Any]:
    layer = model.trace(X).layer(0)
    plain = cl.RNN(2, 3, seed=0).trace(X).layer(0)
    y = np.random.default_rng(1).normal(size=(4, 2))
    flow = cl.gradient_flow(layer)
    return {
        "ledger": cl.ledger(layer, 20),
        "flow": flow,
        "plain flow": cl.gradient_flow(plain),
        "few lags": cl.gradient_flow(layer, lags=[1, 5, 20]),
        "summary": flow.summary(),
        "memory": cl.memory_lengths(layer),
        "attribution": cl.attribute(model, X, output=1),
        "what if": cl.what_if(model, X, zero=cl.Zero(1)),
        "units": cl.unit_facts(model, X),
        "audit": cl.audit(model, X),
        "words": cl.explain(layer),
        "clipping": cl.clipping(model, X, y),
    }


NAMES = ("ledger", "flow", "plain flow", "few lags", "summary", "memory", "attribution", "what if", "units", "audit",
         "words", "clipping")  # fmt: skip


@pytest.fixture(scope="module")
def results(model: cl.Network) -> dict[str, Any]:
    return _results(model)


@pytest.mark.parametrize("name", NAMES)
def test_every_result_is_drawn_and_has_a_picture(results: dict[str, Any], name: str) -> None:
    drawing = results[name].show()
    data = json.loads(json.dumps(drawing._data))
    assert data["kind"] in ("answer", "audit")
    if data["kind"] == "answer":
        assert data["answers"] or data["sentences"]
    picture = drawing._picture()
    assert picture.startswith("<img src=") or "<p>" in picture


def test_results_over_many_sequences_are_limited_with_a_word() -> None:
    net = cl.LSTM(1, 3, seed=0)
    book = cl.ledger(net.trace(np.ones((40, 5, 1))).layer(0))
    data = book.show()._data
    assert len(data["answers"]) == len(data["traces"]) == 12
    assert data["notes"] == ["Shown are the first 12 of 40 sequences."]


def test_a_forecaster_shows_its_forecast_and_answers_questions() -> None:
    f = cl.LSTMForecaster(h=4, max_steps=5).fit(cl.examples.stock_prices())
    w = f.show()
    assert w._data["kind"] == "forecast"
    assert len(w._data["series"]) == len(w._data["traces"]) == 3
    assert w._data["comparison"] is None
    assert "cross_validation() was not called" in w._data["verdict"]["headline"]
    assert w._picture().startswith("<img")
    assert "half_life" in w._view({"question": "memory", "trace": 2, "layer": 0})
    alone = f.forecast_.show()
    assert alone._data["series"] == w._data["series"]
    f.cross_validation(cl.examples.stock_prices(), n_windows=3)
    assert f.show()._data["comparison"]["n_origins"] == 3


def test_an_estimator_is_shown_on_what_its_net_reads() -> None:
    X, y = np.random.default_rng(0).normal(size=(20, 8, 2)), np.arange(20) % 2
    c = cl.LSTMClassifier(max_steps=3).fit(X, y)
    w = c.show(X[:3])
    assert np.allclose(w.x, c.subject().read(X[:3]).x)


def test_before_fit_there_is_nothing_to_show() -> None:
    with pytest.raises(InputError, match="fit"):
        cl.LSTMForecaster(h=2).show()


def test_without_anywidget_it_says_what_to_install(model: cl.Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.setattr("clearlstm.widget.show.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'clearlstm\[notebook\]'"):
        model.show(X)


def test_input_that_does_not_fit_is_refused(model: cl.Network) -> None:
    with pytest.raises(InputError, match="x "):
        model.show(np.zeros((2, 5, 7)))


def test_every_question_of_the_page_can_be_asked(model: cl.Network) -> None:
    w = model.show(X)
    for name in QUESTIONS:
        answer = w._view({"question": name, "trace": 0, "layer": 0, **({"zero": [1]} if name == "what_if" else {})})
        assert json.dumps(answer)
        assert answer["question"] == name


def test_a_plain_program_does_not_load_it() -> None:
    run = "cl.LSTM(1, 2).trace(np.ones((1, 3, 1)))"
    code = f"import sys, clearlstm as cl, numpy as np; {run}; print('anywidget' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_if_is_called_by_what_was_changed(model: cl.Network) -> None:
    of_a_unit = cl.what_if(model, X, zero=cl.Zero(1)).show()._data
    of_an_input = cl.what_if(model, X, change={(0, 0): 0.0}).show()._data
    assert (of_a_unit["title"], of_a_unit["question"]) == ("What if a unit did otherwise?", "what_if")
    assert (of_an_input["title"], of_an_input["question"]) == ("What if the input were another?", "")


def test_a_verdict_and_a_comparison_read_well_in_a_notebook() -> None:
    f = cl.LSTMForecaster(h=2, max_steps=3).fit(cl.examples.stock_prices())
    f.cross_validation(cl.examples.stock_prices(), n_windows=3)
    assert f.verdict_._repr_html_().startswith(f"<p><b>{f.verdict_.headline[:20]}")
    assert "Naive" in f.comparison_._repr_html_()
