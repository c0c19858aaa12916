"""Pictures: what stands in them are the numbers themselves, in the colours that mean the same everywhere."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import InputError, MissingExtraError
from clearlstm.insight.altered import Hold
from clearlstm.insight.attribution.attribute import attribute
from clearlstm.insight.gradient_flow import gradient_flow
from clearlstm.insight.ledger import ledger, ledgers
from clearlstm.insight.memory import memory_lengths
from clearlstm.insight.plots import KINDS, plot_flows
from clearlstm.insight.units import unit_facts
from clearlstm.insight.what_if import what_if
from clearlstm.network.lstm import LSTMLayerTrace
from clearlstm.network.trace import Trace

pytest.importorskip("matplotlib")

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from clearlstm.insight.plots.flow import HIGHEST, LOWEST, draw_lines
from clearlstm.insight.plots.ribbon import START, unit_ledgers, writer_colours
from clearlstm.insight.plots.style import FAMILY, HUES, SHADES, SIGNED, spread
from clearlstm.insight.plots.view import view

LENGTHS = [20, 7, 1]
COMPANIES = cl.examples.companies().x


@pytest.fixture(scope="module")
def trace() -> Trace[LSTMLayerTrace]:
    """Two layers, both directions, sequences of 20, 7 and 1 steps, from a state that isn't zero."""
    rng = np.random.default_rng(0)
    net = cl.LSTM(2, 5, 2, bidirectional=True, seed=1, dtype="float64")
    state = tuple(rng.normal(size=(4, 3, 5)) for _ in range(2))
    return net.trace(rng.normal(size=(3, 20, 2)), LENGTHS, state)


@pytest.fixture(scope="module")
def company_b() -> Trace[LSTMLayerTrace]:
    return cl.examples.statquest_unit().trace(COMPANIES[1:])


def stairs(ax: Axes) -> Any:
    """What the steps of a lane stand at."""
    return next(patch.get_data()[0] for patch in ax.patches if isinstance(patch, StepPatch))


def lines(ax: Axes) -> dict[str, Any]:
    """The y of each line by its colour; hair lines left out."""
    return {to_hex(line.get_color()).upper(): line.get_ydata() for line in ax.lines if np.size(line.get_xdata()) != 2}


def patches(ax: Any, label: str) -> Any:
    """The bars of this label."""
    return next(bars for bars in ax.containers if bars.get_label() == label).patches


def bars(ax: Axes, label: str) -> list[float]:
    return [bar.get_height() for bar in patches(ax, label)]


def colours_of(ax: Axes, label: str) -> Any:
    return np.array([bar.get_facecolor() for bar in patches(ax, label)])


def outline(area: Any) -> Any:
    """The corners of a filled area, x and y."""
    return area.get_paths()[0].vertices.T


@pytest.mark.parametrize(("sequence", "layer", "direction"), [(0, 0, 0), (1, 1, 1), (-1, -1, 0)])
def test_gates_and_memories_are_the_traces(
    trace: Trace[LSTMLayerTrace], sequence: int, layer: int, direction: int
) -> None:
    figure = trace.plot("gates", sequence=sequence, layer=layer, direction=direction, unit=3)
    recorded, T = trace.layer(layer, direction), LENGTHS[sequence]
    *lanes, memory = figure.axes
    named = {ax.get_ylabel(): ax for ax in lanes}
    for gate, name in (("f", "forget gate"), ("i", "input gate"), ("g", "candidate"), ("o", "output gate")):
        np.testing.assert_array_equal(stairs(named[name]), getattr(recorded, gate)[sequence, :T, 3])
        assert to_hex(named[name].patches[0].get_facecolor()).upper() == HUES[gate]
    assert ("input" in named) == (layer == 0)  # ten features of a lower layer would be ten lines too many
    drawn = lines(memory) if T != 2 else {}
    np.testing.assert_array_equal(drawn[HUES["c"]], recorded.c[sequence, :T, 3])
    np.testing.assert_array_equal(drawn[HUES["h"]], recorded.h[sequence, :T, 3])
    c, h = (next(line for line in memory.lines if to_hex(line.get_color()).upper() == HUES[name]) for name in "ch")
    assert c.get_linewidth() > h.get_linewidth()


