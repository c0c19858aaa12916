"""Room 2, used as a person uses it."""

import numpy as np
import pytest

import clearlstm as cl

pytest.importorskip("playwright")

from playwright.sync_api import expect

from tests.report.rooms import OpenLab, expect_value, value


def sigmoid(z: float) -> float:
    return float(1 / (1 + np.exp(-z)))


def test_the_curves_follow_the_sum(open_lab: OpenLab) -> None:
    page = open_lab("room=curves&curves-z=-2")
    assert value(page, "sigmoid") == pytest.approx(sigmoid(-2), rel=1e-12)
    assert value(page, "tanh") == pytest.approx(np.tanh(-2), rel=1e-12)
    page.get_by_label("The sum that comes in, typed").fill("4.78")
    page.get_by_label("The sum that comes in, typed").press("Enter")
    expect_value(page, "sigmoid", sigmoid(4.78))
    assert value(page, "sigmoid-slope") == pytest.approx(sigmoid(4.78) * (1 - sigmoid(4.78)), rel=1e-10)
    assert value(page, "tanh-slope") == pytest.approx(1 - np.tanh(4.78) ** 2, rel=1e-9)
    assert value(page, "through") == pytest.approx(value(page, "sigmoid-slope") ** 10, rel=1e-9)


def test_the_curve_is_moved_along_with_keys(open_lab: OpenLab) -> None:
    page = open_lab("room=curves&curves-z=0")
    curve = page.get_by_role("slider", name="sigmoid from −10 to 10")
    curve.focus()
    page.keyboard.press("ArrowRight")
    expect_value(page, "sigmoid", sigmoid(0.05))
    page.keyboard.press("Home")
    expect_value(page, "sigmoid", sigmoid(-10))


@pytest.mark.parametrize(("company", "row"), [("A", 0), ("B", 1)])
def test_the_units_numbers_of_a_day(open_lab: OpenLab, company: str, row: int) -> None:
    page = open_lab(f"room=curves&curves-company={company}")
    page.get_by_role("radio", name="3").check()
    expect(page.get_by_role("radio", name="3")).to_be_checked()
    layer = cl.examples.statquest_unit().trace(cl.examples.companies().x).layer(0)
    for gate in "fiog":
        expect_value(page, gate, getattr(layer, gate)[row, 2, 0])
        expect_value(page, f"z-{gate}", getattr(layer, f"z_{gate}")[row, 2, 0])
    expect_value(page, "tanh_c", np.tanh(layer.c[row, 2, 0]))


def test_the_table_of_the_video(open_lab: OpenLab) -> None:
    page = open_lab("room=curves")
    for z in (-10, -2, 0, 2, 10):
        assert value(page, f"table-sigmoid-{z}") == pytest.approx(sigmoid(z), rel=1e-12)
        assert value(page, f"table-tanh-{z}") == pytest.approx(np.tanh(z), rel=1e-12)
    expect(page.locator("[data-key='table-sigmoid--10']")).to_have_text("0.00005")
