"""The bar in a notebook: what is sent, and that nobody else's modules are loaded for it."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest

from clearlstm.training.loop import train
from clearlstm.training.progress import task, tell
from clearlstm.training.progress_notebook import MarimoBar, bar_html, in_marimo, kernel_display, line_html
from tests.training.runs import model, sequences


class Display:
    """IPython's publisher, as far as it is asked."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, str], str, bool]] = []

    def publish(self, data: dict[str, str], *, transient: dict[str, str], update: bool) -> None:
        self.sent.append((data, transient["display_id"], update))


def kernel(monkeypatch: pytest.MonkeyPatch, **how: Any) -> Display:
    """This process is a Jupyter kernel from now on, or something like it."""
    display = Display()
    shell = SimpleNamespace(**{"kernel": object(), "display_pub": display, "display_pub_class": Display} | how)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return display


def fit(**how: Any) -> None:
    train(model(), *sequences(), **({"max_steps": 30, "progress": True} | how))


def test_a_kernel_is_sent_one_display_and_updates_of_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    display = kernel(monkeypatch)
    fit()
    fit()
    assert [update for *_, update in display.sent].count(False) == 2
    assert len({display_id for _, display_id, _ in display.sent}) == 2
    first, *_, last = (data for data, *_ in display.sent)
    assert first["text/plain"] == "  0% starting"
    assert re.fullmatch(r"30 steps · loss [\d.]+ · in [\d.]+ s", last["text/plain"])
    assert last["text/html"] == line_html(last["text/plain"])
    assert all(set(data) == {"text/html", "text/plain"} for data, *_ in display.sent)
    assert capfd.readouterr() == ("", "")


def test_a_kernel_is_told_of_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    display = kernel(monkeypatch)

    def stop(_step: int, _loss: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(on_step=stop)
    assert re.fullmatch(r"stopped at 0/30 · after [\d.]+ s", display.sent[-1][0]["text/plain"])
    assert "progressbar" not in display.sent[-1][0]["text/html"]


def test_a_kernel_is_sent_nothing_where_it_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    display = kernel(monkeypatch)
    fit(progress=False)
    assert display.sent == []


def test_ipython_on_a_terminal_and_output_that_is_caught_have_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel(monkeypatch)
    assert kernel_display() is not None
    kernel(monkeypatch, kernel=None)
    assert kernel_display() is None
    kernel(monkeypatch, display_pub_class=int)  # as in %%capture
    assert kernel_display() is None
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert kernel_display() is None


def test_nothing_is_imported_to_find_out() -> None:
    script = (
        "import sys\nimport tests.training.runs as runs\nfrom clearlstm.training.loop import train\n"
        "train(runs.model(), *runs.sequences(), max_steps=2, progress=True)\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"IPython", "marimo", "rich", "ipywidgets"} & {name.split(".")[0] for name in done.stdout.split()}


class Bar:
    """marimo's bar as a context manager, as far as it is asked."""

    def __init__(self, output: list[Any], total: int) -> None:
        self.output, self.total, self.now, self.texts = output, total, 0, [""]
        output.append(self)

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self.output.remove(self)

    def update(self, increment: int, subtitle: str) -> None:
        self.now += increment
        self.texts.append(subtitle)


def test_marimo_draws_its_own_bar_and_keeps_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    output: list[Any] = ["before"]
    marimo = SimpleNamespace(
        running_in_notebook=lambda: True,
        status=SimpleNamespace(progress_bar=lambda total, **_: Bar(output, total)),
        output=SimpleNamespace(append=output.append),
        Html=str,
    )
    monkeypatch.setitem(sys.modules, "marimo", marimo)
    assert in_marimo()
    monkeypatch.setattr("clearlstm.training.progress.SECONDS_BETWEEN_UPDATES", 0.0)
    with task(enabled=True, done="audit"):
        tell("layers", 0.25)
        _, bar = output
        assert (bar.now, bar.total, bar.texts[-1].split(" · ")[0]) == (25, 100, "layers")
    _, line = output
    assert line.startswith(line_html("audit · in ")[:-6])


def test_marimo_has_what_is_asked_of_it() -> None:
    pytest.importorskip("marimo")
    assert not in_marimo()
    bar = MarimoBar()
    bar.draw(0.5, "half")
    bar.end(1.0, "done")


def test_a_script_that_has_marimo_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "marimo", SimpleNamespace(running_in_notebook=lambda: False))
    assert not in_marimo()


class Tags(HTMLParser):
    """Tags, and whether each that is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[dict[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.attributes.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("page", [bar_html(0.421, "<b> & co"), line_html("<b> & co")])
def test_a_page_is_well_formed_and_brings_no_script_and_no_style_sheet(page: str) -> None:
    tags = Tags(page)
    assert tags.open == []
    assert tags.text == "<b> & co"
    assert not re.search(r"<(script|style|link)|class=|url\(|\bid=", page)
    assert not re.search(r"#[0-9a-f]{3}", page)  # the colours are those of the page that it stands in


def test_a_screen_reader_is_told_how_much_is_done() -> None:
    (bar,) = (one for one in Tags(bar_html(0.421, "1/2")).attributes if "role" in one)
    wanted = {"role": "progressbar", "aria-label": "Progress", "aria-valuenow": "42", "aria-valuetext": "1/2"}
    assert wanted.items() <= bar.items()
    assert (bar["aria-valuemin"], bar["aria-valuemax"]) == ("0", "100")
