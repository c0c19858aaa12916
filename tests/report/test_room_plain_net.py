"""Room 1, used as a person uses it; its nets held to clearlstm's own gradient flow."""

from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.cell.layout import gate_slice

pytest.importorskip("playwright")

from playwright.sync_api import Page, expect

from tests.report.rooms import OpenLab, eventually, expect_value, value


def flow_of(page: Page, body: str) -> Any:
    imports = "".join(f"const {name} = await import('lab/lstm/{name}.js'); " for name in ("flow", "starts"))
    return page.evaluate(f"async () => {{ {imports} {body} }}")


def test_the_room_opens_with_two_to_the_fifty(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net")
    assert value(page, "arrives") == 2.0**50
    expect(page.get_by_text("It explodes.")).to_be_visible()
    page.get_by_label("Weight on the loop, typed").fill("0.5")
    page.get_by_label("Weight on the loop, typed").press("Enter")
    expect_value(page, "arrives", 0.5**50)
    expect(page.get_by_text("It vanishes.")).to_be_visible()
    page.get_by_label("Days", exact=True).press("Home")
    expect_value(page, "arrives", 0.5)


def test_every_drawn_day_has_its_power(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net&plain-weight=-1.5&plain-steps=7")
    for day in range(8):
        assert value(page, f"power-{day}") == (-1.5) ** day


def test_the_forget_gate_and_what_it_keeps(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net&plain-bias=3")
    gate = 1 / (1 + np.exp(-3))
    assert value(page, "gate") == pytest.approx(gate, rel=1e-12)
    assert value(page, "kept") == pytest.approx(gate**50, rel=1e-12)


def test_the_remarks_on_the_videos_unit_are_computed(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net")
    flow = cl.gradient_flow(cl.examples.statquest_unit().trace(cl.examples.companies().x[1:]).layer(0))
    assert value(page, "direct-b") == pytest.approx(flow.direct[0, 0], rel=1e-9)
    assert value(page, "whole-b") == pytest.approx(flow.c[0, 0], rel=1e-9)
    assert value(page, "idle-kept") == pytest.approx(0.8348**50, rel=1e-2)


def test_the_nets_are_measured_as_python_measures_them(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net&deeper=1&plain-draw=7&plain-steps=30&plain-bias=2")
    drawn = flow_of(
        page,
        "return {xs: flow.probe(30, 7), plain: starts.orthogonalPlain(32, 7), lstm: starts.uniformLSTM(32, 7, {f: 2})}",
    )
    x = np.array(drawn["xs"])[None]
    plain = cl.RNN(1, 32, dtype="float64")
    plain.set_parameters({f"layer0.forward.{name}": np.array(drawn["plain"][name]) for name in "WUb"})
    assert value(page, "norm-orthogonal") == pytest.approx(cl.gradient_flow(plain.trace(x).layer(0)).h[0, 0], rel=1e-9)
    lstm = cl.LSTM(1, 32, dtype="float64")
    for name in "WUb":
        for gate in "figo":
            lstm.parameters[f"layer0.forward.{name}"][..., gate_slice(gate, 32)] = drawn["lstm"][gate][name]
    flow = cl.gradient_flow(lstm.trace(x).layer(0))
    assert value(page, "norm-lstm") == pytest.approx(flow.h[0, 0], rel=1e-9)
    assert value(page, "direct") == pytest.approx(flow.direct[0, 0], rel=1e-9)


def test_an_orthogonal_start_changes_no_length(open_lab: OpenLab) -> None:
    U = np.array(flow_of(open_lab("room=plain-net"), "return starts.orthogonalPlain(32, 3).U"))
    np.testing.assert_allclose(U @ U.T, np.eye(32), atol=1e-12)


def test_the_spectral_norm_of_matrices_with_equal_and_tiny_values(open_lab: OpenLab) -> None:
    rng = np.random.default_rng(2)
    turned = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    cases = [
        np.eye(6),
        1e-200 * rng.normal(size=(6, 6)),
        turned @ np.diag([1, 1, 0.999999, 0.5, 0, 0]),
        np.zeros((6, 6)),
    ]
    page = open_lab("room=plain-net")
    for case in cases:
        body = f"return flow.spectralNorm({case.tolist()}.map(row => Float64Array.from(row)))"
        assert flow_of(page, body) == pytest.approx(np.linalg.norm(case, 2), rel=1e-10, abs=1e-300)


def test_drawing_anew_stays_in_the_link(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net&deeper=1")
    before = value(page, "norm-uniform")
    page.get_by_role("button", name="Draw the weights anew").click()
    expect(page.get_by_text("draw 2; the link keeps it")).to_be_visible()
    after = value(page, "norm-uniform")
    assert after != before
    assert eventually(page, lambda: "plain-draw=2" in page.url)
    page.reload()
    page.wait_for_selector("h1")
    assert value(page, "norm-uniform") == after


def test_untrained_nets_stand_behind_go_deeper(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net")
    expect(page.get_by_text("spectral norm")).to_have_count(0)
    page.get_by_label("Go deeper").check()
    expect(page.get_by_text("spectral norm")).to_be_visible()


def test_two_nets_learn_while_the_page_stays_live(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net&race-gap=3")
    assert value(page, "race-updates") == 0
    page.get_by_role("button", name="Let them learn").click()
    expect(page.locator("#race [role=status]")).to_be_visible(timeout=60_000)
    assert value(page, "race-updates") == 600
    for net in ("plain", "lstm"):
        assert value(page, f"race-{net}-A") == pytest.approx(0, abs=0.25)
        assert value(page, f"race-{net}-B") == pytest.approx(1, abs=0.25)
        apart = value(page, f"race-{net}-B") - value(page, f"race-{net}-A")
        assert value(page, f"race-{net}-apart") == pytest.approx(apart, rel=1e-9)
    expect(page.get_by_text("has learnt it.")).to_have_count(2)


def test_learning_can_be_stopped_and_begun_again_from_other_weights(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net")
    page.get_by_role("button", name="Let them learn").click()
    assert eventually(page, lambda: value(page, "race-updates") > 0)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    stopped = value(page, "race-updates")
    assert 0 < stopped < 600
    first = value(page, "race-plain-A")
    page.get_by_role("button", name="Again, from other weights").click()
    expect_value(page, "race-updates", 0)
    assert value(page, "race-plain-A") != first
    assert eventually(page, lambda: "race-draw=2" in page.url)
