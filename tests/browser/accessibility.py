"""What axe-core finds wrong with a page, by the rules of WCAG 2.2 AA."""

import json

import pytest

from tests.live import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page, within: str = "document") -> list[str]:
    """One line for each broken rule, with the markup that breaks it.

    ``within`` is a selector, for pages that are not ours as a whole.
    """
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run make frontend")
    # A click waits until another page has begun to come, and not until it is there.
    page.wait_for_load_state()
    # A colour on its way to another is neither.
    page.evaluate(
        "() => document.getAnimations()"
        ".filter(one => one.effect.getComputedTiming().endTime !== Infinity)"
        ".forEach(one => one.finish())"
    )
    # Evaluated by the debugger, which the page's security policy does not bind.
    page.evaluate(AXE.read_text())
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    scope = "document" if within == "document" else json.dumps(within)
    found = page.evaluate(f"async () => (await axe.run({scope}, {json.dumps(options)})).violations")
    return [
        f"{one['id']}: {json.dumps([node['html'][:160] for node in one['nodes'][:3]])}"
        for one in found
    ]
