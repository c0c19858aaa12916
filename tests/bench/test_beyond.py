"""What the grid doesn't show."""

import pytest

from clearlstm import LSTM
from clearlstm.bench import beyond
from clearlstm.bench.beyond import beyond_the_grid, step_latency
from clearlstm.bench.grid import Row
from clearlstm.shapes import FloatArray


def test_single_steps_are_timed_one_by_one() -> None:
    took = step_latency(1, "net.step", Row(1, 1, 2, 4), calls=500)
    assert 0 < took.median <= took.of_99 <= took.of_999


def test_a_stream_passes_its_state_on(monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[object] = []
    step = LSTM.step

    def watched(net: LSTM, x_t: FloatArray, state: tuple[FloatArray, ...] | None = None) -> object:
        states.append(state)
        return step(net, x_t, state)

    monkeypatch.setattr(LSTM, "step", watched)
    monkeypatch.setattr(beyond, "WARM_UP_CALLS", 1)
    step_latency(1, "net.step", Row(1, 1, 2, 4), calls=3)
    assert states[0] is None
    assert len({id(state) for state in states}) == 4


def test_every_way_to_stream_is_timed_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []
    monkeypatch.setitem(beyond.STREAMS, "another", lambda net: lambda x_t: seen.append(x_t.shape))
    step_latency(1, "another", Row(1, 1, 3, 4), calls=2)
    assert seen == [(1, 3)] * (beyond.WARM_UP_CALLS + 2)


@pytest.mark.slow
def test_what_the_grid_does_not_show_is_measured() -> None:
    findings = list(beyond_the_grid(1, quick=True))
    assert all(finding.measured > 0 for finding in findings)
    steps = {finding.what: finding for finding in findings if "streaming step" in finding.what}
    assert {what: finding.aim for what, finding in steps.items()} == {
        f"One streaming step by {how} ({row}), median": aim
        for how in ("net.step", "net.stream")
        for row, aim in (("1 1 1 8", 6), ("1 1 8 64", 10))
    }
    assert all("99.9 % within" in finding.besides for finding in steps.values())
    assert findings[-1].aim == 0.7
