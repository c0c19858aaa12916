"""Torch's live modules: what they compute with, whose they are, how they are run; the oracle is their own answers."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm.cli.inspect import _load as load_by_inspect
from clearlstm.errors import ClearLSTMWarning, InputError, ModelFileError
from clearlstm.interop.keras import from_keras
from clearlstm.interop.onnx import from_onnx
from clearlstm.interop.open import load
from clearlstm.interop.torch import contents, from_torch

pytest.importorskip("torch")

import torch
from torch.nn.utils import parametrizations, parametrize, prune

from tests.interop.torch_models import Chain, assert_alike, assumed, inputs, random_weights

pytestmark = [pytest.mark.torch, assumed, pytest.mark.filterwarnings("ignore:.*deprecated")]

# Weights in parts


def _normed(module: torch.nn.Module, name: str) -> None:
    torch.nn.utils.weight_norm(module, name)
    with torch.no_grad():
        getattr(module, f"{name}_g").mul_(2)


def _normed_over_columns(module: torch.nn.Module, name: str) -> None:
    torch.nn.utils.weight_norm(module, name, dim=1)
    with torch.no_grad():
        getattr(module, f"{name}_g").mul_(2)


def _normed_whole(module: torch.nn.Module, name: str, dim: Any = None) -> None:
    parametrizations.weight_norm(module, name, dim=dim)
    with torch.no_grad():
        module.parametrizations[name].original0.mul_(0.5)  # type: ignore[index,union-attr]


PRUNE: Any = prune
PARTS: dict[str, Callable[[torch.nn.Module, str], object]] = {
    "normed": _normed,
    "normed over columns": _normed_over_columns,
    "normed by parametrization": lambda module, name: _normed_whole(module, name, dim=0),
    "normed whole": _normed_whole,
    "spectral": torch.nn.utils.spectral_norm,
    "spectral by parametrization": parametrizations.spectral_norm,
    "pruned": lambda module, name: PRUNE.l1_unstructured(module, name, 0.4),
    "pruned twice": lambda module, name: [PRUNE.random_unstructured(module, name, 0.2) for _ in range(2)],
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", PARTS)
def test_weights_in_parts_are_put_together(kind: str, dtype: str) -> None:
    module = Chain().to(getattr(torch, dtype))
    for part, name in ((module.lstm, "weight_hh_l0"), (module.lstm, "weight_ih_l1"), (module.fc, "weight")):
        PARTS[kind](part, name)
    x = inputs(4, 6, 3, dtype)
    module.eval()
    with torch.no_grad():
        expected = module.fc(module.lstm(torch.from_numpy(x))[0])
    model = from_torch(module.state_dict(), head="fc")
    assert_alike(model(x), expected)
    assert_alike(from_torch(module, head="fc")(x), expected)
    assert_alike(from_torch(module, example=x)(x), expected[:, -1])
    plain = Chain().to(getattr(torch, dtype))
    assert np.abs(model(x) - plain.fc(plain.lstm(torch.from_numpy(x))[0]).detach().numpy()).max() > 1e-3


class Doubled(torch.nn.Module):
    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return 2 * weight


def test_a_parametrization_of_ones_own_needs_the_module() -> None:
    module = random_weights(torch.nn.LSTM(3, 4, batch_first=True))
    parametrize.register_parametrization(module, "weight_hh_l0", Doubled())
    x = inputs(4, 6, 3)
    assert_alike(from_torch(module)(x), module(torch.from_numpy(x))[0])
    with pytest.raises(InputError, match=r"'weight_hh_l0' is parametrized .* give the module itself"):
        from_torch(module.state_dict())


def quantized(module: torch.nn.Module, dtype: torch.dtype = torch.qint8) -> torch.nn.Module:
    kinds = {torch.nn.LSTM, torch.nn.GRU, torch.nn.LSTMCell, torch.nn.Linear}
    quantize: Any = torch.ao.quantization.quantize_dynamic
    made: torch.nn.Module = quantize(module, kinds, dtype=dtype)
    return made


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("dtype", [torch.qint8, torch.float16])
def test_dynamically_quantized_layers_are_opened_by_what_their_numbers_stand_for(
    dtype: torch.dtype, bidirectional: bool, tmp_path: Path
) -> None:
    module = Chain(bidirectional)
    small = quantized(module, dtype)
    weights: dict[str, Any] = small.lstm.get_weight() | small.lstm.get_bias()  # type: ignore[union-attr,operator]
    with torch.no_grad():
        for name, part in weights.items():
            getattr(module.lstm, name).copy_(part.dequantize() if part.is_quantized else part.float())
        weight, bias = small.fc._weight_bias()  # type: ignore[union-attr,operator]
        module.fc.weight.copy_(weight.dequantize() if weight.is_quantized else weight.float())
        module.fc.bias.copy_(bias)
    x = inputs(4, 6, 3)
    expected = module.fc(module.lstm(torch.from_numpy(x))[0])
    torch.save(small.state_dict(), tmp_path / "state.pt")
    torch.jit.save(torch.jit.script(small), tmp_path / "script.pt")
    sources = [small, small.state_dict(), tmp_path / "state.pt", tmp_path / "script.pt", torch.jit.script(small)]
    for source in sources:
        with pytest.warns(ClearLSTMWarning, match="'lstm' is quantized: .* its answers differ a little"):
            model = from_torch(source, head="fc")
        assert_alike(model(x), expected)
    with pytest.raises(InputError, match="quantized: it rounds what goes in, too"):
        from_torch(small, example=x)


def test_a_quantized_cell_and_one_whose_shape_does_not_tell() -> None:
    cell = quantized(torch.nn.ModuleDict({"cell": random_weights(torch.nn.LSTMCell(3, 4))}))
    x = inputs(4, 1, 3)
    for source in (cell, cell.state_dict()):
        with pytest.warns(ClearLSTMWarning, match="'cell' is quantized"):
            model = from_torch(source, pool="last")
        theirs = cell["cell"](torch.from_numpy(x[:, 0]))[0].numpy()  # type: ignore[index]
        assert np.abs(model(x) - theirs).max() < 0.02
    square = quantized(torch.nn.ModuleDict({"lstm": torch.nn.LSTM(4, 4, 2)}))
    with pytest.raises(InputError, match="its weights don't tell which; give the module itself"):
        from_torch(square.state_dict())
    with pytest.warns(ClearLSTMWarning, match="is quantized"):
        assert from_torch(square).nets[0].num_layers == 2


# Whose modules


class Own(torch.nn.Module):
    """Weights called as torch's, and something else in between, or nothing."""

    def __init__(self, norm: bool) -> None:
        super().__init__()
        self.weight_ih, self.weight_hh = (torch.nn.Parameter(torch.randn(16, k) * 0.3) for k in (3, 4))
        self.ln = torch.nn.LayerNorm(16) if norm else torch.nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = c = torch.zeros(len(x), 4, dtype=x.dtype)
        for t in range(x.shape[1]):
            i, f, g, o = self.ln(x[:, t] @ self.weight_ih.T + h @ self.weight_hh.T).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        return h


