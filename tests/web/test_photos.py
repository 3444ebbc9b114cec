"""A photo goes out as a picture only where it is one; whatever else was sent is no page of ours."""

from __future__ import annotations

import pytest
from people_world import World, build
from sqlalchemy import insert
from starlette.testclient import TestClient

from lamplit.services.field.access import tokens
from lamplit.services.field.office import new_id
from lamplit.services.field.submissions import media
from lamplit.store.schema import attachment, submission
from lamplit.web.app import create_app

PNG, JPEG = b"\x89PNG\r\n\x1a\n ...", b"\xff\xd8\xff\xe0 ..."
SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.fixture
def world(office) -> World:
    return build(office)


def sent(world: World, kind: str, content: bytes, name: str = "a.jpg") -> str:
    """A photo of a visit to `home`, as it was sent; gives its id."""
    office = world.office
    kept = media.keep(office.media_dir, media.Attachment(name, kind, content))
    made, instance = new_id(), f"uuid:{new_id()}"
    with office.db.begin() as conn:
        conn.execute(insert(submission).values(
            id=new_id(), instance_id=instance, campaign_id=world.campaigns["sweep"],
            enrollment_id=world.enrollments.get("home"), programme="household_sweep",
            form_id="lamplit_household_sweep", form_version="1", received_at=office.clock(),
            answers={}, place_id=world.places["home"]))  # fmt: skip
        conn.execute(insert(attachment).values(
            id=made, instance_id=instance, name=kept.name, media_type=kept.media_type,
            sha256=kept.sha256, bytes=kept.bytes, received_at=office.clock()))  # fmt: skip
    return made


def fetched(world: World, photo: str):
    secret = tokens.issue(world.office, world.actor("leader"), "P-leader", "t", "api").secret
    client = TestClient(create_app(world.office), headers={"Authorization": f"Bearer {secret}"})
    return client.get(f"/api/v1/photos/{photo}")


@pytest.mark.parametrize(("kind", "content"), [("image/png", PNG), ("image/jpeg", JPEG)])
def test_a_picture_is_shown(world, kind, content):
    answer = fetched(world, sent(world, kind, content))
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == kind
    assert "attachment" not in answer.headers.get("content-disposition", "")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("kind", "content"),
    [("image/svg+xml", SCRIPT), ("image/jpeg", SCRIPT), ("text/html", SCRIPT), ("", PNG)],
)
def test_what_is_no_picture_is_a_file_that_no_browser_shows(world, kind, content):
    answer = fetched(world, sent(world, kind, content, 'x.html"; filename="y.svg'))
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="lamplit-file.bin"'
