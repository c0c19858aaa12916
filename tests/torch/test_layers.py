"""``clearlstm.torch``'s layers beside ``torch.nn``'s: answers, gradients, calls, errors, what people do to modules."""

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn.utils import parametrizations, rnn  # noqa: E402

import clearlstm as cl  # noqa: E402
from clearlstm import kernels  # noqa: E402
from clearlstm.errors import InputError  # noqa: E402
from clearlstm.kernels import threads  # noqa: E402
from clearlstm.torch import GRU, LSTM, swap_lstms  # noqa: E402

pytestmark = pytest.mark.torch

F, H, N, T = 4, 6, 5, 7
PAIRS = [pytest.param(nn.LSTM, LSTM, id="LSTM"), pytest.param(nn.GRU, GRU, id="GRU")]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"num_layers": 2},
    {"num_layers": 2, "bidirectional": True},
    {"bias": False},
    {"batch_first": True},
    {"num_layers": 3, "dropout": 0.4},
    {"proj_size": 3},
    {"proj_size": 3, "num_layers": 2, "bidirectional": True, "batch_first": True},
]


def cases(*left_out: str) -> list[Any]:
    """Classes with options, but for those that are left out; torch's GRU has no projections."""
    return [
        pytest.param(theirs, ours, options, id=f"{ours.__name__} {options}")
        for theirs, ours in ((nn.LSTM, LSTM), (nn.GRU, GRU))
        for options in OPTIONS
        if not {*left_out, *(("proj_size",) if ours is GRU else ())} & set(options)
    ]


def both(theirs: type[nn.Module], ours: type[nn.Module], **options: Any) -> tuple[Any, Any]:
    """Of the same weights, in double precision."""
    torch.manual_seed(0)
    one = theirs(F, H, dtype=torch.float64, **options)
    other = ours(F, H, dtype=torch.float64, **options)
    other.load_state_dict(one.state_dict())
    return one, other


def inputs(layer: Any, *, batched: bool = True) -> Any:
    shape = ((N, T) if layer.batch_first else (T, N)) if batched else (T,)
    return torch.randn(*shape, F, dtype=torch.float64, requires_grad=True)


def states(layer: Any, *, batched: bool = True) -> Any:
    rows = layer.num_layers * (2 if layer.bidirectional else 1)
    sizes = [getattr(layer, "proj_size", 0) or H, H][: 2 if isinstance(layer, nn.LSTM) else 1]
    each = [
        torch.randn(rows, *((N,) if batched else ()), size, dtype=torch.float64, requires_grad=True) for size in sizes
    ]
    return tuple(each) if len(each) > 1 else each[0]


def flat(answers: Any) -> list[Any]:
    """All tensors of an answer, in order."""
    if isinstance(answers, rnn.PackedSequence):
        return [answers.data]
    return [answers] if isinstance(answers, torch.Tensor) else [one for part in answers for one in flat(part)]


def answers_and_gradients(layer: Any, x: Any, hx: Any, given: Callable[[Any], Any] = lambda x: x) -> list[Any]:
    """Every number that a call gives and, of a sum of all of them with fixed weights, every gradient."""
    leaves = [x, *(flat(hx) if hx is not None else []), *layer.parameters()]
    for leaf in leaves:
        leaf.grad = None
    torch.manual_seed(3)
    answers = [one.contiguous() for one in flat(layer(given(x), hx))]
    torch.manual_seed(4)
    torch.stack([(one * torch.randn_like(one)).sum() for one in answers]).sum().backward()
    return [one.detach().clone() for one in answers] + [leaf.grad.clone() for leaf in leaves]


def assert_alike(one: list[Any], other: list[Any], tolerance: float = 1e-12) -> None:
    for theirs, ours in zip(one, other, strict=True):
        assert theirs.shape == ours.shape
        torch.testing.assert_close(ours, theirs, rtol=0, atol=tolerance)


# --- answers and gradients ---


