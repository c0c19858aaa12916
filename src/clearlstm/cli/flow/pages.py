"""The pages of ``clearlstm gradients``; every sentence is chosen by the numbers that it tells."""

import math
from decimal import Decimal
from textwrap import fill
from typing import Final

import numpy as np
from rich.text import Text

from clearlstm.cli.flow.figures import Figures, Loop, VideoUnit
from clearlstm.cli.flow.plots import MARGIN, LogAxis, bars, log_axis, steps_axis
from clearlstm.cli.look import WIDTH
from clearlstm.cli.paging import Page, page, row, says
from clearlstm.insight.gradient_flow import EXPLODED, VANISHED, GradientFlow, fate
from clearlstm.insight.long_lag import BATCH_SIZE, LEARNING_RATE, LEARNT, NOISE, Comparison, Contender
from clearlstm.insight.words import sentence

COLUMN: Final = 14
PLOT_ROWS: Final = 18
FATES: Final = ("vanishes", "arrives", "explodes")


def pages(figures: Figures) -> tuple[Page, ...]:
    """All pages, in order."""
    nets = figures.nets
    learnt = learnt_pages(nets) if nets.n_updates else []
    return (_loop_page(figures.loops), _direct_page(figures.unit), *nets_pages(nets), *learnt)


def number(value: float) -> str:
    """Two digits, as short as they go.

    >>> number(0.1834), number(28.2), number(763.0), number(2.13e-11), number(0.00036), number(0.0), number(1.0)
    ('0.18', '28', '760', '2.1e-11', '3.6e-4', '0', '1')
    """
    if math.isinf(value):
        return "over 1e308"
    rounded = float(f"{value:.1e}")
    if value == 0 or 1e-3 <= abs(rounded) < 1e5:
        return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:.2g}"
    return _short_exponent(f"{value:.1e}")


def _short_exponent(text: str) -> str:
    """1.2e-04 as 1.2e-4."""
    digits, _, exponent = text.partition("e")
    return f"{digits}e{int(exponent)}"


def whole_number(value: Decimal) -> str:
    """A power in full while it is a whole number of at most 20 digits, else three digits of it.

    >>> whole_number(Decimal(2) ** 50), whole_number(Decimal("0.5") ** 50), whole_number(Decimal("0.5"))
    ('1125899906842624', '8.88e-16', '0.5')
    """
    if value == value.to_integral_value() and abs(value) < Decimal(10) ** 20:
        return f"{value:.0f}"
    if Decimal("1e-3") <= abs(value) < 10**6:
        return f"{value:.6g}"
    return _short_exponent(f"{value:.2e}")


def _loop_page(loops: tuple[Loop, ...]) -> Page:
    """The loop unrolled, and the powers of its weight."""
    n_steps = loops[0].n_steps
    shown = _some_steps(n_steps)
    table = [row(f"{'steps':>8}", *(f"{f'w = {loop.weight:g}':>24}" for loop in loops))]
    table += [row(f"{n:>8}", *(f"{whole_number(loop.power(n)):>24}" for loop in loops)) for n in shown]
    return page(
        "One loop, unrolled",
        row("  step 1       step 2            step ", str(n_steps + 1)),
        row("   (h) ── ×w ── (h) ── ×w ── … ── (h)"),
        Text(),
        *says(sentence("loop", weight="weight w", steps=n_steps)),
        *table,
        Text(),
        *says(*(_loop_sentence(loop) for loop in loops)),
    )


def _loop_sentence(loop: Loop) -> str:
    base = f"{loop.weight:g}" if loop.weight >= 0 else f"({loop.weight:g})"
    last = loop.power(loop.n_steps)
    text = whole_number(last)
    equals = "is about" if "e" in text or last != Decimal(text) else "="
    return f"At w = {loop.weight:g} it {loop.fate}: {base}^{loop.n_steps} {equals} {text}."


def _direct_page(unit: VideoUnit) -> Page:
    """The forget gate's product, and why it bounds nothing."""
    gate, whole, direct = f"{unit.forget_gate_at_rest:.4f}", unit.company_b_dc4_dc1, unit.company_b_forget_gates
    more = "more" if whole > direct else "less"
    return page(
        "What an LSTM changes, and what it doesn't",
        *says(
            sentence("no_weight"),
            sentence("little_left", gate=gate, power=f"{gate}^{unit.steps}", kept=number(unit.forget_gate_power)),
        ),
        *says(
            sentence("direct_path", direct=f"{direct:.2f}", whole=f"{whole:.2f}") + ",",
            f"{number(whole / direct)} times that: {more} than the direct path alone. So look at both.",
        ),
    )


