"""Every worked number of the lesson, from the reference."""

from typing import Any

import numpy as np
import pytest

from clearlstm.cell import lstm as reference
from clearlstm.cell import rnn as vanilla
from clearlstm.cell.layout import GATES
from clearlstm.cell.lstm import LSTMGradients, LSTMRecord
from clearlstm.cell.rnn import RNNWeights
from clearlstm.shapes import FloatArray
from tests.statquest import INPUTS, TARGETS, golden, inputs, unit

ZERO = np.zeros((1, 1))
VIDEO = unit(golden()["video"]["weights"])
START = unit(golden()["training"]["start"])


def scalar(value: float) -> FloatArray:
    return np.array([[value]])


def run(x: FloatArray, weights: Any = VIDEO) -> LSTMRecord:
    return reference.forward(x, weights, ZERO, ZERO, np.array([x.shape[1]], dtype=np.int64))


@pytest.mark.parametrize("name", ["single_step", "forgets"])
def test_single_steps(name: str) -> None:
    wanted = golden()["video"][name]
    found = reference.step(scalar(wanted["x"]), scalar(wanted["h_prev"]), scalar(wanted["c_prev"]), VIDEO)
    for quantity in ("z_f", "z_i", "z_g", "z_o", "f", "i", "g", "o", "c", "tanh_c", "h"):
        assert getattr(found, quantity).item() == pytest.approx(wanted[quantity], rel=1e-12, abs=0), quantity


def test_single_step_as_printed() -> None:
    """The figures that stand in the lesson's text."""
    step = golden()["video"]["single_step"]
    printed = {name: f"{step[name]:.6f}" for name in ("f", "i", "g", "o", "c", "h")}
    assert printed == {
        "f": "0.997401", "i": "0.986211", "g": "0.966087", "o": "0.991674", "c": "2.947567", "h": "0.986229",
    }  # fmt: skip
    assert [round(step[f"z_{gate}"], 2) for gate in GATES] == [5.95, 4.27, 2.03, 4.78]


@pytest.mark.parametrize("company", ["A", "B"])
def test_companies_day_by_day(company: str) -> None:
    record = run(inputs(company))
    z = reference.preactivations(inputs(company), VIDEO, record)
    for t, day in enumerate(golden()["video"][company]):
        assert day["x"] == INPUTS[company][t]
        found: dict[str, FloatArray] = {
            "h_prev": record.h_prev(),
            "c_prev": record.c_prev(),
            "c": record.c,
            "h": record.h,
        }
        found |= {f"z_{gate}": z[gate] for gate in GATES} | {gate: getattr(record, gate) for gate in GATES}
        for quantity, values in found.items():
            assert values[0, t, 0] == pytest.approx(day[quantity], rel=1e-12, abs=1e-15), f"day {t + 1}: {quantity}"


@pytest.mark.parametrize(
    ("company", "c", "h"),
    [
        ("A", [-0.2012, -0.2022, -0.3246, 0.0153], [-0.1278, -0.0965, -0.1662, 0.0064]),
        ("B", [0.4995, 0.9136, 1.4806, 2.4091], [0.2764, 0.6117, 0.8670, 0.9694]),
    ],
)
def test_companies_as_printed(company: str, c: list[float], h: list[float]) -> None:
    record = run(inputs(company))
    np.testing.assert_array_equal(record.c.ravel().round(4), c)
    np.testing.assert_array_equal(record.h.ravel().round(4), h)


def test_without_short_term_memory_day_one_is_nearly_lost() -> None:
    """c runs on, but h is set to 0 before every day: c alone carries far less of day 1."""
    answers = {}
    for company, days in INPUTS.items():
        c: FloatArray = ZERO
        for x in days:
            now = reference.step(scalar(x), ZERO, c, VIDEO)
            c = now.c
        answers[company] = round(now.h.item(), 2)
    assert answers == {"A": 0.22, "B": 0.44}


def test_day_one_at_a_half() -> None:
    x = inputs("A")
    x[0, 0, 0] = 0.5
    assert round(run(x).h_n.item(), 2) == 0.74


def test_start_of_the_training() -> None:
    for company in INPUTS:
        snapshot = golden()["training"]["snapshots"][0]
        assert run(inputs(company), START).h_n.item() == pytest.approx(snapshot[company], rel=1e-12)
    assert [f"{run(inputs(company), START).h_n.item():.6f}" for company in INPUTS] == ["-0.037653", "-0.038272"]


@pytest.mark.parametrize(("company", "name"), [("A", "first_gradient_A"), ("B", "first_gradient_B_at_start")])
def test_first_gradients(company: str, name: str) -> None:
    """Of the squared error (answer − day 5)²."""
    record = run(inputs(company), START)
    grads = backward_from_end(record, inputs(company), dh_n=2 * (record.h_n - TARGETS[company]), weights=START)
    for position, gate in enumerate(GATES):
        found = [grads.U[0, position], grads.W[0, position], grads.b[position]]
        np.testing.assert_allclose(found, golden()["training"][name][gate], rtol=1e-11, atol=0)


def backward_from_end(
    record: LSTMRecord, x: FloatArray, *, dh_n: FloatArray = ZERO, dc_n: FloatArray = ZERO, weights: Any = VIDEO
) -> LSTMGradients:
    return reference.backward(x, weights, record, np.zeros_like(record.h), dh_n, dc_n)


def test_the_memory_of_company_b_grows_along_the_way() -> None:
    """∂c_4/∂c_1 by the backward pass, h_1 moving with c_1; the forget gates alone make it shrink."""
    whole = run(inputs("B"))
    days = inputs("B")[:, 1:]
    later = reference.forward(days, VIDEO, whole.h[:, 0], whole.c[:, 0], np.array([3]))
    grads = backward_from_end(later, days, dc_n=np.ones((1, 1)))
    dh_1_by_dc_1 = whole.o[:, 0] * (1 - np.tanh(whole.c[:, 0]) ** 2)
    assert round((grads.c_0 + grads.h_0 * dh_1_by_dc_1).item(), 2) == 2.24
    assert round(later.f.prod(), 2) == 0.93


def test_fifty_steps_of_one_feedback_weight() -> None:
    """A plain unit with no squashing multiplies by its feedback weight at every step."""
    for weight, wanted in ((2.0, 1125899906842624.0), (0.5, 8.881784197001252e-16)):
        layer = RNNWeights(np.ones((1, 1)), scalar(weight), np.zeros(1))
        x, lengths = np.zeros((1, 50, 1)), np.array([50])
        record = vanilla.forward(x, layer, ZERO, lengths, functions="linear")
        grads = vanilla.backward(x, layer, record, np.zeros((1, 50, 1)), np.ones((1, 1)), functions="linear")
        assert grads.h_0.item() == wanted
    assert wanted == 2.0**-50


def test_fifty_steps_of_the_forget_gate_at_rest() -> None:
    f = reference.step(ZERO, ZERO, ZERO, VIDEO).f.item()
    assert round(f, 4) == 0.8348
    assert f**50 == pytest.approx(1.2e-4, rel=0.02)