@pytest.mark.parametrize(("theirs", "ours", "options"), cases())
@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("batched", [True, False])
def test_answers_and_gradients_are_torchs(
    theirs: Any, ours: Any, options: dict[str, Any], started: bool, batched: bool
) -> None:
    one, other = both(theirs, ours, **options)
    x, hx = inputs(one, batched=batched), states(one, batched=batched) if started else None
    assert_alike(answers_and_gradients(one, x, hx), answers_and_gradients(other, x, hx))


@pytest.mark.parametrize(("theirs", "ours", "options"), cases("dropout"))
@pytest.mark.parametrize("is_sorted", [True, False])
def test_packed_sequences(theirs: Any, ours: Any, options: dict[str, Any], is_sorted: bool) -> None:
    one, other = both(theirs, ours, **options)
    lengths = [7, 5, 3, 3, 1] if is_sorted else [3, 7, 1, 3, 5]
    x, hx = inputs(one), states(one)

    def packed(values: Any) -> Any:
        return rnn.pack_padded_sequence(values, lengths, batch_first=one.batch_first, enforce_sorted=is_sorted)

    assert_alike(answers_and_gradients(one, x, hx, packed), answers_and_gradients(other, x, hx, packed))
    expected, found = one(packed(x))[0], other(packed(x))[0]
    for name in ("batch_sizes", "sorted_indices", "unsorted_indices"):
        theirs_, ours_ = getattr(expected, name), getattr(found, name)
        assert (theirs_ is None and ours_ is None) or torch.equal(theirs_, ours_)


@pytest.mark.parametrize(("theirs", "ours", "options"), cases())
def test_gradients_stand_up_to_central_differences(theirs: Any, ours: Any, options: dict[str, Any]) -> None:
    _, layer = both(theirs, ours, **options | {"dropout": 0.0})

    def answers(x: Any, *hx: Any) -> Any:
        return tuple(flat(layer(x, hx if len(hx) > 1 else hx[0])))

    assert torch.autograd.gradcheck(answers, (inputs(layer), *flat(states(layer))))


def test_gradients_of_gradients_are_refused_where_they_are_asked_for() -> None:
    one, other = both(nn.LSTM, LSTM)
    x = inputs(one)
    first, gradient = (torch.autograd.grad(layer(x)[0].sum(), x, create_graph=True)[0] for layer in (one, other))
    torch.testing.assert_close(gradient, first)
    with pytest.raises(InputError, match=r"no gradients of gradients: use torch\.nn's where they are needed"):
        gradient.sum().backward()


def test_in_single_precision_it_is_as_near_as_rounding_lets() -> None:
    torch.manual_seed(0)
    one, other = nn.LSTM(8, 40, 2), LSTM(8, 40, 2)
    other.load_state_dict(one.state_dict())
    x = torch.randn(30, 16, 8)
    torch.testing.assert_close(other(x)[0], one(x)[0], rtol=0, atol=2e-6)
    assert other(x)[0].dtype == torch.float32


def test_only_what_needs_a_gradient_gets_one() -> None:
    one, other = both(nn.LSTM, LSTM)
    for layer in (one, other):
        layer.weight_ih_l0.requires_grad_(False)
        layer.bias_hh_l0.requires_grad_(False)
    x = inputs(one).detach()
    for layer in (one, other):
        layer(x)[0].sum().backward()
    assert other.weight_ih_l0.grad is None
    assert other.bias_hh_l0.grad is None
    torch.testing.assert_close(other.weight_hh_l0.grad, one.weight_hh_l0.grad)
    with torch.no_grad():
        assert not other(x)[0].requires_grad


@pytest.mark.parametrize("part", ["h_n", "c_n"])
def test_a_loss_of_a_final_state_alone(part: str) -> None:
    one, other = both(nn.LSTM, LSTM)
    x, gradients = inputs(one), []
    for layer in (one, other):
        _, (h_n, c_n) = layer(x)
        gradients.append(torch.autograd.grad((h_n if part == "h_n" else c_n).square().sum(), x)[0])
    torch.testing.assert_close(gradients[1], gradients[0])