def test_the_input_lane_is_what_came_in(trace: Trace[LSTMLayerTrace]) -> None:
    lane = trace.plot("gates", layer=0).axes[0]
    np.testing.assert_array_equal(np.column_stack([line.get_ydata() for line in lane.lines[:2]]), trace.x[0])


def test_without_a_unit_the_one_that_ranges_most_is_drawn(trace: Trace[LSTMLayerTrace]) -> None:
    c = trace.layer(0).c[0]
    drawn = lines(trace.plot("memory", layer=0).axes[0])[HUES["c"]]
    np.testing.assert_array_equal(drawn, c[:, np.ptp(c, axis=0).argmax()])


def test_few_steps_have_their_numbers(company_b: Trace[LSTMLayerTrace]) -> None:
    figure = company_b.plot("gates")
    told = [[text.get_text() for text in ax.texts if text.get_text()] for ax in figure.axes[1:3]]
    layer = company_b.layer(0)
    assert told == [[f"{value:.2f}" for value in gate[0, :, 0]] for gate in (layer.f, layer.i)]


@pytest.mark.parametrize("direction", [0, 1])
@pytest.mark.parametrize("sequence", [0, 1, 2])
def test_the_ribbon_is_every_steps_ledger(trace: Trace[LSTMLayerTrace], sequence: int, direction: int) -> None:
    layer, T = trace.layer(1, direction), LENGTHS[sequence]
    start, entries = unit_ledgers(view(layer, sequence), 2)
    for t, book in ((int(book.step[sequence]), book) for book in ledgers(layer)):
        np.testing.assert_allclose(entries[t], book.entries[sequence, :T, 2], rtol=1e-13, atol=1e-300)
        np.testing.assert_allclose(start[t], book.start[sequence, 2], rtol=1e-13)
    np.testing.assert_allclose(start + entries.sum(axis=1), layer.c[sequence, :T, 2], rtol=0, atol=1e-12)


@pytest.mark.parametrize("direction", [0, 1])
def test_the_ribbon_is_stacked_away_from_zero_in_the_order_of_writing(
    trace: Trace[LSTMLayerTrace], direction: int
) -> None:
    ax = trace.plot("ribbon", layer=0, direction=direction, unit=1).axes[0]
    start, entries = unit_ledgers(view(trace.layer(0, direction), 0), 1)
    order = range(19, -1, -1) if direction else range(20)
    areas = {tuple(np.asarray(area.get_facecolor())[0].tolist()): outline(area) for area in ax.collections}
    colours = [to_rgba(START), *(tuple(writer_colours(20)[k].tolist()) for k in order)]
    for t in range(20):
        above = below = 0.0
        for part, colour in zip([start[t], *(entries[t, k] for k in order)], colours, strict=True):
            inner = above if part > 0 else below
            x, y = areas[colour]
            here = y[np.isclose(x, t)]
            if part:
                expected = sorted((inner, inner + part))
                np.testing.assert_allclose([here.min(), here.max()], expected, atol=1e-12)
            above, below = above + max(part, 0), below + min(part, 0)
    assert (entries > 0).any()
    assert (entries < 0).any()
    np.testing.assert_allclose(lines(ax)[HUES["c"]], trace.layer(0, direction).c[0, :, 1], atol=1e-12)
    np.testing.assert_array_equal(colours_of(ax, "key"), writer_colours(20))


def test_the_ribbon_names_who_holds_most(company_b: Trace[LSTMLayerTrace]) -> None:
    told = {text.get_text() for text in company_b.plot("ribbon").axes[0].texts}
    assert {"step 0  0.466", "step 1  0.422", "step 2  0.587", "step 3  0.934"} <= told


