"""What can be checked of how the report looks: colours, contrast, and that nothing is cut off or on top of another."""

from collections.abc import Callable
from typing import Any

import pytest

Data = dict[str, Any]
Open = Callable[..., Any]

# Every text of the page with the colour it is written in, that of the page behind it, and the contrast of the two.
CONTRASTS = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const luminance = (colour) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => {
            const share = value / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const paper = luminance(getComputedStyle(document.body).backgroundColor);
    const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim();
        if (!text) continue;
        const element = walker.currentNode.parentElement;
        const style = getComputedStyle(element);
        const ink = luminance(element.closest("svg") ? style.fill : style.color);
        const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
        found.push([text, ratio]);
    }
    return found;
}"""

# Pairs of labels of one drawing that lie on each other, and labels that leave the window.
CLASHES = """() => {
    const clashes = [];
    for (const svg of document.querySelectorAll("svg")) {
        const boxes = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim())
            .map((text) => [text.textContent, text.getBoundingClientRect()]);
        boxes.forEach(([name, a], k) => {
            if (a.left < 0 || a.right > document.documentElement.clientWidth) clashes.push(`${name} leaves the window`);
            for (const [other, b] of boxes.slice(k + 1)) {
                const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
                if (!apart) clashes.push(`${name} on ${other}`);
            }
        });
    }
    return clashes;
}"""

SHAPES = [
    {},
    {"rows": 30, "horizon": 24, "steps": 7, "hidden": 3},
    {"names": ("A series with quite a long name", "B"), "rows": 500, "horizon": 60, "steps": 128, "hidden": 64},
    {"names": ("x" * 300, "A name of many words, " * 10)},
]


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_has_a_contrast_of_at_least_four_and_a_half(report: Data, open_report: Open, dark: bool) -> None:
    result = open_report(report, dark=dark).page.evaluate(CONTRASTS)
    assert len(result) > 100
    assert [(text, round(ratio, 2)) for text, ratio in result if ratio < 4.5] == []


def test_dark_and_light_have_their_own_paper_and_maps(report: Data, open_report: Open) -> None:
    def look(dark: bool) -> tuple[str, list[int]]:
        page = open_report(report, dark=dark).page
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        pixel = page.evaluate("[...document.querySelector('canvas').getContext('2d').getImageData(0, 0, 1, 1).data]")
        return paper, pixel

    light, dark = look(False), look(True)
    assert light[0] == "rgb(255, 255, 255)"
    assert dark[0] != light[0]
    assert dark[1] != light[1]


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_is_cut_off_or_on_top_of_another(build: Callable[..., Data], open_report: Open, shape: Data) -> None:
    page = open_report(build(**shape)).page
    for width in (1920, 1280, 768, 390, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("width => document.querySelector('svg').clientWidth < width", arg=width)
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CLASHES) == []


def test_nothing_moves_by_itself(report: Data, open_report: Open) -> None:
    page = open_report(report, reduced_motion="reduce").page
    assert page.evaluate("document.getAnimations().length") == 0


def test_no_two_models_that_are_drawn_look_alike_and_long_settings_have_room(report: Data, open_report: Open) -> None:
    compared = report["comparison"]
    for k, name in enumerate(["Season", "Base"]):
        compared["models"].append({**compared["models"][-1], "name": name, "mase": 1.1 + k})
        compared["by_horizon"][name] = compared["by_horizon"]["Drift"]
        for one in compared["series"]:
            one["forecasts"][name] = one["forecasts"]["Drift"]
    report["settings"].append(["intervals", "conformal, by many forecasts that don't overlap, " * 4])
    page = open_report(report).page
    for summary in page.locator("#why summary").all():
        summary.click()
    marks = page.locator(".models .swatch")
    looks = [marks.nth(k).screenshot() for k in range(marks.count())]
    assert len(looks) == len(set(looks)) == 5
    short = page.locator(".run dd").nth(1).bounding_box()
    long = page.locator(".run dd", has_text="conformal, by many").bounding_box()
    assert short
    assert long
    assert long["width"] > 2 * short["width"]
