"""The page's own LSTM, in Chromium, against the golden numbers and against Python's reference."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from clearlstm.cell import lstm as reference
from clearlstm.cell.layout import split_gates
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.report.page import lab_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "statquest.json").read_text("utf-8"))
COMPANY_INPUTS = {"A": [0, 0.5, 0.25, 1], "B": [1, 0.5, 0.25, 1]}
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def run(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run JavaScript that has the modules unit, layer and adam, and an argument."""
    path = tmp_path_factory.mktemp("lab") / "lab.html"
    path.write_text(lab_page(), "utf-8")
    page: Page = browser.new_page()
    page.goto(path.as_uri())

    def run_it(body: str, argument: Any = None) -> Any:
        imports = "\n".join(f"const {name} = await import('lab/lstm/{name}.js');" for name in ("unit", "layer", "adam"))
        return page.evaluate(f"async argument => {{ {imports}\n{body} }}", argument)

    return run_it


def as_weights(values: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    return {gate: dict(zip("hxb", three, strict=True)) for gate, three in values.items()}


def test_the_published_weights_are_those_of_the_golden_file(run: Run) -> None:
    assert run("return unit.VIDEO") == as_weights(GOLDEN["video"]["weights"])
    assert run("return adam.PUBLISHED_START") == as_weights(GOLDEN["training"]["start"])


@pytest.mark.parametrize("case", ["single_step", "forgets"])
def test_one_step(run: Run, case: str) -> None:
    wanted = GOLDEN["video"][case]
    result = run("return unit.step(unit.VIDEO, argument.x, {h: argument.h_prev, c: argument.c_prev})", wanted)
    for name, value in wanted.items():
        assert result[name] == pytest.approx(value, rel=1e-12, abs=1e-18), name


@pytest.mark.parametrize("company", ["A", "B"])
def test_four_days_and_their_ledger(run: Run, company: str) -> None:
    body = "const steps = unit.run(unit.VIDEO, argument); return {steps, ledger: unit.ledger(steps)}"
    result = run(body, COMPANY_INPUTS[company])
    for day, wanted in enumerate(GOLDEN["video"][company]):
        for name, value in wanted.items():
            assert result["steps"][day][name] == pytest.approx(value, rel=1e-12), (day, name)
    assert result["ledger"] == pytest.approx(GOLDEN["video"][f"ledger_{company}"], rel=1e-12)


@pytest.mark.parametrize(("company", "key"), [(0, "first_gradient_A"), (1, "first_gradient_B_at_start")])
def test_the_first_gradients(run: Run, company: int, key: str) -> None:
    body = "return adam.lossAndGradient(adam.PUBLISHED_START, adam.COMPANIES[argument]).back.weights"
    result = run(body, company)
    for gate, wanted in GOLDEN["training"][key].items():
        assert [result[gate][name] for name in "hxb"] == pytest.approx(wanted, rel=1e-10), gate


def test_training_passes_the_published_snapshots(run: Run) -> None:
    body = """
      let training = adam.begin(adam.PUBLISHED_START), epoch = 0;
      return argument.map(wanted => {
        while (epoch < wanted) { training = adam.epoch(training); epoch++; }
        return training.weights;
      });"""
    snapshots = GOLDEN["training"]["snapshots"]
    result = run(body, [snapshot["epoch"] for snapshot in snapshots])
    for weights, snapshot in zip(result, snapshots, strict=True):
        for gate, wanted in snapshot["weights"].items():
            assert [weights[gate][name] for name in "hxb"] == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_every_derivative_of_a_step_is_the_central_difference(run: Run) -> None:
    body = """
      const w = {f: {h: .3, x: -.7, b: .2}, i: {h: -.4, x: .9, b: -.1},
                 g: {h: .8, x: .5, b: .3}, o: {h: -.6, x: .2, b: .1}};
      const xs = [.4, -1.2, .7], e = 1e-6;
      const answer = (weights, inputs) => unit.run(weights, inputs).reduce((sum, s, t) => sum + (t + 1) * s.h, 0);
      const back = unit.backward(w, unit.run(w, xs), xs.map((_, t) => t + 1));
      const slope = unit.mapWeights(w, (value, gate, name) => {
        const moved = by => unit.mapWeights(w, (v, g, n) => v + (g === gate && n === name ? by : 0));
        return (answer(moved(e), xs) - answer(moved(-e), xs)) / (2 * e);
      });
      const dx = xs.map((_, t) => {
        const moved = by => xs.map((x, k) => x + (k === t ? by : 0));
        return (answer(w, moved(e)) - answer(w, moved(-e))) / (2 * e);
      });
      return {back: back.weights, slope, dx, found: back.steps.map(s => s.dx)};"""
    result = run(body)
    for gate in "figo":
        for name in "hxb":
            assert result["back"][gate][name] == pytest.approx(result["slope"][gate][name], rel=1e-7)
    assert result["found"] == pytest.approx(result["dx"], rel=1e-7)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_layer_of_many_units(run: Run, reverse: bool) -> None:
    rng = np.random.default_rng(5)
    T, F, H = 9, 3, 6
    weights = LSTMWeights(W=rng.normal(size=(F, 4 * H)), U=rng.normal(size=(H, 4 * H)), b=rng.normal(size=4 * H))
    x, h_0, c_0 = rng.normal(size=(1, T, F)), rng.normal(size=(1, H)), rng.normal(size=(1, H))
    wanted = reference.forward(x, weights, h_0, c_0, np.array([T]), reverse=reverse)
    parts = {name: split_gates(getattr(weights, name)) for name in "WUb"}
    w = {gate: {name: parts[name][gate].tolist() for name in "WUb"} for gate in "figo"}
    body = """
      const {w, xs, h, c, reverse} = argument;
      const run = layer.forward(w, xs, {reverse, h, c});
      return Object.fromEntries(Object.entries(run).map(([name, rows]) => [name, rows.map(row => [...row])]));"""
    given = {"w": w, "xs": x[0].tolist(), "h": h_0[0].tolist(), "c": c_0[0].tolist(), "reverse": reverse}
    result = run(body, given)
    for name in ("f", "i", "g", "o", "c", "h"):
        np.testing.assert_allclose(result[name], getattr(wanted, name)[0], rtol=0, atol=1e-12)


def test_one_unit_and_a_layer_of_one_agree(run: Run) -> None:
    body = """
      const xs = [1, .5, .25, 1], steps = unit.run(unit.VIDEO, xs);
      const parts = Object.entries(unit.VIDEO);
      const w = Object.fromEntries(parts.map(([gate, {h, x, b}]) => [gate, {W: [[x]], U: [[h]], b: [b]}]));
      const run = layer.forward(w, xs.map(x => [x]));
      return {steps: steps.map(s => [s.c, s.h]), layer: xs.map((_, t) => [run.c[t][0], run.h[t][0]])};"""
    result = run(body)
    np.testing.assert_allclose(result["layer"], result["steps"], rtol=1e-15)


def test_sigmoid_stays_true_far_out(run: Run) -> None:
    result = run("return [-800, -40, 0, 40, 800].map(unit.sigmoid)")
    assert result == pytest.approx([0, 4.248354255291589e-18, 0.5, 1, 1], rel=1e-14)
