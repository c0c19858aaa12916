"""What the kernels say of the machine that they run on, and threads for a while."""

import contextlib
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from clearlstm import kernels
from clearlstm.kernels import engine, fallback, machine, threads
from clearlstm.kernels.machine import Cache, Machine, Target
from tests.kernels.machines import PROCESSORS, needs_x86

HERE = Machine(
    Target("znver4", 512, fused=True, forced=False), Cache(Path("c"), "", 0, writable=True), None, False, 2, 2
)


def asked(before: str = "", **environment: str) -> str:
    """Of a process of its own."""
    program = f"import sys\n{before}\nfrom clearlstm import kernels\nhere = kernels.this_machine()\n"
    program += "print(here)\nprint(here.no_promise)"
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_compiled_kernels_say_what_they_are_compiled_for() -> None:
    here = kernels.this_machine()
    assert here.target is not None
    assert here.cache is not None
    assert here.target.register_bits in (128, 256, 512)
    assert (here.why_reference, here.broken) == (None, False)
    assert here.threads == kernels.get_num_threads()


@needs_x86
def test_a_processor_without_fused_multiply_add_is_known_and_promises_nothing() -> None:
    name, features, width, _ = PROCESSORS["SSE2"]
    said = asked(NUMBA_CPU_NAME=name, NUMBA_CPU_FEATURES=features)
    assert f"processor='x86-64', register_bits={8 * width}, fused=False, forced=True" in said
    assert said.endswith("the environment forces code without fused multiply-add\n")


def test_without_numba_the_reference_is_said_to_answer() -> None:
    said = asked("sys.modules['numba'] = None")
    assert said.startswith("Machine(target=None, cache=None, why_reference='import of numba halted")
    assert "broken=False" in said
    assert "the compiled kernels can't be used (import of numba halted" in said
    assert "NUMBA_DISABLE_JIT is set" in asked(NUMBA_DISABLE_JIT="1")


def test_a_missing_file_of_our_own_is_a_fault_and_no_lack_of_numba() -> None:
    assert "broken=True" in asked("sys.modules['clearlstm.kernels.tile'] = None")


def test_kernels_that_do_not_compile_are_told_from_those_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_engine", fallback)
    here = kernels.this_machine()
    assert (here.target, here.broken) == (None, True)
    monkeypatch.setattr(kernels, "_engine", engine)
    assert kernels.this_machine().target is not None


def test_the_promise_needs_compiled_code_with_fused_multiply_add() -> None:
    assert HERE.no_promise is None
    old = Target("nehalem", 128, fused=False, forced=False)
    assert Machine(old, HERE.cache, None, False, 2, 2).no_promise == "the processor is one without fused multiply-add"


def test_the_cache_is_where_compiled_code_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARLSTM_CACHE_DIR", str(tmp_path / "cache"))
    cache = kernels.this_machine().cache
    assert cache is not None
    assert cache.folder is not None
    assert cache.folder.parent == tmp_path / "cache"
    assert (cache.bytes, cache.writable) == (0, True)
    assert not list(tmp_path.iterdir())
    (cache.folder / "part").mkdir(parents=True)
    (cache.folder / "part" / "code").write_bytes(b"12345")
    cache = kernels.this_machine().cache
    assert cache is not None
    assert cache.bytes == 5


def test_there_is_no_cache_below_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("CLEARLSTM_CACHE_DIR", str(tmp_path / "file"))
    assert kernels.this_machine().cache == Cache(None, f"{tmp_path / 'file'} is not a folder", 0, writable=False)


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        ("processor\t: 0\nmodel name\t: AMD EPYC 9124\nprocessor\t: 1\nmodel name\t: other\n", "AMD EPYC 9124"),
        ("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", "aarch64 (implementer 0x41, part 0xd0c)"),
        ("processor\t: 0\n", "from the environment"),
        (None, "from the environment"),
    ],
)
def test_linux_names_the_processor(
    cpuinfo: str | None, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setenv("PROCESSOR_IDENTIFIER", "from the environment")
    if cpuinfo is not None:
        (tmp_path / "cpuinfo").write_text(cpuinfo, encoding="utf-8")
    assert machine.processor_name(tmp_path / "cpuinfo") == name


def test_macos_is_asked_through_sysctl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.delenv("PROCESSOR_IDENTIFIER", raising=False)
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.processor_name() == "arm"
    said = subprocess.CompletedProcess([], 0, stdout="Apple M3\n")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: said if command[0] == "sysctl" else None)
    assert machine.processor_name() == "Apple M3"


@pytest.mark.parametrize("before", [None, 5])
def test_threads_for_a_while_leave_the_choice_as_it_was(before: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_chosen", before)
    usual = kernels.get_num_threads()
    with contextlib.suppress(ZeroDivisionError), kernels.using_threads(3):
        assert kernels.get_num_threads() == 3
        raise ZeroDivisionError
    assert threads._chosen == before
    assert kernels.get_num_threads() == usual
