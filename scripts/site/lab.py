"""The lab as one file beside the site's pages, and a finished example of its last room."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

COMMAND: Final = [sys.executable, "-c", "from clearlstm.cli import main; main()"]
DAYS: Final = 300
"""The last so many of the bundled prices: their forecast takes some seconds."""


def write_lab(site: Path) -> None:
    """Write lab.html and forecast.html into the folder of the site, or end with what was wrong."""
    from clearlstm.examples import stock_prices

    site.mkdir(parents=True, exist_ok=True)
    _run("lab", "--export", site / "lab.html")
    with tempfile.TemporaryDirectory(prefix="clearlstm-site-") as folder:
        table, page = Path(folder) / "prices.csv", Path(folder) / "forecast.html"
        stock_prices().groupby("unique_id").tail(DAYS).to_csv(table, index=False)
        _run("forecast", table, "--horizon", "5", "--steps", "300", "--windows", "40", "--report", page)
        (site / page.name).write_bytes(page.read_bytes())


def _run(*arguments: str | Path) -> None:
    """One of clearlstm's commands; what it says is told only where it fails."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)


if __name__ == "__main__":
    write_lab(Path(sys.argv[1]))
