"""``clearlstm lab`` as a person starts and ends it."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clearlstm.cli import app

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

PROGRAM = Path(sys.executable).with_name("clearlstm")


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A lab in a process of its own, whose temporary folder is ``tmp_path``, and its link."""
    command = [str(PROGRAM), "lab", "--no-browser"]
    environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(tmp_path))}
    lab = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert lab.stdout is not None
    said = lab.stdout.readline()
    found = re.fullmatch(r"The lab is open at (http://127\.0\.0\.1:\d+/#token=[\w-]{32})\n", said)
    try:
        assert found is not None, said
        yield lab, found[1]
    finally:
        lab.kill()
        lab.wait()
        lab.stdout.close()


@pytest.mark.usefixtures("signals_heard")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals to other processes")
@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM", "SIGHUP"])  # the last is what a closed terminal sends
def test_the_link_opens_the_page_and_a_signal_closes_the_lab(
    started: tuple["subprocess.Popen[str]", str], sent: str, tmp_path: Path
) -> None:
    lab, link = started
    with urllib.request.urlopen(link, timeout=20) as answer:
        assert b'<div id="lab">' in answer.read()
    page, token = link.split("#token=")
    examples = urllib.request.Request(f"{page}api/examples", headers={"X-Clearlstm-Token": token[:-1]})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(examples, timeout=20)
    assert [path.name.startswith("clearlstm-lab-") for path in tmp_path.iterdir()] == [True]
    lab.send_signal(signal.Signals[sent])
    assert lab.stdout is not None
    assert lab.stdout.read() == "Ctrl-C closes it.\nThe lab is closed.\n"
    assert lab.wait() == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
def test_a_lab_that_is_to_outlive_its_terminal_does(tmp_path: Path) -> None:
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); from clearlstm.cli import main; main()"
    command, environment = [sys.executable, "-c", code, "lab", "--no-browser"], {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as lab:
        assert lab.stdout is not None
        link = lab.stdout.readline().split()[-1]
        lab.send_signal(signal.Signals["SIGHUP"])
        with urllib.request.urlopen(link, timeout=20) as answer:
            assert answer.status == 200
        lab.send_signal(signal.SIGINT)
        assert lab.wait() == 0


def test_it_listens_on_this_machine_alone(started: tuple["subprocess.Popen[str]", str]) -> None:
    port = int(started[1].split(":")[2].split("/")[0])
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)} - {"127.0.0.1"}
    for address in sorted(map(str, others)):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as caller:
            assert caller.connect_ex((address, port)) != 0, address


def test_a_port_in_use_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = CliRunner().invoke(app, ["lab", "--no-browser", "--port", str(port)])
    assert result.exit_code == 2
    assert f"--port {port}: it can't be had" in result.output


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    result = CliRunner().invoke(app, ["lab", "--no-browser", "--folder", str(tmp_path / "file")])
    assert result.exit_code == 2
    assert "name a folder of your own" in result.output
    assert (tmp_path / "file").read_text() == "mine"
