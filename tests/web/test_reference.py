"""The API's reference names every address and its rule."""

from __future__ import annotations

from pathlib import Path

from lamplit.web.app import routes_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "api.md"


def test_every_address_stands_in_the_reference_with_its_rule(client):
    text = PAGE.read_text("utf-8")
    missing = [
        f"| `{' '.join(sorted(route.methods))} {route.path}` | {rule} |"
        for route in routes_of(client.app)
        if route.access.scope == "api"
        for rule in [route.access.say().replace("|", "or")]
        if f"| `{' '.join(sorted(route.methods))} {route.path}` | {rule} |" not in text
    ]
    assert missing == []