def nets_pages(nets: Comparison) -> list[Page]:
    """All nets before training: a table, plots, and what they show."""
    flows = [contender.before for contender in nets.contenders]
    table = page(
        f"Five nets of {nets.hidden_size} units, before they learn anything",
        *says(
            f"Change the short-term memory h a little after step k. How much of it is felt after step {nets.n_steps}?",
            f"The number is the spectral norm of ∂h_{nets.n_steps}/∂h_k, the largest factor there is: the gradient's",
            f"way back, exact. Median of {draws_and_seeds(nets)}, each with weights and a sequence of its own.",
            "Weights: uniform in ±1/√H, as torch starts them; the second net's U is orthogonal. Biases: 0, but for",
            f"the forget gate's. Input: +1 or −1 at step 1, then noise (spread {NOISE:g}).",
        ),
        *_table(nets, flows),
    )
    return [table, *_plot_pages(nets, flows), page("What this shows", *_points(_remarks(nets, flows)))]


def learnt_pages(nets: Comparison) -> list[Page]:
    """All nets after training, and which learnt."""
    flows = [contender.after for contender in nets.contenders if contender.after is not None]
    learnt = page(
        f"The same nets after {nets.n_updates} updates",
        *says(
            f"The task: say at step {nets.n_steps} what stood at step 1, +1 or −1. Every net got the same batches of",
            f"{BATCH_SIZE} and the same learning rate, {LEARNING_RATE:g}. Guessing is right half the time; a net has",
            f"learnt it if at least {LEARNT:.0%} of 1000 fresh sequences come out right.",
        ),
        *_scores(nets),
    )
    table = page("What reaches each step now", *_table(nets, flows))
    shown = [*_points(_learnt_remarks(nets)), *_points(_remarks(nets, flows))]
    return [learnt, table, *_plot_pages(nets, flows), page("What this shows", *shown)]


def _some_steps(n_steps: int) -> list[int]:
    """About six steps from 1 to the last, on round numbers."""
    stride = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500) if n_steps / s <= 6)
    return sorted({1, *range(stride, n_steps, stride), n_steps})


def draws_and_seeds(nets: Comparison) -> str:
    """How many draws there are, and their seeds."""
    if nets.n_draws == 1:
        return f"1 draw (seed {nets.seed})"
    return f"{nets.n_draws} draws (seeds {nets.seed}–{nets.seed + nets.n_draws - 1})"


def _at(flow: GradientFlow, path: str, step: int) -> float:
    """The median at a step, counted from 1."""
    return float(flow.summary().median[path][flow.h.shape[1] - step])


def _table(nets: Comparison, flows: list[GradientFlow]) -> list[Text]:
    """Rows of steps, columns of nets; under them what the forget gates alone would pass from step 1."""
    names = [contender.start.name.split(", ") for contender in nets.contenders]
    lines = [row(f"{'':>8}", *(f"{name[part]:>{COLUMN}}" for name in names)) for part in range(2)]
    for step in _some_steps(nets.n_steps):
        cells = (f"{number(_at(flow, 'h', step)):>{COLUMN}}" for flow in flows)
        lines.append(row(f"{f'k = {step}':>8}", *cells))
    gates = (f"{number(_at(f, 'direct', 1)) if 'direct' in f.paths else '–':>{COLUMN}}" for f in flows)
    whole = (f"{number(_at(f, 'c', 1)) if 'c' in f.paths else '–':>{COLUMN}}" for f in flows)
    lines += [Text(), Text("The long-term memory c from step 1, in full and by its forget gates alone:")]
    return [*lines, row(f"{'in full':>8}", *whole), row(f"{'gates':>8}", *gates)]


def _plot_pages(nets: Comparison, flows: list[GradientFlow]) -> list[Page]:
    """The plots, as many on a page as a terminal of 24 rows holds."""
    plots, axis = _plots(nets, flows)
    scale = f"From step k (below) to step {nets.n_steps}. A row is a factor of {10**axis.decades:,}."
    sheets: list[list[Text]] = []
    for plot in plots:
        if not sheets or len(sheets[-1]) + len(plot) > PLOT_ROWS:
            sheets.append([])
        sheets[-1] += plot
    titles = [f"The same, drawn ({k} of {len(sheets)})" for k in range(1, len(sheets) + 1)]
    return [page(title, row(scale), Text(), *sheet) for title, sheet in zip(titles, sheets, strict=True)]