@pytest.mark.parametrize("name", ["f", "c", "h", "z_f"])
def test_heat_maps_hold_all_units_in_one_order(trace: Trace[LSTMLayerTrace], name: str) -> None:
    if name == "z_f":
        with pytest.raises(InputError, match="show is 'z_f'; this layer has f, i, g, o, c, h"):
            trace.plot("heat", show=name)
        return
    layer = trace.layer(-1, 1)
    ax = trace.plot("heat", show=name, sequence=1, layer=-1, direction=1).axes[0]
    order = np.argsort(-layer.c[1, 6], kind="stable")
    image = ax.images[0]
    np.testing.assert_array_equal(image.get_array(), getattr(layer, name)[1, :7, order])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [str(unit) for unit in order]
    low, high = image.get_clim()
    if name == "f":
        assert (low, high) == (0, 1)
        assert to_hex(image.get_cmap()(1.0)).upper() == HUES["f"]
    else:
        assert (low, high) == (-np.abs(getattr(layer, name)[1, :7]).max(), -low)
        assert image.get_cmap() == SIGNED


def test_signed_colours_are_blue_white_vermilion() -> None:
    assert [to_hex(SIGNED(at)).upper() for at in (0.0, 1.0)] == [HUES["f"], HUES["h"]]
    assert np.min(SIGNED(0.5)) > 0.99


@pytest.mark.parametrize(("direction", "at"), [(0, -1), (1, 20)])
def test_a_ledgers_bars_are_its_entries(trace: Trace[LSTMLayerTrace], direction: int, at: int) -> None:
    book = ledger(trace.layer(0, direction), 0 if direction else -1)
    ax = book.plot(sequence=0, unit=4).axes[0]
    np.testing.assert_array_equal(bars(ax, "entries"), book.entries[0, :, 4])
    np.testing.assert_array_equal(bars(ax, "start"), book.start[0, 4])
    assert patches(ax, "start")[0].get_x() + 0.36 == pytest.approx(at)
    np.testing.assert_array_equal(colours_of(ax, "entries"), writer_colours(20))


def test_a_flow_is_drawn_with_its_bands_on_a_log_axis(trace: Trace[LSTMLayerTrace]) -> None:
    flow = gradient_flow(trace.layer(1))
    ax = flow.plot().axes[0]
    summary = flow.summary()
    assert ax.get_yscale() == "log"
    for path, hue in (("c", "c"), ("h", "h"), ("direct", "f")):
        line = next(line for line in ax.lines if line.get_label() == path)
        np.testing.assert_array_equal(line.get_ydata(), summary.median[path])
        assert to_hex(line.get_color()).upper() == HUES[hue]
        band = next(c for c in ax.collections if to_hex(np.asarray(c.get_facecolor())[0]).upper() == HUES[hue])
        x, y = outline(band)
        ends = y[np.isclose(x, 6)]
        np.testing.assert_allclose([ends.min(), ends.max()], [summary.low[path][6], summary.high[path][6]])


@pytest.mark.parametrize("names", [("LSTM", "plain"), ("plain", "LSTM")])
def test_flows_side_by_side_share_their_scale(names: tuple[str, str]) -> None:
    x = np.random.default_rng(0).normal(size=(4, 30, 1))
    flows = {
        "LSTM": gradient_flow(cl.LSTM(1, 4, seed=0).trace(x).layer(0)),
        "plain": gradient_flow(cl.RNN(1, 4, seed=0).trace(x).layer(0)),
    }
    figure = plot_flows({name: flows[name] for name in names})
    assert [ax.get_title(loc="left").strip() for ax in figure.axes] == list(names)
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    low, high = figure.axes[0].get_ylim()
    for flow in flows.values():
        assert low < np.nanmin(flow.summary().low["h"])
        assert np.nanmax(flow.summary().high["h"]) < high


def test_what_vanished_altogether_is_drawn_at_the_edge() -> None:
    summary = gradient_flow(cl.RNN(1, 2, seed=0).trace(np.zeros((1, 3, 1))).layer(0)).summary()
    for values in (summary.low, summary.median, summary.high):
        values["h"][:] = [1, 0, np.inf]
    ax = Figure().subplots()
    draw_lines(ax, summary, summary.lag)
    np.testing.assert_array_equal(ax.lines[-1].get_ydata(), [1, LOWEST, HIGHEST])


