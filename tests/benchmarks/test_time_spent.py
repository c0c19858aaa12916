"""Where the time goes: every kernel of a pass is counted once, and the parts add up to the whole."""

from typing import Final

import pytest

pytest.importorskip("matplotlib")

from benchmarks.time_spent import KERNELS, PARTS, draw, measured, parts, timed_kernels, work_of
from clearlstm.bench.grid import TRAINED, Row
from clearlstm.bench.limits import Limits, Rate

LIMITS: Final = Limits(2, Rate(1e11, 2e11), Rate(4e9, 6e9), 4e-8)


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_every_kernel_of_a_pass_is_known(cell: str) -> None:
    with timed_kernels() as spent:
        work_of(Row(3, 20, 2, 8, layers=2, bidirectional=True, shortest=5, cell=cell))()
    assert set(spent) == set(KERNELS.values())


def test_the_parts_are_the_whole() -> None:
    row = TRAINED[4]
    seconds = measured(row)
    each = parts(row, seconds, LIMITS)
    assert set(each) == set(PARTS)
    kernels = sum(value for name, value in seconds.items() if name != "whole")
    assert each["Python"] + kernels == pytest.approx(seconds["whole"])
    assert sum(each.values()) >= seconds["whole"] * (1 - 1e-9)  # more, where a kernel beats these made-up limits


def test_a_bar_for_each_row_fills_the_width() -> None:
    each = dict.fromkeys(PARTS, 1.0)
    ax = draw({"one": each, "two": {**each, "Python": 9.0}}).axes[0]
    assert len(ax.patches) == 2 * len(PARTS)
    ends = [bar.get_window_extent().x1 for bar in ax.patches[-2:]]
    assert ends == pytest.approx([ax.transData.transform((100, 0))[0]] * 2)