def test_a_second_backward_pass_through_a_kept_graph_gives_the_same() -> None:
    _, layer = both(nn.GRU, GRU)
    x = inputs(layer)
    loss = layer(x)[0].sum()
    first, second = (torch.autograd.grad(loss, x, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize("what", ["input", "output"])
def test_what_was_changed_in_place_before_the_way_back_is_told(what: str) -> None:
    layer = LSTM(F, H, batch_first=True)
    x = torch.randn(N, T, F)
    output = layer(x)[0]
    (x if what == "input" else output).mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.sum().backward()


def test_a_step_of_the_optimiser_before_the_way_back_changes_nothing() -> None:
    _, layer = both(nn.LSTM, LSTM)
    x = inputs(layer)
    output = layer(x)[0]
    (expected,) = torch.autograd.grad(output.sum(), x, retain_graph=True)
    with torch.no_grad():
        layer.weight_hh_l0.mul_(3)
    assert torch.equal(torch.autograd.grad(output.sum(), x)[0], expected)


# --- what is done to modules ---


@pytest.mark.parametrize(("theirs", "ours"), PAIRS)
def test_state_dicts_go_both_ways_and_files_open_in_plain_torch(theirs: Any, ours: Any) -> None:
    one, other = both(theirs, ours, num_layers=2, bidirectional=True)
    assert list(one.state_dict()) == list(other.state_dict())
    file = io.BytesIO()
    torch.save(other.state_dict(), file)
    file.seek(0)
    again = theirs(F, H, num_layers=2, bidirectional=True, dtype=torch.float64)
    again.load_state_dict(torch.load(file, weights_only=True))
    x = inputs(one)
    assert torch.equal(again(x)[0], one(x)[0])
    assert repr(other) == repr(one)
    other.flatten_parameters()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_copies_are_of_their_own(copied: Callable[[Any], Any]) -> None:
    _, layer = both(nn.LSTM, LSTM)
    layer.record = True
    x = inputs(layer)
    expected = layer(x)[0]
    other = copied(layer)
    assert torch.equal(other(x)[0], expected)
    assert other.record
    with torch.no_grad():
        other.weight_hh_l0.zero_()
    assert torch.equal(layer(x)[0], expected)
    assert not torch.equal(other(x)[0], expected)


def test_types_hooks_and_other_parameters() -> None:
    one, other = both(nn.LSTM, LSTM)
    x = inputs(one)
    for layer in (one, other):
        parametrizations.weight_norm(layer, "weight_hh_l0")
    torch.testing.assert_close(other(x)[0], one(x)[0])
    seen: list[Any] = []
    other.register_forward_hook(lambda _module, _inputs, output: seen.append(output[0]))
    other(x)
    assert len(seen) == 1
    layer = LSTM(F, H).double().float()
    assert layer(torch.zeros(T, N, F))[0].dtype == torch.float32
    changed = {name: torch.zeros_like(values) for name, values in layer.named_parameters()}
    assert not torch.func.functional_call(layer, changed, torch.ones(T, N, F))[0].any()


@pytest.mark.filterwarnings("ignore")
def test_a_compiled_model_goes_round_it() -> None:
    class Model(nn.Module):
        def __init__(self, layer: Any) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: Any) -> Any:
            return self.layer(x * 2)[0].tanh()

    one, other = both(nn.LSTM, LSTM)
    x = inputs(one)
    compiled = torch.compile(Model(other), backend="eager")
    torch.testing.assert_close(compiled(x), Model(one)(x))


def test_autocast_is_computed_in_the_layers_own_precision() -> None:
    torch.manual_seed(0)
    layer = LSTM(F, H, proj_size=3)
    x = torch.randn(T, N, F, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        output = layer(x.bfloat16())[0]
    assert output.dtype == torch.float32
    torch.testing.assert_close(output, layer(x.bfloat16().float())[0])
    output.sum().backward()
    assert x.grad is not None


def test_torchs_number_of_threads_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    computed = kernels.forward

    def watched(*arguments: Any, **options: Any) -> Any:
        seen.append(threads.get_num_threads())
        return computed(*arguments, **options)

    monkeypatch.setattr(kernels, "forward", watched)
    before, own = torch.get_num_threads(), threads.get_num_threads()
    try:
        for n in (1, 2):
            torch.set_num_threads(n)
            LSTM(F, H)(torch.zeros(T, N, F))
    finally:
        torch.set_num_threads(before)
    assert seen == [1, 2]
    assert threads.get_num_threads() == own


# --- errors ---


@pytest.mark.parametrize(("theirs", "ours"), PAIRS)
@pytest.mark.parametrize(
    "call",
    [
        lambda layer: layer(torch.zeros(2, T, N, F, dtype=torch.float64)),
        lambda layer: layer(torch.zeros(T, N, F + 1, dtype=torch.float64)),
        lambda layer: layer(torch.zeros(T, N, F)),
        lambda layer: layer(torch.zeros(0, N, F, dtype=torch.float64)),
        lambda layer: layer(inputs(layer), states(layer, batched=False)),
        lambda layer: layer(inputs(layer, batched=False), states(layer)),
    ],
)
def test_what_torch_refuses_is_refused_alike(theirs: Any, ours: Any, call: Callable[[Any], Any]) -> None:
    one, other = both(theirs, ours)
    with pytest.raises((ValueError, RuntimeError)) as expected:
        call(one)
    with pytest.raises(expected.type):
        call(other)


def test_no_sequences_give_none() -> None:
    one, other = both(nn.LSTM, LSTM)
    x = torch.zeros(T, 0, F, dtype=torch.float64)
    assert other(x)[0].shape == one(x)[0].shape == (T, 0, H)


def test_states_may_come_as_a_list() -> None:
    one, other = both(nn.LSTM, LSTM)
    x, given = inputs(one), list(states(one))
    torch.testing.assert_close(flat(other(x, given)), flat(one(x, given)))


def test_states_of_other_sizes_are_refused_in_torchs_words() -> None:
    one, other = both(nn.LSTM, LSTM)
    wrong = (torch.zeros(1, N, H + 1, dtype=torch.float64), torch.zeros(1, N, H, dtype=torch.float64))
    for layer in (one, other):
        with pytest.raises(RuntimeError, match=r"Expected hidden\[0\] size"):
            layer(inputs(layer), wrong)


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_other_devices_and_types_are_refused_by_the_name_of_torchs_layer(name: str) -> None:
    ours = {"LSTM": LSTM, "GRU": GRU}[name]
    with pytest.raises(InputError, match=f"computes on the CPU, and a tensor is on meta: use torch.nn.{name} there"):
        ours(F, H, device="meta")(torch.zeros(T, N, F, device="meta"))
    with pytest.raises(InputError, match=f"is torch.bfloat16: use torch.nn.{name} for it"):
        ours(F, H).bfloat16()(torch.zeros(T, N, F, dtype=torch.bfloat16))


# --- a look inside ---


@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True, "batch_first": True}], ids=str)
@pytest.mark.parametrize(("theirs", "ours"), PAIRS)
def test_the_last_pass_is_recorded_gate_by_gate(theirs: Any, ours: Any, options: dict[str, Any]) -> None:
    one, other = both(theirs, ours, **options)
    assert other.last_trace is None
    x = inputs(other)
    other(x)
    assert other.last_trace is None
    other.record = True
    output, _ = other(x)
    rows = x if other.batch_first else x.transpose(0, 1)
    expected = cl.from_torch(one).trace(rows.detach().numpy())
    trace = other.last_trace
    assert trace is not None
    np.testing.assert_allclose(trace.h, (output if other.batch_first else output.transpose(0, 1)).detach().numpy())
    for k in range(other.num_layers):
        for d in range(2 if other.bidirectional else 1):
            here, there = trace.layer(k, d), expected.nets[0].layer(k, d)
            for name, values in here.columns().items():
                np.testing.assert_allclose(values, there.columns()[name], atol=1e-12)
    if theirs is nn.LSTM:
        assert cl.ledger(trace.layer(0)) is not None
    with torch.no_grad():
        other.weight_hh_l0.zero_()
    assert trace.layer(0).weights.U.any()  # a trace doesn't change as training goes on


