"""What stands in tests/golden/torch_*.json is what torch says today."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from scripts.torch_answers.files import FILES, as_text

pytestmark = [pytest.mark.torch, pytest.mark.slow]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_torch_still_answers_so(path: Path) -> None:
    said, kept = json.loads(as_text(FILES[path]())), json.loads(path.read_text(encoding="utf-8"))
    assert said.pop("about")[:12] == kept.pop("about")[:12] == "what torch 2"
    assert_alike(said, kept, path.name)


def assert_alike(said: Any, kept: Any, where: str) -> None:
    """Equal but for what another processor's rounding makes of it."""
    if isinstance(kept, dict):
        assert list(said) == list(kept), where
        for name in kept:
            assert_alike(said[name], kept[name], f"{where}: {name}")
    elif isinstance(kept, list) and kept and isinstance(kept[0], dict):
        assert len(said) == len(kept), where
        for k, one in enumerate(kept):
            assert_alike(said[k], one, f"{where} [{k}]")
    elif isinstance(kept, (list, float)):
        for mine, its in zip(_flat(said), _flat(kept), strict=True):
            assert mine == pytest.approx(its, rel=1e-6 if "float32" in where else 1e-8, abs=1e-12), where
    else:
        assert said == kept, where


def _flat(values: Any) -> list[float]:
    return [number for one in values for number in _flat(one)] if isinstance(values, list) else [float(values)]
