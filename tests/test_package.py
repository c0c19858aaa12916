"""The package as it is shipped: the wheel's content, and how light the import is."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from clearlstm.report.page import lab_page, sha256
from clearlstm.version import __version__
from scripts.package_tests import build, environment, run_tests, unpacked

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "clearlstm"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, unpacked."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("sdist")
    return unpacked(build(ROOT, "sdist", folder), folder / "source")


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is published: the wheel as it comes out of the sdist."""
    return build(source, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.mark.slow
def test_the_tests_of_the_sdist_run_on_its_wheel(source: Path, wheel: Path, tmp_path: Path) -> None:
    python = environment(wheel, tmp_path / "venv")
    assert run_tests(python, source, ["-q", "-p", "no:cacheprovider", "tests/cell/test_activations.py"]) == 0
    done = subprocess.run([python.with_name("clearlstm"), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["clearlstm", __version__]


def test_the_wheel_holds_every_file_of_the_source_and_no_other(wheel: Path) -> None:
    wanted = {
        f"clearlstm/{path.relative_to(SOURCE).as_posix()}"
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "clearlstm/py.typed" in wanted
    wanted.add("clearlstm/check/bits.json")  # in a clone it stands in tests/golden
    assert any(name.startswith("clearlstm/report/static/") for name in wanted)
    assert any(name.startswith("clearlstm/data/bundled/") and name.endswith(".csv.gz") for name in wanted)
    with zipfile.ZipFile(wheel) as archive:
        result = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert result == wanted
        assert archive.read("clearlstm/py.typed") == b""
        assert archive.read("clearlstm/check/bits.json") == (ROOT / "tests/golden/bits.json").read_bytes()


def test_the_wheel_brings_licence_and_command(wheel: Path) -> None:
    own_and_others = {path.relative_to(ROOT).as_posix(): path for path in [ROOT / "LICENSE", *SOURCE.rglob("LICENSE*")]}
    assert len(own_and_others) > 10
    with zipfile.ZipFile(wheel) as archive:
        info = {name.split(".dist-info/")[1]: name for name in archive.namelist() if ".dist-info/" in name}
        assert "clearlstm = clearlstm.cli:main" in archive.read(info["entry_points.txt"]).decode()
        for name, path in own_and_others.items():
            assert archive.read(info[f"licenses/{name}"]) == path.read_bytes()
        assert "License-Expression: MIT AND ISC AND Apache-2.0\n" in archive.read(info["METADATA"]).decode()


def printed_by(wheel: Path, folder: Path, script: str) -> list[str]:
    """What a script prints that finds nothing of clearlstm but the wheel, unpacked in ``folder``."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    env = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=env, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_the_wheel_works_by_itself(wheel: Path, tmp_path: Path) -> None:
    script = (
        "import clearlstm as cl\n"
        f"assert cl.__file__.startswith({str(tmp_path)!r}), cl.__file__\n"
        "print(cl.examples.stock_prices().shape, cl.examples.load().shape)\n"
        "h, _ = cl.examples.statquest_unit()(cl.examples.companies().x)\n"
        "print(h[:, -1, 0].round(4).tolist())\n"
        "from clearlstm.report.page import lab_page, sha256\n"
        "print(sha256(lab_page()))\n"
        "from clearlstm.check import bits\n"
        "print(bits.golden())\n"
    )
    page = sha256(lab_page())  # the browser's tests use it
    bits = str(json.loads((ROOT / "tests/golden/bits.json").read_text(encoding="utf-8")))
    assert printed_by(wheel, tmp_path, script) == ["(9810, 3) (4032, 3)", "[0.0064, 0.9694]", page, bits]


def test_the_wheel_serves_the_lab_by_itself(wheel: Path, tmp_path: Path) -> None:
    pytest.importorskip("starlette")
    from clearlstm.lab.page_files import page_files

    script = "from clearlstm.lab.page_files import page_files; print(len(page_files()))"
    assert printed_by(wheel, tmp_path, script) == [str(len(page_files()))]


def loaded_after(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


def test_import_loads_nothing_heavy() -> None:
    heavy = {"pandas", "numba", "llvmlite", "rich", "typer", "numpy", "narwhals", "safetensors", "joblib", "torch"}
    assert not loaded_after("import clearlstm") & heavy


def test_a_net_loads_numba_only_when_it_runs() -> None:
    assert "numba" not in loaded_after("import clearlstm\nclearlstm.LSTM(1, 1, seed=0)")
    assert "numba" in loaded_after("import clearlstm\nclearlstm.LSTM(1, 1, seed=0)([[[0.0]]])")


def test_without_torch_its_layers_say_what_to_install() -> None:
    script = "import sys; sys.modules['torch'] = None; import clearlstm.torch"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last == "clearlstm.errors.MissingExtraError: clearlstm.torch needs torch: pip install 'clearlstm[torch]'"


def test_every_public_name_is_there() -> None:
    import clearlstm

    for name in clearlstm.__all__:
        assert getattr(clearlstm, name) is not None
    assert sorted(clearlstm.__all__) == dir(clearlstm)
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        clearlstm.no_such_name  # noqa: B018
