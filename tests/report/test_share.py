"""The lab in other people's hands: its links, and a room in a frame of their own page, from a disk and from the web."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, expect

from tests.report.rooms import OpenLab, eventually, expect_value

SECOND_STEP = "room=unit&unit-day=2&unit-stage=kept"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(params=["disk", "web"])
def base(request: pytest.FixtureRequest, lab_file: Path) -> Iterator[str]:
    """Where the lab's folder is to be found."""
    if request.param == "disk":
        yield f"{lab_file.parent.as_uri()}/"
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(lab_file.parent))) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """Somebody with a page of the lab, which complains of nothing."""
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": 900, "height": 900})
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert complaints == []


def test_a_room_stands_in_another_page_in_the_state_in_which_it_was(base: str, lab_file: Path, visitor: Page) -> None:
    visitor.goto(f"{base}lab.html#{SECOND_STEP}&tour=8")
    visitor.get_by_role("button", name="Share").click()
    link = visitor.get_by_label("Link").input_value()
    assert link.endswith("lab.html#unit-day=2&unit-stage=kept&tour=8")
    frame = visitor.get_by_label("For a page of yours").input_value()
    assert "tour" not in frame
    (lab_file.parent / "course.html").write_text(f"<!doctype html><link rel=icon href=data:,>{frame}", "utf-8")
    visitor.goto(f"{base}course.html")
    [room] = visitor.frames[1:]
    expect(room.get_by_role("heading", level=1)).to_have_text("The unit")
    for part in ("header", "nav", "aside", "footer"):
        expect(room.locator(part).filter(visible=True)).to_have_count(0)
    drawing = room.locator(".unit-drawing")
    expect(drawing.locator("[data-key='c_prev']")).to_contain_text("0.91")
    assert room.evaluate("document.documentElement.scrollWidth <= innerWidth")
    room.get_by_role("button", name="Next", exact=True).click()
    whole = room.get_by_role("link", name="Open this in the whole lab")
    assert eventually(visitor, lambda: "unit-stage=g" in str(whole.get_attribute("href")))
    with visitor.expect_popup() as popup:
        whole.click()
    expect(popup.value.get_by_role("navigation", name="Rooms")).to_be_visible()
    assert "unit-stage=g" in popup.value.url


def test_a_link_from_the_web_opens_what_was_sent(lab_file: Path, visitor: Page) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(lab_file.parent))) as server:
        threading.Thread(target=server.serve_forever).start()
        visitor.goto(f"http://127.0.0.1:{server.server_port}/lab.html#room=plain-net&plain-weight=0.5")
        visitor.get_by_role("button", name="Share").click()
        link = visitor.get_by_label("Link").input_value()
        visitor.goto("about:blank")
        visitor.goto(link)
        expect_value(visitor, "arrives", 0.5**50)
        server.shutdown()


def test_what_is_to_be_shared_is_copied_or_marked(open_lab: OpenLab) -> None:
    page = open_lab("room=curves&curves-z=2")
    page.get_by_role("button", name="Share").click()
    share = page.get_by_role("region", name="Share").or_(page.locator("#share"))
    share.get_by_role("button", name="Copy").first.click()
    expect(share.get_by_role("status").first).not_to_be_empty()
    assert page.evaluate("String(getSelection())").endswith("room=curves&curves-z=2")
    page.keyboard.press("Escape")
    expect(share).to_be_hidden()
    expect(page.get_by_role("button", name="Share")).to_be_focused()
