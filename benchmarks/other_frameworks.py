"""One LSTM layer in JAX, and in Keras on JAX, beside clearlstm: answers and training. Writes OTHER_FRAMEWORKS.md.

    pip install --group frameworks              # JAX and Keras, in the environment that clearlstm is installed in
    python benchmarks/other_frameworks.py       # some 3 minutes on two cores

A step of training is the loss (squares summed over all units, averaged over sequences and steps), its gradients by the
weights, and a plain update: in clearlstm ``trace``, ``backward`` and NumPy, in JAX and Keras one compiled function. In
JAX the layer is a ``jax.lax.scan``, written in three ways of which the quickest counts, row by row; its sequences lie
time first, as a scan wants them. In Keras it is ``jax.jit`` of ``LSTM.stateless_call``, its quickest way. All start
from the same weights and see the same numbers. Their h, gradients and losses are compared before anything is timed:
where they differ by more than float32's rounding, the run ends with an error.

XLA starts a thread for each processor that its process may use, and has no setting for that; so every library's process
is held to as many processors as there are threads.
"""

import functools
import importlib.util
import os
import platform
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.bench.grid import Row, Task
from clearlstm.bench.measure import OWN, Effort, Make, Measurement, in_turns, processes
from clearlstm.errors import ClearLSTMError, MissingExtraError
from clearlstm.files import atomic_write
from clearlstm.kernels import get_num_threads, processor_name, this_machine
from clearlstm.shapes import FloatArray
from clearlstm.version import __version__

RESULTS: Final = Path(__file__).with_name("OTHER_FRAMEWORKS.md")
NEEDS: Final = ("jax", "keras")

TITLES: Final[dict[Task, str]] = {"forward": "Answers", "all": "A step of training"}
ROWS: Final = tuple(
    Row(*sizes, tasks=tuple(TITLES))
    for sizes in (
        (1, 50, 1, 8),
        (1, 4800, 1, 32),
        (32, 50, 1, 32),
        (64, 50, 8, 64),
        (32, 100, 8, 128),
        (128, 100, 16, 256),
        (64, 100, 512, 512),
    )
)

ANSWERS: Final = "answers"
"""The call that gives what is compared, beside those that are timed."""

RATE: Final = 0.5
STEPS: Final = 5
"""Of training, whose losses are compared."""

TOLERANCE: Final = 1e-5
"""The largest difference from clearlstm in h, a gradient or the losses, as a part of the largest number of its kind."""

Answers: TypeAlias = dict[str, npt.NDArray[Any]]
"""h (N, T, H), the loss's gradients by W (F, 4H), U (H, 4H) and b (4H,), losses (STEPS,)."""

Calls: TypeAlias = dict[str, Callable[[], Any]]
Weights: TypeAlias = tuple[Any, Any, Any]
"""W (F, 4H), U (H, 4H) and b (4H,)."""

Layer: TypeAlias = Callable[[Weights, Any], Any]
"""From weights and x to h, in JAX."""


class Problem(NamedTuple):
    """x (N, T, F), the h that is wanted (N, T, H), and the first weights, gates in the order f, i, g, o."""

    x: FloatArray
    y: FloatArray
    weights: Weights


def problem(row: Row) -> Problem:
    """Random numbers; every unit is to learn half the tanh of the first feature."""
    rng, width = np.random.default_rng(0), 4 * row.H
    x = rng.standard_normal((row.N, row.T, row.F), dtype=np.float32)
    y = np.repeat(np.tanh(x[:, :, :1]) / 2, row.H, axis=2)
    shapes = ((row.F, width), (row.H, width), (width,))
    W, U, b = ((rng.uniform(-1, 1, shape) / np.sqrt(row.H)).astype(np.float32) for shape in shapes)
    return Problem(x, y, (W, U, b))


def confined(make: Make, row: Row, n_threads: int) -> Mapping[Any, Callable[[], object]]:
    """The calls of ``make``, in a process that has so many processors from here on."""
    confine(n_threads)
    return make(row, n_threads)


