"""What a comparison means, in plain words.

The headline says what to use, and how sure that is. The sentences behind it say why: first the strongest simple
forecast, which is the last value repeated, unless another is stronger by more than 2 %; then each of the others.
"""

import math
from collections.abc import Sequence

from clearlstm.forecasting.evaluate.comparison import Comparison, Duel, IntervalScore
from clearlstm.forecasting.evaluate.recommendation import Recommendation
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
        _headline(comparison, noun),
        (
            _line(strongest, _baseline_words(strongest.baseline, noun), comparison, _who(comparison)),
            *(_line(duel, _baseline_words(duel.baseline, noun), comparison) for duel in others),
            *_added(comparison),
            *_calendar(comparison),
            *_combined(comparison),
            *_recommended(comparison),
            *_observations(comparison, noun),
        ),
    )


def in_short(duel: Duel) -> str:
    """What the LSTM does beside a baseline, for a table."""
    if duel.judgement == "can't be told from":
        return "too few origins" if duel.p_value is None else "could be chance"
    return {"beats": "beats it", "loses to": "loses to it", "is equivalent to": "equals it"}[duel.judgement]


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


def _headline(comparison: Comparison, noun: str) -> str:
    """What to use, and how sure that is."""
    advice, strongest, n = comparison.recommendation, comparison.strongest(), comparison.n_cutoffs
    if advice is None:
        return f"{_too_few(n)} to say what to use: {_result_so_far(strongest, noun)}."
    if advice.name == "LSTM":
        return _lstm_advised(strongest, _baseline_words(strongest.baseline, noun), n)
    return _other_advised(advice, comparison.duel(advice.name), _baseline_words(advice.name, noun), n)


def _too_few(n: int) -> str:
    return "1 origin is too few" if n == 1 else f"{n} origins are too few"


def _result_so_far(strongest: Duel, noun: str) -> str:
    """What there is where nothing is advised."""
    baseline = _baseline_words(strongest.baseline, noun)
    if not math.isfinite(strongest.skill):
        return f"{baseline} was never wrong so far"
    return f"so far the LSTM's errors are {_beside(strongest.skill, baseline)}"


def _lstm_advised(strongest: Duel, baseline: str, n: int) -> str:
    """It is to be used: what speaks for it beside the strongest of the others."""
    if strongest.judgement == "is equivalent to":
        return f"Use the LSTM or {baseline}: on {n} origins one is as good as the other."
    beside = _beside(strongest.skill, baseline)
    return f"{_use(strongest)} the LSTM: its errors are {beside}, {_how_sure(strongest, n)}."


def _other_advised(advice: Recommendation, duel: Duel, name: str, n: int) -> str:
    """Another is to be used: what speaks for it beside the LSTM."""
    if not math.isfinite(duel.skill):
        return f"Use {name}: on {n} origins it was never wrong."
    if duel.judgement == "is equivalent to":
        return f"Use {name}: on {n} origins the LSTM is no better, within ±{100 * EQUIVALENT_WITHIN:.0f} %."
    if duel.judgement == "beats":
        why = (
            "it is the simplest of those within 2 % of the best" if advice.tied else "it did best where it was decided"
        )
        return f"Use {name}: {why}. On all {n} origins the LSTM's errors are {_more_or_less(duel.skill)}."
    return f"{_use(duel)} {name}: the LSTM's errors are {_more_or_less(duel.skill)}, {_how_sure(duel, n)}."


def _use(duel: Duel) -> str:
    return "For now, use" if duel.judgement == "can't be told from" else "Use"


def _how_sure(duel: Duel, n: int) -> str:
    """Whether the difference could be chance."""
    if duel.judgement == "can't be told from":
        return f"but {_why_unsure(duel, n)}"
    return f"and on {n} origins that is hardly chance"


def _why_unsure(duel: Duel, n: int) -> str:
    """Why a difference on ``n`` origins says little."""
    if duel.p_value is not None:
        return f"on {n} origins that could be chance"
    return f"{_too_few(n)} to be sure{'' if n < MIN_CUTOFFS else ', as their forecasts all overlap'}"


def _line(duel: Duel, baseline: str, comparison: Comparison, who: str = "It") -> str:
    """The LSTM beside one baseline, with numbers."""
    if not math.isfinite(duel.skill):
        return f"{who} loses to {baseline}, which was never wrong."
    size = f"its errors are {_more_or_less(duel.skill)}"
    if duel.p_value is not None:
        return f"{who} {duel.judgement} {baseline}: {size} ({_skill_and_p(duel, comparison)})."
    if duel.judgement == "can't be told from":
        beside = "Beside" if who == "It" else f"{who} beside"
        return f"{beside} {baseline}: {size}; {_why_unsure(duel, comparison.n_cutoffs)}."
    return f"{who} {duel.judgement} {baseline}: neither was ever wrong."


def _who(comparison: Comparison) -> str:
    return "The LSTM" if comparison.refitted else "The LSTM (for this fitted model)"


def _skill_and_p(duel: Duel, comparison: Comparison) -> str:
    """The 95 % interval of the skill, and p, which is adjusted where there is more than one test."""
    p = f"{'adjusted p' if comparison.n_tests > 1 else 'p'} {_p_value(duel.p_value or 0.0)}"
    if duel.interval is None:
        return f"the rival's errors vary too much for an interval of its skill, {p}"
    low, high = map(_percent, duel.interval)
    return f"95 % interval of its skill {low} to {high}, {p}"


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
    size = "that one was never wrong"
    if errors[best] > 0:
        size = f"its errors are {_more_or_less(1 - errors[COMBINED] / errors[best])}"
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


def _beside(skill: float, baseline: str) -> str:
    """How large the LSTM's errors are beside a baseline's: "19.4 % smaller than those of drift"."""
    return f"{_more_or_less(skill)} {'as' if _same(skill) else 'than'} those of {baseline}"


def _more_or_less(skill: float) -> str:
    if _same(skill):
        return "the same size"
    return f"{abs(skill):.1%} {'smaller' if skill > 0 else 'larger'}".replace("%", " %")


def _same(skill: float) -> bool:
    return abs(skill) < 0.0005


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
