"""The training while it runs: answers and loss, redrawn ten times a second."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from clearlstm.cli.lesson.training import Snapshot, Watch, snapshot
from clearlstm.cli.look import bar
from clearlstm.data.bundled import Companies
from clearlstm.network.lstm import LSTM

SECONDS_BETWEEN_LOOKS: Final = 0.1


@contextmanager
def drawn_live(screen: Console, companies: Companies, last_epoch: int) -> Iterator[Watch | None]:
    """On a terminal, yield what draws answers and loss as they move; elsewhere None."""
    if not screen.is_terminal:
        yield None
        return
    with Live(console=screen, auto_refresh=False) as live:
        due = time.perf_counter()

        def watch(epoch: int, unit: LSTM) -> None:
            nonlocal due
            if time.perf_counter() >= due or epoch == last_epoch:
                live.update(_progress(snapshot(epoch, unit, companies), last_epoch), refresh=True)
                due = time.perf_counter() + SECONDS_BETWEEN_LOOKS

        yield watch


def _progress(now: Snapshot, last_epoch: int) -> Text:
    a, b = now.answers["A"], now.answers["B"]
    return Text.assemble(
        f"epoch {now.epoch:>5} of {last_epoch}   loss {now.loss:.6f}\n",
        f"A answers {a:>8.4f}  ", bar(a, 40, "h"), " wanted 0\n",
        f"B answers {b:>8.4f}  ", bar(b, 40, "h"), " wanted 1\n",
    )  # fmt: skip
