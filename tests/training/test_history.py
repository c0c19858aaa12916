"""How a run tells its course."""

import numpy as np
import pytest

from clearlstm.training.history import History, Validation

LOSSES = np.array([4.0, 2.0, 1.0, 1.5])
VALIDATIONS = (Validation(2, 0.5), Validation(3, 0.25), Validation(4, 0.25))


def test_with_validation() -> None:
    history = History(LOSSES, VALIDATIONS, "early_stopping", 2.5)
    assert (history.steps, history.best_step) == (4, 3)
    assert repr(history) == (
        "History(steps=4, last_loss=1.5, best_step=3, best_validation=0.25, reason='early_stopping')"
    )
    assert str(history).splitlines() == [
        "4 steps in 2.5 s; the validation loss had stopped falling.",
        "Training loss: 4 at the first step, 1.5 at the last.",
        "Validation loss: lowest, 0.25, after step 3; those weights were kept.",
    ]


def test_without_validation() -> None:
    history = History(LOSSES, (), "max_steps", 0.0)
    assert history.best_step is None
    assert repr(history) == "History(steps=4, last_loss=1.5, reason='max_steps')"
    assert "alidation" not in str(history)


def test_as_a_table() -> None:
    frame = History(LOSSES, VALIDATIONS, "max_steps", 1.0).to_frame()
    assert list(frame.columns) == ["step", "loss", "validation_loss"]
    assert frame["step"].tolist() == [1, 2, 3, 4]
    assert frame["loss"].tolist() == LOSSES.tolist()
    assert frame["validation_loss"].isna().tolist() == [True, False, False, False]
    assert frame["validation_loss"].tolist()[1:] == [0.5, 0.25, 0.25]


def test_it_can_not_be_changed() -> None:
    history = History(LOSSES, (), "max_steps", 0.0)
    with pytest.raises(AttributeError):
        history.reason = "early_stopping"  # type: ignore[misc]
