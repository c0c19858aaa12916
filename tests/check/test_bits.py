"""The golden bits: reached here, and a single other bit is seen."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from clearlstm import kernels
from clearlstm.check import bits
from clearlstm.check.bits import CASES, compare, golden, hash_of
from clearlstm.errors import InputError
from clearlstm.kernels import fallback
from scripts import golden_bits

ROOT = Path(__file__).parents[2]

promised = pytest.mark.skipif(bool(why := kernels.this_machine().no_promise), reason=f"bits are not promised: {why}")


@pytest.fixture
def golden_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the golden file, to be damaged."""
    file = tmp_path / "bits.json"
    file.write_bytes((ROOT / "tests" / "golden" / "bits.json").read_bytes())
    monkeypatch.setattr(bits, "REPOSITORY_FILE", file)
    monkeypatch.setattr(bits, "WHEEL_FILE", tmp_path / "nothing.json")  # the tests may run on a wheel
    return file


@promised
@pytest.mark.parametrize("name", CASES)
def test_the_golden_bits_are_reached(name: str) -> None:
    (result,) = compare([name])
    assert result.status == "passed", result.sentence


def test_the_golden_file_holds_every_case_once() -> None:
    assert list(golden()) == list(CASES)
    assert len(set(golden().values())) == len(CASES)


@promised
def test_another_hash_is_seen_and_no_other_case_with_it(golden_file: Path) -> None:
    name = next(iter(CASES))
    golden_file.write_text(json.dumps({**golden(), name: "0123456789abcdef"}), encoding="utf-8")
    (result,) = [result for result in compare() if result.status == "failed"]
    assert result.name == f"bits of {name}"
    assert (result.measured, result.limit) == (CASES[name](), "0123456789abcdef")


@promised
def test_a_case_without_its_hash_and_a_hash_without_its_case_are_seen(golden_file: Path) -> None:
    (first, value), *others = golden().items()
    golden_file.write_text(json.dumps({"old name": value, **dict(others)}), encoding="utf-8")
    failed = {result.name: result for result in compare() if result.status == "failed"}
    assert sorted(failed) == sorted(["bits of old name", f"bits of {first}"])
    assert failed["bits of old name"].measured == "no such case"
    assert failed[f"bits of {first}"].limit == "in the golden file"


@promised
def test_a_case_that_raises_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise ZeroDivisionError("broken")

    first, second, *_ = CASES
    monkeypatch.setitem(CASES, first, broken)
    results = compare([first, second])
    assert [result.status for result in results] == ["failed", "passed"]
    assert results[0].measured == "ZeroDivisionError: broken"


def test_where_bits_are_not_promised_none_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_engine", fallback)
    monkeypatch.setitem(CASES, next(iter(CASES)), lambda: pytest.fail("computed"))
    assert {result.status for result in compare()} == {"not promised"}


@pytest.mark.parametrize("content", [None, "{", "\xff"])
def test_a_golden_file_that_cannot_be_read_is_said(content: str | None, golden_file: Path) -> None:
    golden_file.unlink()
    if content is not None:
        golden_file.write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match="can't be read"):
        golden()


def test_a_wheels_own_file_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bits.json").write_text('{"a": "b"}', encoding="utf-8")
    monkeypatch.setattr(bits, "WHEEL_FILE", tmp_path / "bits.json")
    assert golden() == {"a": "b"}


def test_the_hash_is_of_bits_shapes_and_dtypes_in_order() -> None:
    a = np.arange(6, dtype=np.float32).reshape(2, 3)
    same: list[npt.NDArray[Any]] = [a, a.copy(), np.asfortranarray(a), a.astype(">f4"), np.repeat(a, 2, axis=1)[:, ::2]]
    assert len({hash_of(array) for array in same}) == 1
    next_up = np.nextafter(a, np.float32(9))
    other: list[npt.NDArray[Any]] = [a.T, a.astype(np.float64), -a, a.reshape(3, 2), next_up, a.view(np.int32)]
    assert len({hash_of(array) for array in (a, *other)}) == 1 + len(other)
    assert hash_of(a, a + 1) != hash_of(a + 1, a)
    assert len(hash_of(a)) == 16


@promised
def test_the_script_writes_the_file_that_is_kept(golden_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = golden_file.read_bytes()
    golden_bits.main()
    assert golden_file.read_bytes() == kept
    assert capsys.readouterr().out == ""
    name, value = next(iter(golden().items()))
    golden_file.write_text(json.dumps({**golden(), name: "0123456789abcdef"}), encoding="utf-8")
    golden_bits.main()
    assert golden_file.read_bytes() == kept
    assert capsys.readouterr().out == f"{name}: 0123456789abcdef -> {value}\n"


def test_the_script_writes_nothing_where_bits_are_not_promised(
    golden_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "_engine", fallback)
    golden_file.unlink()
    with pytest.raises(SystemExit, match="not on this machine"):
        golden_bits.main()
    assert not golden_file.exists()
