"""What a comparison means, in plain words: the first sentence says who won, also where that isn't the LSTM."""

from collections.abc import Iterator

from clearlstm.judging import Verdict
from clearlstm.sequences.comparing.comparison import EQUIVALENT_WITHIN, OURS, Duel, SequenceComparison


def verdict(comparison: SequenceComparison) -> Verdict:
    """Put a comparison into words."""
    strongest = comparison.strongest()
    return Verdict(
        _nothing(comparison) or _headline(comparison, strongest),
        (
            *(_line(comparison, duel) for duel in comparison.duels if duel is not strongest or _nothing(comparison)),
            _recommended(comparison),
            *_observations(comparison),
        ),
    )


def no_verdict(why: str) -> Verdict:
    """What is said when nothing was compared."""
    return Verdict(
        f"The LSTM was not compared with simpler models: {why}. Nothing here says that it is better than they.", ()
    )


def _nothing(comparison: SequenceComparison) -> str | None:
    """The headline where no model is better than looking at no sequence at all; else None."""
    if comparison.shows_anything:
        return None
    simplest = comparison.simplest
    score = _measure(comparison, simplest)
    best = max(comparison.gains, key=lambda name: comparison.gains[name].mean)
    chance = "; that could be chance" if comparison.gains[best].mean > 0 else ""
    return (
        f"Nothing here demonstrably beats {comparison.words[simplest]} ({score}), the LSTM "
        f"({_measure(comparison, OURS)}) included. The best of them is {_name(comparison, best)} "
        f"({_measure(comparison, best)}){chance}."
    )


def _headline(comparison: SequenceComparison, duel: Duel) -> str:
    ours, theirs = _measure(comparison, OURS), _measure(comparison, duel.baseline)
    baseline, numbers = comparison.words[duel.baseline], _numbers(comparison, duel)
    if duel.judgement == "beats":
        return f"The LSTM beat {baseline}: {ours} against {theirs} ({numbers}); that is hardly chance."
    if duel.judgement == "loses to":
        return f"{_upper(baseline)} won: {theirs}, and the LSTM {ours} ({numbers}); that is hardly chance."
    if duel.judgement == "is equivalent to":
        within = f"within ±{_margin(comparison)} the two are equivalent"
        return f"The LSTM did not beat {baseline}, nor lose to it: {ours} against {theirs} ({numbers}); {within}."
    if duel.gain < 0:
        return (
            f"{_upper(baseline)} did better than the LSTM: {theirs} against {ours} ({numbers}); that could be chance."
        )
    return f"The LSTM did not demonstrably beat {baseline}: {ours} against {theirs} ({numbers}); that could be chance."


def _line(comparison: SequenceComparison, duel: Duel) -> str:
    theirs = _measure(comparison, duel.baseline)
    return f"It {duel.judgement} {comparison.words[duel.baseline]}: {theirs} ({_numbers(comparison, duel)})."


def _numbers(comparison: SequenceComparison, duel: Duel) -> str:
    points = comparison.kind == "classes"
    gain, low, high = (_points(one) if points else _difference(one) for one in (duel.gain, *duel.interval))
    p = (
        "< 0.001"
        if duel.p_value < 0.001
        else f"= {duel.p_value:.3f}"
        if duel.p_value < 0.1
        else f"= {duel.p_value:.2f}"
    )
    return f"gain {gain}, 95 % interval {low} to {high}{' points' if points else ''}, adjusted p {p}"


def _recommended(comparison: SequenceComparison) -> str:
    name = comparison.recommended
    best = max(comparison.scores, key=lambda score: score.score)
    if not comparison.shows_anything:
        why = "Nothing else is shown to be better, and nothing is simpler."
    elif name == best.name:
        why = "It has the best score." if name == OURS else "It has the best score, and is simpler than the LSTM."
    else:
        why = (
            f"The best score has {_name(comparison, best.name)} ({_measure(comparison, best.name)}), but not by more "
            f"than {_margin(comparison)} or the standard error of the difference, and this one is simpler."
        )
    return f"Recommended: {_name(comparison, name)} ({_measure(comparison, name)}). {why}"


def _observations(comparison: SequenceComparison) -> Iterator[str]:
    calibration = comparison.calibration
    if calibration is not None:
        baseline = comparison.strongest().baseline
        ours, theirs = comparison.score(OURS).loss, comparison.score(baseline).loss
        how = "about as sure as it should be" if calibration.is_chance else "too sure of itself"
        if not calibration.is_chance and calibration.gap < 0:
            how = "less sure than it could be"
        yield (
            f"The LSTM was {_percent(calibration.confidence)} sure of its answers on average, and right in "
            f"{_percent(calibration.right)}: it is {how}. Brier score (0 is best) {ours:.3f}; "
            f"{comparison.words[baseline]} has {theirs:.3f}."
        )
    yield comparison.plan.sentence()
    yield from comparison.notes


def _measure(comparison: SequenceComparison, name: str) -> str:
    """A model's score in words."""
    score = comparison.score(name).score
    return f"{_percent(score)} right" if comparison.kind == "classes" else f"R² {score:.3f}".replace("-", "−")


def _name(comparison: SequenceComparison, name: str) -> str:
    return "the LSTM" if name == OURS else comparison.words[name]


def _upper(words: str) -> str:
    return words[0].upper() + words[1:]


def _margin(comparison: SequenceComparison) -> str:
    """The difference that makes none."""
    return f"{100 * EQUIVALENT_WITHIN:.0f} points" if comparison.kind == "classes" else f"{EQUIVALENT_WITHIN}"


def _difference(difference: float) -> str:
    return f"{difference:+.3f}".replace("-", "−")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}".replace("-", "−")