def test_memory_lengths_are_dots_and_where_unknown_arrows() -> None:
    rng = np.random.default_rng(0)
    net = cl.LSTM(1, 6, seed=0)
    net.parameters["layer0.forward.b"][:3] += 8  # three units that hold to the end
    found = memory_lengths(net.trace(rng.normal(size=(8, 30, 1))).layer(0))
    assert np.isinf(found.median).sum() == 3
    left, right = found.plot().axes
    np.testing.assert_array_equal(np.column_stack([line.get_ydata() for line in left.lines[1:]]), found.survival)
    order = np.array([int(tick.get_text()) for tick in right.get_yticklabels()])
    drawn = {line.get_label(): line for line in right.lines}
    rows = np.asarray(drawn["median"].get_ydata(), dtype=int)
    np.testing.assert_array_equal(drawn["median"].get_xdata(), found.median[order[rows]])
    rows = np.asarray(drawn["at least"].get_ydata(), dtype=int)
    assert np.isinf(found.median[order[rows]]).all()
    np.testing.assert_array_equal(drawn["at least"].get_xdata(), found.longest[order[rows]])


def test_an_attributions_bars_are_its_values_and_tell_the_sign_by_colour() -> None:
    found = attribute(cl.examples.statquest_unit(), COMPANIES, baseline="zero")
    ax = found.plot(sequence=0).axes[0]
    np.testing.assert_array_equal(bars(ax, "steps"), found.by_step[0])
    for bar, value in zip(patches(ax, "steps"), found.by_step[0], strict=True):
        assert to_hex(bar.get_facecolor()).upper() == HUES["h" if value >= 0 else "f"]
    assert "0.006393" in ax.get_title(loc="left")


def test_several_features_make_a_map_with_margins() -> None:
    x = np.random.default_rng(0).normal(size=(2, 9, 3))
    found = attribute(cl.Network(cl.LSTM(3, 4, dtype="float64", seed=0), head=1, seed=0), x, [9, 5])
    figure = found.plot(sequence=1)
    above, middle, right = figure.axes
    order = np.argsort(-np.abs(found.values[1]).sum(axis=0))
    np.testing.assert_array_equal(bars(above, "steps"), found.by_step[1, :5])
    np.testing.assert_array_equal(middle.images[0].get_array(), found.values[1, :5, order])
    np.testing.assert_allclose([bar.get_width() for bar in patches(right, "features")], found.by_feature[1, order])
    assert [tick.get_text() for tick in middle.get_yticklabels()] == [f"feature {f}" for f in order]
    low, high = middle.images[0].get_clim()
    assert low == -high == -np.abs(found.values[1]).max()


def test_a_what_if_is_dotted_before_and_full_after() -> None:
    found = what_if(cl.examples.statquest_unit(), COMPANIES, change={(1, 0, 0): 0.0})
    x, c, h = found.plot(sequence=1).axes
    for ax, before, after in (
        (x, found.before.nets[0].x[1, :, 0], found.after.nets[0].x[1, :, 0]),
        (c, found.before.nets[0].layer(0).c[1, :, 0], found.after.nets[0].layer(0).c[1, :, 0]),
        (h, found.before.nets[0].layer(0).h[1, :, 0], found.after.nets[0].layer(0).h[1, :, 0]),
    ):
        drawn = {line.get_label(): line for line in ax.lines}
        np.testing.assert_array_equal(drawn["before"].get_ydata(), before)
        np.testing.assert_array_equal(drawn["after"].get_ydata(), after)
        assert drawn["before"].is_dashed()
        assert not drawn["after"].is_dashed()
    assert len(found.plot(sequence=0).axes) == 2  # company A's inputs are as they were
    wide = np.zeros((1, 5, 4))
    assert len(what_if(cl.LSTM(4, 2, seed=0), wide, change=wide + 1).plot().axes) == 2  # eight lines would say nothing