@pytest.mark.parametrize("batch_first", [True, False])
def test_what_is_done_to_the_output_leaves_the_trace_alone(batch_first: bool) -> None:
    layer = LSTM(F, H, batch_first=batch_first, record=True)
    with torch.no_grad():
        output, _ = layer(torch.randn(5, 5, F))
        kept = output.clone()
        output.zero_()
    assert layer.last_trace is not None
    rows = kept if batch_first else kept.transpose(0, 1)
    np.testing.assert_array_equal(layer.last_trace.layer(0).h, rows.numpy())


def test_dropout_masks_stand_in_the_trace() -> None:
    layer = LSTM(F, H, 2, dropout=0.5, record=True)
    layer(torch.zeros(T, N, F))
    assert layer.last_trace is not None
    assert layer.last_trace.masks[0] is None
    mask = layer.last_trace.masks[1]
    assert mask is not None
    assert set(np.unique(mask)) == {0.0, 2.0}
    layer.eval()(torch.zeros(T, N, F))
    assert layer.last_trace.masks[1] is None


# --- whole models ---


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.LSTM(F, H, batch_first=True)
        self.decoder = nn.Sequential(nn.Linear(H, H), nn.Tanh())
        self.upper = nn.ModuleDict({"gru": nn.GRU(H, 3, batch_first=True)})
        self.cell = nn.LSTMCell(H, 3)

    def forward(self, x: Any) -> Any:
        h = self.decoder(self.encoder(x)[0])
        return self.upper["gru"](h)[0].sum() + self.cell(h[:, -1])[0].sum()


