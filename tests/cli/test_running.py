"""What becomes of errors: one line, an exit code, and a traceback only with --debug."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import clearlstm
from clearlstm import cli
from clearlstm.cli.running import debug_first
from clearlstm.errors import DataError

PROGRAM = Path(sys.executable).with_name("clearlstm")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setitem(cli.COMMANDS, "failing", cli.Entry("tests.cli.failing", "Fail."))
    return CliRunner()


def run(runner: CliRunner, *args: str) -> Result:
    return runner.invoke(cli.app, list(args))


@pytest.mark.filterwarnings("default::clearlstm.errors.ClearLSTMWarning")  # as outside of pytest
@pytest.mark.parametrize(
    ("way", "code", "line"),
    [
        ("data", 2, "error: column 'close' has text in row 3: give numbers"),
        ("missing", 2, "error: no/such/file.csv: No such file or directory"),
        ("interrupt", 130, "stopped"),
        (
            "memory",
            2,
            "error: there isn't enough memory (728 TiB): ask for less, such as a smaller net or fewer rows",
        ),
        (
            "fault",
            1,
            "error: a fault in clearlstm, not in your input (ZeroDivisionError: division by zero); "
            "--debug shows where, please report it",
        ),
        ("warning", 0, "warning: series 'A' is constant"),
    ],
)
def test_one_line_and_an_exit_code(runner: CliRunner, way: str, code: int, line: str) -> None:
    result = run(runner, "failing", way)
    assert result.exit_code == code
    assert result.stderr == line + "\n"
    assert result.stdout == "some output\n"


@pytest.mark.parametrize(("way", "error"), [("data", DataError), ("fault", ZeroDivisionError), ("missing", OSError)])
def test_debug_lets_the_error_through(runner: CliRunner, way: str, error: type[Exception]) -> None:
    result = run(runner, "--debug", "failing", way)
    assert isinstance(result.exception, error)
    assert "error:" not in result.stderr


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["no-such-command"], "No such command 'no-such-command'"),
        (["demo", "--no-such-option"], "No such option: --no-such-option"),
        (["demo", "too", "many"], "Got unexpected extra argument"),
    ],
)
def test_usage_errors(runner: CliRunner, args: list[str], line: str) -> None:
    result = run(runner, *args)
    assert result.exit_code == 2
    assert line in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        (["demo"], ["demo"]),
        (["demo", "--json", "--debug"], ["--debug", "demo", "--json"]),
        (["--debug", "demo", "--debug"], ["--debug", "demo"]),
        (["forecast", "--", "--debug"], ["forecast", "--", "--debug"]),
        ([], []),
    ],
)
def test_debug_may_stand_anywhere(args: list[str], wanted: list[str]) -> None:
    assert debug_first(args) == wanted


def test_version(runner: CliRunner) -> None:
    assert run(runner, "--version").stdout == f"clearlstm {clearlstm.__version__}\n"


def test_help_lists_the_commands_without_loading_them() -> None:
    script = (
        "import sys\nfrom clearlstm.cli import main\n"
        "sys.argv = ['clearlstm', '--help']\n"
        "try: main()\nexcept SystemExit as end: assert end.code == 0\n"
        "loaded = {'numpy', 'numba', 'pandas', 'rich', 'clearlstm.cli.demo', 'clearlstm.network'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name, entry in cli.COMMANDS.items():
        assert name in done.stdout
        assert entry.summary.split()[0] in done.stdout


def test_the_script_itself_debugs_from_anywhere() -> None:
    """The traceback is Python's own, on stderr."""
    script = (
        "import sys\nfrom clearlstm import cli\n"
        "cli.COMMANDS['failing'] = cli.Entry('tests.cli.failing', 'Fail.')\n"
        "sys.argv = ['clearlstm', *sys.argv[1:]]\ncli.main()\n"
    )
    ends = {}
    for last in ("--debug", ""):
        args = [arg for arg in (sys.executable, "-c", script, "failing", "data", last) if arg]
        ends[last] = subprocess.run(args, capture_output=True, text=True, cwd=ROOT, check=False)
    assert "Traceback (most recent call last)" in ends["--debug"].stderr
    assert ends["--debug"].returncode == 1
    assert ends[""].stderr == "error: column 'close' has text in row 3: give numbers\n"
    assert ends[""].returncode == 2


def test_a_reader_that_goes_away_is_no_error() -> None:
    started = subprocess.Popen([PROGRAM, "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert started.stdout is not None
    assert started.stderr is not None
    started.stdout.close()
    with started.stderr as stderr:
        assert stderr.read() == b""
    assert started.wait() == 141


@pytest.mark.parametrize(("windows", "code"), [(True, 141), (False, 1)])
def test_windows_has_its_own_word_for_a_reader_that_went_away(windows: bool, code: int) -> None:
    script = (
        "import sys\nfrom clearlstm import cli\n"
        "cli.COMMANDS['failing'] = cli.Entry('tests.cli.failing', 'Fail.')\n"
        f"cli.running.WINDOWS, sys.argv = {windows}, ['clearlstm', 'failing', 'pipe']\ncli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == code
    assert ("a fault in clearlstm" in done.stderr) is not windows


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_output_of_another_encoding_than_utf_8(encoding: str) -> None:
    """All the bars, curves and lines are there, in other signs."""
    result = {}
    for each in (encoding, "utf-8"):
        environment = {**os.environ, "PYTHONIOENCODING": each}
        done = subprocess.run([PROGRAM, "demo"], capture_output=True, env=environment, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        result[each] = done.stdout.decode(each)
    drawn = result["utf-8"]
    assert {"●", "█", "■", "─", "┤"} < set(drawn)
    assert result[encoding].count("?") == drawn.count("?")
    for line, other in zip(drawn.splitlines(), result[encoding].splitlines(), strict=True):
        assert len(line) <= len(other) <= len(line) + 2