def confine(n_threads: int) -> None:
    """Let this process, and the threads that it starts, use so many processors."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:n_threads])
    elif n_threads < (os.cpu_count() or 1):
        raise ClearLSTMError(
            f"XLA can be held to {n_threads} threads on Linux alone: let clearlstm use all {os.cpu_count()}, too"
        )


def calls_of(
    forward: Callable[[], Any], gradients: Callable[[], Iterable[Any]], training: Callable[[], Callable[[], float]]
) -> Calls:
    """The calls, from those that give h, the gradients by W, U and b, and a step that answers its loss."""

    def answers() -> Answers:
        step = training()
        by_weights = dict(zip("WUb", map(np.asarray, gradients()), strict=True))
        return {"h": np.asarray(forward()), **by_weights, "losses": np.array([step() for _ in range(STEPS)])}

    return {"forward": forward, "all": training(), ANSWERS: answers}


def clearlstm_calls(row: Row, n_threads: int) -> Calls:
    """``net(x)``; ``net.trace``, ``net.backward`` and an update in NumPy."""
    from clearlstm import LSTM, set_num_threads

    set_num_threads(n_threads)
    x, y, weights = problem(row)
    share = 1 / (row.N * row.T)

    def first() -> LSTM:
        net = LSTM(row.F, row.H, dtype="float32", init="zeros")
        return net.set_parameters(dict(zip(net.parameters, weights, strict=True)))

    def training() -> Callable[[], float]:
        net, trace = first(), None

        def step() -> float:
            nonlocal trace
            trace = net.trace(x, out=trace)
            error = trace.h - y
            gradients = net.backward(trace, 2 * share * error, need_dx=False).parameters
            for name, values in net.parameters.items():
                values -= RATE * gradients[name]
            rows = error.reshape(row.N, -1)
            return float(np.vecdot(rows, rows).sum()) * share

        return step

    def gradients() -> Iterable[FloatArray]:
        trace = net.trace(x)
        return net.backward(trace, 2 * share * (trace.h - y), need_dx=False).parameters.values()

    net = first()
    return calls_of(lambda: net(x).h, gradients, training)


def jax_calls(layer: Layer, row: Row, _n_threads: int) -> Calls:
    """A layer written in JAX: from weights and x (T, N, F) to h (T, N, H)."""
    x, y, weights = problem(row)
    calls = compiled_calls(layer, x.swapaxes(0, 1).copy(), y.swapaxes(0, 1).copy(), weights)

    def answers() -> Answers:
        theirs: Answers = calls[ANSWERS]()
        return theirs | {"h": theirs["h"].swapaxes(0, 1)}

    return calls | {ANSWERS: answers}


def one_product(weights: Weights, x: Any) -> Any:
    """h (T, N, H); in each step x_t and h lie side by side, and W on U."""
    from jax import numpy as jnp

    W, U, b = weights
    stacked = jnp.concatenate([W, U])
    return scanned(lambda x_t, h: jnp.concatenate([x_t, h], axis=1) @ stacked + b, x, x.shape[1], U.shape[0])


def two_products(weights: Weights, x: Any) -> Any:
    """h (T, N, H); as the equations have it."""
    W, U, b = weights
    return scanned(lambda x_t, h: x_t @ W + h @ U + b, x, x.shape[1], U.shape[0])


def x_first(weights: Weights, x: Any) -> Any:
    """h (T, N, H); x's products with W are made for all steps at once, before the first."""
    W, U, b = weights
    return scanned(lambda of_x, h: of_x + h @ U, x @ W + b, x.shape[1], U.shape[0])


def scanned(z: Callable[[Any, Any], Any], inputs: Any, N: int, H: int) -> Any:
    """h (T, N, H), where ``z(inputs[t], h)`` are the gates' pre-activations (N, 4H) of step t."""
    import jax
    from jax import numpy as jnp

    def step(state: tuple[Any, Any], given: Any) -> tuple[tuple[Any, Any], Any]:
        h, c = state
        z_f, z_i, z_g, z_o = jnp.split(z(given, h), 4, axis=1)
        # c = f c_prev + i g        h = o tanh(c)
        c = jax.nn.sigmoid(z_f) * c + jax.nn.sigmoid(z_i) * jnp.tanh(z_g)
        h = jax.nn.sigmoid(z_o) * jnp.tanh(c)
        return (h, c), h

    nothing = jnp.zeros((N, H), inputs.dtype)
    return jax.lax.scan(step, (nothing, nothing), inputs)[1]


def keras_calls(row: Row, _n_threads: int) -> Calls:
    """Keras's LSTM layer, compiled by JAX as the others are."""
    os.environ.update(KERAS_BACKEND="jax", JAX_PLATFORMS="cpu")
    import keras

    layer: Any = keras.layers.LSTM(row.H, return_sequences=True)
    layer.build((row.N, row.T, row.F))
    fixed = [variable.value for variable in layer.non_trainable_variables]
    x, y, (W, U, b) = problem(row)
    weights = (in_keras_order(W), in_keras_order(U), in_keras_order(b))
    calls = compiled_calls(lambda weights, x: layer.stateless_call(list(weights), fixed, x)[0], x, y, weights)

    def answers() -> Answers:
        theirs: Answers = calls[ANSWERS]()
        return theirs | {name: in_keras_order(theirs[name]) for name in "WUb"}

    return calls | {ANSWERS: answers}


