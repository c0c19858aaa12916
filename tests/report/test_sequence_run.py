"""What the report on sequences says a net looked at."""

import warnings

import numpy as np

from clearlstm.errors import ClearLSTMWarning
from clearlstm.insight.attribution.attribute import attribute
from clearlstm.report.sequence_drawings import sequence_drawing, share_bars
from clearlstm.report.sequence_run import attributions, looked_at
from clearlstm.sequences.classifier import LSTMClassifier
from clearlstm.shapes import FloatArray


def fitted(at_once: int) -> tuple[LSTMClassifier, list[FloatArray]]:
    """Of sequences of 4 to 9 steps whose first feature decides."""
    rng = np.random.default_rng(0)
    X: list[FloatArray] = [rng.normal(size=(4 + k % 6, 2)) for k in range(40)]
    model = LSTMClassifier(4, max_steps=150, learning_rate=0.02, steps_at_once=at_once)
    return model.fit(X, [int(x[0, 0] > 0) for x in X]), X


def test_steps_read_together_are_told_apart_again_and_nothing_is_lost() -> None:
    for at_once in (1, 4):
        model, X = fitted(at_once)
        weights, complete = attributions(model, X[:12], output=1)
        assert [weight.shape for weight in weights] == [x.shape for x in X[:12]]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ClearLSTMWarning)  # of sums that aren't complete, which are compared too
            whole = attribute(model, X[:12], output=1, max_points=1024, tolerance=0.05)
        np.testing.assert_allclose([weight.sum() for weight in weights], whole.values.sum(axis=(1, 2)), atol=1e-9)
        assert complete == whole.converged.tolist()


def test_what_decides_is_what_it_looked_at() -> None:
    model, X = fitted(1)
    looked = looked_at(model, X)
    np.testing.assert_allclose([looked.by_feature.sum(), looked.by_tenth.sum()], 1)
    assert looked.by_feature[0] > 0.6
    assert looked.by_tenth.argmax() == 0
    assert looked.n_sequences + looked.n_left_out == 30


def test_drawings_hold_one_step_and_constants() -> None:
    drawing = sequence_drawing(np.zeros((1, 1)), np.zeros((1, 1)), ["<a>"], 'say "<b>"')
    assert "&lt;a&gt;" in drawing
    assert "nan" not in drawing
    assert "<b>" not in drawing
    assert "nan" not in share_bars(np.zeros(3), ["a", "b", "c"], "none")
