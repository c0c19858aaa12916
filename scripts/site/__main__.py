"""Build the site: ``python -m scripts.site FOLDER``. Whatever Sphinx warns of is an error."""

import subprocess
import sys
import tempfile
from pathlib import Path

from sphinx.cmd.build import main as sphinx

from scripts.site.names import public_names
from scripts.site.pages import ROOT, clear, put_together
from scripts.site.reference import write_reference

HERE = Path(__file__).parent


def build(target: Path) -> int:
    """Put the pages together, let Sphinx make the site of them, and lay the lab beside it; gives 0 if all went well."""
    clear(target)
    with tempfile.TemporaryDirectory(prefix="clearlstm-site-") as folder:
        pages, state = Path(folder) / "pages", Path(folder) / "state"
        put_together(pages)
        write_reference(pages, public_names(user_pages()))
        strictly = ["--fail-on-warning", "--keep-going", "--nitpicky", "--quiet"]
        lab = subprocess.Popen([sys.executable, "-m", "scripts.site.lab", str(target)])  # meanwhile
        failed = sphinx([*strictly, "-b", "html", "-c", str(HERE), "-d", str(state), str(pages), str(target)])
        return failed or lab.wait()


def user_pages() -> list[Path]:
    """The pages whose imports are for everyone: not the one on how to change the package itself."""
    return [page for page in (ROOT / "docs").rglob("*.md") if page.name != "extending.md"]


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1])))
