"""How often each of room 1's two nets learns what a company was at on day 1: the counts in plain-net/counts.js.

Run `python -m scripts.count_races` (some minutes) whenever the nets, their starts or their training change, and put
what it prints into src/clearlstm/report/static/rooms/plain-net/counts.js.
"""

import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from clearlstm.report.page import lab_page

COUNT = """async start => {
  const race = await import('lab/rooms/plain-net/race.js');
  const {DRAWS} = await import('lab/rooms/plain-net/counts.js');
  const draws = Array.from({length: DRAWS}, (_, k) => k + 1);
  return race.GAPS.map(gap => draws.filter(draw => race.tellsApart(race.finished(start, gap, draw))).length);
}"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "lab.html"
        path.write_text(lab_page(), "utf-8", newline="\n")
        program = os.environ.get("CLEARLSTM_CHROMIUM") or shutil.which("chromium")
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = chromium.new_page()
        page.goto(path.as_uri())
        for start in ("plain", "orthogonal", "open", "half"):
            print(f"  {start}: {page.evaluate(COUNT, start)},", flush=True)
        chromium.close()


if __name__ == "__main__":
    main()