def in_keras_order(values: FloatArray) -> FloatArray:
    """Values (…, 4H) of the gates f, i, g, o in the order i, f, g, o, or back."""
    f, i, g, o = np.split(values, 4, axis=-1)
    return np.concatenate([i, f, g, o], axis=-1)


def compiled_calls(layer: Layer, x: FloatArray, y: FloatArray, weights: Weights) -> Calls:
    """The calls for a layer in JAX; x and y lie as it has them, and so do the answers."""
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax

    share = 1 / (x.shape[0] * x.shape[1])
    x_there, y_there, first = jax.device_put((x, y, weights))

    def loss(weights: Weights, x: Any, y: Any) -> Any:
        return share * ((layer(weights, x) - y) ** 2).sum()

    def update(weights: Weights, x: Any, y: Any) -> tuple[Any, Weights]:
        value, gradients = jax.value_and_grad(loss)(weights, x, y)
        return value, jax.tree.map(lambda values, gradient: values - RATE * gradient, weights, gradients)

    forward, gradients, updated = jax.jit(layer), jax.jit(jax.grad(loss)), jax.jit(update)

    def training() -> Callable[[], float]:
        weights = first

        def step() -> float:
            nonlocal weights
            value, weights = jax.block_until_ready(updated(weights, x_there, y_there))
            return float(value)

        return step

    return calls_of(
        lambda: jax.block_until_ready(forward(first, x_there)), lambda: gradients(first, x_there, y_there), training
    )


JAX: Final[dict[str, Make]] = {
    "JAX, one product a step": functools.partial(jax_calls, one_product),
    "JAX, two products": functools.partial(jax_calls, two_products),
    "JAX, x's products first": functools.partial(jax_calls, x_first),
}
KERAS: Final = "Keras"
MAKERS: Final[dict[str, Make]] = {OWN: clearlstm_calls, **JAX, KERAS: keras_calls}


class Result(NamedTuple):
    """Of one row: a measurement for each task; by library the losses (STEPS,), and how far it is from clearlstm."""

    row: Row
    measurements: dict[Task, Measurement]
    losses: dict[str, npt.NDArray[Any]]
    differences: dict[str, float]


def check_installed() -> None:
    """Raises MissingExtraError if a library isn't there."""
    if missing := [name for name in NEEDS if importlib.util.find_spec(name) is None]:
        raise MissingExtraError(f"not installed: {', '.join(missing)}; pip install --group frameworks brings it")


def difference(row: Row, name: str, theirs: Answers, ours: Answers) -> float:
    """The largest difference in any answer, as a part of the largest number there.

    Raises ClearLSTMError if it is beyond rounding, or can't be told.
    """
    largest = 0.0
    for what, expected in ours.items():
        found = theirs[what]
        if found.shape != expected.shape:
            raise ClearLSTMError(f"({row.name}): {name}'s {what} is {found.shape}, clearlstm's {expected.shape}")
        far = float(np.abs(found - expected).max() / np.abs(expected).max())
        if not far <= TOLERANCE:
            raise ClearLSTMError(
                f"({row.name}): {name}'s {what} differs from clearlstm's by {far:.1e} of its largest number, and "
                f"rounding by at most {TOLERANCE:.0e}: what computes something else isn't timed"
            )
        largest = max(largest, far)
    return largest


def results(rows: Sequence[Row], makers: Mapping[str, Make], n_threads: int, effort: Effort) -> Iterator[Result]:
    """Compare, and then time, row by row; see :func:`difference` for what is raised."""
    held: dict[str, Make] = {name: functools.partial(confined, make) for name, make in makers.items()}
    with processes(held, n_threads) as started:
        for row in rows:
            for process in started.values():
                process.prepare(row)
            answers: dict[str, Answers] = {name: process.answer(ANSWERS) for name, process in started.items()}
            differences = {name: difference(row, name, theirs, answers[OWN]) for name, theirs in answers.items()}
            measurements = {
                task: Measurement(row, task, in_turns({name: (one, task) for name, one in started.items()}, effort))
                for task in row.tasks
            }
            yield Result(row, measurements, {name: each["losses"] for name, each in answers.items()}, differences)