def test_units_stand_at_their_shares() -> None:
    net = cl.LSTM(1, 6, seed=0)
    net.parameters["layer0.forward.b"][...] *= 6
    model = cl.Network(net, head=1, seed=0)
    model.parameters["head.W"][2] = 0
    net.parameters["layer0.forward.U"][2] = 0
    facts = unit_facts(model, 4 * np.random.default_rng(0).normal(size=(12, 10, 1)))
    assert facts.dead.tolist() == [unit == 2 for unit in range(6)]
    for ax, low, high in zip(
        facts.plot().axes,
        (facts.f_low, facts.i_low, facts.o_low),
        (facts.f_high, facts.i_high, facts.o_high),
        strict=True,
    ):
        drawn = {line.get_label(): np.column_stack(line.get_data()) for line in ax.lines}
        np.testing.assert_array_equal(drawn["alive"], np.column_stack([low, high])[~facts.dead])
        np.testing.assert_array_equal(drawn["dead"], np.column_stack([low, high])[facts.dead])


def test_every_kind_draws_ragged_layers_and_what_a_plain_net_has(trace: Trace[LSTMLayerTrace]) -> None:
    plain = cl.RNN(2, 3, seed=0).trace(np.random.default_rng(0).normal(size=(3, 9, 2)), [9, 2, 1])
    for kind in KINDS:
        for sequence in range(3):
            trace.plot(kind, sequence=sequence, direction=1).canvas.draw()
            if kind in ("ribbon", "ledger"):
                with pytest.raises(InputError, match="a plain recurrent layer has no long-term memory"):
                    plain.plot(kind, sequence=sequence)
            else:
                plain.plot(kind, sequence=sequence).canvas.draw()


def test_a_reference_net_with_other_gates_fits_in_its_lanes() -> None:
    net = cl.LSTM(1, 2, activations={"gate": "relu", "candidate": "relu"}, seed=0)
    x = 5 * np.random.default_rng(0).normal(size=(1, 6, 1))
    for ax in net.trace(x).plot().axes[1:5]:
        low, high = ax.get_ylim()
        assert low <= stairs(ax).min()
        assert stairs(ax).max() <= high


def test_ax_takes_the_panel_and_the_whole_figure_comes_back(company_b: Trace[LSTMLayerTrace]) -> None:
    figure = Figure()
    parts: Any = figure.subfigures(1, 2)
    left, right = parts
    ax = right.subplots()
    for kind in ("memory", "ribbon", "ledger", "flow"):
        assert company_b.plot(kind, ax=ax) is figure
    assert company_b.plot("heat", show="c", ax=ax) is figure
    assert not left.axes
    with mpl.rc_context({"font.family": "serif"}):
        foreign = Figure().subplots()
        foreign.get_yticklabels()  # from now on it has ticks, made under these settings
        company_b.plot("memory", ax=foreign)
        assert foreign.get_yticklabels()[0].get_fontfamily() == FAMILY
    with pytest.raises(InputError, match="ax is a Figure; it must be a matplotlib Axes"):
        company_b.plot("memory", ax=figure)
    with pytest.raises(InputError, match=r"3 heat maps don.t fit in one Axes"):
        company_b.plot("heat", ax=ax)


def shown(figure: Any) -> bytes:
    """As a notebook shows it."""
    png: bytes = figure._repr_png_()
    return png


def test_a_picture_shows_itself_and_looks_the_same_under_any_settings(company_b: Trace[LSTMLayerTrace]) -> None:
    for kind in ("gates", "heat", "flow"):
        before = {name: value for name, value in mpl.rcParams.items() if name != "backend"}  # settled when it is read
        usual = shown(company_b.plot(kind))
        assert usual.startswith(b"\x89PNG")
        assert {name: mpl.rcParams[name] for name in before} == before
        with mpl.rc_context({"font.family": "serif", "font.size": 30, "lines.linewidth": 9, "xtick.labelsize": 30}):
            assert shown(company_b.plot(kind)) == usual, kind


