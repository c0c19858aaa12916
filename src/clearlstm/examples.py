"""Examples to start from: the video's unit and its two companies, and real data and trained nets of the package."""

from typing import TYPE_CHECKING

import numpy as np

from clearlstm.cell.layout import GATES
from clearlstm.data.bundled import lesson
from clearlstm.network.lstm import LSTM

if TYPE_CHECKING:
    import pandas as pd

    from clearlstm.data.bundled import Companies, Windows
    from clearlstm.network.model import Network

# (on h, on x, bias): as StatQuest's video shows them, and where its published lesson starts to train: eight draws from
# N(0, 1) after seeding torch with 42.
VIDEO_WEIGHTS, PUBLISHED_START = (
    {gate: (w["h"], w["x"], w["b"]) for gate, w in lesson()[name].items()} for name in ("weights", "start")
)


def statquest_unit() -> LSTM:
    """The trained unit of StatQuest's "Long Short-Term Memory (LSTM), Clearly Explained": one input, one hidden unit.

    >>> h, _ = statquest_unit()(companies().x)
    >>> h[:, -1, 0].round(4)
    array([0.0064, 0.9694])
    """
    return unit(VIDEO_WEIGHTS)


def unit(weights: dict[str, tuple[float, float, float]]) -> LSTM:
    """An LSTM with one input and one hidden unit from (weight on h, weight on x, bias) of each gate f, i, g, o."""
    on_h, on_x, bias = np.array([weights[gate] for gate in GATES]).T
    net = LSTM(1, 1, dtype="float64", seed=0)
    name = "layer0.forward."
    return net.set_parameters({name + "U": on_h[None], name + "W": on_x[None], name + "b": bias})


def companies() -> "Companies":
    """The video's companies A and B: x (2, 4, 1), their values on days 1 to 4, and y (2, 1), day 5."""
    from clearlstm.data import bundled

    return bundled.companies()


def stock_prices() -> "pd.DataFrame":
    """Daily closing prices of AAPL, IBM and MSFT, 2000–2013, adjusted: ``unique_id, ds, y``, 3270 days each."""
    from clearlstm.data import bundled

    return bundled.stock_prices()


def load() -> "pd.DataFrame":
    """Half-hourly electricity load in England and Wales, 12 weeks (Taylor 2003): ``unique_id, ds, y``, 4032 rows."""
    from clearlstm.data import bundled

    return bundled.load()


def electricity_windows() -> "Windows":
    """Windows over :func:`load`: x (327, 96, 1), two days of half-hours; y (327, 1), the load twelve hours later.

    A window starts every six hours. Values are scaled to mean 0 and spread 1: the scale of the bundled nets.
    """
    from clearlstm.data import bundled

    return bundled.electricity_windows()


def electricity_net() -> "Network":
    """A trained net of 8 LSTM units and a linear head, which has learnt :func:`electricity_windows`; in float64.

    (N, T, 1) to (N, 1): from the load so far to that of twelve hours later. It was fitted on all windows and compared
    with nothing: look into it, don't forecast with it.

    >>> x, y = electricity_windows()
    >>> bool(abs(electricity_net()(x) - y).mean() < 0.2)              # in spreads of the load
    True
    """
    return _bundled_net("electricity_net.safetensors")


def electricity_plain_net() -> "Network":
    """As :func:`electricity_net`, with 8 plain recurrent units (tanh) in the place of the LSTM's."""
    return _bundled_net("electricity_plain_net.safetensors")


def letters_net() -> "Network":
    """A trained net of 96 LSTM units that guesses the next letter of a play of Shakespeare's; in float64.

    (1, T, 65) to (1, T, 65): letters as :func:`clearlstm.letters.one_hot` writes them, and after each the logarithms of
    the next one's chances, up to a constant. ``clearlstm.letters`` has what else it takes.

    >>> from clearlstm import letters
    >>> bool(letters.bits(letters_net(), letters_text()) < 2.7)       # a guess among 65 equal chances has 6.02
    True
    """
    return _bundled_net("letters_net.safetensors")


def letters_text() -> str:
    """The first 12,000 letters of The Tempest, from the first act on, which :func:`letters_net` hasn't seen.

    >>> letters_text()[85:129]
    'Enter a SHIPMASTER and a BOATSWAIN severally'
    """
    from clearlstm.data import bundled

    return bundled.letters_text()


def _bundled_net(name: str) -> "Network":
    from clearlstm.data import bundled
    from clearlstm.network import storage
    from clearlstm.network.model import Network

    with bundled.bundled_file(name) as path:
        net = storage.load(path)
    assert isinstance(net, Network)
    return net
