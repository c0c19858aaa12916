"""Turns: what is timed beside what."""

from clearlstm.bench.grid import Row
from clearlstm.bench.measure import Effort, Measurement, measure


def test_a_row_is_timed_in_its_own_tasks_and_a_trace_beside_the_forward_pass() -> None:
    rows = (Row(2, 3, 1, 4, tasks=("forward", "trace")), Row(1, 3, 1, 4, tasks=("forward",)))
    found = list(measure(rows, ("clearlstm",), 1, Effort(rounds=1, seconds=0)))
    assert [(one.row.N, one.task, set(one.seconds)) for one in found] == [
        (2, "forward", {"clearlstm"}),
        (2, "trace", {"clearlstm", "forward"}),
        (1, "forward", {"clearlstm"}),
    ]
    assert all(seconds > 0 for one in found for seconds in one.seconds.values())


def test_ratios() -> None:
    row = Row(1, 2, 3, 4)
    against = Measurement(row, "forward", {"clearlstm": 2.0, "torch": 6.0, "openvino": 3.0})
    assert (against.best_ratio(), against.times_as_long()) == (1.5, None)
    trace = Measurement(row, "trace", {"clearlstm": 2.2, "forward": 2.0})
    assert (trace.best_ratio(), trace.times_as_long()) == (None, 1.1)