def _plots(nets: Comparison, flows: list[GradientFlow]) -> tuple[list[list[Text]], LogAxis]:
    """For each net a plot of the medians, all on one log axis; gate products under the LSTMs'."""
    curves = [flow.summary().median["h"][::-1] for flow in flows]
    products = [flow.summary().median.get("direct", np.ones(1))[::-1] for flow in flows]
    axis = log_axis([*curves, *products])
    plots: list[list[Text]] = []
    for contender, curve, product in zip(nets.contenders, curves, products, strict=True):
        word = f"{number(curve[0])} from step 1: {fate(float(curve[0]))}"
        lines = [Text(f"{'':{MARGIN}}{contender.start.name}   {word}", style="bold")]
        lines += bars(curve, axis, "h", "h in full")
        if contender.start.is_lstm:
            drawn = bars(product, axis, "f", "gates alone")
            lines += [line for line in drawn if line.plain[MARGIN:].strip()]
        plots.append([*lines, steps_axis(nets.n_steps), Text()])
    return plots, axis


def _points(sentences: list[str]) -> list[Text]:
    """Each on a line of its own, wrapped, and an empty line after them all."""
    wrapped = (fill(sentence, WIDTH, initial_indent="· ", subsequent_indent="  ") for sentence in sentences)
    return [*(Text(line) for point in wrapped for line in point.splitlines()), Text()]


def _remarks(nets: Comparison, flows: list[GradientFlow]) -> list[str]:
    """What the numbers show, and what they don't."""
    first = {contender.start.name: _at(flow, "h", 1) for contender, flow in zip(nets.contenders, flows, strict=True)}
    return [
        *_by_fate(first),
        f"The words are a convention: it vanishes under {VANISHED:g} and explodes above {EXPLODED:g}.",
        *_mixed(nets, first),
        *_paths(nets, flows),
        "Another start, size or input gives other numbers: try --hidden, --steps, --seed.",
    ]


def _by_fate(first: dict[str, float]) -> list[str]:
    by_fate = {word: [f"{name} ({number(v)})" for name, v in first.items() if fate(v) == word] for word in FATES}
    return [f"From step 1, the gradient {word} in {'; '.join(names)}." for word, names in by_fate.items() if names]


def _mixed(nets: Comparison, first: dict[str, float]) -> list[str]:
    """Where the kind of net doesn't decide, say so."""
    plain = {name: first[name] for name in (c.start.name for c in nets.contenders if not c.start.is_lstm)}
    lstm = {name: value for name, value in first.items() if name not in plain}
    best, worst = max(plain, key=plain.__getitem__), min(lstm, key=lstm.__getitem__)
    if plain[best] > lstm[worst]:
        return [f"Being an LSTM isn't enough: {best} passes more than {worst}. The start decides as much as the kind."]
    return ["Here every LSTM passes more than every plain net."]


def _paths(nets: Comparison, flows: list[GradientFlow]) -> list[str]:
    """The whole of c beside its forget gates."""
    ratios = []
    for contender, flow in zip(nets.contenders, flows, strict=True):
        if contender.start.is_lstm:
            whole, gates = _at(flow, "c", 1), _at(flow, "direct", 1)
            ratio = f"{number(whole / gates)} times" if gates > 0 else "the gates' product is below 1e-308"
            ratios.append(f"{contender.start.name}: {ratio}")
    return [f"The forget gates alone are not the whole. c in full, against the best unit's: {'; '.join(ratios)}."]


def _scores(nets: Comparison) -> list[Text]:
    lines = [row(f"  {'':<20}{'learnt it in':>14}   right, draw by draw")]
    for contender in nets.contenders:
        shares = " ".join(f"{share:>6.1%}" for share in contender.share_right or ())
        lines.append(row(f"  {contender.start.name:<20}{f'{contender.n_learnt} of {nets.n_draws}':>14}   {shares}"))
    return lines


def _learnt_remarks(nets: Comparison) -> list[str]:
    """Who learnt it, and whether the gradient at the start foretold that."""
    always = [c for c in nets.contenders if c.n_learnt == nets.n_draws]
    never = [c for c in nets.contenders if not c.n_learnt]
    sometimes = [f"{c.start.name} ({c.n_learnt} of {nets.n_draws})" for c in nets.contenders if c not in always + never]
    surprises = [c for c in nets.contenders if (fate(_at(c.before, "h", 1)) == "vanishes") == (c in always)]
    return [
        f"Learnt it every time: {_names(always)}.",
        *([f"Sometimes: {'; '.join(sometimes)}."] if sometimes else []),
        f"Never: {_names(never)}.",
        f"The gradient before training would have had you expect otherwise of {_names(surprises)}."
        if surprises
        else "None that always learnt it began with a vanishing gradient at step 1; all the rest did.",
        f"One task, one size, {draws_and_seeds(nets)}: an illustration, not a verdict on either kind.",
    ]


def _names(contenders: list[Contender]) -> str:
    return "; ".join(contender.start.name for contender in contenders) or "none"
