"""The page on sequences is of the problems that are declared, and a .ts file is read as it stands."""

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

from benchmarks.sequences_data import TS_FILES, read_ts

PAGE = Path(__file__).parents[2] / "benchmarks" / "SEQUENCES.md"


def test_every_problem_stands_in_the_part_that_it_was_meant_for() -> None:
    text = PAGE.read_text("utf-8")
    reported, development = re.split(r"^## Development$", text, flags=re.MULTILINE)
    parts = {"reported": reported, "development": development.split("## Where")[0]}
    for name, (_, use, _) in TS_FILES.items():
        rows = {part: len(re.findall(rf"^\| {name}\b", content, re.MULTILINE)) for part, content in parts.items()}
        assert rows == {"reported": 2 * (use == "reported"), "development": 2 * (use == "development")}, name


def test_channels_stand_one_after_the_other_and_the_answer_last(tmp_path: Path) -> None:
    path = tmp_path / "made.ts"
    path.write_text("#about\n@problemName made\n@data\n1,2,3:4,5,6:a\n7:8:b\n", encoding="utf-8")
    X, y = read_ts(path, "classes")
    np.testing.assert_array_equal(X[0], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(X[1], [[7, 8]])
    assert y.tolist() == ["a", "b"]
    path.write_text("@data\n1,2:0.5\n", encoding="utf-8")
    assert read_ts(path, "numbers")[1].tolist() == [0.5]
