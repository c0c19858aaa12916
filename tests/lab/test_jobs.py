"""Jobs of the lab: side by side, stopped, gone on with, broken off, left alone."""

import base64
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm.cell import lstm as reference
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.insight.gradient_flow import gradient_flow
from clearlstm.lab.worker_pool import Worker
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.report.packing import packed
from clearlstm.shapes import FloatArray

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from tests.lab.running import QUICK, Client, running

pytestmark = pytest.mark.slow

LONG = 100_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with running(tmp_path_factory.mktemp("lab")) as client:
        yield client


def table(name: str, level: float, rows: int = 60) -> bytes:
    """A walk about ``level``, of a series called ``name``."""
    values = level + np.random.default_rng(int(level)).normal(size=rows).cumsum()
    days = np.datetime64("2024-01-01") + np.arange(rows)
    return ("id,ds,y\n" + "".join(f"{name},{d},{v:.4f}\n" for d, v in zip(days, values, strict=True))).encode()


def uploaded(lab: Client, content: bytes) -> str:
    return str(lab.good(lab.upload("table", "walk.csv", content))["id"])


def forecast_of(lab: Client, upload: str, **options: Any) -> dict[str, Any]:
    job: dict[str, Any] = lab.post("/api/jobs", {"kind": "forecast", "table": upload, **QUICK, **options})
    return job


@pytest.fixture(scope="module")
def walk(lab: Client) -> str:
    return uploaded(lab, table("walk", 400))


def unpacked(array: dict[str, Any]) -> FloatArray:
    return np.frombuffer(base64.b64decode(array["base64"]), array["packed"]).reshape(array["shape"])


def worker_of(lab: Client, job: dict[str, Any]) -> Worker:
    worker = lab.lab.jobs.get(job["id"]).worker
    assert worker is not None
    assert worker.alive
    return worker


def test_two_jobs_side_by_side_do_not_mix(lab: Client) -> None:
    contents = {"low": table("low", 100), "high": table("high", 5000)}
    uploads = {name: uploaded(lab, content) for name, content in contents.items()}
    jobs = {name: forecast_of(lab, upload) for name, upload in uploads.items()}
    for name, job in jobs.items():
        result = lab.result(job)
        [series] = result["series"]
        assert series["id"] == name
        assert f"{name},{series['ds'][-1]},{series['y'][-1]:.4f}\n".encode() in contents[name]
        assert abs(series["forecast"]["median"][0] / series["y"][-1] - 1) < 0.1
        [trace] = result["traces"]
        assert trace["id"] == name
        _check_recomputed(result["net"], trace)


def _check_recomputed(net: dict[str, Any], trace: dict[str, Any]) -> None:
    """From the weights and inputs that the page gets, the reference comes to the gates and memories that it gets."""
    [layer], [shown] = net["layers"], trace["layers"]
    parts = {name: np.concatenate([unpacked(layer["gates"][gate][name]) for gate in "figo"], axis=-1) for name in "WUb"}
    x, nothing = unpacked(trace["x"])[None].astype(np.float64), np.zeros((1, layer["hidden_size"]))
    weights = LSTMWeights(**{name: values.astype(np.float64) for name, values in parts.items()})
    record = reference.forward(x, weights, nothing, nothing, np.array([x.shape[1]]))
    for name in ("f", "i", "g", "o", "c", "h"):
        np.testing.assert_allclose(unpacked(shown[name]), getattr(record, name)[0], atol=2e-6)
    np.testing.assert_allclose(unpacked(shown["ledger"]).sum(axis=0), record.c[0, -1], atol=2e-6)
    head = {name: unpacked(values) for name, values in net["head"].items()}
    np.testing.assert_allclose(unpacked(trace["y"]), record.h[0, -1] @ head["W"] + head["b"], atol=2e-6)


def test_a_stopped_training_goes_on_here_and_in_a_lab_opened_later(tmp_path: Path) -> None:
    content = table("walk", 300)
    with running(tmp_path) as first:
        job = first.follow_to_step(forecast_of(first, uploaded(first, content), max_steps=LONG), 300)
        worker = worker_of(first, job)
        stopped = first.post(f"/api/jobs/{job['id']}/stop", {})
        assert (stopped["state"], stopped["can_go_on"]) == ("stopped", True)
        assert "goes on from its checkpoint" in stopped["error"]
        assert not worker.alive
        again = first.follow_to_step(first.post(f"/api/jobs/{job['id']}/again", {}), 1)
        assert again["progress"]["curve"] == [] or again["progress"]["curve"][0]["step"] > 300
        assert again["progress"]["step"] > 300
        worker, reached = worker_of(first, again), again["progress"]["step"]
    assert first.lab.kept == tmp_path
    assert not worker.alive
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoints"]
    with running(tmp_path) as later:
        job = later.follow_to_step(forecast_of(later, uploaded(later, content), max_steps=LONG), 1)
        assert job["progress"]["step"] > reached


@pytest.mark.skipif(sys.platform == "win32", reason="Windows doesn't say who ended a process")
def test_a_worker_that_is_killed_is_told_of_and_the_other_one_works_on(lab: Client, walk: str) -> None:
    jobs = [forecast_of(lab, walk, max_steps=LONG, seed=seed) for seed in (0, 1)]
    unlucky, other = [lab.follow_to_step(job, 1) for job in jobs]
    worker_of(lab, unlucky).kill()
    failed = lab.follow(unlucky)
    assert failed["state"] == "failed"
    assert "ran out of memory" in failed["error"]
    lab.follow_to_step(other, other["progress"]["step"] + 1)
    assert lab.post(f"/api/jobs/{other['id']}/stop", {})["state"] == "stopped"
    assert lab.try_post(f"/api/jobs/{unlucky['id']}/again", {}).status == 200
    assert lab.post(f"/api/jobs/{unlucky['id']}/stop", {})["state"] == "stopped"