def test_pictures_need_no_pyplot_and_leave_nothing_behind() -> None:
    code = (
        "import sys, clearlstm as cl; assert 'matplotlib' not in sys.modules;"
        "cl.examples.statquest_unit().trace(cl.examples.companies().x).plot('ribbon').canvas.draw();"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_without_matplotlib_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, company_b: Trace[LSTMLayerTrace]
) -> None:
    for name in [name for name in sys.modules if name.startswith("clearlstm.insight.plots")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for draw in (company_b.plot, ledger(company_b.layer(0)).plot):
        with pytest.raises(MissingExtraError, match=r"a picture needs matplotlib: pip install 'clearlstm\[plot\]'"):
            draw()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda t: t.plot("pie"), "kind is 'pie'; it must be one of gates, memory, ribbon"),
        (lambda t: t.plot(sequence=3), r"sequence is 3; there are 3 sequences: give 0\.\.2"),
        (lambda t: t.plot(sequence=0.0), "sequence is 0.0; it must be a whole number"),
        (lambda t: t.plot(unit=5), r"unit is 5; there are 5 units: give 0\.\.4"),
        (lambda t: t.plot(layer=2), r"layer 2 is asked for; this net has layers 0\.\.1"),
        (lambda t: t.plot(direction=2), "direction 2 is asked for"),
        (lambda t: t.plot("gates", show="c"), "'gates' takes no show; its options are sequence, unit"),
        (lambda t: t.plot("heat", show=[]), r"show is \[\]"),
        (lambda t: ledger(t.layer(0)).plot(unit=9), "unit is 9; there are 5 units"),
        (lambda t: plot_flows({}), "flows is empty"),
        (lambda t: plot_flows({"LSTM": t}), "a flow is needed, not a Trace"),
    ],
)
def test_bad_input(trace: Trace[LSTMLayerTrace], draw: Callable[[Any], Figure], message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw(trace)


def test_a_ribbon_that_nobody_could_read_is_refused() -> None:
    long = cl.LSTM(1, 1, seed=0).trace(np.zeros((1, 1001, 1)))
    with pytest.raises(InputError, match="1001 steps, and a ribbon of more than 1000 can't be read"):
        long.plot("ribbon")


def test_words_are_dark_enough_for_the_page() -> None:
    """WCAG 2: a contrast of 4.5 : 1 with white."""
    for shade in SHADES.values():
        channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgba(shade)[:3]]
        luminance = np.dot([0.2126, 0.7152, 0.0722], channels)
        assert 1.05 / (luminance + 0.05) >= 4.5


def test_names_are_spread_and_stay_in_order() -> None:
    wanted = np.array([0.1, 0.11, 0.12, 0.9])
    placed = spread(wanted, 0.1)
    assert (np.diff(placed) >= 0.1 - 1e-12).all()
    assert placed[-1] == pytest.approx(0.9)
    assert placed.min() >= 0
    assert spread(np.empty(0), 0.1).size == 0


def test_a_models_trace_says_where_it_was_looked_at() -> None:
    rng = np.random.default_rng(0)
    model = cl.Network([cl.LSTM(1, 3, bidirectional=True, seed=0), cl.LSTM(6, 2, 2, seed=0)], head=1, seed=0)
    trace = model.trace(rng.normal(size=(2, 15, 1)))
    for options, net, place, where in (
        ({"net": 0, "direction": 1}, 0, (0, 1), "sequence 0, net 0, reverse, unit 1"),
        ({"net": 1}, 1, (0, 0), "sequence 0, net 1, layer 0, unit 1"),
    ):
        ax = trace.plot("memory", unit=1, **options).axes[0]
        np.testing.assert_array_equal(lines(ax)[HUES["c"]], trace.nets[net].layer(*place).c[0, :, 1])
        assert where in {text.get_text() for text in ax.texts}
    with pytest.raises(InputError, match=r"net is 2; there are 2 nets: give 0\.\.1"):
        trace.plot(net=2)


def test_holding_a_gate_is_drawn_for_the_unit_that_moves_most() -> None:
    rng = np.random.default_rng(0)
    found = what_if(cl.LSTM(1, 5, seed=0), rng.normal(size=(2, 15, 1)), hold=Hold("f", 1.0, unit=3))
    c = found.plot().axes[0]
    was, would_be = (run.nets[0].layer(0).c[0] for run in (found.before, found.after))
    most = np.abs(would_be - was).max(axis=0).argmax()
    np.testing.assert_array_equal(c.lines[1].get_ydata(), would_be[:, most])
