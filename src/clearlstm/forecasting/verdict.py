"""What a comparison means, in plain words: the first sentence says whether the LSTM beat the last value repeated."""

import math
from dataclasses import dataclass

from clearlstm.forecasting.comparison import EQUIVALENT_WITHIN, Comparison, Duel
from clearlstm.forecasting.significance import MIN_CUTOFFS

TOO_NARROW_BY = 5
"""Percentage points below its level at which an interval is called too narrow."""


@dataclass(frozen=True)
class Verdict:
    """A headline and the sentences that follow it."""

    headline: str
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join((self.headline, *self.sentences))


def verdict(comparison: Comparison, noun: str = "value") -> Verdict:
    """Put a comparison into words; ``noun`` is what is forecast: "price", "value"."""
    headline = _sentence(comparison.duel("Naive"), f"the last known {noun} repeated", comparison)
    others = [
        _sentence(duel, _baseline_words(duel.baseline, noun), comparison)
        for duel in comparison.duels
        if duel.baseline != "Naive"
    ]
    return Verdict(headline, (*others, *_observations(comparison, noun)))


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
    if name == "Drift":
        return f"drift (a straight line through the first and last {noun})"
    season = name.partition("-")[2]
    return f"the {noun} one season{f' ({season} steps)' if season else ''} before"


def _sentence(duel: Duel, baseline: str, comparison: Comparison) -> str:
    """Who won, by how much, and whether it could be chance."""
    who = "The LSTM" if comparison.refitted else "The LSTM (for this fitted model)"
    if duel.p_value is None:
        return _untested(duel, who, baseline, comparison.n_cutoffs)
    size = _size(duel.skill)
    low, high = duel.interval or (-math.inf, math.inf)
    numbers = f"{size} (95 % interval of its skill {_percent(low)} to {_percent(high)}, p {_p_value(duel.p_value)})"
    chance = {
        "beats": f"{who} beat {baseline}: {numbers}; that is hardly chance.",
        "loses to": f"{who} lost to {baseline}: {numbers}; that is hardly chance.",
        "is equivalent to": f"{who} did not beat {baseline}, nor lose to it: {numbers}; "
        f"within ±{100 * EQUIVALENT_WITHIN:.0f} % the two are equivalent.",
        "can't be told from": f"{who} did not demonstrably beat {baseline}: {numbers}; that could be chance.",
    }
    return chance[duel.judgement]


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
    said = []
    if comparison.copies_last_value:
        said.append(
            f"Its point forecast is close to the last {noun}, shifted: the changes that it predicts have "
            f"{comparison.shift_ratio:.0%} of the spread of those that came. Drawn over the {noun}s it would look "
            f"excellent all the same.".replace("%", " %")
        )
    held = [
        f"{100 * score.coverage:.0f} % of the {noun}s in its {score.level:g} % interval"
        for score in comparison.intervals
    ]
    if held:
        narrow = any(100 * score.coverage < score.level - TOO_NARROW_BY for score in comparison.intervals)
        said.append(f"It had {' and '.join(held)}{': they are too narrow' if narrow else ''}.")
    return said
