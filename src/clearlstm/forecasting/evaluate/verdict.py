"""What a comparison means, in plain words.

The first sentence is about the strongest simple forecast: the last value repeated, unless another is stronger by more
than 2 %. Then comes a line for each of the others, and what to use.
"""

import math
from collections.abc import Sequence

from clearlstm.forecasting.evaluate.comparison import Comparison, Duel, IntervalScore
from clearlstm.forecasting.evaluate.significance import MIN_CUTOFFS
from clearlstm.forecasting.model.simple_forecasts import COMBINED
from clearlstm.judging import EQUIVALENT_WITHIN
from clearlstm.judging import Verdict as Verdict

TOO_NARROW_BY = 5
"""Percentage points below its level at which an interval is called too narrow on few cutoffs."""


def verdict(comparison: Comparison, noun: str = "value") -> Verdict:
    """Put a comparison into words; ``noun`` is what is forecast: "price", "value"."""
    strongest = comparison.strongest()
    told = {strongest.baseline, COMBINED}  # what there is to say of Combined has a place of its own
    others = [duel for duel in comparison.duels if duel.baseline not in told and duel.same_as is None]
    if strongest.same_as is not None:
        others = [duel for duel in others if duel.baseline != strongest.same_as]
    return Verdict(
        _headline(strongest, _baseline_words(strongest.baseline, noun), comparison),
        (
            *(_line(duel, _baseline_words(duel.baseline, noun), comparison) for duel in others),
            *_added(comparison),
            *_calendar(comparison),
            *_combined(comparison),
            *_recommended(comparison),
            *_observations(comparison, noun),
        ),
    )


def no_verdict(why: str) -> Verdict:
    """What is said when nothing was compared."""
    headline = (
        f"The LSTM was not compared with the last known value repeated: {why}. Nothing here says that it is better."
    )
    return Verdict(headline, ())


def expectation(noun: str) -> str:
    """What to expect, said before training."""
    if noun == "price":
        return (
            "Expect a skill near 0. For prices the last known one, repeated, wins or ties nearly always; "
            "a model that seems to beat it by much deserves suspicion."
        )
    return (
        "What the forecast is worth will show beside the simplest one, the last known value repeated. "
        "If these are prices, expect a skill near 0."
    )


def _baseline_words(name: str, noun: str) -> str:
    words = {
        "Naive": f"the last known {noun} repeated",
        "Drift": f"drift (a straight line through the first and last {noun})",
        "HistoricMean": f"the mean of all {noun}s so far",
        "Naive2": f"Naive2 (the last {noun}, seasonally adjusted)",
        "Base": "the base that the net corrects",
        COMBINED: "the mean of the LSTM and the statistical models",
    }
    kind, _, season = name.partition("-")
    if kind == "SeasonalNaive":
        return f"the {noun} one season{f' ({season} steps)' if season else ''} before"
    return words.get(name, name)


def _headline(duel: Duel, baseline: str, comparison: Comparison) -> str:
    """Who won, by how much, and whether it could be chance."""
    who = "The LSTM" if comparison.refitted else "The LSTM (for this fitted model)"
    if duel.p_value is None:
        return _untested(duel, who, baseline, comparison.n_cutoffs)
    numbers = f"{_size(duel.skill)} (95 % interval of its {_skill_and_p(duel, comparison)})"
    chance = {
        "beats": f"{who} beat {baseline}: {numbers}; that is hardly chance.",
        "loses to": f"{who} lost to {baseline}: {numbers}; that is hardly chance.",
        "is equivalent to": f"{who} did not beat {baseline}, nor lose to it: {numbers}; "
        f"within ±{100 * EQUIVALENT_WITHIN:.0f} % the two are equivalent.",
        "can't be told from": f"{who} did not demonstrably beat {baseline}: {numbers}; that could be chance.",
    }
    return chance[duel.judgement]


def _line(duel: Duel, baseline: str, comparison: Comparison) -> str:
    """The same of another baseline, in a line."""
    numbers = _size(duel.skill) if math.isfinite(duel.skill) else "that one was never wrong"
    if duel.p_value is not None:
        numbers += f" ({_skill_and_p(duel, comparison)})"
    return f"It {duel.judgement} {baseline}: {numbers}."


def _skill_and_p(duel: Duel, comparison: Comparison) -> str:
    """The 95 % interval of the skill, and p, which is adjusted where there is more than one test."""
    low, high = duel.interval or (-math.inf, math.inf)
    p = "adjusted p" if comparison.n_tests > 1 else "p"
    return f"skill {_percent(low)} to {_percent(high)}, {p} {_p_value(duel.p_value or 0.0)}"


