"""The progress bar on a terminal: rich's, on stderr."""

import sys


class TerminalBar:
    """A bar over the width of the terminal; it stays where it ends, with its last words."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            BarColumn(bar_width=None),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True),
            auto_refresh=False,
            expand=True,
            # What is printed to a terminal goes above the bar; what is printed to a file goes there.
            redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
        )
        self._task = self._bar.add_task("", total=1.0)
        self._bar.start()

    def draw(self, share: float, text: str) -> None:
        """Show how much is done, 0..1, and what is to be said of it."""
        self._bar.update(self._task, completed=share, description=text, refresh=True)

    def end(self, share: float, text: str) -> None:
        """Leave the last words."""
        self.draw(share, text)
        self._bar.stop()
