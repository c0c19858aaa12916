"""Training as a whole: against torch, against the lesson's table, and what it learns."""

from typing import Any

import numpy as np
import pytest

from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from clearlstm.shapes import FloatArray
from clearlstm.training.batches import ArrayBatches, RowOrder
from clearlstm.training.flat import FlatParameters
from clearlstm.training.loop import train
from clearlstm.training.losses import Pinball, SquaredError
from clearlstm.training.optimiser import AdamW
from tests.statquest import TARGETS, golden, inputs, unit
from tests.torch_golden import golden as golden_of_torch
from tests.torch_golden import ours
from tests.training.runs import N, Ragged, T, assert_equal, model, sequences

COMPANIES = np.concatenate([inputs("A"), inputs("B")])
ANSWERS = np.array([TARGETS["A"], TARGETS["B"]])


def _unit_at_the_start() -> Network:
    net = LSTM(1, 1, dtype="float64")
    start = unit(golden()["training"]["start"])
    net.set_parameters({f"layer0.forward.{part}": getattr(start, part) for part in ("W", "U", "b")})
    return Network([net], pool="last")


def test_the_lessons_training_ends_at_its_weights() -> None:
    snapshots = {snapshot["epoch"]: snapshot for snapshot in golden()["training"]["snapshots"]}
    model = _unit_at_the_start()
    compared = []

    def compare(step: int, loss: float) -> None:  # noqa: ARG001 - the signature of a callback
        epoch, second = divmod(step, 2)
        if second or epoch not in snapshots:
            return
        wanted = unit(snapshots[epoch]["weights"])
        for part in ("W", "U", "b"):
            result = model.parameters[f"net0.layer0.forward.{part}"]
            np.testing.assert_allclose(result, getattr(wanted, part), atol=1e-9, err_msg=f"{part} at epoch {epoch}")
        answers = model(COMPANIES)[:, 0]
        assert answers == pytest.approx([snapshots[epoch][company] for company in "AB"], abs=1e-9)
        compared.append(epoch)

    history = train(
        model,
        COMPANIES,
        ANSWERS,
        batch_size=1,
        shuffle=False,
        learning_rate=1e-3,
        clip_norm=None,
        max_steps=10_000,
        on_step=compare,
    )
    assert compared == [epoch for epoch in sorted(snapshots) if epoch > 0]
    assert {2000, 3000, 5000} <= set(compared)
    assert history.losses[0] == pytest.approx((golden()["training"]["snapshots"][0]["A"] - TARGETS["A"]) ** 2)


@pytest.mark.parametrize("name", golden_of_torch("training")["runs"])
def test_every_step_is_torchs(name: str) -> None:
    """Two layers and a head of one answer a step: warmed up, cooled down, clipped and decayed."""
    case = golden_of_torch("training")["runs"][name]
    kind: Any = {"LSTM": LSTM, "RNN": RNN}[case["kind"]]
    net = kind(2, 3, 2, bidirectional=case["bidirectional"], dtype="float64", seed=0)
    model = Network([net], head=1, pool=None, seed=0).set_parameters(_of_torch(case["start"]))
    x, _ = sequences()
    y = np.cumsum(x, axis=1)[..., :1]
    history = train(model, x, y, schedule="cosine", **golden_of_torch("training")["run"])
    np.testing.assert_allclose(history.losses, case["losses"], rtol=1e-9)
    for name, wanted in _of_torch(case["end"]).items():
        np.testing.assert_allclose(model.parameters[name], wanted, rtol=1e-8, atol=1e-10, err_msg=name)


def _of_torch(parameters: dict[str, Any]) -> dict[str, FloatArray]:
    """Parameters named net.… and head.… by torch, as a model of ours has them."""
    net = {name.removeprefix("net."): np.array(values) for name, values in parameters.items() if name[:4] == "net."}
    head = {"head.W": np.array(parameters["head.weight"]).T, "head.b": np.array(parameters["head.bias"])}
    return {f"net0.{name}": values for name, values in ours(net, 3).items()} | head


def test_padding_never_counts() -> None:
    lengths = 1 + np.arange(N) % T
    x, _ = sequences()
    y = np.cumsum(x, axis=1)[..., :1]
    padding = np.arange(T) >= lengths[:, None]
    filled_x, filled_y = x.copy(), y.copy()
    filled_x[padding], filled_y[padding] = 1e3, np.nan
    trained = []
    for inputs_, targets in ((x, y), (filled_x, filled_y)):
        net = Network([LSTM(2, 4, dtype="float64", seed=0)], head=1, pool=None, seed=0)
        history = train(net, inputs_, targets, lengths=lengths, batch_size=N, shuffle=False, max_steps=20)
        trained.append((net, history))
    assert_equal(trained[0][0], trained[1][0])
    # The first loss by hand: the mean over the real steps of all sequences together.
    fresh = Network([LSTM(2, 4, dtype="float64", seed=0)], head=1, pool=None, seed=0)
    errors = (fresh(x, lengths) - y)[~padding]
    assert trained[1][1].losses[0] == pytest.approx((errors**2).mean(), rel=1e-12)