def test_what_nobody_watches_is_stopped_and_a_third_job_waits_its_turn(tmp_path: Path) -> None:
    with running(tmp_path, at_once=1, unwatched_seconds=3) as lab:
        upload = uploaded(lab, table("walk", 500))
        running_job = forecast_of(lab, upload, max_steps=LONG)
        waiting = forecast_of(lab, upload, max_steps=LONG, seed=1)
        assert (waiting["state"], waiting["ahead"]) == ("queued", 0)
        running_job = lab.follow_to_step(running_job, 1)
        worker = worker_of(lab, running_job)
        assert lab.post(f"/api/jobs/{waiting['id']}/stop", {})["state"] == "stopped"
        deadline = time.monotonic() + 30
        while worker.alive:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert "no page had asked" in lab.follow(running_job)["error"]


def test_what_cannot_be_done_is_said(lab: Client, walk: str) -> None:
    job = lab.follow(forecast_of(lab, walk, h=58))
    assert job["state"] == "failed"
    assert "has 60 rows" in job["error"]
    assert not job["can_go_on"]
    assert lab.ask("GET", f"/api/jobs/{job['id']}/result").status == 409


def test_a_saved_model_is_opened_run_and_asked(lab: Client, tmp_path: Path) -> None:
    model = Network([LSTM(2, 3, num_layers=2, bidirectional=True, dtype="float64", seed=1)], head=2, seed=1)
    model.save(tmp_path / "net.safetensors")
    upload = lab.good(lab.upload("model", "net.safetensors", (tmp_path / "net.safetensors").read_bytes()))
    x = np.random.default_rng(2).normal(size=(9, 2))
    opened = lab.post("/api/jobs", {"kind": "open", "model": upload["id"], "x": x.tolist()})
    result = lab.result(opened)
    [trace] = result["traces"]
    assert trace["x"] == packed(x)
    assert trace["y"] == packed(model(x[None])[0])
    assert [layer["name"] for layer in result["net"]["layers"]] == [
        "layer 0, forward", "layer 0, backward", "layer 1, forward", "layer 1, backward",
    ]  # fmt: skip
    layer = model.trace(x[None]).nets[0].layer(1, 1)
    assert trace["layers"][3]["h"] == packed(layer.h[0])
    question = {"kind": "inside", "job": opened["id"], "question": "gradient_flow", "layer": 3}
    flow = lab.result(lab.post("/api/jobs", question))
    assert flow["paths"]["h"] == gradient_flow(layer).h[0].tolist()
    change = [{"step": 0, "feature": 0, "value": 0.0}]
    changed = lab.result(lab.post("/api/jobs", {**question, "question": "what_if", "change": change}))
    x[0, 0] = 0
    assert changed["y_after"] == packed(model(x[None])[0])


def test_a_trained_forecaster_is_saved_and_opened_with_its_forecast(lab: Client, tmp_path: Path) -> None:
    job = forecast_of(lab, uploaded(lab, table("shop", 100)))
    trained = lab.result(job)
    answer = lab.ask("GET", f"/api/jobs/{job['id']}/model")
    assert answer.headers["content-disposition"] == 'attachment; filename="forecaster.safetensors"'
    (tmp_path / "forecaster.safetensors").write_bytes(answer.content)
    loaded = LSTMForecaster.load(tmp_path / "forecaster.safetensors")
    upload = lab.good(lab.upload("model", "forecaster.safetensors", answer.content))
    opened = lab.result(lab.post("/api/jobs", {"kind": "open", "model": upload["id"]}))
    [series], [trace] = opened["series"], opened["traces"]
    assert series["forecast"]["median"] == loaded.predict()["LSTM"].tolist()
    assert (series["id"], series["y"]) == ("shop", trained["series"][0]["y"])
    assert trace["forecast"] == trained["traces"][0]["forecast"]
    assert lab.ask("GET", "/api/jobs/none/model").status == 404


def test_a_job_that_is_asked_about_again_and_again_is_not_forgotten(tmp_path: Path) -> None:
    Network([LSTM(1, 2, seed=1)], head=1, seed=1).save(tmp_path / "net.safetensors")
    with running(tmp_path, ended=2) as lab:
        upload = lab.good(lab.upload("model", "net.safetensors", (tmp_path / "net.safetensors").read_bytes()))
        opened = lab.follow(lab.post("/api/jobs", {"kind": "open", "model": upload["id"]}))
        for step in range(3):
            question = {"kind": "inside", "job": opened["id"], "question": "ledger", "step": step}
            requested = lab.post("/api/jobs", question)
            assert lab.result(requested)["step"] == step
        assert lab.try_post("/api/export", {"job": opened["id"]}).status == 200
        answer = lab.try_post("/api/export", {"job": requested["id"]})
        assert answer.status == 409
        assert "export the job that was asked about" in answer.json["error"]


def test_a_window_of_many_steps_and_units_is_small_enough_to_open_at_once(lab: Client, tmp_path: Path) -> None:
    LSTM(1, 64, num_layers=2, seed=0).save(tmp_path / "net.safetensors")
    upload = lab.good(lab.upload("model", "net.safetensors", (tmp_path / "net.safetensors").read_bytes()))
    opened = lab.post("/api/jobs", {"kind": "open", "model": upload["id"], "x": np.ones((500, 1)).tolist()})
    lab.follow(opened)
    content = lab.ask("GET", f"/api/jobs/{opened['id']}/result").content
    numbers = 500 * 64 * 2 * 7
    assert len(content) < 8 * numbers
