"""axe-core finds nothing to complain about: each state, light and dark, wide and on a phone.

With SCREENSHOTS set to a folder, a picture of each state lands there.
"""

import os
from pathlib import Path
from typing import Any, Literal

import pytest
from browsing import Site
from page_states import STATES
from page_story import with_a_story
from playwright.async_api import Page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
EVERY_RULE = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
THEMES: tuple[tuple[Literal["light", "dark"], dict[str, Any]], ...] = (
    ("light", EVERY_RULE),
    ("dark", COLOURS),  # a theme changes nothing but colours
)
PARTS = 3  # so that several processes can share the states
SIZES: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("size", list(SIZES))
async def test_axe_finds_no_violation_in_any_state(site: Site, size: str, part: int) -> None:
    found: dict[str, list[str]] = {}
    for state in STATES[part::PARTS]:
        with_a_story(site)
        context = await site.context(reduced_motion="reduce", **SIZES[size])
        page = await state(site, context)
        for theme, rules in THEMES:
            await page.emulate_media(color_scheme=theme)
            found[f"{state.__name__} {theme}"] = await _violations(page, rules)
            await _keep_picture(page, f"{state.__name__.replace('_', '-')}-{size}-{theme}")
        await context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}


async def _violations(page: Page, rules: dict[str, Any]) -> list[str]:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())  # by the debugger: the page's policy lets no script tag in
    answer = await page.evaluate("(runOnly) => axe.run(document, { runOnly, resultTypes: ['violations'] })", rules)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in answer["violations"]
        for node in one["nodes"]
    ]


async def _keep_picture(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        await page.wait_for_timeout(250)
        await page.screenshot(path=Path(folder) / f"{name}.png")
