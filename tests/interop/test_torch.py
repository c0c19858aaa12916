"""Models from torch and back; the oracle is torch itself, on random weights."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.interop.torch import from_torch, to_torch
from clearlstm.network.head import Linear
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network, Pool
from clearlstm.network.rnn import RNN

pytest.importorskip("torch")

import torch

from tests.interop.torch_models import LIMITS, assert_alike, assumed, inputs, random_weights

pytestmark = pytest.mark.torch

DTYPES = st.sampled_from(sorted(LIMITS))


OPTIONS = st.fixed_dictionaries(
    {
        "num_layers": st.integers(1, 3),
        "bidirectional": st.booleans(),
        "batch_first": st.booleans(),
        "bias": st.booleans(),
        "dropout": st.sampled_from([0.0, 0.5]),
    }
)


@pytest.mark.filterwarnings("ignore:dropout option adds dropout")
@pytest.mark.parametrize("kind", ["LSTM", "tanh", "relu"])
@given(OPTIONS, st.integers(1, 4), st.integers(1, 9), DTYPES, st.integers(0, 999))
@settings(max_examples=25, deadline=None)
def test_a_layers_outputs_and_states_are_torchs(
    kind: str, options: dict[str, Any], F: int, H: int, dtype: str, seed: int
) -> None:
    more = {"dtype": getattr(torch, dtype)} | ({} if kind == "LSTM" else {"nonlinearity": kind})
    module = (torch.nn.LSTM if kind == "LSTM" else torch.nn.RNN)(F, H, **options, **more).eval()
    random_weights(module, seed)
    x = inputs(3, 6, F, dtype, seed)
    first = [inputs(module.num_layers * (1 + module.bidirectional), 3, H, dtype, seed + k) for k in (1, 2)]
    states = first if kind == "LSTM" else first[:1]
    given_states: Any = tuple(torch.from_numpy(part) for part in states)
    x_torch = torch.from_numpy(x if options["batch_first"] else x.swapaxes(0, 1).copy())

    net: Any = from_torch(module).nets[0]
    h, last = net(x, state=tuple(states))
    out, theirs = module(x_torch, given_states if kind == "LSTM" else given_states[0])

    assert net.dropout == (options["dropout"] if options["num_layers"] > 1 else 0)
    assert_alike(h, out if options["batch_first"] else out.swapaxes(0, 1))
    for part, expected in zip(last, theirs if kind == "LSTM" else (theirs,), strict=True):
        assert_alike(part, expected)


class Model(torch.nn.Module):
    """A chain of two LSTMs and a head, read off in one of several ways."""

    def __init__(self, how: str = "last", middle: str = "linear", bidirectional: bool = False) -> None:
        super().__init__()
        self.encoder = torch.nn.LSTM(3, 5, 2, batch_first=True, dropout=0.5)
        self.decoder = torch.nn.LSTM(5, 4, batch_first=True, bidirectional=bidirectional)
        self.unused = torch.nn.Linear(4, 2)
        self.fc = torch.nn.Linear(8 if bidirectional else 4, 1 if how == "squeezed" else 2)
        self.how, self.middle = how, middle
        random_weights(self, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h, _ = self.encoder(x)
        h = torch.relu(h) if self.middle == "relu" else h
        h, (h_n, _) = self.decoder(h)
        if self.how == "mean":
            return torch.as_tensor(self.fc(h.mean(dim=1)))
        if self.how == "each":
            return torch.as_tensor(self.fc(h))
        y = torch.as_tensor(self.fc(torch.cat(list(h_n), dim=-1)))
        return y[:, 0] if self.how == "squeezed" else y


@pytest.mark.parametrize(("how", "pool"), [("last", "last"), ("mean", "mean"), ("each", None), ("squeezed", "last")])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_plain_chain_comes_over_whole(how: str, pool: Pool, bidirectional: bool) -> None:
    module = Model(how, bidirectional=bidirectional).train()
    model = from_torch(module, example=inputs(2, 7, 3))
    assert module.training, "what trained still does"
    assert model.pool == pool
    assert [net.num_layers for net in model.nets] == [2, 1]
    x = inputs(4, 9, 3, seed=8)
    theirs = module.eval()(torch.from_numpy(x)).detach().numpy()
    assert_alike(model(x).reshape(theirs.shape), theirs)


def test_an_lstm_alone_that_takes_time_first_comes_over_by_example() -> None:
    module = torch.nn.LSTM(3, 4)
    with pytest.warns(ClearLSTMWarning, match=r"reads \(T, N, F\): .* 7 steps of 2 sequences.*batch_first=True is"):
        model = from_torch(module, example=inputs(7, 2, 3))
    x = inputs(4, 9, 3, seed=8)
    assert model.pool is None
    assert_alike(model(x), module(torch.from_numpy(x.swapaxes(0, 1).copy()))[0].swapaxes(0, 1))


def test_a_model_that_is_no_plain_chain_is_listed_and_picked_by_name() -> None:
    module = Model(middle="relu").eval()
    with pytest.raises(InputError, match=r"no plain chain of its layers \('encoder', 'decoder'\).*'fc', 'unused'"):
        from_torch(module, example=inputs(2, 7, 3))
    with pytest.raises(InputError, match=r"'encoder', 'decoder'; several could be meant"):
        from_torch(module)
    with pytest.raises(InputError, match="'lstm' is not there"):
        from_torch(module, name="lstm")
    x = inputs(4, 9, 5)
    _, (h_n, _) = module.decoder(torch.from_numpy(x))
    assert_alike(from_torch(module, name="decoder", head="fc", pool="last")(x), module.fc(h_n[0]))
    head = Linear(4, 3, seed=0)
    assert_alike(from_torch(module, name="decoder", head=head, pool="last")(x), head(h_n[0].detach().numpy()))


@assumed
@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2, 3])
@pytest.mark.parametrize("dtype", sorted(LIMITS))
def test_projections_come_over(num_layers: int, bidirectional: bool, dtype: str) -> None:
    module = torch.nn.LSTM(3, 5, num_layers, proj_size=2, bidirectional=bidirectional, batch_first=True)
    random_weights(module.to(getattr(torch, dtype)), 4)
    x = inputs(3, 8, 3, dtype)
    out, (h_n, _) = module(torch.from_numpy(x))
    model = from_torch(module)
    assert (model.nets[0].hidden_size, model.output_size) == (5, 4 if bidirectional else 2)
    assert_alike(model(x), out)
    assert_alike(
        from_torch(module.state_dict(), pool="last")(x), torch.cat(list(h_n[-2 if bidirectional else -1 :]), 1)
    )


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 3])
def test_a_chain_with_projections_comes_over_whole(num_layers: int, bidirectional: bool) -> None:
    class Projected(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            width = 4 if bidirectional else 2
            self.lstm = torch.nn.LSTM(3, 5, num_layers, proj_size=2, bidirectional=bidirectional)
            self.gru = torch.nn.GRU(width, 4)
            self.fc = torch.nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.as_tensor(self.fc(self.gru(self.lstm(x)[0])[0][-1]))

    module = random_weights(Projected().double(), 5)
    with pytest.warns(ClearLSTMWarning, match=r"reads \(T, N, F\)"):
        model = from_torch(module, example=inputs(8, 3, 3, "float64"))
    x = inputs(4, 9, 3, "float64", seed=8)
    assert model.pool == "last"
    assert_alike(model(x), module(torch.from_numpy(x.swapaxes(0, 1).copy())))


def test_cells_come_over() -> None:
    cells = torch.nn.ModuleDict({"lstm": torch.nn.LSTMCell(3, 4), "rnn": torch.nn.RNNCell(3, 4, nonlinearity="relu")})
    x = inputs(2, 5, 3)
    h, c, r = torch.zeros(2, 4), torch.zeros(2, 4), torch.zeros(2, 4)
    for t in range(5):
        h, c = cells["lstm"](torch.from_numpy(x[:, t]), (h, c))
        r = cells["rnn"](torch.from_numpy(x[:, t]), r)
    assert_alike(from_torch(cells, name="lstm", pool="last")(x), h)
    assert_alike(from_torch(cells, name="rnn", pool="last")(x), r)


def changed(**values: torch.Tensor | None) -> dict[str, torch.Tensor]:
    arrays: dict[str, Any] = dict(torch.nn.LSTM(3, 4, 2).state_dict()) | values
    return {name: tensor for name, tensor in arrays.items() if tensor is not None}


REFUSED: dict[str, tuple[Any, str]] = {
    "projection": (changed(weight_hr_l0=torch.ones(2, 4)), "projects h to 2 values, but weight_hh takes 4"),
    "one projection": (
        dict(torch.nn.LSTM(3, 4, bidirectional=True).state_dict()) | {"weight_hr_l0": torch.eye(4)},
        "in one direction only",
    ),
    "gates": ({"weight_hh": np.ones((6, 3)), "weight_ih": np.ones((6, 2))}, "one of .*3H, H. of GRU"),
    "no lstm": (torch.nn.Linear(3, 4), "no recurrent layer is in the source"),
    "empty": ({}, "no recurrent layer is in the source"),
    "a number": (3, "src is a int; give"),
    "missing layer": (
        changed(**dict.fromkeys([f"{k}_l0" for k in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")])),
        "incomplete",
    ),
    "missing part": (changed(weight_hh_l1=None), "lacks"),
    "wrong shape": (changed(weight_ih_l0=torch.zeros(12, 3)), "weight_ih has shape"),
    "wrong width": (changed(weight_ih_l1=torch.zeros(16, 7)), r"W has shape \(7, 16\)"),
    "not finite": (changed(bias_ih_l0=torch.full((16,), torch.nan)), "holds nan"),
    "no matrix": (changed(weight_hh_l0=torch.zeros(4)), "weight_hh has shape"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_come_over_is_named(name: str) -> None:
    src, message = REFUSED[name]
    with pytest.raises(InputError, match=message):
        from_torch(src)


def test_an_example_goes_with_a_module_alone() -> None:
    with pytest.raises(InputError, match="only be run by a module"):
        from_torch(changed(), example=inputs(2, 3, 3))
    with pytest.raises(InputError, match="leave them out"):
        from_torch(Model(), name="encoder", example=inputs(2, 3, 3))
    with pytest.raises(InputError, match=r"no plain chain.*If \(1, 1, 3\) is an example of 1 step"):
        from_torch(torch.nn.LSTM(3, 4), example=inputs(1, 1, 3))
    with pytest.raises(InputError, match="no such chain fits together and takes the example's 9 features"):
        from_torch(Model(), example=inputs(2, 7, 9))


@pytest.mark.parametrize("batch_first", [True, False])
def test_both_directions_read_at_the_last_step_are_hinted_at(batch_first: bool) -> None:
    class AtTheLastStep(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = torch.nn.LSTM(3, 4, batch_first=batch_first, bidirectional=True)
            self.fc = torch.nn.Linear(8, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = self.lstm(x)[0]
            answer: torch.Tensor = self.fc(h[:, -1] if batch_first else h[-1])
            return answer

    module, x = AtTheLastStep(), inputs(5, 7, 3)
    with pytest.raises(InputError, match="With head 'fc' and pool None, an answer a step"):
        from_torch(module, example=x)
    model = from_torch(module, name="lstm", head="fc", pool=None)
    assert_alike(model(x if batch_first else x.swapaxes(0, 1))[:, -1], module(torch.from_numpy(x)))


@given(st.sampled_from(["last", "mean", None]), st.sampled_from([None, 3]), st.booleans(), DTYPES, st.integers(0, 999))
@settings(max_examples=25, deadline=None)
def test_to_torch_gives_the_same_answers_and_comes_back(
    pool: Pool, head: int | None, bidirectional: bool, dtype: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    lower = LSTM(2, 5, 2, bidirectional=bidirectional, dropout=0.5, dtype=dtype, seed=seed)
    upper = RNN(lower.output_size, 4, bidirectional=bidirectional, activation="relu", dtype=dtype, seed=seed)
    model = Network([lower, upper], head, pool)
    model.set_parameters({name: rng.standard_normal(part.shape) * 0.4 for name, part in model.parameters.items()})
    module = to_torch(model)
    x, lengths = inputs(4, 6, 2, dtype, seed), rng.integers(1, 6, 4)  # all are shorter than T

    assert_alike(model(x), module(torch.from_numpy(x)))
    assert_alike(model(x, lengths), module(torch.from_numpy(x), torch.from_numpy(lengths)))
    assert_alike(from_torch(module, example=x)(x, lengths), model(x, lengths))


@pytest.mark.parametrize(
    "net",
    [LSTM(1, 2, peepholes=True), LSTM(1, 2, activations={"gate": "hard_sigmoid"}), RNN(1, 2, activation="linear")],
)
def test_what_torch_lacks_does_not_go_there(net: Any) -> None:
    with pytest.raises(InputError, match="can't go to torch"):
        to_torch(Network(net))
