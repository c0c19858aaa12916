"""What a drawing does in a page, with the Python object that it belongs to."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import clearlstm as cl
from tests.report.rooms import eventually, expect_value, value
from tests.widget.host import Host

pytest.importorskip("anywidget")
if TYPE_CHECKING:
    from playwright.sync_api import Browser

Open = Callable[..., Host]
X = np.cumsum(np.random.default_rng(0).normal(size=(2, 20, 2)), axis=1) * 0.3


@pytest.fixture
def open_host(browser: "Browser") -> Iterator[Open]:
    hosts: list[Host] = []

    def open_it(*drawings: Any, **how: Any) -> Host:
        hosts.append(Host(browser, drawings, **how))
        return hosts[-1]

    yield open_it
    for host in hosts:
        host.close()


def _model() -> cl.Network:
    return cl.Network([cl.LSTM(2, 5, num_layers=2, bidirectional=True, dtype="float64", seed=0)], head=2, seed=0)


def _unit() -> Any:
    return cl.examples.statquest_unit().show(np.array([0.0, 0.5, 0.25, 1.0]).reshape(1, 4, 1))


def test_a_dragged_weight_reaches_python_and_pythons_the_drawing(open_host: Open) -> None:
    w = _unit()
    host = open_host(w)
    number = host.page.locator("[data-key='f-x']").first
    box = number.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    host.page.mouse.move(x, y)
    host.page.mouse.down()
    host.page.mouse.move(x + 50, y, steps=5)
    host.page.mouse.up()
    assert eventually(host.page, lambda: w.weights["layer0.forward.W"][0, 0] == pytest.approx(1.63 + 0.5))
    expected: Any = w.trace().layer(0)
    expect_value(host.page, "c", expected.c[0, 0, 0], rel=1e-12)
    w.x = np.array([1.0, 0.0, 0.0]).reshape(1, 3, 1)
    w.place = (2, 0)
    host.tell()
    expected = w.trace().layer(0)
    expect_value(host.page, "c", expected.c[0, 2, 0], rel=1e-12)
    expect_value(host.page, "f-x", 2.13, rel=1e-12)  # what was dragged stays


def test_held_gates_in_the_page_are_what_python_computes(open_host: Open) -> None:
    w = _model().show(X, names=["price", "volume"])
    w.address = "part=step&yours-layer=2&yours-place=7_3"
    host = open_host(w)
    host.page.get_by_role("button", name="Hold the forget gate").click()
    assert eventually(host.page, lambda: list(w.held) == [(2, "f", 3)])
    w.held = {(2, "f", 3): 0.75, (0, "o", 1): 0.0}
    host.tell()
    trace = w.trace()
    expected: Any = trace.layer(1)
    expect_value(host.page, "f", 0.75)
    expect_value(host.page, "c", expected.c[0, 7, 3], rel=1e-12)
    host.page.get_by_text("answer", exact=True).click()
    for k in range(2):
        expect_value(host.page, f"changed-{k}", trace.y[0, k], rel=1e-11)
    host.page.get_by_text("one unit, one step").click()
    host.page.get_by_role("button", name="Take all changes back").click()
    assert eventually(host.page, lambda: w.held == {})


def test_an_input_that_was_changed_is_that_of_the_sequence_that_is_shown(open_host: Open) -> None:
    w = _model().show(X)
    w.address = "yours-series=sequence%201&part=step&yours-place=4_0"
    host = open_host(w)
    host.page.locator("button[data-key='x.4.1']").click()
    field = host.page.locator("[type=number][data-key=change]")
    field.fill("0.125")
    field.press("Enter")
    assert eventually(host.page, lambda: w.x[1, 4, 1] == 0.125)
    assert (w.x != X).sum() == 1


def test_a_window_goes_on_from_the_memories_before_it(open_host: Open) -> None:
    """The page's own pass, from the states that Python sent: as a change shows, whose other steps are as before."""
    net = cl.LSTM(1, 3, dtype="float64", seed=0)
    x = np.random.default_rng(1).normal(size=(1, 450, 1))
    w = net.show(x)
    w.address = "part=step&yours-place=3_1&yours-change=x.399.0%3A1"
    host = open_host(w)
    expected: Any = net.trace(x).layer(0)
    expect_value(host.page, "c", expected.c[0, 53, 1], rel=1e-12)
    expect_value(host.page, "c_prev", expected.c[0, 52, 1], rel=1e-12)