def _added(comparison: Comparison) -> list[str]:
    """Whether there is anything of the net in its forecasts."""
    if comparison.net_added:
        return []
    return [
        "The net added nothing: on later rows than it was trained on, no share of its correction was surely better "
        "than none, so its point forecasts are the base's."
    ]


def _calendar(comparison: Comparison) -> list[str]:
    """What the calendar gave where it was tried."""
    trials = comparison.calendar_trials
    if not trials:
        return []
    if len(trials) > 1:
        times = sum(trial.used for trial in trials)
        count = "all" if times == len(trials) else f"{times}" if times else "none"
        return [
            f"The calendar ({trials[-1].parts_words}) was tried at {len(trials)} fits; at {count} of them errors on "
            f"later rows were surely smaller with it{', so the net looks at it there' if times else ''}."
        ]
    (trial,) = trials
    used = "so the net looks at it" if trial.used else "too little or too unsure for the net to look at it"
    return [
        f"The calendar ({trial.parts_words}) was tried: on later rows than the net was trained on, errors were "
        f"{trial.gain_words} with it, {used}."
    ]


def _combined(comparison: Comparison) -> list[str]:
    """How the mean of several models did beside the best of them and the other baselines."""
    errors = {score.name: score.mase for score in comparison.scores}
    if COMBINED not in errors:
        return []
    best = min((name for name in errors if name != COMBINED), key=lambda name: errors[name])
    size = _size(1 - errors[COMBINED] / errors[best]) if errors[best] > 0 else "that one was never wrong"
    return [
        "Combined is the mean of the LSTM and the statistical models, weighted by their errors on earlier origins. "
        f"Beside {'the LSTM' if best == 'LSTM' else best}, the best single model of all: {size}."
    ]


def _recommended(comparison: Comparison) -> list[str]:
    """Which forecast to use, and why."""
    advice = comparison.recommendation
    if advice is None:
        return []
    return [f"Recommended: {'the LSTM' if advice.name == 'LSTM' else advice.name}. {advice.why}"]


def _untested(duel: Duel, who: str, baseline: str, n_cutoffs: int) -> str:
    """Where there is no p-value: too few cutoffs, cutoffs that all overlap, or a baseline that is never wrong."""
    if duel.judgement == "loses to":
        return f"{who} lost to {baseline}, which was never wrong, on {n_cutoffs} cutoffs."
    if duel.judgement == "is equivalent to":
        return f"{who} did as well as {baseline}: neither was ever wrong, on {n_cutoffs} cutoffs."
    few = n_cutoffs < MIN_CUTOFFS
    why = f"fewer than {MIN_CUTOFFS} can't" if few else "forecasts that all overlap can't"
    size = _size(duel.skill)
    return f"{who} can't be told from {baseline}: {size}, on {n_cutoffs} cutoffs, and {why} tell skill from chance."


def _size(skill: float) -> str:
    if abs(skill) < 0.0005:
        return "its errors are the same size"
    return f"its errors are {abs(skill):.1%} {'smaller' if skill > 0 else 'larger'}".replace("%", " %")


def _percent(share: float) -> str:
    return f"{100 * share:+.1f} %".replace("-", "−")


def _p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}" if p < 0.1 else f"= {p:.2f}"


def _observations(comparison: Comparison, noun: str) -> list[str]:
    """What else a reader should know before trusting a chart."""
    sentences = []
    if comparison.copies_last_value:
        sentences.append(
            f"Its point forecast is close to the last {noun}, shifted: the changes that it predicts have "
            f"{comparison.shift_ratio:.0%} of the spread of those that came. Drawn over the {noun}s it would look "
            f"excellent all the same.".replace("%", " %")
        )
    for who, intervals in (("It", comparison.intervals), (COMBINED, comparison.combined_intervals)):
        held = [f"{100 * score.coverage:.0f} % of the {noun}s in its {score.level:g} % interval" for score in intervals]
        if held:
            sentences.append(f"{who} had {' and '.join(held)}{_width(intervals)}.")
    if comparison.touching_zero:
        n, all_of = comparison.touching_zero, comparison.n_series
        sentences.append(f"sMAPE and OWA leave out {n} of {all_of} series, which {'touch' if n > 1 else 'touches'} 0.")
    return sentences


def _width(intervals: Sequence[IntervalScore]) -> str:
    """Whether chance would explain the shares; below 30 cutoffs, whether one is short by 5 percentage points."""
    ranges = [(score.level, *score.range) for score in intervals if score.range is not None]
    if not ranges:
        short = any(100 * score.coverage < score.level - TOO_NARROW_BY for score in intervals)
        return ": they are too narrow" if short else ""
    if any(100 * high < level for level, _, high in ranges):
        return ": they are too narrow"
    return ": they are wider than need be" if any(100 * low > level for level, low, _ in ranges) else ""
