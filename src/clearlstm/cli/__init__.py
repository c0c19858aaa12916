"""The command line: ``clearlstm COMMAND``. One file a command, each loaded when it is called."""

import sys
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperGroup

from clearlstm import __version__
from clearlstm.cli import running
from clearlstm.cli.plain import use_plain_signs

CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 80}


class Entry(NamedTuple):
    """Where a command lives (module and function share its name), and its line in ``clearlstm --help``."""

    module: str
    summary: str


COMMANDS: Final = {
    "demo": Entry("clearlstm.cli.demo", "The worked example: one LSTM unit, step by step, in words and numbers."),
    "gradients": Entry(
        "clearlstm.cli.gradients",
        "Plain nets and LSTMs over 50 steps or more: how much gradient reaches each earlier step.",
    ),
    "forecast": Entry(
        "clearlstm.cli.forecast",
        "Forecast a file, a query or the bundled prices, and say how good it is.",
    ),
    "backtest": Entry(
        "clearlstm.cli.backtest", "Compare the LSTM with simple forecasts from many past origins, and say which to use."
    ),
    "predict": Entry(
        "clearlstm.cli.predict", "Forecast with a saved forecaster: its own series, those with new rows, or others."
    ),
    "classify": Entry(
        "clearlstm.cli.classify",
        "Tell the class or the number of whole sequences, and say whether an LSTM is worth it.",
    ),
    "inspect": Entry(
        "clearlstm.cli.inspect",
        "Look a model over: its memory, its gradient, what it depends on, what looks wrong.",
    ),
    "lab": Entry(
        "clearlstm.cli.lab",
        "The lab: see an LSTM at work in the browser, train on your own data, open your own model.",
    ),
    "check": Entry(
        "clearlstm.cli.check",
        "Is this machine right? Kernels against the reference, the golden bits, versions, threads.",
    ),
    "bench": Entry(
        "clearlstm.cli.bench",
        "Time this machine: clearlstm beside torch, ONNX Runtime and OpenVINO, where they are installed.",
    ),
}


class Commands(TyperGroup):
    """The group of all commands: loads the one that is called, and turns what goes wrong into a line."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature is typer's
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the signature is typer's
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        single = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=dict(CONTEXT))
        single.command(cmd_name)(getattr(import_module(COMMANDS[cmd_name].module), cmd_name))
        return typer.main.get_command(single)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the signature is typer's
        """List the commands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: Any) -> Any:
        """Run the command; see :mod:`clearlstm.cli.running` for what becomes of an error."""
        with running.plain_errors(debug=bool(ctx.params.get("debug"))):
            return super().invoke(ctx)


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=dict(CONTEXT),
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"clearlstm {__version__}")
        raise typer.Exit


@app.callback()
def _global_options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show the version."),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error. May stand anywhere."),
) -> None:
    """The LSTM that you can see through: train, forecast honestly, look at every gate."""


def main() -> None:
    """The console script: ``--debug`` may stand anywhere on the line, and old encodings get plain signs."""
    for stream in (sys.stdout, sys.stderr):
        use_plain_signs(stream)
    app(args=running.debug_first(sys.argv[1:]), prog_name="clearlstm")
