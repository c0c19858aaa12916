"""Sharing from the running lab, whose address opens nowhere else: as a file."""

from pathlib import Path

import pytest

pytest.importorskip("playwright")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from playwright.sync_api import Browser, expect

from tests.lab.running import running
from tests.report.rooms import expect_value


def test_the_running_lab_is_shared_as_a_file_that_opens_where_one_is(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    with running() as lab:
        page.goto(f"{lab.link}&room=plain-net&plain-weight=0.5")
        page.get_by_role("button", name="Share").click()
        expect(page.get_by_text("its link opens nowhere else")).to_be_visible()
        assert lab.host not in page.locator("#share").inner_text()
        expect(page.get_by_label("For a page of yours")).to_have_value(
            '<iframe src="clearlstm.html?embed#room=plain-net&amp;plain-weight=0.5" '
            'title="clearlstm: Why not a plain net" width="100%" height="720" loading="lazy"></iframe>'
        )
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the lab as a file").click()
        download.value.save_as(tmp_path / download.value.suggested_filename)
    page.goto((tmp_path / "clearlstm.html").as_uri())
    expect_value(page, "arrives", 0.5**50)
    page.close()