def test_the_kernel_answers_in_the_page(open_host: Open) -> None:
    w = _model().show(X)
    w.address = "part=questions&yours-place=7_3"
    host = open_host(w)
    host.page.get_by_role("button", name="Ask: How long does a unit hold?").click()
    lengths = cl.memory_lengths(_model().trace(X[:1]).layer(0))
    expect_value(host.page, "half-life", float(lengths.half_life[0, 7, 3]))
    host.page.get_by_role("button", name="Ask: What if unit 3 did otherwise?").click()
    both = cl.what_if(_model(), X[:1], zero=cl.Zero(3))
    for k in range(2):
        expect_value(host.page, f"after-{k}", both.after.y[0, k])


def test_each_drawing_has_a_state_of_its_own_and_all_share_the_modules(open_host: Open) -> None:
    model = _model()
    host = open_host(model.show(X), model.show(X), _unit())
    first, second = host.page.locator("section").nth(0), host.page.locator("section").nth(1)
    first.get_by_text("one unit, all steps").click()
    first.get_by_role("heading", name="step by step").wait_for()
    second.locator(".heatmap").first.wait_for()
    assert first.locator(".heatmap").count() == 0
    assert eventually(host.page, lambda: host.drawings[0].address == "part=course")
    assert host.drawings[1].address == ""
    assert host.asked == []  # the modules came with the first


def test_without_modules_of_its_own_a_drawing_asks_for_them_once(open_host: Open) -> None:
    model = _model()
    host = open_host(model.show(X), model.show(X), code=False)
    host.page.locator(".heatmap").nth(11).wait_for()
    assert [message["what"] for message in host.asked] == ["code"]


def test_a_drawing_that_is_gone_hands_its_modules_on(open_host: Open) -> None:
    model = _model()
    w = model.show(X)
    w.address = "part=course&words=video"
    host = open_host(w)
    count = "() => performance.getEntriesByType('resource').filter(({ name }) => name.startsWith('blob:')).length"
    host.page.locator(".in-notebook h3").first.wait_for()
    before = host.page.evaluate(count)
    host.page.evaluate("leaves[0]()")
    host.page.evaluate("show(0)")
    host.page.locator(".in-notebook h3").first.wait_for()
    assert host.page.evaluate(count) == before
    assert set(w.address.split("&")) == {"part=course", "words=video"}
    assert host.page.locator(".in-notebook").count() == 1


def test_the_picture_is_hidden_while_the_drawing_is_alive(open_host: Open) -> None:
    w = _unit()
    host = open_host(w)
    picture = host.page.locator(f".{w._key}")
    host.page.locator(".unit-drawing").wait_for()
    assert not picture.is_visible()
    host.page.evaluate("leaves[0]()")
    assert picture.is_visible()


def test_keys_in_a_drawing_are_not_the_notebooks(open_host: Open) -> None:
    host = open_host(_model().show(X))
    listen = "document.addEventListener('keydown', ({ key }) => heard.push(key))"
    host.page.evaluate(f"() => {{ window.heard = []; {listen}; }}")
    host.page.locator(".heatmap").first.focus()
    for key in ("ArrowLeft", "a", "Enter", "Control+s"):
        host.page.keyboard.press(key)
    assert host.page.evaluate("heard") == ["Control", "s"]
    assert host.page.locator(".readout-title").first.inner_text().endswith("18")


