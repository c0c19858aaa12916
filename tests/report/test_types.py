"""The page's modules under TypeScript's strict checks: their types stand in JSDoc comments."""

import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

LOCAL = Path(__file__).parents[2] / "node_modules" / ".bin" / "tsc"
TSC = os.environ.get("CLEARLSTM_TSC") or shutil.which("tsc") or (str(LOCAL) if LOCAL.exists() else None)
STATIC = Path(str(files("clearlstm.report"))) / "static"


@pytest.mark.skipif(TSC is None, reason="no tsc: npm install --no-save typescript, or set CLEARLSTM_TSC to its path")
def test_the_modules_pass_the_strict_checks() -> None:
    checked = subprocess.run([str(TSC), "--project", str(STATIC)], capture_output=True, text=True, check=False)
    assert checked.stdout == ""
    assert checked.returncode == 0
