"""The command line as tests call it, in this process."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from clearlstm.cli import app


def call(*args: str) -> Result:
    """``clearlstm ARGS``."""
    return CliRunner().invoke(app, list(args))


def numbers(*args: str) -> dict[str, Any]:
    """What ``clearlstm ARGS --json`` prints."""
    result = call(*args, "--json")
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))
