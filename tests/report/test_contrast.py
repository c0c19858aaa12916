"""Every control's text against what lies behind it, in every state that a reader can bring it to, in both themes.

axe-core looks at controls at rest alone. Here the mouse goes over each kind of control of a page and presses it, and
the keyboard's focus comes to it.
"""

from typing import Any, Final, Literal

import pytest

from tests.report.made_reports import Data
from tests.report.rooms import OpenLab

pytest.importorskip("playwright")

from playwright.sync_api import Page, expect

Scheme = Literal["light", "dark"]

TEXT: Final = 4.5
LARGE: Final = 3.0
DISABLED: Final = 3.0
"""WCAG leaves disabled controls out. Here they, too, are to be read: they say what there will be."""

ROOMS: Final = (
    "room=plain-net&tour=3",
    "room=curves&curves-z=1&tour=18",
    "room=unit&deeper=1",
    "room=companies",
    "room=companies&companies-revealed=1",
    "room=training&training-epoch=700&training-back=1",
    "room=yours",
    "room=understood",
)

# window.contrasts: one control of each look (tag, class, state, what it lies on), and the measure of it as it is now.
MEASURE = """() => {
    const pixel = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
        .getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        pixel.clearRect(0, 0, 1, 1);
        pixel.fillStyle = colour;
        pixel.fillRect(0, 0, 1, 1);
        const [r, g, b, alpha] = pixel.getImageData(0, 0, 1, 1).data;
        return { rgb: [r, g, b], alpha: alpha / 255 };
    };
    const mixed = (top, under, alpha) => top.map((value, k) => value * alpha + under[k] * (1 - alpha));
    const over = ({ rgb, alpha }, under) => mixed(rgb, under, alpha);
    const luminance = (rgb) => rgb
        .map((value) => value / 255)
        .map((share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4))
        .reduce((sum, share, k) => sum + share * [0.2126, 0.7152, 0.0722][k], 0);
    const own = (element) => {
        const plate = element instanceof SVGElement && element.querySelector(":scope > rect");
        return rgba(plate ? getComputedStyle(plate).fill : getComputedStyle(element).backgroundColor);
    };
    const chain = (element) => (element ? [...chain(element.parentElement), element] : []);
    // What one sees where `ink` (null: nothing) is written in the last of `elements`, with `under` behind the first.
    const seen = ([element, ...rest], under, ink) => {
        const paper = over(own(element), under);
        const inside = rest.length ? seen(rest, paper, ink) : ink ? over(ink, paper) : paper;
        return mixed(inside, under, Number(getComputedStyle(element).opacity));
    };
    const contrast = (element) => {
        const { color, fill } = getComputedStyle(element);
        const ink = rgba(element instanceof SVGElement ? fill : color);
        const [a, b] = [ink, null].map((one) => luminance(seen(chain(element), [255, 255, 255], one)));
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    };
    const large = ({ fontSize, fontWeight }) => parseFloat(fontSize) >= (fontWeight >= 700 ? 18.66 : 24);
    const written = (control) => {
        if (control.matches("select, textarea, input")) return [control];
        const walker = document.createTreeWalker(control, NodeFilter.SHOW_TEXT);
        const parents = [];
        while (walker.nextNode()) {
            if (walker.currentNode.textContent.trim()) parents.push(walker.currentNode.parentElement);
        }
        return parents.filter((one) => one.checkVisibility() && !one.closest(".unseen"));
    };
    const disabled = (control) => control.matches(":disabled, :has(> :disabled)");
    const look = (control) => [
        control.tagName, control.getAttribute("class"), control.getAttribute("aria-pressed"),
        control.getAttribute("aria-current"), disabled(control), ...written(control).map((one) => one.className),
        chain(control.parentElement).map((one) => own(one).rgb + own(one).alpha + getComputedStyle(one).color).at(-1),
    ].join("|");
    window.contrasts = {
        find() {
            const silent = ":is([type=range], [type=checkbox], [type=radio], [type=file])";
            const fields = `input:not(${silent}), select, textarea, label:has(input)`;
            const controls = [...document.querySelectorAll(`a[href], button, summary, ${fields}, [tabindex="0"]`)]
                .filter((one) => one.checkVisibility() && written(one).length && one.getBoundingClientRect().width > 2)
                .filter((one) => !one.closest(".faded")); // numbers of a drawing that a stage doesn't speak of
            this.controls = [...new Map(controls.map((one) => [look(one), one])).values()];
            return this.controls.length;
        },
        at_rest(k) {
            const control = this.controls[k];
            control.scrollIntoView({ block: "center", behavior: "instant" });
            const { left, top, width, height } = control.getBoundingClientRect();
            return {
                place: [left + Math.min(width / 2, 40), top + height / 2], measured: this.measure(k),
                pressable: control.matches("a, button, summary, label"),
            };
        },
        measure(k) {
            const control = this.controls[k];
            return written(control).map((one) => {
                const kind = disabled(control) ? "disabled" : large(getComputedStyle(one)) ? "large" : "text";
                return [kind, contrast(one), `${control.tagName}.${control.getAttribute("class")}: ${
                    (control.value ?? control.textContent).trim().slice(0, 40)}`];
            });
        },
        focus(k) {
            this.controls[k].focus();
            return this.measure(k);
        },
    };
    addEventListener("click", (event) => (event.preventDefault(), event.stopPropagation()), true);
}"""

LEAST = {"text": TEXT, "large": LARGE, "disabled": DISABLED}


def too_faint(page: Page, scheme: Scheme, where: str) -> list[str]:
    """Every text of a control that is too faint in some state."""
    page.emulate_media(color_scheme=scheme)
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    result: list[str] = []

    def keep(state: str, measured: list[tuple[str, float, str]]) -> None:
        result.extend(
            f"{where}, {scheme}, {state}: {name} has {ratio:.2f}"
            for kind, ratio, name in measured
            if ratio < LEAST[kind]
        )

    count = page.evaluate("contrasts.find()")
    assert count > 5, where
    for k in range(count):
        page.mouse.move(0, 0)
        rest = page.evaluate("k => contrasts.at_rest(k)", k)
        keep("at rest", rest["measured"])
        page.mouse.move(*rest["place"])
        keep("under the mouse", page.evaluate("k => contrasts.measure(k)", k))
        if rest["pressable"]:
            page.mouse.down()
            keep("pressed", page.evaluate("k => contrasts.measure(k)", k))
            page.mouse.up()
        keep("with focus", page.evaluate("k => contrasts.focus(k)", k))
    return result


def test_every_control_of_the_rooms_is_readable_in_every_state(open_lab: OpenLab) -> None:
    page = open_lab("")
    page.evaluate(MEASURE)
    faint = []
    for address in ROOMS:
        page.evaluate("address => { location.hash = address }", address)
        expect(page.locator(f"nav [aria-current][href*='{address.split('&')[0]}']")).to_be_visible()
        for scheme in ("light", "dark"):
            faint += too_faint(page, scheme, address)
    assert "\n".join(faint) == ""


def test_every_control_of_a_report_is_readable_in_every_state(open_report: Any, report: Data) -> None:
    page = open_report(report).page
    page.evaluate(MEASURE)
    assert too_faint(page, "light", "report") + too_faint(page, "dark", "report") == []