class Inheriting(torch.nn.LSTM):
    """With a forward of torch's."""


class Changing(torch.nn.LSTM):
    def forward(self, x: Any, hx: Any = None) -> Any:
        return 2 * super().forward(x, hx)[0], None


@pytest.mark.parametrize("norm", [False, True])
def test_a_module_of_ones_own_is_refused_by_name_unless_its_answers_agree(norm: bool) -> None:
    module, x = torch.nn.Sequential(Own(norm)), inputs(4, 6, 3)
    with pytest.raises(InputError, match=r"'0' is a tests\.interop\.test_torch_modules\.Own, which is none of torch's"):
        from_torch(module)
    assert "none of torch's" in contents(module).refused["0"]
    if norm:
        with pytest.raises(InputError, match="no plain chain"):
            from_torch(module, example=x)
        with pytest.warns(ClearLSTMWarning, match=r"'0' is read .*Beside its own it has 'ln\.weight', 'ln\.bias'"):
            from_torch(module.state_dict())
    else:
        assert_alike(from_torch(module, example=x)(x), module(torch.from_numpy(x)))


def test_what_inherits_torchs_forward_is_torchs(tmp_path: Path) -> None:
    module, x = Inheriting(3, 4, batch_first=True), inputs(4, 6, 3)
    assert_alike(from_torch(module)(x), module(torch.from_numpy(x))[0])
    with pytest.raises(InputError, match=r"the module is a .*\.Changing"):
        from_torch(Changing(3, 4))
    torch.save(Changing(3, 4), tmp_path / "m.pt")
    with pytest.raises(ModelFileError, match=r"m\.pt: the module is a .*\.Changing"):
        from_torch(tmp_path / "m.pt")


# How they are run

TRACE: Any = torch.jit.trace


