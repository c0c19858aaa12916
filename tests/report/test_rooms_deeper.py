"""What the rooms add behind Go deeper: answers to what learners still ask, computed in the page."""

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.cell.layout import gate_slice

pytest.importorskip("playwright")

from playwright.sync_api import expect

from tests.report.rooms import OpenLab, expect_value, value

DAYS = {"A": [0.0, 0.5, 0.25, 1.0], "B": [1.0, 0.5, 0.25, 1.0]}


def test_the_sum_of_a_gate_among_many_is_pythons(open_lab: OpenLab) -> None:
    page = open_lab("room=unit&deeper=1&many-units=6&many-unit=3&many-gate=g")
    drawn = page.evaluate("async () => (await import('lab/lstm/starts.js')).uniformLSTM(6, 1, {f: 1})")
    lstm = cl.LSTM(1, 6, dtype="float64")
    for name in "WUb":
        for gate in "figo":
            lstm.parameters[f"layer0.forward.{name}"][..., gate_slice(gate, 6)] = drawn[gate][name]
    layer = lstm.trace(np.array(DAYS["B"])[None, :, None]).layer(0)
    from_h = layer.h[0, 2] @ np.array(drawn["g"]["U"])[:, 2]
    assert value(page, "many-from-h") == pytest.approx(from_h, rel=1e-9)
    assert value(page, "many-z") == pytest.approx(np.arctanh(layer.g[0, 3, 2]), rel=1e-9)
    assert value(page, "many-z") == pytest.approx(
        value(page, "many-from-h") + value(page, "many-from-x") + value(page, "many-bias"), rel=1e-9
    )
    assert value(page, "many-learnt") == sum(one.size for one in lstm.parameters.values())
    expect(page.locator(".many-matrix rect:not(.lit)")).to_have_count(36)


def test_swapped_curves(open_lab: OpenLab) -> None:
    page = open_lab("room=curves&deeper=1")
    unit = cl.examples.statquest_unit()
    for company, xs in DAYS.items():
        layer = unit.trace(np.array(xs)[None, :, None]).layer(0)
        assert value(page, f"swapped-{company}-4") == pytest.approx(layer.c[0, 3, 0], rel=1e-9)
        assert value(page, f"swapped-{company}") == pytest.approx(layer.h[0, 3, 0], rel=1e-9)
    page.get_by_role("group", name="The candidate").get_by_label("sigmoid").check()
    i, g = 1 / (1 + np.exp([-0.62, 0.32]))  # on A's first day h and x are 0, and the biases are all there is
    expect_value(page, "swapped-A-1", i * g)
    assert value(page, "swapped-g") > 0
    page.get_by_role("group", name="The three gates").get_by_label("tanh").check()
    expect(page.get_by_text("A gate of tanh can be negative")).to_be_visible()


def test_five_days_ahead_in_dollars(open_lab: OpenLab) -> None:
    page = open_lab("room=companies&companies-revealed=1&deeper=1&forecast-low=100&forecast-high=150")
    unit = cl.examples.statquest_unit()
    for company, xs in DAYS.items():
        days = list(xs)
        for ahead in range(1, 6):
            days.append(float(unit.trace(np.array(days)[None, :, None]).layer(0).h[0, -1, 0]))
            assert value(page, f"ahead-{company}-{ahead}") == pytest.approx(days[-1], rel=1e-9)
            assert value(page, f"dollars-{company}-{ahead}") == pytest.approx(100 + 50 * days[-1], rel=1e-9)


def test_what_each_kind_of_layer_learns_and_keeps(open_lab: OpenLab) -> None:
    page = open_lab("room=training&deeper=1&which-units=24&which-days=70")
    assert value(page, "learns-lstm") == sum(one.size for one in cl.LSTM(24, 24).parameters.values())
    assert value(page, "learns-gru") == sum(one.size for one in cl.GRU(24, 24).parameters.values())
    assert value(page, "keeps-lstm") == 48
    assert value(page, "keeps-gru") == 24
    assert value(page, "keeps-transformer") == 2 * 70 * 24


def test_how_many_epochs_is_read_from_what_it_never_saw(open_lab: OpenLab) -> None:
    page = open_lab("room=training&deeper=1&task=count&task-units=2")
    assert value(page, "task-numbers") == 4 * (2 * 2 + 2 + 2) + 2 + 1
    page.get_by_role("button", name="Let it learn").click()
    expect(page.get_by_role("button", name="Go on")).to_be_disabled(timeout=60_000)
    body = """async () => {
      const {course} = await import('lab/rooms/training/small-tasks-state.js');
      return course.value.results.map(result => result.loss);
    }"""
    losses = page.evaluate(body)
    assert value(page, "task-least") == pytest.approx(min(losses), rel=1e-12)
    assert value(page, "task-best") == 5 * losses.index(min(losses))
