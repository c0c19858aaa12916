"""A recurrent layer inside a bigger model: what it really got comes out, and clearlstm's h is the model's."""

import warnings
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.interop.captured import Captured

torch = pytest.importorskip("torch", reason="torch is not installed")
nn = torch.nn
EXACT = 1e-12


class Encoder(nn.Module):  # type: ignore[misc, name-defined]
    """Words, convolution, a learned first state, a layer that is normalised, and a cell in a loop."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(40, 3)
        self.front = nn.Conv1d(3, 5, 3, padding=1)
        self.first = nn.Parameter(torch.randn(2, 2, 1, 7))
        self.lstm = nn.LSTM(5, 7, 2, batch_first=True, dropout=0.5)
        self.norm = nn.LayerNorm(7)
        self.cell = nn.GRUCell(7, 6)

    def forward(self, ids: Any) -> Any:
        x = self.front(self.words(ids).transpose(1, 2)).transpose(1, 2)
        h_0, c_0 = self.first.expand(-1, -1, len(ids), -1).contiguous()
        h = self.norm(self.lstm(x, (h_0, c_0))[0])
        state, states = None, []
        for t in range(h.shape[1]):
            state = self.cell(h[:, t], state)
            states.append(state)
        return torch.stack(states, 1)


def one(model: Any, *inputs: Any, name: str | None = None) -> Captured:
    captured = cl.capture(model, *inputs, name=name)
    assert isinstance(captured, Captured)
    return captured


def seeded(module: Any) -> Any:
    torch.manual_seed(0)
    return module().double()


def test_what_stands_around_the_layers_does_not_matter() -> None:
    module = seeded(Encoder).train()
    captured = cl.capture(module, np.random.default_rng(0).integers(0, 40, (4, 9)))
    assert isinstance(captured, dict)
    assert list(captured) == ["lstm", "cell"]
    assert all(layer.difference < EXACT for layer in captured.values())
    assert captured["lstm"].x.shape == (4, 9, 5)
    np.testing.assert_array_equal(captured["lstm"].state[0][1][:, 0], module.first[1, :, 0].detach())
    h = torch.tensor(captured["lstm"].trace().y)
    np.testing.assert_allclose(captured["cell"].x, module.norm(h).detach(), rtol=0, atol=EXACT)
    assert module.lstm.training, "the module trains as before"


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_each_kind_of_layer_in_each_layout(kind: str, both: bool, batch_first: bool) -> None:
    torch.manual_seed(1)
    module = getattr(nn, kind)(3, 4, 2, bidirectional=both, batch_first=batch_first).double()
    x, n_states = torch.randn(5, 6, 3).double(), 4 if both else 2
    N = 5 if batch_first else 6
    h_0 = torch.randn(n_states, N, 4).double()
    layer = one(module, x, (h_0, torch.randn(n_states, N, 4).double()) if kind == "LSTM" else h_0)
    assert layer.x.shape[0] == N
    assert layer.difference < EXACT
    np.testing.assert_array_equal(layer.state[0][0], h_0)


def test_a_packed_batch_has_its_lengths_and_its_order() -> None:
    torch.manual_seed(2)
    module, x, lengths = nn.LSTM(3, 4, bidirectional=True).double(), torch.randn(6, 4, 3).double(), [2, 6, 3, 1]
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    state = torch.randn(2, 4, 4).double(), torch.randn(2, 4, 4).double()
    layer = one(module, packed, state)
    assert layer.lengths.tolist() == lengths
    np.testing.assert_array_equal(layer.x[1], x[:, 1])
    assert layer.difference < EXACT


def test_a_projection_and_its_first_state() -> None:
    torch.manual_seed(4)
    module = nn.LSTM(3, 6, 2, proj_size=2, bidirectional=True).double()
    state = torch.randn(4, 5, 2).double(), torch.randn(4, 5, 6).double()
    layer = one(module, torch.randn(7, 5, 3).double(), state)
    assert layer.trace().layer(1, 1).h.shape == (5, 7, 6)
    assert layer.output.shape == (5, 7, 4)
    assert layer.difference < EXACT


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_clearlstms_layers_in_the_place_of_torchs_are_watched_alike(kind: str) -> None:
    from clearlstm.torch import swap_lstms

    torch.manual_seed(5)
    module = nn.Sequential(nn.Linear(3, 2), getattr(nn, kind)(2, 4, 2, bidirectional=True, batch_first=True)).double()
    x = torch.randn(5, 6, 3).double()
    before = one(module, x)
    swap_lstms(module)
    assert type(module[1]).__module__.startswith("clearlstm.torch"), "the layer was exchanged"
    after = one(module, x)
    assert (after.name, after.difference < EXACT) == (before.name, True)
    np.testing.assert_array_equal(after.x, before.x)
    np.testing.assert_allclose(after.output, before.output, rtol=0, atol=EXACT)
    np.testing.assert_array_equal(after.trace().y, before.trace().y)


def test_a_layer_with_a_forward_of_its_own_is_not_watched() -> None:
    class Own(nn.LSTM):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return super().forward(x * 2)

    with pytest.raises(InputError, match="it holds Own"):
        cl.capture(Own(3, 4), torch.zeros(2, 5, 3))


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_weights_that_are_computed_and_a_compiled_module() -> None:
    module = seeded(lambda: nn.LSTM(2, 3))
    nn.utils.parametrizations.weight_norm(module, "weight_hh_l0")
    layer = one(torch.compile(module), torch.randn(4, 2, 2).double())
    assert layer.difference < EXACT


def test_one_sequence_without_a_batch() -> None:
    module = seeded(lambda: nn.LSTM(3, 4))
    layer = one(module, torch.randn(6, 3).double(), (torch.randn(1, 4).double(), torch.randn(1, 4).double()))
    assert layer.x.shape == (1, 6, 3)
    assert layer.difference < EXACT


class Decoder(nn.Module):  # type: ignore[misc, name-defined]
    """A layer that is called for each step with the state of the step before; it does so twice."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(2, 3, batch_first=True)

    def forward(self, x: Any) -> Any:
        for part in (x, x.flip(1)):
            state = None
            for t in range(part.shape[1]):
                _, state = self.lstm(part[:, t : t + 1], state)
        return state


