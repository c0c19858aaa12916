"""The lesson and the quiz in a pseudo-terminal: paging through, quitting anywhere, colour and none."""

import re
import subprocess
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from clearlstm import examples
from clearlstm.cli.lesson.figures import gate_weights
from clearlstm.cli.lesson.quiz import fresh_step, questions
from tests.cli.demo_runs import CTRL_C, CTRL_D, ENTER, PROGRAM, in_a_terminal, run

pytestmark = pytest.mark.usefixtures("signals_heard")

BLUE_SQUARE = "\x1b[38;2;0;114;178m■"  # the forget gate's
PROMPT = "q: quit "
PAGES = 16


def plain(drawn: str) -> str:
    """What was drawn, without bold and the like."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", drawn).replace("\r\n", "\n")


def test_enter_pages_through_to_the_end_in_colour() -> None:
    keys = [(f"page {k} of {PAGES}", ENTER) for k in range(1, PAGES)]
    code, drawn = in_a_terminal(PROGRAM, "demo", keys=keys)
    assert code == 0
    assert BLUE_SQUARE in drawn
    assert drawn.count(PROMPT) == PAGES - 1, "the last page asks for nothing"
    for title in ("Two curves", "One step, 2 of 3", "Company B", "Who remembers day 1?", "What to try next"):
        assert title in drawn


def test_without_colour_a_page_back_and_q_in_the_middle() -> None:
    keys = [("page 1 of", ENTER), ("page 2 of", ENTER), ("page 3 of", "b\n"), ("page 2 of", "q\n")]
    code, drawn = in_a_terminal(PROGRAM, "demo", keys=keys, NO_COLOR="1")
    assert code == 0
    assert "\x1b[38" not in drawn
    assert plain(drawn).count("\nTwo curves\n") == 2
    assert drawn.count("Twelve numbers") == 1
    assert "One step" not in drawn
    assert "Traceback" not in drawn


def test_ctrl_d_in_the_middle_ends_cleanly_on_a_dumb_terminal() -> None:
    keys = [("page 1 of", ENTER), ("page 2 of", CTRL_D)]
    code, drawn = in_a_terminal(PROGRAM, "demo", keys=keys, TERM="dumb", NO_COLOR="1", COLORTERM="")
    assert code == 0
    assert "\x1b" not in drawn
    assert drawn.endswith(f"{PROMPT}\r\n")


def test_ctrl_c_in_the_middle_ends_cleanly() -> None:
    code, drawn = in_a_terminal(PROGRAM, "demo", keys=[("page 1 of", ENTER), ("page 2 of", CTRL_C)])
    assert code == 130
    assert drawn.endswith("stopped\r\n")
    assert "Traceback" not in drawn
    assert "Twelve numbers" not in drawn


def test_in_a_c_locale_curves_are_drawn_in_ascii() -> None:
    keys = [("page 1 of", ENTER), ("page 2 of", "q\n")]
    code, drawn = in_a_terminal(PROGRAM, "demo", keys=keys, LC_ALL="C", NO_COLOR="1")
    assert code == 0
    assert drawn.isascii()
    assert "?" not in drawn
    assert " 0.5 |              o " in drawn


def test_sixteen_colours_tell_all_gates_apart() -> None:
    keys = [("page 1 of", "q\n")]
    code, drawn = in_a_terminal(PROGRAM, "demo", keys=keys, TERM="xterm-16color", COLORTERM="")
    assert code == 0
    squares = {name: colour for colour, name in re.findall(r"\x1b\[([0-9;]*)m■\x1b\[0m (\w) ", drawn)}
    assert set(squares) == {"c", "h", "f", "i", "g", "o"}
    assert len(set(squares.values())) == len(squares)


def test_piped_output_is_plain_and_unpaged() -> None:
    done = subprocess.run([PROGRAM, "demo"], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    assert done.stderr == ""
    assert done.stdout == run()
    assert "\x1b" not in done.stdout
    assert PROMPT not in done.stdout


def test_the_quiz_answered_rightly_and_wrongly() -> None:
    seed = 7
    weights = examples.statquest_unit().weights(0)
    asked = questions(gate_weights(weights), fresh_step(weights, seed))
    wrong = {2, 5}
    answers = [f"{q.value + 1:.2f}" if k in wrong else f"{q.value:.2f}" for k, q in enumerate(asked, 1)]
    keys = [("> ", answer + ENTER) for answer in answers]
    code, drawn = in_a_terminal(PROGRAM, "demo", "--quiz", "--seed", str(seed), keys=keys, NO_COLOR="1")
    assert code == 0
    assert f"(seed {seed})" in drawn
    told = plain(drawn).split("\nScore: ")
    assert len(told) == len(asked) + 1
    for k, (question, part) in enumerate(zip(asked, told, strict=False), 1):
        assert ("Right: " in part) is (k not in wrong)
        for line in question.because:
            assert (line.plain in part) is (k in wrong), "a miss is explained, with its arithmetic"
    assert f"You had {len(asked) - 2} of {len(asked)} right." in drawn


@pytest.mark.parametrize(("key", "code", "last"), [(CTRL_D, 0, "clearlstm demo --quiz"), (CTRL_C, 130, "stopped")])
def test_the_quiz_can_be_left_in_the_middle(key: str, code: int, last: str) -> None:
    keys = [("1 of 7   ", "what?" + ENTER), ("That isn't a number", ENTER), ("2 of 7   ", key)]
    found, drawn = in_a_terminal(PROGRAM, "demo", "--quiz", keys=keys, NO_COLOR="1")
    assert found == code
    assert "Score: 0 of 1." in drawn
    assert last in drawn.splitlines()[-1]
    assert "Traceback" not in drawn
    assert ("You had 0 of 1 right. 6 of 7 were still to come." in drawn) is (key == CTRL_D)


def test_training_is_drawn_live_and_then_paged() -> None:
    script = (
        "import sys\nfrom clearlstm.cli import main\nfrom clearlstm.cli.lesson import training\n"
        "training.EPOCHS = (0, 1, 1000)\n"
        "sys.argv = ['clearlstm', 'demo', '--train']\nmain()\n"
    )
    keys = [("page 1 of 5", ENTER), ("page 2 of 5", "q\n")]
    code, drawn = in_a_terminal(sys.executable, "-c", script, keys=keys, NO_COLOR="1")
    assert code == 0
    assert drawn.count("of 1000   loss") >= 2
    assert "epoch  1000 of 1000   loss 0.423926" in drawn
    assert "  1000      0.4837 " in drawn
    assert "1 of 3: the last day" in drawn


def test_ctrl_c_stops_the_training_cleanly() -> None:
    code, drawn = in_a_terminal(PROGRAM, "demo", "--train", keys=[("of 5000   loss", CTRL_C)], NO_COLOR="1")
    assert code == 130
    assert "stopped" in drawn
    assert "Traceback" not in drawn
    assert "What it learnt" not in drawn
    assert "\x1b[?25h" in drawn  # the cursor is back