class Mixing(torch.nn.Module):
    def __init__(self, how: str) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(3, 4, bidirectional=how == "h_n", batch_first=how == "h_n")
        self.fc = torch.nn.Linear(8 if how == "h_n" else 4, 2)
        self.how = how
        random_weights(self, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        N, T, F = x.shape
        if self.how == "h_n":
            return torch.as_tensor(self.fc(self.lstm(x)[1][0].view(N, -1)))
        if self.how == "view":
            return torch.as_tensor(self.fc(self.lstm(x.view(T, N, F))[0][-1]))
        return torch.as_tensor(self.fc(self.lstm(x)[0][:, -1]))


@pytest.mark.parametrize("how", ["h_n", "view", "batch_first"])
def test_a_module_that_mixes_batch_and_time_is_told_so(how: str) -> None:
    with pytest.raises(InputError, match=r"The source mixes batch and time: .* a missing batch_first=True"):
        from_torch(Mixing(how), example=inputs(4, 7, 3))


def test_one_that_is_no_chain_and_takes_time_first_is_told_so() -> None:
    class Squared(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = torch.nn.LSTM(3, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.as_tensor(self.lstm(x)[0][-1] ** 2)

    with pytest.raises(InputError, match="takes axis 0 of the example, of 4, for time, and axis 1, of 7, for the seq"):
        from_torch(Squared(), example=inputs(4, 7, 3))


def test_a_chain_with_something_else_in_it_is_not_said_to_mix() -> None:
    with pytest.raises(InputError, match="no plain chain") as refusal:
        from_torch(Own(norm=True), example=inputs(4, 7, 3))
    assert "mixes" not in str(refusal.value)


@pytest.mark.filterwarnings("ignore:.*were assigned during export")
@pytest.mark.filterwarnings("ignore:.*Converting a tensor to a Python")
@pytest.mark.parametrize(
    "wrap",
    [
        torch.compile,
        torch.nn.DataParallel,
        torch.jit.script,
        lambda module: TRACE(module, torch.zeros(4, 7, 3)),
        lambda module: torch.export.export(module, (torch.zeros(4, 7, 3),)),
        lambda module: torch.export.export(module, (torch.zeros(4, 7, 3),)).module(),
    ],
)
def test_what_torch_makes_of_a_module_is_opened_as_it_is(wrap: Callable[[torch.nn.Module], Any]) -> None:
    module, x = Chain().eval(), torch.from_numpy(inputs(4, 7, 3)).requires_grad_()
    made = wrap(module)
    model = from_torch(made, example=x)
    assert (model.pool, model.output_size) == ("last", 2)
    assert_alike(model(x.detach().numpy()), module(x))
    assert list(contents(made).nets) == ["lstm"]
    assert_alike(from_torch(made, name="lstm")(x.detach().numpy()), module.lstm(x)[0])


def test_a_class_has_no_weights() -> None:
    for example in (None, inputs(2, 3, 3)):
        with pytest.raises(InputError, match=r"src is the class LSTM, which has no weights: make one of it, LSTM\(…\)"):
            from_torch(torch.nn.LSTM, example=example)


def test_contents_are_listed_and_nothing_stops_at_what_is_refused(tmp_path: Path) -> None:
    parts: dict[str, torch.nn.Module] = {
        "own": Own(norm=True),
        "gru": torch.nn.GRU(3, 5, 2),
        "fc": torch.nn.Linear(5, 2),
    }
    arrays = torch.nn.ModuleDict(parts).state_dict() | {"half.weight_ih_l0": torch.ones(16, 3)}
    torch.save(arrays, tmp_path / "m.pt")
    for source in (arrays, tmp_path / "m.pt"):
        listed = contents(source)
        assert {name: net.nets[0].hidden_size for name, net in listed.nets.items()} == {"own": 4, "gru": 5}
        assert listed.heads == {"fc": (5, 2)}
        assert "lacks ['weight_hh']" in listed.refused["half"]
    assert list(contents(torch.nn.ModuleDict(parts)).refused) == ["own"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: Path(path).symlink_to("/dev/zero")])
def test_a_pipe_or_a_device_is_refused_by_every_door(make: Callable[[Path], object], tmp_path: Path) -> None:
    make(tmp_path / "m")
    doors: list[Callable[[Path], object]] = [load, from_torch, contents, from_onnx, from_keras]
    doors.append(lambda path: load_by_inspect(path, {}))
    for door in doors:
        with pytest.raises(ModelFileError, match=r"is a (named pipe|device)"):
            door(tmp_path / "m")
