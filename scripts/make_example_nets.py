"""Make the bundled nets in src/clearlstm/data/bundled, which the pages in docs look into.

Run from the root of a clone: ``python scripts/make_example_nets.py``, and then ``make docs``. It takes seconds. A page
that trained its own net would print other numbers wherever training ends elsewhere; these weights are data, and the
same everywhere.
"""

from pathlib import Path
from typing import Final

from clearlstm import examples
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from clearlstm.training.loop import train

FOLDER: Final = Path(__file__).parents[1] / "src" / "clearlstm" / "data" / "bundled"
NETS: Final[dict[str, type[LSTM] | type[RNN]]] = {"electricity_net": LSTM, "electricity_plain_net": RNN}
UNITS: Final = 8
SEED: Final = 4


def trained(kind: type[LSTM] | type[RNN]) -> Network:
    """A net of that kind which says the load twelve hours after two days of it."""
    x, y = examples.electricity_windows()
    model = Network(kind(1, UNITS, init="uniform", dtype="float64", seed=SEED), head=1, seed=SEED)
    train(model, x, y, learning_rate=0.01, weight_decay=0.3, schedule="cosine", max_steps=600, seed=SEED)
    return model


if __name__ == "__main__":
    for name, kind in NETS.items():
        path = FOLDER / f"{name}.safetensors"
        trained(kind).save(path)
        print(f"{path.name}: {path.stat().st_size} bytes")
