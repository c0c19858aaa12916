"""The same work for every library."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm import load
from clearlstm.bench import peers
from clearlstm.bench.grid import TASKS, Row
from tests.bench.test_grid import EVERYTHING

RUNTIMES = [peer for peer in ("onnxruntime", "openvino") if peer in peers.installed_peers()]


@pytest.mark.parametrize(
    "row", [EVERYTHING, Row(1, 4, 1, 3), replace(EVERYTHING, cell="GRU")], ids=lambda row: row.name
)
@pytest.mark.parametrize("peer", peers.installed_peers())
def test_every_peer_does_every_task_that_it_claims(row: Row, peer: str) -> None:
    calls = peers.PEERS[peer](row, 1)
    assert calls
    assert set(calls) <= set(TASKS)
    for call in calls.values():
        call()


def test_only_clearlstm_traces_and_everyone_answers() -> None:
    row = Row(2, 3, 1, 4)
    offered = {peer: set(peers.PEERS[peer](row, 1)) for peer in peers.installed_peers()}
    assert all("forward" in tasks for tasks in offered.values())
    assert {peer for peer, tasks in offered.items() if "trace" in tasks} == {"clearlstm"}
    assert offered["clearlstm"] == set(TASKS)


def test_forward_answers_what_a_trace_records() -> None:
    calls = peers.PEERS["clearlstm"](EVERYTHING, 1)
    answer: Any = calls["forward"]()
    trace: Any = calls["trace"]()
    np.testing.assert_array_equal(answer.h, trace.h)


@pytest.mark.parametrize("row", [Row(4, 9, 3, 20), replace(EVERYTHING, shortest=None)], ids=lambda row: row.name)
@pytest.mark.parametrize("peer", RUNTIMES)
def test_runtimes_answer_as_the_same_model_does_here(row: Row, peer: str, tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(peers.onnx_model(row))
    ours: Any = load(file)
    x = peers._inputs(row)[0]
    answer: Any = peers.PEERS[peer](row, 2)["forward"]()
    np.testing.assert_allclose(answer[0].transpose(1, 0, 2), ours(x), rtol=0, atol=1e-5)


def test_openvino_reports_to_nobody() -> None:
    if "openvino" not in RUNTIMES:
        pytest.skip("OpenVINO is not installed")
    peers.openvino_calls(Row(1, 2, 1, 3), 1)
    assert sys.modules["openvino_telemetry"] is None
