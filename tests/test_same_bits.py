"""Nothing that a trained number depends on may call BLAS, the C library's functions, or NumPy's of the same names.

Their last bits differ from processor to processor (docs/engine.md, "The same bits"). What is left of them in these
folders stands in ``ALLOWED``, with the reason why no trained number depends on it.
"""

import ast
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[1] / "src" / "clearlstm"
ROAD = ("network", "training", "data", "forecasting", "sequences", "kernels")

_NAMES = (
    "exp exp2 expm1 log log1p log2 log10 logaddexp sin cos tan sinh cosh tanh arcsin arccos arctan arctan2 asin acos "
    "atan atan2 hypot power float_power pow cbrt erf gamma lgamma fsum dot vdot inner outer matmul tensordot einsum "
    "convolve correlate cov corrcoef interp polyfit linalg fft lstsq solve qr svd standard_normal normal uniform "
    "exponential lognormal"
)
INEXACT = set(_NAMES.split())
MODULES = {"np", "math", "rng", "numpy", "random"}

ALLOWED = {
    ("forecasting/evaluate/coverage.py", "math.cbrt"): "the ranges of a coverage, after all training",
    ("forecasting/evaluate/leakage.py", "np.linalg"): "whether a warning of a leak is given",
    ("forecasting/evaluate/leakage.py", "@"): "whether a warning of a leak is given",
    ("forecasting/evaluate/leakage.py", "np.log"): "whether a warning of a leak is given",
    ("forecasting/evaluate/leakage.py", "math.log"): "whether a warning of a leak is given",
    ("forecasting/evaluate/leakage.py", "math.tanh"): "whether a warning of a leak is given",
    ("forecasting/evaluate/significance.py", "@"): "p-values and intervals of comparisons, after training",
    ("forecasting/evaluate/significance.py", "math.exp"): "p-values and intervals of comparisons, after training",
    ("forecasting/evaluate/significance.py", "math.log"): "p-values and intervals of comparisons, after training",
    ("forecasting/evaluate/significance.py", "math.lgamma"): "p-values and intervals of comparisons, after training",
    ("forecasting/evaluate/significance.py", "np.cos"): "p-values and intervals of comparisons, after training",
    ("forecasting/evaluate/significance.py", "math.atan"): "p-values and intervals of comparisons, after training",
    ("forecasting/evaluate/significance.py", "**"): "p-values and intervals of comparisons, after training",
    ("kernels/fallback.py", "np.exp"): "answers where Numba is missing, and there nothing is promised",
}


def inexact(source: str) -> set[str]:
    """The operations in a module whose last bits differ from machine to machine."""
    nodes = list(ast.walk(ast.parse(source)))
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module in MODULES]
    taken = {f"{node.module}.{name.name}" for node in froms for name in node.names if name.name in INEXACT}
    return taken | {name for node in nodes if (name := _inexact(node))}


def _inexact(node: ast.AST) -> str | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return "@"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        # Squares and cubes are products, and a power of whole numbers is exact.
        whole = isinstance(node.right, ast.Constant) and isinstance(node.right.value, int)
        return None if whole or _is_whole(node.left) else "**"
    if isinstance(node, ast.Attribute) and node.attr in INEXACT and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}" if node.value.id in MODULES else None
    return None


def _is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and node.value == 2


FILES = sorted(path for folder in ROAD for path in (SOURCES / folder).rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(SOURCES).as_posix() for path in FILES])
def test_training_depends_on_nothing_inexact(path: Path) -> None:
    file = path.relative_to(SOURCES).as_posix()
    result = inexact(path.read_text(encoding="utf-8"))
    assert result == {operation for name, operation in ALLOWED if name == file}


@pytest.mark.parametrize(
    ("source", "operation"),
    [
        ("y = x @ W", "@"),
        ("y = np.exp(x)", "np.exp"),
        ("y = math.cos(x)", "math.cos"),
        ("y = np.linalg.qr(x)", "np.linalg"),
        ("y = 0.9**t", "**"),
        ("y = x**0.5", "**"),
        ("y = rng.uniform(-1, 1)", "rng.uniform"),
        ("from math import exp", "math.exp"),
    ],
)
def test_what_is_inexact_is_found(source: str, operation: str) -> None:
    assert inexact(source) == {operation}


def test_what_is_exact_is_not() -> None:
    assert inexact("y = np.sqrt(x**2 + 2**k) * np.abs(x).sum()") == set()


def test_no_kernel_leaves_it_to_the_compiler_what_is_rounded() -> None:
    for path in (SOURCES / "kernels").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "fastmath=" not in text, path
        assert "contract" not in text, path
        assert '"fast"' not in text, path
