"""Clipping: what a limit on the gradient's norm would do to a model as it is now, and where the gradient comes from.

Training scales a mini-batch's gradient down to ``max_norm`` where its norm over all parameters is larger (Pascanu,
Mikolov & Bengio 2013). Here nothing is trained: every mini-batch meets the same weights.

To see the gradient on its way through time, each layer is run once more with an input a of H numbers a direction that
is added to the h that a step starts from. It is 0 everywhere, so nothing changes, and its gradient is what flows back
through that step::

    z_k = x W_k + (h_prev + a) U_k + b_k        da = Σ_k dz_k U_kᵀ        dh_t = da_{t+1} + what comes from above
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError, TrainingError
from clearlstm.insight.notebook import Shown, notebook_html
from clearlstm.network.model import AnyTrace, Net, Network, NetworkTrace
from clearlstm.network.parameters import prefix
from clearlstm.network.subject import subject_of
from clearlstm.shapes import FloatArray, check_positive, check_whole, counted, real_steps
from clearlstm.training.batches import Batch, RowOrder, random_stream
from clearlstm.training.loop import array_source
from clearlstm.training.losses import Loss, as_loss
from clearlstm.training.optimiser import CLIP_MARGIN
from clearlstm.training.settings import check_number

if TYPE_CHECKING:
    import pandas as pd

FAINT: Final = 1e-3  # of the largest step's norm


@final
@dataclass(frozen=True, repr=False)
class Clipping(Shown):
    """What clipping at ``max_norm`` would do to each of B mini-batches.

    norms, losses (B,): the gradient's norm over all parameters, and the loss. By step, of each batch: x (B, T), the
    norm of ∂L/∂x_t over the batch's rows and features; h (B, K, T), that of ∂L/∂h_t for each of K ``layers``, over
    rows and units, everything that reaches the loss through h_t counted (c_t held). Steps are positions in time.
    """

    max_norm: float
    norms: FloatArray
    losses: FloatArray
    layers: tuple[str, ...]
    h: FloatArray
    x: FloatArray

    @property
    def factors(self) -> FloatArray:
        """What each batch's gradient would be multiplied by, (B,): 1 where it isn't clipped."""
        return np.asarray(np.minimum(1.0, self.max_norm / (self.norms + CLIP_MARGIN)))

    @property
    def share(self) -> float:
        """The share of the batches that would be clipped."""
        return float((self.factors < 1).mean())

    @property
    def sentence(self) -> str:
        """How often and how much it would clip, and which steps the gradient reaches."""
        clipped = self.factors[self.factors < 1]
        low, median, high = self.norms.min(), np.median(self.norms), self.norms.max()
        scale = f", to {np.median(clipped):.3g} of their size (median)" if len(clipped) else ""
        return (
            f"Clipping at {self.max_norm:g} would scale down {len(clipped)} of {len(self.norms)} mini-batches{scale}: "
            f"their gradients' norms are {low:.3g} to {high:.3g}, median {median:.3g}. "
            f"{_course('∂L/∂h in ' + self.layers[-1], self.h[:, -1])}; {_course('∂L/∂x', self.x)}."
        )

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table, a row for each mini-batch: ``batch, loss, norm, clipped, factor``."""
        import pandas as pd

        columns = {"loss": self.losses, "norm": self.norms, "clipped": self.factors < 1, "factor": self.factors}
        return pd.DataFrame({"batch": np.arange(len(self.norms))} | columns)

    def by_step(self) -> "pd.DataFrame":
        """A tidy table of the median over the mini-batches: ``step, of, norm``, of x and of each layer's h."""
        import pandas as pd

        courses = {"x": self.x} | {f"h of {layer}": self.h[:, k] for k, layer in enumerate(self.layers)}
        parts = [
            pd.DataFrame({"step": np.arange(norms.shape[1]), "of": name, "norm": np.median(norms, axis=0)})
            for name, norms in courses.items()
        ]
        return pd.concat(parts, ignore_index=True)

    def _repr_html_(self) -> str:
        return notebook_html(self.sentence, self.to_frame())

    def __repr__(self) -> str:
        clipped, steps = int((self.factors < 1).sum()), counted(self.x.shape[1], "step")
        return f"Clipping({clipped} of {len(self.norms)} mini-batches above {self.max_norm:g}; {steps})"


