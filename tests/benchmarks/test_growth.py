"""The drawing of how training time grows: a line for each library, and the limit."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from benchmarks import growth
from clearlstm.bench.grid import Row
from clearlstm.bench.limits import Limits, Rate, attainable
from clearlstm.bench.measure import Measurement

LIMITS = Limits(2, Rate(1e11, 2e11), Rate(3e9, 6e9), 4e-8)


def test_each_plot_has_the_limit_as_its_third_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(rows: list[Row], peers: tuple[str, ...], *_: object) -> list[Measurement]:
        return [Measurement(row, row.tasks[0], dict.fromkeys(peers, 1e-3 * row.N * row.T * row.H)) for row in rows]

    monkeypatch.setattr(growth, "measure", measure)
    monkeypatch.setattr(growth, "measured_limits", lambda *_, **__: LIMITS)
    figure = growth.draw()
    for ax, (axis, (_, sizes)) in zip(figure.axes, growth.GROWTH.items(), strict=True):
        xy = [np.asarray(line.get_xydata()) for line in ax.lines]
        assert [line.get_linestyle() for line in ax.lines] == ["-", "-", "--"]
        expected = [1000 * attainable(growth.sized(axis, size), "all", LIMITS) for size in sizes]
        assert xy[2][:, 1].tolist() == pytest.approx(expected)
        assert all(points[:, 0].tolist() == list(sizes) for points in xy)
    assert [text.get_text() for text in figure.axes[-1].texts] == ["torch", "clearlstm", "limit"]
