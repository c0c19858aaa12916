"""`clearlstm gradients`: golden numbers, JSON to the last digit, plain text when piped, a picture that opens."""

import json
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import clearlstm as cl
from clearlstm.cli.flow.figures import Figures, Loop, video_unit
from clearlstm.cli.flow.pages import learnt_pages, nets_pages, number, pages, whole_number
from clearlstm.cli.flow.plots import MAX_COLUMNS, bars, log_axis, to_columns
from clearlstm.cli.gradients import gradients
from clearlstm.cli.look import WIDTH
from clearlstm.cli.paging import Page
from clearlstm.errors import ClearLSTMError, InputError, MissingExtraError
from clearlstm.insight.gradient_flow import GradientFlow, RNNFlow, gradient_flow
from clearlstm.insight.long_lag import STARTS, Comparison, Contender, compare, first_value

app = typer.Typer()
app.command()(gradients)
SMALL = ("--steps", "12", "--hidden", "4", "--draws", "2", "--seed", "3")


def run(*args: str, env: dict[str, str] | None = None) -> str:
    result = CliRunner().invoke(app, list(args), env=env, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def text() -> str:
    return run()


@pytest.fixture(scope="module")
def trained() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(run(*SMALL, "--train", "--updates", "3", "--json"))
    return loaded


def line_with(text: str, start: str) -> str:
    found = [line for line in text.splitlines() if start in line]
    assert len(found) == 1, f"{start!r} stands in {len(found)} lines"
    return found[0]


def test_the_loop(text: str) -> None:
    assert line_with(text, "      50  ").split() == ["50", "1125899906842624", "8.88e-16"]
    flat = " ".join(text.split())
    assert "At w = 2 it explodes: 2^50 = 1125899906842624." in flat
    assert "At w = 0.5 it vanishes: 0.5^50 is about 8.88e-16." in flat


@pytest.mark.parametrize(
    ("weight", "told"),
    [("1", "it keeps its size: 1^9 = 1."), ("-3", "it explodes: (-3)^9 = -19683."), ("0", "it vanishes: 0^9 = 0.")],
)
def test_other_weights(weight: str, told: str) -> None:
    assert told in " ".join(run("--weight", weight, "--steps", "9", "--hidden", "1", "--draws", "1").split())


def test_powers_beyond_a_float_are_told_and_null_in_json() -> None:
    loop = Loop(1e6, 1000)
    assert whole_number(loop.power(1000)) == "1.00e6000"
    told = loop.as_dict()
    assert told["powers"][0] == 1e6
    assert told["powers"][-1] is None
    assert told["log10_of_last"] == 6000


def test_the_video_unit(text: str) -> None:
    unit = video_unit(50)
    assert round(unit.forget_gate_at_rest, 4) == 0.8348
    assert number(unit.forget_gate_power) == "1.2e-4"
    assert (round(unit.company_b_dc4_dc1, 2), round(unit.company_b_forget_gates, 2)) == (2.24, 0.93)
    flat = " ".join(text.split())
    assert "0.8348^50 is 1.2e-4" in flat
    assert "pass 0.93 of day 1's c on to day 4; measured in full, ∂c_4/∂c_1 is 2.24" in flat
    assert "more than the direct path alone" in flat


def test_untrained_nets_in_the_known_order_of_magnitude(text: str) -> None:
    """Medians of 9 draws; that of the uniform plain nets strays by a factor of 3 from one nine to the next."""
    found = [float(cell) for cell in line_with(text, "   k = 1  ").split()[3:]]
    for value, known, within in zip(found, (1e-10, 0.18, 3e-10, 7e-4, 28), (100, 10, 10, 10, 10), strict=True):
        assert known / within < value < known * within


def test_piped_it_is_plain_and_80_columns_wide(text: str) -> None:
    assert "\x1b" not in text
    for line in text.splitlines():
        assert len(line) <= WIDTH, line
        assert line == line.rstrip()


def test_colour_where_it_is_wanted_and_not_with_no_color() -> None:
    assert "\x1b[38" in run(*SMALL, env={"FORCE_COLOR": "1", "COLORTERM": "truecolor", "TERM": "xterm"})
    assert "\x1b[38" not in run(*SMALL, env={"FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "xterm"})


def test_json_is_what_insight_measures(trained: dict[str, Any]) -> None:
    nets = trained["nets"]
    assert [nets[name] for name in ("hidden_size", "steps", "draws", "seed", "updates")] == [4, 12, 2, 3, 3]
    assert [contender["name"] for contender in nets["contenders"]] == [start.name for start in STARTS]
    for start, contender in zip(STARTS, nets["contenders"], strict=True):
        for draw, seed in enumerate((3, 4)):
            net = start.make(4, seed)
            probe, _ = first_value(1, 12, np.random.default_rng([seed, 0]))
            trace: Any = net.trace(probe)
            for path, norms in gradient_flow(trace.layer(0)).paths.items():
                assert contender["before"][path]["draws"][draw] == norms[0].tolist()
        first = [row[0] for row in contender["before"]["h"]["draws"]]
        assert contender["before"]["h"]["median"][0] == pytest.approx(np.median(first), rel=1e-12)
        assert contender["before"]["h"]["median"][-1] == 1
        assert contender["after"]["h"]["draws"] != contender["before"]["h"]["draws"]
        assert len(contender["share_right"]) == 2


def test_the_same_seed_trains_the_same_nets(trained: dict[str, Any]) -> None:
    assert json.loads(run(*SMALL, "--train", "--updates", "3", "--json")) == trained


def test_start_names_say_what_the_nets_are() -> None:
    lstm = STARTS[-1].make(3, 0)
    assert isinstance(lstm, cl.LSTM)
    np.testing.assert_array_equal(lstm.parameters["layer0.forward.b"], [3, 3, 3, *[0] * 9])
    plain = STARTS[1].make(3, 0)
    U = plain.parameters["layer0.forward.U"]
    np.testing.assert_allclose(U @ U.T, np.eye(3), atol=1e-6)


def test_the_task_is_to_tell_the_first_value() -> None:
    x, y = first_value(50, 7, np.random.default_rng(0))
    np.testing.assert_array_equal(x[:, 0], y)
    assert set(y.ravel()) == {-1.0, 1.0}
    assert np.abs(x[:, 1:]).max() not in (0, 1)


def flow(first: float) -> GradientFlow:
    return RNNFlow(np.array([[first, 1.0]]), np.array([2]), reverse=False)


def invented(firsts: tuple[float, ...], shares: tuple[float, ...]) -> Comparison:
    """A comparison with given norms: what is said must follow them, whichever net they belong to."""
    contenders = []
    for start, first, share in zip(STARTS, firsts, shares, strict=True):
        real = gradient_flow(start.make(2, 0).trace(np.zeros((1, 2, 1))).layer(0))
        told = type(real)(**{**vars(real), "h": np.array([[first, 1.0]])})
        contenders.append(Contender(start, told, told, (share,)))
    return Comparison(2, 2, 1, 0, 10, tuple(contenders))


SCREEN_ROWS, FRAME_ROWS = 24, 4
"""A terminal, and what stands around a page's lines: title, rule, empty line, and the prompt."""


def words(told: Sequence[Page]) -> str:
    return " ".join(" ".join(line.plain for page in told for line in page.lines).split())


def test_the_winner_is_not_scripted() -> None:
    upside_down = invented((1.0, 2.0, 1e-9, 1e9, 1e-5), (1.0, 0.5, 0.97, 0.5, 0.5))
    told = words(nets_pages(upside_down))
    assert "vanishes in LSTM, bias 0 (1.0e-9); LSTM, bias 3 (1.0e-5)." in told
    assert "arrives in plain, uniform (1); plain, orthogonal (2)." in told
    assert "explodes in LSTM, bias 1 (1.0e9)." in told
    assert "plain, orthogonal passes more than LSTM, bias 0" in told
    learnt = words(learnt_pages(upside_down))
    assert "Learnt it every time: plain, uniform; LSTM, bias 0." in learnt
    assert "Never: plain, orthogonal; LSTM, bias 1; LSTM, bias 3." in learnt
    assert "expect otherwise of plain, orthogonal; LSTM, bias 0; LSTM, bias 1." in learnt
    as_hoped = words(nets_pages(invented((1e-9, 1e-8, 1.0, 1.0, 1.0), (0.5,) * 5)))
    assert "every LSTM passes more than every plain net" in as_hoped
    assert "explodes in" not in as_hoped


def test_train_says_who_learnt() -> None:
    told = run(*SMALL, "--train", "--updates", "3")
    assert "The same nets after 3 updates" in told
    for start in STARTS:
        scores = [line for line in told.splitlines() if re.match(rf"  {start.name} +\d of 2 ", line)]
        assert len(scores) == 1
    assert max(map(len, told.splitlines())) <= WIDTH


@pytest.mark.parametrize("steps", [2, 13, 49, 200])
def test_any_number_of_steps_fits(steps: int) -> None:
    figures = Figures((Loop(2.0, steps),), video_unit(steps), compare(hidden_size=2, n_steps=steps, n_draws=1))
    told = pages(figures)
    assert max(len(line.plain) for page in told for line in page.lines) <= WIDTH
    assert max(len(page.lines) + FRAME_ROWS for page in told) <= SCREEN_ROWS


def test_bars() -> None:
    axis = log_axis([np.array([1e-4, 1.0])])
    assert (axis.low, axis.high, axis.n_rows) == (-4, 0, 4)
    rows = [line.plain for line in bars(np.array([1e-4, 10**-1.5, 1.0]), axis, "h", "h")]
    columns = MAX_COLUMNS // 3
    assert rows[0] == "      1 ┤" + " " * 2 * columns + "█" * columns
    assert rows[1] == "   1e-1 ┤" + " " * columns + "▄" * columns + "█" * columns
    assert rows[3] == "   1e-3 ┤" + " " * columns + "█" * 2 * columns + "  h"
    assert to_columns(np.arange(1000.0))[-1] == 999
    assert log_axis([np.array([0.0, 1.0])]).height(0.0) == 0


@pytest.mark.parametrize("train", [(), ("--train", "--updates", "2")])
def test_the_picture_is_svg_with_a_panel_for_each_net(tmp_path: Path, train: tuple[str, ...]) -> None:
    pytest.importorskip("matplotlib")
    target = tmp_path / "flow.svg"
    run(*SMALL, *train, "--picture", str(target))
    root = ET.parse(target).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    panels = [g for g in root.iter("{http://www.w3.org/2000/svg}g") if g.get("id", "").startswith("axes_")]
    assert len(panels) == 5 * (2 if train else 1)
    assert [path.name for path in tmp_path.iterdir()] == ["flow.svg"]
    first = target.read_bytes()
    run(*SMALL, *train, "--picture", str(target))
    assert target.read_bytes() == first


def refused(*args: str) -> ClearLSTMError:
    result = CliRunner().invoke(app, list(args))
    assert isinstance(result.exception, ClearLSTMError), result.output
    assert result.stdout == ""
    return result.exception


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--steps", "1"), r"--steps is 1; it must lie in 2\.\.1000"),
        (("--hidden", "0"), r"--hidden is 0; it must lie in 1\.\.512"),
        (("--draws", "0"), r"--draws is 0; it must lie in 1\.\.100"),
        (("--updates", "0"), "--updates is 0"),
        (("--seed", "-1"), "--seed is -1"),
        (("--weight", "nan"), "--weight is nan; it must be a finite number"),
        (("--weight", "1") * 4, "--weight is given 4 times; at most 3"),
        (("--picture", "flow.gif"), r"must end in \.svg, \.pdf or \.png"),
        (("--picture", "no/such/flow.svg"), "no/such is no folder"),
    ],
)
def test_bad_input(args: tuple[str, ...], message: str) -> None:
    if "--picture" in args:
        pytest.importorskip("matplotlib")
    error = refused(*args)
    assert isinstance(error, InputError)
    assert re.search(message, str(error))


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [
        name for name in sys.modules if name.startswith(("clearlstm.insight.plots", "clearlstm.cli.flow.picture"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    error = refused("--picture", str(tmp_path / "flow.svg"))
    assert isinstance(error, MissingExtraError)
    assert str(error) == "a picture needs matplotlib: pip install 'clearlstm[plot]'"
    assert not list(tmp_path.iterdir())


def test_matplotlib_is_loaded_only_for_a_picture() -> None:
    import subprocess

    code = "import sys, clearlstm.cli.gradients, clearlstm.cli.flow.pages; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