def jax_ratio(measurement: Measurement) -> float:
    """How many times as long JAX takes as clearlstm, in its quickest way."""
    return min(measurement.seconds[name] for name in JAX) / measurement.seconds[OWN]


def keras_ratio(measurement: Measurement) -> float:
    """The same of Keras."""
    return measurement.seconds[KERAS] / measurement.seconds[OWN]


def releases() -> dict[str, str]:
    """Of all that takes part."""
    others = {name: metadata.version(name) for name in ("numba", "numpy", "jax", "jaxlib", "keras")}
    return {"clearlstm": __version__, **others, "Python": platform.python_version()}


def markdown(found: Sequence[Result], n_threads: int, versions: Mapping[str, str]) -> str:
    """The whole page."""
    target, furthest = this_machine().target, max(max(result.differences.values()) for result in found)
    parts = [
        f"""# Beside JAX and Keras

Written by `python benchmarks/other_frameworks.py` on {processor_name()}, {n_threads} threads each, registers of
{target.register_bits if target else 0} bits; {", ".join(f"{name} {release}" for name, release in versions.items())}.

N sequences of T steps with F features, one layer of H units, float32. JAX is `jax.jit` of a `jax.lax.scan`, written in
three ways: one product of x and h side by side a step, two products a step, and x's products before the first step. The
quickest counts, row by row. Keras is `jax.jit` of its LSTM layer's `stateless_call`, on JAX. A step of training is the
loss, its gradients and a plain update. Each library in a process of its own, in turns; milliseconds, the median of its
best round. A ratio says how many times as long the other takes: above 1 clearlstm is faster.

They compute the same: h, gradients and losses are within {furthest:.0e} of clearlstm's, as a part of the largest number
of their kind; nothing that is off by more than {TOLERANCE:.0e} is timed.
"""
    ]
    of = {task: [result.measurements[task] for result in found] for task in TITLES}
    parts += [f"{headline(of[task], title)}\n" for task, title in TITLES.items()]
    parts += [f"## {title}\n\n{_times(of[task])}\n" for task, title in TITLES.items()]
    parts.append(
        f"""## Losses

Of the first step, and of step {STEPS}: squares summed over all units, averaged over sequences and steps. Each unit is
to give half the tanh of the first feature.

{_losses(found)}
"""
    )
    return "\n".join(parts)


def headline(measurements: Sequence[Measurement], title: str) -> str:
    """Both ratios in a sentence, and every row where another is faster."""
    said, slower = [], []
    for name, ratio in (("JAX", jax_ratio), (KERAS, keras_ratio)):
        ratios = {measurement.row.name: ratio(measurement) for measurement in measurements}
        mean = statistics.geometric_mean(ratios.values())
        said.append(f"{name} takes {mean:.1f} times as long (at least {min(ratios.values()):.2f})")
        slower += [f"{name} at ({row}), {value:.2f}" for row, value in ratios.items() if value < 1]
    faster = f" Faster than clearlstm: {'; '.join(slower)}." if slower else ""
    return f"**{title}: {', '.join(said)}**, geometric means.{faster}"


def _times(measurements: Sequence[Measurement]) -> str:
    names = list(measurements[0].seconds)
    rows = [
        [
            measurement.row.name,
            *(_milliseconds(measurement.seconds[name]) for name in names),
            f"{jax_ratio(measurement):.2f}",
            f"{keras_ratio(measurement):.2f}",
        ]
        for measurement in measurements
    ]
    return _table(["N T F H", *names, "JAX / clearlstm", "Keras / clearlstm"], rows)


def _losses(found: Sequence[Result]) -> str:
    names = list(found[0].losses)
    rows = [
        [result.row.name, f"{result.losses[OWN][0]:.5f}", *(f"{result.losses[name][-1]:.5f}" for name in names)]
        for result in found
    ]
    return _table(["N T F H", "first", *names], rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, ["---", *["---:"] * (len(header) - 1)], *rows))


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.3g}" if seconds < 1 else f"{1e3 * seconds:.0f}"


def main() -> None:
    """Measure, print, and write the page."""
    check_installed()
    n_threads, found = get_num_threads(), []
    for result in results(ROWS, MAKERS, n_threads, Effort()):
        found.append(result)
        print(_times(list(result.measurements.values())), flush=True)
    text = markdown(found, n_threads, releases())
    with atomic_write(RESULTS) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    print(text)


if __name__ == "__main__":
    try:
        main()
    except ClearLSTMError as error:
        sys.exit(f"error: {error}")