def clipping(
    model: Any,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    lengths: npt.ArrayLike | None = None,
    loss: str | Loss = "squared",
    max_norm: float = 1.0,
    batch_size: int = 64,
    seed: int = 0,
) -> Clipping:
    """What clipping by the global norm would do to each mini-batch of an epoch, at the present weights.

    Takes x (N, T, F), y, lengths and loss as :func:`clearlstm.train` does, as the net itself sees them; so a classifier
    or a regressor, which scales them first, is refused: give its ``network_`` what it makes of them. The mini-batches,
    and dropout where the net has it, are those of the first epoch that ``train`` would draw from ``seed``. Nothing is
    changed.

    Raises InputError for what train refuses and for those two, and TrainingError where a loss or a gradient isn't
    finite.

    >>> from clearlstm.network.lstm import LSTM
    >>> x = np.random.default_rng(0).normal(size=(64, 20, 1))
    >>> found = clipping(Network([LSTM(1, 8, seed=0)], head=1, seed=0), x, 10 * x[:, 0], batch_size=16)
    >>> found
    Clipping(4 of 4 mini-batches above 1; 20 steps)
    """
    subject = subject_of(model)
    if subject.features is not None:
        raise InputError(
            f"the model is a {type(model).__name__}, which scales x and y for itself; here both are needed as its net "
            "reads them: give model.network_, model.feature_scaling_.forward(x), and y scaled alike (a class by number)"
        )
    network, chosen = subject.network, as_loss(loss)
    limit, size = check_number("max_norm", max_norm, zero=False), check_positive("batch_size", batch_size)
    source = array_source(network, chosen, x, y, lengths)
    order = RowOrder(source.n_rows, size, shuffle=True, seed=check_whole("seed", seed))
    parts = [
        _of_batch(network, chosen, source.batch(order.rows(step)), _dropout_rng(network, seed, step))
        for step in range(math.ceil(source.n_rows / order.batch_size))
    ]
    losses, norms, h_norms, x_norms = (np.array(values) for values in zip(*parts, strict=True))
    return Clipping(limit, norms, losses, _layer_names(network), h_norms, x_norms)


def _dropout_rng(network: Network, seed: int, step: int) -> np.random.Generator | None:
    """What training draws this step's dropout from."""
    return random_stream(seed, "dropout", step) if any(net.dropout > 0 for net in network.nets) else None


def _of_batch(
    network: Network, loss: Loss, batch: Batch, rng: np.random.Generator | None
) -> tuple[float, float, FloatArray, FloatArray]:
    """The loss, the gradient's norm, and the norms by step of ∂L/∂h (K, T) and ∂L/∂x (T,)."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # looked for in the results
        trace = network.trace(batch.x, batch.lengths, dropout_rng=rng)
        real = real_steps(trace.lengths, batch.x.shape[1])
        weight = real.astype(np.float64) if network.pool is None else None
        value, dy = loss.value_and_gradient(trace.y, batch.y, weight)
        if not (math.isfinite(value) and np.isfinite(dy).all()):
            raise _not_finite("the loss or its gradient by the answer")
        gradients = network.backward(trace, dy).parameters
        norm = math.sqrt(sum(_square(gradient) for gradient in gradients.values()))
        h_norms, x_norms = _by_step(network, trace, dy)
    if not (math.isfinite(norm) and np.isfinite(h_norms).all() and np.isfinite(x_norms).all()):
        raise _not_finite("the gradient")
    return value, norm, h_norms, x_norms


def _square(gradient: FloatArray) -> float:
    return float(np.square(gradient, dtype=np.float64).sum())


def _not_finite(what: str) -> TrainingError:
    return TrainingError(
        f"{what} isn't finite at these weights, so there is nothing to clip: look for huge weights, and give x and y "
        "of a size around 1"
    )


def _by_step(network: Network, trace: NetworkTrace, dy: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The norms by step of ∂L/∂h in every layer, the lowest first, (K, T), and of ∂L/∂x, (T,)."""
    from_above = _by_outputs(network, trace, dy)
    h_norms: list[FloatArray] = []
    for net, passed in zip(reversed(network.nets), reversed(trace.nets), strict=True):
        for k in reversed(range(net.num_layers)):
            dh, from_above = _through_layer(net, passed, k, from_above)
            h_norms.append(_step_norms(dh))
    return np.array(h_norms[::-1]), _step_norms(from_above)


