"""Results that hide nothing."""

from clearlstm.bench.beyond import Finding
from clearlstm.bench.grid import SOUND, TASKS, Row
from clearlstm.bench.limits import Limits, Rate
from clearlstm.bench.measure import Measurement
from clearlstm.bench.tables import Results, findings_table, headline, markdown, sound_table, terminal_table
from clearlstm.cli.look import console

LIMITS = Limits(2, Rate(6e8, 1e9), Rate(2e8, 4e8), 1e-2)
"""Ten steps take 0.1 s at least."""


def results(*seconds: dict[str, float], trace: float = 1.0) -> Results:
    """A row for each; a trace takes ``trace`` times as long as forward."""
    rows = [Row(1, 10, 1, size) for size in range(1, len(seconds) + 1)]
    made = [
        Measurement(row, task, {"clearlstm": trace * times["clearlstm"], "forward": times["clearlstm"]})
        if task == "trace"
        else Measurement(row, task, times)
        for row, times in zip(rows, seconds, strict=True)
        for task in TASKS
    ]
    return Results(tuple(made), tuple(seconds[0]), LIMITS)


def test_the_headline_names_what_was_lost() -> None:
    line = headline(results({"clearlstm": 1, "torch": 9}, {"clearlstm": 1, "torch": 0.5, "onnxruntime": 3}), "all")
    assert "Slower than the best of the others: (1 10 1 2) 0.50" in line
    assert "2.1 times as fast" in line
    assert "at least 0.50 times (the aim is 1)" in line
    assert "Slower" not in headline(results({"clearlstm": 1, "torch": 1.1}), "last")


def test_the_headline_says_the_least_share_of_the_attainable_time_and_how_many_reach_the_aim() -> None:
    line = headline(results({"clearlstm": 0.125}, {"clearlstm": 0.5}, {"clearlstm": 0.11}), "forward")
    assert "The attainable time is at least 20% of ours, at (1 10 1 2); 2 of 3 rows are at 75% or more" in line


def test_a_trace_is_held_to_the_forward_pass() -> None:
    line = headline(results({"clearlstm": 1}, {"clearlstm": 2}, trace=1.25), "trace")
    assert "at most 1.25 times as long as forward (the aim is 1.1)" in line
    assert "Above the aim: (1 10 1 1) 1.25; (1 10 1 2) 1.25." in line
    assert "Above" not in headline(results({"clearlstm": 1}, trace=1.05), "trace")


def test_without_another_library_the_report_says_so() -> None:
    alone = results({"clearlstm": 1.0})
    assert "no other library is installed" in headline(alone, "all")
    assert "| 1 10 1 1 | 1000 |  | 0% | 10% |" in markdown(alone)


def test_the_columns_of_each_table() -> None:
    written = markdown(results({"clearlstm": 0.2, "torch": 0.5}, trace=1.5)).splitlines()
    assert written.count("| N T F H | clearlstm ms | torch ms | ratio | of sgemm peak | of attainable |") == 3
    assert written.count("| 1 10 1 1 | 200 | 500 | 2.50 | 0% | 50% |") == 3
    assert "| N T F H | clearlstm ms | times as long as forward | of attainable |" in written
    assert "| 1 10 1 1 | 300 | 1.50 | 33% |" in written


def test_the_circumstances_tell_the_processor_and_its_limits() -> None:
    written = markdown(Results((), ("clearlstm",), Limits(2, Rate(150e9, 290e9), Rate(4e9, 7.5e9), 43e-9)))
    assert "2 threads each" in written
    assert "Products (NumPy's float32 matrix product): 290 GFLOP/s on 2 threads, 150 on one" in written
    assert "sigmoid and tanh (three to two): 7.5 a nanosecond on 2 threads, 4 on one" in written
    assert "One step's chain (sigmoid, then tanh): 43 ns" in written
    assert "Registers that the kernels use: " in written


def test_a_second_of_sound_has_a_table_of_its_own() -> None:
    taken = {"clearlstm": 0.005, "torch": 0.05, "onnxruntime": 0.4}
    heard = Results((Measurement(SOUND[0], "forward", taken),), tuple(taken), LIMITS)
    written = markdown(heard)
    assert "## One second of sound" in written
    assert "| 8 | 200 × | 20 × | 2.5 × |" in written
    assert "| 1 48000 1 8 | 5 | 50 | 400 | 10.00 |" in written
    assert sound_table(heard).row_count == 1
    assert "sound" not in markdown(results({"clearlstm": 1}))


def test_findings_say_whether_their_aim_is_reached() -> None:
    fast, slow = (
        Finding("fast", 9.0, "µs", 10, True, "99 % within 12"),
        Finding("slow", 9.0, "times", 10, at_most=False),
    )
    assert (fast.met, slow.met) == (True, False)
    text = markdown(Results((), ("clearlstm",), LIMITS, (fast, slow)), notes="## Why\n\nBecause.\n")
    assert "| fast | 9 µs; 99 % within 12 | at most 10 µs |" in text
    assert "| slow | 9 times | at least 10 times |" in text
    assert text.endswith("## Why\n\nBecause.\n")


def test_tables_fit_a_terminal_with_every_header_whole() -> None:
    four = {"clearlstm": 0.0271, "torch": 0.137, "onnxruntime": 0.018, "openvino": 0.0992}
    row = Row(64, 100, 8, 64, shortest=5)
    made = tuple(Measurement(row, task, four | {"forward": 0.02}) for task in TASKS)
    full = Results(
        (*made, Measurement(SOUND[3], "forward", four)), tuple(four), LIMITS, (Finding("x", 1, "s", 2, True),)
    )
    screen = console()
    with screen.capture() as captured:
        for task in TASKS:
            screen.print(terminal_table(full, task))
        screen.print(sound_table(full))
        screen.print(findings_table(full))
    shown = captured.get()
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown.replace("5…100", "")
    for word in (*four, "ratio", "sgemm", "attainable", "as forward"):
        assert word in shown