def test_weights_say_how_often_a_row_counts() -> None:
    x, y = sequences()
    repeats = 1 + np.arange(N) % 3
    weighted, repeated = model(), model()
    train(weighted, ArrayBatches(x, y, weight=repeats.astype(float)), batch_size=N, shuffle=False, max_steps=20)
    train(
        repeated,
        np.repeat(x, repeats, axis=0),
        np.repeat(y, repeats, axis=0),
        batch_size=1000,
        shuffle=False,
        max_steps=20,
    )
    for name, values in weighted.parameters.items():
        np.testing.assert_allclose(values, repeated.parameters[name], rtol=1e-9, atol=1e-11)


def test_buffers_used_again_change_nothing() -> None:
    x, y = sequences()
    again, fresh = (model(num_layers=2, bidirectional=True) for _ in range(2))
    train(again, Ragged(x, y), batch_size=8, max_steps=12, clip_norm=None, seed=5)
    source, order = Ragged(x, y), RowOrder(N, 8, shuffle=True, seed=5)
    optimiser = AdamW(FlatParameters(fresh.parameters))
    for step in range(12):
        batch = source.batch(order.rows(step))
        trace = fresh.trace(batch.x)
        _, dy = SquaredError().value_and_gradient(trace.y, batch.y)
        optimiser.step(fresh.backward(trace, dy).parameters, 1e-3)
    assert_equal(again, fresh)


def test_the_source_is_read_by_index_and_never_beyond_the_training_part() -> None:
    x, y = sequences()
    source = Ragged(x, y)
    train(model(), source, batch_size=8, max_steps=10, validation=0.25, validate_every=5)
    trained_on, validated_on = set(range(30)), set(range(30, 40))
    requested = [set(rows) for rows in source.asked]
    assert requested.count(validated_on) == 2
    assert set().union(*(rows for rows in requested if rows != validated_on)) == trained_on


def test_equal_seeds_give_equal_runs_and_others_do_not() -> None:
    x, y = sequences()
    first, second, third = (model(num_layers=2, dropout=0.3) for _ in range(3))
    histories = [train(net, x, y, batch_size=8, max_steps=30, seed=seed) for net, seed in ((first, 7), (second, 7))]
    np.testing.assert_array_equal(histories[0].losses, histories[1].losses)
    assert_equal(first, second)
    train(third, x, y, batch_size=8, max_steps=30, seed=8)
    assert not np.array_equal(first.parameters["head.W"], third.parameters["head.W"])


def test_it_learns_classes() -> None:
    x, _ = sequences()
    y = (x[:, 0, 0] > 0).astype(int) + (x[:, -1, 1] > 0)
    net = Network([LSTM(2, 16, seed=0)], head=3, seed=0)
    train(net, x, y, loss="cross_entropy", learning_rate=0.02, max_steps=300)
    assert (net(x).argmax(axis=1) == y).mean() == 1.0


def test_it_learns_quantiles() -> None:
    rng = np.random.default_rng(0)
    x, y = np.zeros((500, 2, 1)), rng.exponential(size=(500, 1))
    net = Network([LSTM(1, 2, dtype="float64", seed=0)], head=3, seed=0)
    train(
        net, x, y, loss=Pinball((0.1, 0.5, 0.9)), batch_size=500, learning_rate=0.02, schedule="cosine", max_steps=1500
    )
    np.testing.assert_allclose(net(x[:1])[0], np.quantile(y, [0.1, 0.5, 0.9]), atol=0.02)


def test_on_step_sees_every_step() -> None:
    x, y = sequences()
    seen: list[tuple[int, float]] = []
    history = train(model(), x, y, max_steps=7, on_step=lambda step, loss: seen.append((step, loss)))
    assert seen == list(zip(range(1, 8), history.losses.tolist(), strict=True))


def test_weights_changed_by_on_step_stay_changed() -> None:
    x, y = sequences()
    net = model()

    def clamp(step: int, loss: float) -> None:  # noqa: ARG001 - the signature of a callback
        net.parameters["head.b"][...] = 100.0

    history = train(net, x, y, max_steps=2, on_step=clamp)
    assert history.losses[1] > 9000


def test_targets_of_any_number_type_are_taken() -> None:
    x, _ = sequences()
    trained = []
    for y in (np.arange(N), np.arange(N, dtype=np.float32)[:, None], np.arange(N).tolist()):
        net = model()
        train(net, x, y, max_steps=5)
        trained.append(net)
    assert_equal(trained[0], trained[1])
    assert_equal(trained[0], trained[2])