def test_an_answer_to_what_was_chosen_before_takes_nothing_back(open_host: Open) -> None:
    """A notebook hands Python's word on an address back; the reader may have gone on meanwhile."""
    w = _model().show(X)
    host = open_host(w)
    host.page.locator(".heatmap").first.focus()
    host.page.keyboard.press("ArrowLeft")
    assert eventually(host.page, lambda: "yours-place=18_" in w.address), w.address
    told = "const told = models[0].get('address')"
    press = "one.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true, composed: true }))"
    answer = "models[0].fromPython('address', told)"
    wait = "await new Promise((go) => setTimeout(go, 20))"  # the page draws; a change is told later than that
    host.page.locator(".heatmap").first.evaluate(f"async (one) => {{ {told}; {press}; {wait}; {answer}; }}")
    assert eventually(host.page, lambda: "yours-place=0_" in w.address), w.address


@pytest.mark.parametrize("dark", [False, True])
def test_it_is_as_dark_as_what_is_around(open_host: Open, dark: bool) -> None:
    """Whatever the system says."""
    host = open_host(_model().show(X), dark=dark, color_scheme="light" if dark else "dark")
    title = host.page.locator(".readout-title").first
    title.wait_for()
    black, white = "rgb(31, 41, 51)", "rgb(228, 233, 238)"
    assert title.evaluate("(one) => getComputedStyle(one).color") == (white if dark else black)
    pixel = "(one) => [...one.querySelector('canvas').getContext('2d').getImageData(0, 0, 20, 5).data].slice(0, 400)"
    shades = np.reshape(host.page.locator("figure.h .heatmap").evaluate(pixel), (-1, 4))[:, :3].mean()
    assert (shades < 110) == dark
    host.page.evaluate("(paper) => { document.body.style.background = paper; }", "#fff" if dark else "#000")
    turned = black if dark else white
    assert eventually(host.page, lambda: title.evaluate("(one) => getComputedStyle(one).color") == turned)


@pytest.mark.parametrize("width", [390, 700, 1600])
def test_it_fits_the_width_that_there_is(open_host: Open, width: int) -> None:
    model = _model()
    step = model.show(X)
    step.address = "part=step"
    host = open_host(model.show(X), step, _unit(), viewport={"width": width, "height": 900})
    host.page.locator(".unit-drawing").last.wait_for()
    assert host.page.evaluate("document.documentElement.scrollWidth") <= width


def test_axe_finds_nothing(open_host: Open) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    model = _model()
    step = model.show(X)
    step.address = "part=step"
    host = open_host(model.show(X), step, _unit())
    host.page.locator(".unit-drawing").last.wait_for()
    results = axe.Axe().run(host.page, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]}})
    assert results.response["violations"] == [], results.generate_report()


def test_an_unreadable_address_is_the_start(open_host: Open) -> None:
    w = _model().show(X)
    host = open_host(w)
    host.page.locator(".heatmap").first.wait_for()
    host.page.evaluate("models[0].fromPython('address', 'part=nonsense&yours-place=%%%&yours-change=x')")
    host.page.locator(".heatmap").first.wait_for()
    assert value(host.page, "f") > 0


@pytest.mark.parametrize(("motion", "dots"), [("no-preference", True), ("reduce", False)])
def test_nothing_moves_where_that_is_not_wanted(open_host: Open, motion: str, dots: bool) -> None:
    host = open_host(_unit(), reduced_motion=motion)
    watch = """new MutationObserver(() => { window.moved ||= Boolean(root.querySelector(".under-way")); })
      .observe(root, { attributes: true, childList: true, subtree: true })"""
    host.page.locator(".unit-drawing").wait_for()
    host.page.evaluate(f"() => {{ const root = document.querySelector('section > div').shadowRoot; {watch}; }}")
    host.page.get_by_role("button", name="Next", exact=True).click()
    host.page.get_by_text("1 of 11").wait_for()
    if dots:
        assert eventually(host.page, lambda: host.page.evaluate("window.moved"))
    else:
        host.page.wait_for_timeout(400)
        assert not host.page.evaluate("window.moved")
