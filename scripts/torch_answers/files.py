"""The golden files of torch's answers, and how they are written."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from scripts.torch_answers import cell, insight, training

GOLDEN = Path(__file__).parents[2] / "tests" / "golden"
FILES: dict[Path, Callable[[], dict[str, Any]]] = {
    GOLDEN / "torch_cell.json": cell.answers,
    GOLDEN / "torch_training.json": training.answers,
    GOLDEN / "torch_insight.json": insight.answers,
}
ROW = re.compile(r"\[[^\[\]{}]*\]")
"""The innermost brackets of an array."""


def as_text(answers: dict[str, Any]) -> str:
    """JSON with the last axis of an array on one line."""
    version = torch.__version__.partition("+")[0]
    about = {"about": f"what torch {version} answered to python -m scripts.torch_answers"}
    indented = json.dumps(about | answers, indent=1, default=lambda array: array.tolist())
    return ROW.sub(lambda found: re.sub(r"\s+", " ", found[0]), indented) + "\n"
