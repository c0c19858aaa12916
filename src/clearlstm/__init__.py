"""clearlstm: the LSTM that you can see through.

Train LSTMs on your own sequences, forecast with them honestly, and look at every gate, memory and gradient. What is
named here is loaded when it is first used, so that ``import clearlstm`` itself stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from clearlstm.version import __version__

if TYPE_CHECKING:
    from clearlstm import errors as errors
    from clearlstm import examples as examples
    from clearlstm import letters as letters
    from clearlstm.forecasting.each import fit_each as fit_each
    from clearlstm.forecasting.forecaster import LSTMForecaster as LSTMForecaster
    from clearlstm.forecasting.search import search as search
    from clearlstm.insight.altered import Hold as Hold
    from clearlstm.insight.altered import Zero as Zero
    from clearlstm.insight.attribution.attribute import attribute as attribute
    from clearlstm.insight.attribution.of_forecast import attribute_forecast as attribute_forecast
    from clearlstm.insight.audit.audit import audit as audit
    from clearlstm.insight.clipping import clipping as clipping
    from clearlstm.insight.explain import explain as explain
    from clearlstm.insight.gradient_flow import gradient_flow as gradient_flow
    from clearlstm.insight.ledger import ledger as ledger
    from clearlstm.insight.ledger import ledgers as ledgers
    from clearlstm.insight.memory import memory_lengths as memory_lengths
    from clearlstm.insight.units import unit_facts as unit_facts
    from clearlstm.insight.what_if import what_if as what_if
    from clearlstm.interop.capture import capture as capture
    from clearlstm.interop.keras import from_keras as from_keras
    from clearlstm.interop.onnx import from_onnx as from_onnx
    from clearlstm.interop.open import load as load
    from clearlstm.interop.torch import from_torch as from_torch
    from clearlstm.kernels import set_num_threads as set_num_threads
    from clearlstm.network.gru import GRU as GRU
    from clearlstm.network.head import Linear as Linear
    from clearlstm.network.lstm import LSTM as LSTM
    from clearlstm.network.model import Network as Network
    from clearlstm.network.rnn import RNN as RNN
    from clearlstm.sequences.classifier import LSTMClassifier as LSTMClassifier
    from clearlstm.sequences.regressor import LSTMRegressor as LSTMRegressor
    from clearlstm.training import losses as losses
    from clearlstm.training.loop import train as train
    from clearlstm.training.windows import TableWindows as TableWindows

_MODULES = {
    "errors": "clearlstm.errors",
    "examples": "clearlstm.examples",
    "letters": "clearlstm.letters",
    "losses": "clearlstm.training.losses",
}
_HOMES = {
    "GRU": "clearlstm.network.gru",
    "Hold": "clearlstm.insight.altered",
    "LSTM": "clearlstm.network.lstm",
    "LSTMClassifier": "clearlstm.sequences.classifier",
    "LSTMForecaster": "clearlstm.forecasting.forecaster",
    "LSTMRegressor": "clearlstm.sequences.regressor",
    "Linear": "clearlstm.network.head",
    "Network": "clearlstm.network.model",
    "RNN": "clearlstm.network.rnn",
    "TableWindows": "clearlstm.training.windows",
    "Zero": "clearlstm.insight.altered",
    "attribute": "clearlstm.insight.attribution.attribute",
    "attribute_forecast": "clearlstm.insight.attribution.of_forecast",
    "audit": "clearlstm.insight.audit.audit",
    "capture": "clearlstm.interop.capture",
    "clipping": "clearlstm.insight.clipping",
    "explain": "clearlstm.insight.explain",
    "fit_each": "clearlstm.forecasting.each",
    "from_keras": "clearlstm.interop.keras",
    "from_onnx": "clearlstm.interop.onnx",
    "from_torch": "clearlstm.interop.torch",
    "gradient_flow": "clearlstm.insight.gradient_flow",
    "ledger": "clearlstm.insight.ledger",
    "ledgers": "clearlstm.insight.ledger",
    "load": "clearlstm.interop.open",
    "memory_lengths": "clearlstm.insight.memory",
    "search": "clearlstm.forecasting.search",
    "set_num_threads": "clearlstm.kernels",
    "train": "clearlstm.training.loop",
    "unit_facts": "clearlstm.insight.units",
    "what_if": "clearlstm.insight.what_if",
}

__all__ = [*_MODULES, *_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'clearlstm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