def _by_outputs(network: Network, trace: NetworkTrace, dy: FloatArray) -> FloatArray:
    """The gradient by the last net's h alone, (N, T, D·H): how the head and the pooling hand it back."""
    pooled, lengths = dy, trace.lengths
    if network.head:
        pooled = network.head.backward(trace.pooled, dy)[0]
    (N, T, _), H = trace.nets[-1].h.shape, network.nets[-1].hidden_size
    real = real_steps(lengths, T)[..., None]
    if network.pool is None:
        return pooled * real
    if network.pool == "mean":
        return np.asarray((pooled / lengths[:, None].astype(network.dtype))[:, None] * real)
    dh = np.zeros_like(trace.nets[-1].h)
    dh[np.arange(N), lengths - 1, :H] = pooled[:, :H]
    dh[:, 0, H:] = pooled[:, H:]  # the reverse direction ends at the first step
    return dh


def _through_layer(net: Net, trace: AnyTrace, k: int, from_above: FloatArray) -> tuple[FloatArray, FloatArray]:
    """∂L/∂h_t of layer ``k``, (N, T, D·H), and the gradient by what it was given, (N, T, F)."""
    layer, (N, T, F), H = trace.layer(k), trace.layer(k).x.shape, net.hidden_size
    probe: Any = _probe(net, k, F)
    x = np.concatenate([layer.x, np.zeros((N, T, net.output_size), net.dtype)], axis=-1)
    first = tuple(
        np.stack([getattr(direction.record, f"{name}_0") for direction in trace.layers[k]])
        for name in net.cell.states
    )  # fmt: skip
    dx = probe.backward(probe.trace(x, trace.lengths, first), from_above).x
    dh = from_above.copy()
    # dh_t = da_{t+1} + what comes from above; in the reverse direction the step that came after is t − 1.
    dh[:, :-1, :H] += dx[:, 1:, F : F + H]
    dh[:, 1:, H:] += dx[:, :-1, F + H :]
    dh[~real_steps(trace.lengths, T)] = 0  # the reverse direction's first da is of h_0
    below, mask = dx[..., :F], trace.masks[k]
    return dh, np.ascontiguousarray(below if mask is None else below * mask)


def _probe(net: Net, k: int, n_features: int) -> Net:
    """Layer ``k`` as a net of its own, with an input a of D·H more features that is added to h_prev."""
    options = net.config() | {"input_size": n_features + net.output_size, "num_layers": 1, "dropout": 0.0}
    probe = type(net)(**options, seed=0)
    parameters: dict[str, FloatArray] = {}
    for d in range(net.num_directions):
        weights = net.weights(k, d)
        adding = np.zeros((net.num_directions, *weights.U.shape), net.dtype)
        adding[d] = weights.U  # each direction has an a of its own
        parts = vars(weights) | {"W": np.concatenate([weights.W, *adding])}
        parameters |= {f"{prefix(0, d)}{name}": values for name, values in parts.items() if values is not None}
    return probe.set_parameters(parameters)


def _step_norms(gradient: FloatArray) -> FloatArray:
    """The norm of each step over rows and features, (N, T, F) to (T,)."""
    return np.asarray(np.sqrt(np.square(gradient, dtype=np.float64).sum(axis=(0, 2))))


def _layer_names(network: Network) -> tuple[str, ...]:
    several = len(network.nets) > 1
    return tuple(
        (f"net {n}, layer {k}" if several else f"layer {k}")
        for n, net in enumerate(network.nets)
        for k in range(net.num_layers)
    )  # fmt: skip


def _course(name: str, norms: FloatArray) -> str:
    """Where a gradient (B, T) is largest, and which steps see at least a thousandth of that."""
    median = np.median(norms, axis=0)
    if not median.any():
        return f"{name} is 0 at every step"
    reached = np.flatnonzero(median >= FAINT * median.max())
    first, last = reached[0], reached[-1]
    return f"{name} is largest at step {median.argmax()}, and over {FAINT:g} of that from step {first} to {last}"
