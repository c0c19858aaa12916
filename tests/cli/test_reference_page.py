"""docs/cli.md says what the program says."""

from clearlstm.cli import COMMANDS
from scripts.cli_reference import PAGE, reference


def test_the_page_is_what_help_prints() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "docs/cli.md is behind: run `make docs`"


def test_every_command_has_its_help() -> None:
    page = reference()
    for name, entry in COMMANDS.items():
        part = page.split(f"## clearlstm {name}\n")[1]
        assert f"Usage: clearlstm {name} [OPTIONS]" in part
        assert "--help" in part
        assert entry.summary.split(":")[0].split(",")[0] in page
    assert max(map(len, page.splitlines())) <= 120


def test_the_summaries_are_the_functions_own_first_words() -> None:
    """`clearlstm --help` doesn't load the commands, so its lines are written beside their names."""
    from importlib import import_module

    for name, entry in COMMANDS.items():
        told = getattr(import_module(entry.module), name).__doc__
        assert told.splitlines()[0] == entry.summary