def test_calls_that_go_on_from_each_other_are_one_sequence() -> None:
    x = np.random.default_rng(3).standard_normal((2, 7, 2))
    captured = cl.capture(seeded(Decoder), x, name="lstm")
    assert isinstance(captured, dict)
    assert list(captured) == ["lstm[0]", "lstm[1]"]
    np.testing.assert_array_equal(captured["lstm[0]"].x, x)
    np.testing.assert_array_equal(captured["lstm[1]"].x, x[:, ::-1])
    assert all(layer.difference < EXACT for layer in captured.values())


def test_arguments_by_name_and_numbers_of_the_modules_own_type() -> None:
    class Named(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(2, 3)

        def forward(self, x: Any, *, scale: Any) -> Any:
            return self.lstm(input=x * scale, hx=None)

    layer = one(Named(), np.ones((4, 1, 2)), {"scale": np.float64(2) * np.ones(1)})
    assert layer.x.dtype == np.float32
    assert (layer.x == 2).all()


class Normalised(nn.Module):  # type: ignore[misc, name-defined]
    """The state is changed between the steps."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.norm = nn.LSTMCell(2, 3), nn.LayerNorm(3)

    def forward(self, x: Any) -> Any:
        state = None
        for t in range(x.shape[1]):
            h, c = self.cell(x[:, t], state)
            state = self.norm(h), c
        return state


class Own(nn.LSTM):  # type: ignore[misc, name-defined]
    """It computes otherwise than torch's."""

    def forward(self, x: Any, hx: Any = None) -> Any:
        return super().forward(x * 2, hx)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize(
    ("model", "inputs", "message"),
    [
        (Normalised, (np.ones((1, 4, 2)),), "'cell' is called 4 times and never goes on from the state that it gave"),
        (lambda: Own(2, 3), (np.ones((1, 4, 2)),), "holds no nn.LSTM.*it holds Own"),
        (lambda: nn.Linear(2, 3), (np.ones((1, 2)),), "holds no nn.LSTM.*it holds Linear"),
        (lambda: torch.jit.trace(nn.Linear(2, 3), torch.ones(1, 2)), (np.ones((1, 4, 2)),), "TorchScript"),
        (Decoder, (np.ones((1, 4, 5)),), r"can't be run on inputs of \(1, 4, 5\)"),
        (Decoder, (), "can't be run on inputs of none"),
        (lambda: {"lstm": 1}, (), "model is a dict"),
    ],
)
def test_what_cannot_be_captured_is_said(model: Any, inputs: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cl.capture(model(), *inputs)


def test_a_name_that_did_not_run() -> None:
    with pytest.raises(InputError, match="name is 'gru'; the module's recurrent layers are 'lstm'"):
        cl.capture(Decoder(), np.ones((1, 3, 2)), name="gru")
    with pytest.raises(InputError, match=r"name is 'lstm\[2\]'.*'lstm\[0\]', 'lstm\[1\]'"):
        cl.capture(Decoder(), np.ones((1, 3, 2)), name="lstm[2]")


def test_a_file_of_weights_cannot_run(tmp_path: Any) -> None:
    torch.save(nn.LSTM(2, 3).state_dict(), tmp_path / "m.pt")
    with pytest.raises(InputError, match="a file of torch's, which holds weights and can't be run"):
        cl.capture(tmp_path / "m.pt", np.ones((1, 4, 2)))


def test_an_h_that_is_not_the_models_is_told() -> None:
    layer = one(nn.LSTM(2, 3), np.ones((4, 1, 2), "float32"))
    other = Captured("lstm", layer.network, layer.x, layer.lengths, layer.state, layer.output + 0.1)
    from clearlstm.interop.captured import checked

    with pytest.warns(ClearLSTMWarning, match="'lstm': clearlstm's h differs from the model's by"):
        checked({"lstm": other})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checked({"lstm": layer})
