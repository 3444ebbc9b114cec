"""Every address that phones call against everybody, on both databases, under every base.

The routes are read from the application: one that the table does not know fails here, as does one
that is not under all the bases.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from people_world import WHO
from scene import Scene
from sqlalchemy import func, select, update

from lamplit.services.field.access import tokens
from lamplit.services.field.office import CLI
from lamplit.services.field.phones import phone
from lamplit.store.schema import account, event, inbox, token
from lamplit.web.app import routes_of
from lamplit.web.openrosa.routing import BASES

PERFORM = ("owner", "colleague", "volunteer", "leader")
"""Those who perform where a campaign is open."""
DELIVER = ("withdrawn", "ended")
"""Those who may hand in what they hold, and fetch nothing any more."""
IDLE = tuple(name for name in WHO if name not in (*PERFORM, *DELIVER))
"""Those whose phone is in order and has nothing to carry: no duty, or one in another district."""
STRANGERS = ("nobody", "stolen", "long_ended", "foreign", "garbage", "session")
FORM = "lamplit_household_sweep"


@dataclass(frozen=True)
class Told:
    """The answers to those who perform, who are idle, and who may only deliver."""

    perform: int
    idle: int
    deliver: int
    query: str = ""


TABLE = {
    ("GET", "/formList"): Told(200, 200, 403),
    ("GET", "/forms/{form_id}.xml"): Told(200, 404, 403),
    ("GET", "/forms/{form_id}/manifest"): Told(200, 404, 403),
    ("GET", "/forms/{form_id}/media/{name}"): Told(404, 404, 403),
    ("GET", "/lists/{name}.csv"): Told(200, 200, 403),
    ("GET", "/lists/{name}/integrity"): Told(200, 200, 403, "?id=x"),
    ("HEAD", "/submission"): Told(204, 204, 204),
    ("POST", "/submission"): Told(202, 202, 202),
    ("GET", "/{rest:path}"): Told(404, 404, 404),
    ("POST", "/{rest:path}"): Told(404, 404, 404),
}


def secret_of(scene: Scene, who: str) -> str:
    """A token as a caller bears one."""
    if who == "garbage":
        return "lamplit_x"
    if who == "foreign":
        return tokens.issue(scene.office, CLI, "P-leader", "x", "api").secret
    person = who if who in WHO else "leader"
    made = tokens.issue(scene.office, CLI, f"P-{person}", "x", "openrosa")
    if who == "stolen":
        tokens.revoke(scene.office, CLI, made.id)
    if who in ("ended", "long_ended"):
        ago = timedelta(days=1) + (phone.GRACE if who == "long_ended" else timedelta())
        with scene.office.db.begin() as conn:
            ends = scene.office.clock() - ago
            conn.execute(update(token).where(token.c.id == made.id).values(expires_at=ends))
    return made.secret


def ask(scene: Scene, who: str, method: str, path: str, base: str):
    """A caller's call: with Basic at the plain base, else with the key in the address."""
    key = f"secret {who}"
    secrets = scene.params
    if who not in ("nobody", "session") and key not in secrets:
        secrets[key] = secret_of(scene, who)
    secret = secrets.get(key, "")
    if who == "session":
        client = scene.client("leader")
    elif "{key}" in base or who == "nobody":
        client = scene.plain()
    else:
        client = scene.phone(who, secret=secret)
    filled = (base + path).replace("{rest:path}", "x").format(
        key=secret or "lamplit_none", project="1", form_id=FORM,
        name="tasks" if "lists" in path else "x.png",
    )  # fmt: skip
    sent = {"files": {"xml_submission_file": ("s.xml", b"<data/>", "text/xml")}}
    told = TABLE[method, path]
    return client.request(method, filled + told.query, **(sent if method == "POST" else {}))


def test_every_route_for_phones_is_in_the_table_under_every_base(shared_scene):
    ours = {
        (method, route.path)
        for route in routes_of(shared_scene.app)
        for method in route.methods
        if route.access.scope == "openrosa"
    }
    assert ours == {(method, base + path) for method, path in TABLE for base in BASES}


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(("method", "path"), sorted(TABLE))
def test_a_phone_is_answered_by_its_token_and_its_owners_duty(shared_scene, method, path, base):
    told = TABLE[method, path]
    for people, status in ((PERFORM, told.perform), (IDLE, told.idle), (DELIVER, told.deliver)):
        for who in people:
            answer = ask(shared_scene, who, method, path, base)
            assert answer.status_code == status, (who, answer.text)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(("method", "path"), sorted(TABLE))
def test_nobody_comes_in_without_a_phones_own_token(shared_scene, method, path, base):
    before = kept(shared_scene)
    for who in STRANGERS:
        answer = ask(shared_scene, who, method, path, base)
        # A wrong password is asked for anew, a wrong address is wrong.
        wanted = 403 if "{key}" in base else 401
        assert answer.status_code == wanted, (who, answer.text)
        assert "www-authenticate" in answer.headers or wanted == 403
    assert kept(shared_scene) == before


def kept(scene: Scene) -> tuple[int, int]:
    """How much came in, and how many lists left."""
    downloads = select(func.count()).where(event.c.kind == "phone.list_downloaded")
    with scene.office.db.read() as conn:
        received = conn.scalar(select(func.count()).select_from(inbox)) or 0
        return int(received), int(conn.scalar(downloads) or 0)


def lists(scene: Scene, who: str) -> str:
    asked = [scene.phone(who).get(f"/openrosa/lists/{n}.csv") for n in ("tasks", "households")]
    assert [answer.status_code for answer in asked] == [200, 200]
    return "\n".join(answer.text for answer in asked)


def test_a_phone_carries_its_owners_doors_and_nobody_elses(shared_scene):
    places = shared_scene.world.places
    mine, next_door = places["home"], places["home15"]
    assert mine in lists(shared_scene, "owner")
    assert next_door not in lists(shared_scene, "owner")
    assert next_door in lists(shared_scene, "colleague")
    assert mine not in lists(shared_scene, "colleague")
    # What the volunteer has taken is on no other phone.
    assert places["home2"] in lists(shared_scene, "volunteer")
    assert places["home2"] not in lists(shared_scene, "owner")
    for who in ("other_leader", "outsider", "analyst", "operator"):
        assert lists(shared_scene, who).count("\n") == 3, who  # the two headings


def test_integrity_tells_of_a_task_elsewhere_only_that_a_phone_should_not_have_it(shared_scene):
    task = shared_scene.world.tasks["home15"]
    told = {
        who: shared_scene.phone(who).get(f"/openrosa/lists/tasks/integrity?id={task}").text
        for who in ("owner", "other_leader", "outsider")
    }
    assert len(set(told.values())) == 1
    assert "true" in told["owner"]


def test_a_phone_of_a_disabled_account_is_shut_out(scene):
    assert scene.phone("owner").get("/openrosa/formList").status_code == 200
    with scene.office.db.begin() as conn:
        conn.execute(
            update(account)
            .where(account.c.person_id == scene.world.people["owner"])
            .values(disabled_at=scene.office.clock())
        )
    assert scene.phone("owner").get("/openrosa/formList").status_code == 401
