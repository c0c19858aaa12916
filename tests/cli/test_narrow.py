"""Terminals with fewer than 80 columns: nothing overflows, and nothing is lost."""

import re

import pytest
from rich.text import Text
from typer.testing import CliRunner

from clearlstm.cli import app
from clearlstm.cli.narrow import fitted
from tests.cli.demo_runs import run


def narrow(width: int, *args: str, keys: str = "") -> str:
    """What ``clearlstm demo ARGS`` prints on a terminal of that width."""
    result = CliRunner().invoke(app, ["demo", *args], input=keys, env={"COLUMNS": str(width)})
    assert result.exit_code == 0, result.output
    return result.stdout


def words(text: str) -> set[str]:
    return set(re.sub(r"[─█]+|-\n", "", text).split())


@pytest.mark.parametrize("width", [40, 57, 79])
@pytest.mark.parametrize("args", [(), ("--full", "--exact"), ("--values", "0.5,0.5,0.25,1"), ("--weights",)])
def test_the_lesson_fits_and_says_the_same(args: tuple[str, ...], width: int, weights_file: str) -> None:
    args = (*args, weights_file) if args == ("--weights",) else args
    text = narrow(width, *args)
    assert all(len(line) <= width for line in text.splitlines())
    assert all(line == line.rstrip() for line in text.splitlines())
    assert words(run(*args)) - words(text) <= {"long-term", "short-term", "what-ifs"}  # parted after the hyphen


@pytest.mark.parametrize("width", [40, 61])
def test_gradients_and_their_charts_fit(width: int) -> None:
    arguments = ["gradients", "--draws", "1", "--hidden", "4"]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": str(width)})
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= width
    bars = [line for line in lines if line.endswith("█  h in full")]
    assert {len(line) for line in bars} == {width - 2}  # as wide as fits: "gates alone" is longer by two


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("unit") / "unit.json"
    path.write_text('{"f": [2.7043, 1, 2], "i": [1, 1, -10.25], "g": [1, 2, 3], "o": [-1.5, 1, 0]}', encoding="utf-8")
    return str(path)


def test_the_quiz_fits() -> None:
    text = narrow(40, "--quiz", "--seed", "3", keys="?\n100\n" * 7)
    assert "You had 0 of 7 right." in text
    assert all(len(line) <= 40 for line in text.splitlines())


def lines(*texts: str) -> list[Text]:
    return [Text(text) for text in texts]


def fit(width: int, *texts: str) -> list[str]:
    return [line.plain for line in fitted(lines(*texts), width)]


def test_what_fits_is_left_alone() -> None:
    given = lines(" a   1", "", "A sentence.")
    assert fitted(given, 11) == given


def test_a_table_goes_on_below_with_its_labels() -> None:
    assert fit(15, " Any title", "  day    x    y    z", "    1  0.5  1.5  2.5") == [
        " Any title",
        "  day    x    y",
        "    1  0.5  1.5",
        "",
        "  day    z",
        "    1  2.5",
    ]


def test_a_title_over_a_table_is_said_once_and_whole() -> None:
    assert fit(15, " Who wrote it?", "  day    x    y    z", "    1  0.5  1.5  2.5")[0] == " Who wrote it?"
    assert " ".join(fit(15, " Who wrote it?", "  day    x    y    z", "    1  0.5  1.5  2.5")).count("wrote") == 1


def test_a_label_too_long_to_be_said_twice_stands_above_its_numbers() -> None:
    assert fit(20, " a very long label     1.5  2.5", " another               3.5") == [
        " a very long label",
        "        1.5  2.5",
        " another",
        "        3.5",
    ]


def test_arithmetic_is_parted_before_the_equals_sign() -> None:
    assert fit(20, " ■ f  1 × 2.7 + 1.6 = 4.3", "      sigmoid(4.3) = 0.99    99 % stays") == [
        " ■ f  1 × 2.7 + 1.6",
        "      = 4.3",
        "      sigmoid(4.3)",
        "        = 0.99",
        "        99 % stays",
    ]


def test_colours_stay_where_they_were() -> None:
    row = Text.assemble(" ", ("■", "red"), " f  forget gate: what share of c is kept")
    first, *_ = fitted([row], 24)
    assert [(span.start, span.end, span.style) for span in first.spans] == [(1, 2, "red")]