def test_swapping_keeps_the_model_and_all_who_hold_its_parameters() -> None:
    torch.manual_seed(0)
    model: Any = Model()
    x = torch.randn(N, T, F)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    expected, encoder, weight = model(x), model.encoder, model.encoder.weight_ih_l0
    assert swap_lstms(model, record=True) is model
    assert type(model.encoder) is LSTM
    assert type(model.upper["gru"]) is GRU
    assert type(model.cell) is nn.LSTMCell
    assert model.encoder is encoder
    torch.testing.assert_close(model(x), expected)
    assert model.encoder.last_trace is not None
    before = weight.detach().clone()
    model(x).backward()
    optimiser.step()
    assert model.encoder.weight_ih_l0 is weight
    assert not torch.equal(weight, before)
    after = model(x)
    swap_lstms(model, back=True)
    assert type(model.encoder) is nn.LSTM
    assert "record" not in vars(model.encoder)
    torch.testing.assert_close(model(x), after)


def test_a_layer_itself_is_swapped_and_subclasses_are_left() -> None:
    class Own(nn.LSTM):
        pass

    assert type(swap_lstms(nn.LSTM(F, H))) is LSTM
    assert type(swap_lstms(Own(F, H))) is Own


def test_clearlstm_opens_its_own_layer_like_torchs() -> None:
    one, other = both(nn.LSTM, LSTM)
    x = np.zeros((2, 3, F))
    np.testing.assert_array_equal(cl.from_torch(other)(x), cl.from_torch(one)(x))


@pytest.mark.parametrize(("theirs", "ours"), PAIRS)
def test_training_goes_the_same_way(theirs: Any, ours: Any) -> None:
    """Thirty steps of Adam on a task: the losses are torch's, to rounding."""
    losses = []
    for layer in both(theirs, ours, num_layers=2, dropout=0.2):
        torch.manual_seed(1)
        head = nn.Linear(H, 1, dtype=torch.float64)
        optimiser = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.02)
        course = []
        for _ in range(30):
            x = torch.randn(T, N, F, dtype=torch.float64)
            loss = (head(layer(x)[0][-1]) - x.sum(dim=(0, 2))[:, None]).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            course.append(loss.item())
        losses.append(course)
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-8)
    assert np.mean(losses[0][-5:]) < np.mean(losses[0][:5])
