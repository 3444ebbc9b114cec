"""Every route against everybody: the list of routes is read from the application.

A route that declares no rule can't be made, and one that `routes_table` does not know fails here.
What is expected is worked out from the declared rule and the table of roles, not from services.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import people_world
import pytest
from argon2 import PasswordHasher
from people_world import WHO, World, build
from routes_table import Call, calls, holders
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from lamplit.domain.jobs import JobKind
from lamplit.meters.quarantine import write_quarantine
from lamplit.services.field import packs
from lamplit.services.field.access import accounts, sessions, tokens
from lamplit.services.field.files import incoming
from lamplit.services.field.jobs import jobs
from lamplit.services.field.office import Office, new_id
from lamplit.services.field.plans import desk
from lamplit.services.field.privacy import feedback
from lamplit.store.schema import (
    assignment,
    finding,
    inbox,
    place_code,
    plan,
    session,
    stock_move,
    submission,
    task,
)
from lamplit.store.schema import feedback as feedback_table
from lamplit.web.app import create_app, routes_of

STRANGERS = ("nobody", "revoked", "expired", "wrong_scope", "garbage")
EVERYBODY = (*WHO, *STRANGERS)


class Scene:
    """A world, its server, and everybody's way in."""

    def __init__(self, office: Office) -> None:
        self.office, self.world = office, build(office)
        self.app = create_app(office)
        self.params = _things(self.world)
        self.ids = {
            **self.world.places, **self.world.campaigns, "task": self.world.tasks["home"],
            "purpose": packs.pack_of(office, "household_sweep").purposes[0].code,
        }  # fmt: skip
        self.calls = calls(self.ids)

    def client(self, who: str) -> TestClient:
        made = TestClient(self.app, base_url="http://localhost", client=("127.0.0.1", 5),
                          follow_redirects=False)  # fmt: skip
        if who in ("nobody", "garbage"):
            if who == "garbage":
                made.headers["Authorization"] = "Bearer lamplit_x"
        elif who in ("revoked", "wrong_scope"):
            scope = "openrosa" if who == "wrong_scope" else "api"
            me = self.world.actor("leader")
            token = tokens.issue(self.office, me, "P-leader", "x", scope)
            if who == "revoked":
                tokens.revoke(self.office, me, token.id)
            made.headers["Authorization"] = f"Bearer {token.secret}"
        else:
            self._session(made, "leader" if who == "expired" else who, expired=who == "expired")
        return made

    def _session(self, made: TestClient, who: str, *, expired: bool) -> None:
        with self.office.begin(self.world.actor(who)) as tx:
            begun = sessions.open_in(tx, self.world.people[who], "test", must_change=False)
            if expired:
                late = tx.now - sessions.IDLE - timedelta(seconds=1)
                tx.conn.execute(
                    update(session).where(session.c.id == tokens.hashed(begun.secret))
                    .values(seen_at=late)
                )  # fmt: skip
        made.cookies.set("lamplit", begun.secret)
        made.headers["X-CSRF-Token"] = begun.csrf

    def send(self, who: str, method: str, path: str) -> Any:
        call = self.calls[method, path]
        params = {**self.params, "place": self.ids[call.at if call.at in self.ids else "c1"]}
        params |= call.params
        return self.client(who).request(
            method, path.replace(":path}", "}").format(**params), params=call.query,
            json=call.json, files=call.files, headers=call.headers, content=call.content,
        )  # fmt: skip


def _things(world: World) -> dict[str, str]:
    """One of each thing that a path may name, all at `home` or in its community."""
    office, home = world.office, world.places["home"]
    now = office.clock()
    made = {
        name: new_id() for name in ("finding_id", "inbox_id", "move_id", "submission_id", "plan")
    }
    analyst = world.actor("analyst")
    phone = tokens.issue(office, world.actor("owner"), "P-owner", "phone", "openrosa")
    with office.db.begin() as conn:
        conn.execute(insert(place_code), [
            {"code": "DOOR-1", "kind": "door", "place_id": home},
            {"code": "GATE-1", "kind": "gate", "place_id": world.places["c1"]},
        ])  # fmt: skip
    receipt = feedback.send(office, "A word.", place="GATE-1")
    with office.db.begin() as conn:
        conn.execute(insert(submission).values(
            id=made["submission_id"], instance_id="uuid:1", campaign_id=world.campaigns["sweep"],
            programme="household_sweep", form_id="household_sweep", form_version="1",
            received_at=now, answers={}, place_id=home))  # fmt: skip
        conn.execute(insert(finding).values(
            id=made["finding_id"], submission_id=made["submission_id"], place_id=home,
            campaign_id=world.campaigns["sweep"], code="help", code_list="household_sweep@1",
            points=0, severity="minor", state="open", opened_at=now))  # fmt: skip
        conn.execute(insert(inbox).values(
            id=made["inbox_id"], received_at=now, transport="api", sha256="0" * 64,
            content_type="application/json", body=b"{}", state="quarantined",
            problem="submit.unreadable"))  # fmt: skip
        conn.execute(insert(plan).values(
            id=made["plan"], campaign_id=world.campaigns["sweep"], origin="planner",
            state="ready", made_at=now))  # fmt: skip
        conn.execute(insert(stock_move).values(
            id=made["move_id"], item="mask", quantity=5, to_holder=f"place:{world.places['c1']}",
            moved_at=now))  # fmt: skip
        conn.execute(update(task).where(task.c.id == world.tasks["home2"]).values(
            owner_id=world.people["volunteer"], state="accepted"))  # fmt: skip
        duty = conn.scalar(select(assignment.c.id).where(
            assignment.c.person_id == world.people["owner"]))  # fmt: skip
        word = conn.scalar(
            select(feedback_table.c.id).where(feedback_table.c.place_id.is_not(None))
        )
    return {
        **made, "token_id": phone.id, "receipt": receipt, "feedback_id": str(word),
        "assignment_id": str(duty), "person": world.people["owner"], "code": "GATE-1",
        "place_id": home, "campaign": world.campaigns["sweep"], "task_id": world.tasks["home2"],
        "instance_id": "uuid:2", "programme": "household_sweep", "kind": "places",
        "rest": "campaigns/B1", "number": "0", "username": "owner",
        "name": write_quarantine(office.home.quarantine_dir, 1, "july.csv", []).name,
        "import_id": incoming.begin(office, analyst, "a.csv", 9).id,
        "job_id": jobs.ask(office, analyst, JobKind.NIGHT, {}).id,
    }  # fmt: skip


@pytest.fixture
def scene(office: Office, monkeypatch: pytest.MonkeyPatch) -> Scene:
    # What hashing costs is another test's matter; here it would be most of the time.
    quick = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    monkeypatch.setattr(accounts, "HASHER", quick)
    monkeypatch.setattr(people_world, "_HASH", quick.hash(people_world.PASSWORD))
    # Whoever may ask is answered before the planner begins.
    monkeypatch.setattr(desk, "begin", lambda *args, **kwargs: None)
    return Scene(office)


def test_every_route_is_in_the_table_and_every_row_is_a_route(scene):
    ours = {
        (method, route.path)
        for route in routes_of(scene.app)
        for method in route.methods
        if route.access.scope == "api"
    }
    assert ours == set(scene.calls)


def _expected(scene: Scene, route: Any, method: str) -> frozenset[str]:
    """Who may, by the rule and the roles."""
    call: Call = scene.calls[method, route.path]
    who = route.access.who
    if who in ("anyone", "machine"):
        return frozenset(EVERYBODY)
    if call.only is not None:
        return call.only
    if who == "signed_in":
        return frozenset(WHO)
    return holders(route.access.abilities, call.at) | call.also


NAMED = ("home", "home1", "b1", "b2", "c1", "c2", "d1", "d2", "sweep", "task", "purpose")
PATHS = sorted(calls(dict.fromkeys(NAMED, "")))
"""Known before there is an office; the test above holds them to the application's."""


@pytest.mark.parametrize(("method", "path"), PATHS, ids=lambda value: value.replace("/api/v1", ""))
def test_a_route_answers_whom_its_rule_names_and_nobody_else(scene, method, path):
    route = next(r for r in routes_of(scene.app) if r.path == path and method in r.methods)
    call = scene.calls[method, path]
    may = _expected(scene, route, method)
    for who in [name for name in EVERYBODY if name not in may]:
        answer = scene.send(who, method, path)
        wanted = {401} if who in ("nobody", "revoked", "expired", "garbage") else {call.denied}
        wanted = {403} if who == "wrong_scope" else wanted
        assert answer.status_code in wanted, (who, answer.status_code, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    if route.access.who in ("anyone", "machine"):
        may = may - {"revoked", "wrong_scope", "garbage"}
    for at, who in enumerate(sorted(may, reverse=True)):
        answer = scene.send(who, method, path)
        if at == 0:
            assert answer.status_code == call.ok, (who, answer.status_code, answer.text)
        assert answer.status_code not in (401, 403, 500), (who, answer.text)


@pytest.mark.parametrize("who", ["revoked", "garbage", "wrong_scope"])
def test_a_bad_token_is_refused_even_where_none_is_needed(scene, who):
    answer = scene.send(who, "GET", "/api/v1/openapi.json")
    assert answer.status_code == (403 if who == "wrong_scope" else 401)


def test_a_route_for_sessions_takes_no_token(scene):
    token = tokens.issue(scene.office, scene.world.actor("leader"), "P-leader", "x", "api")
    for (method, path), call in scene.calls.items():
        if call.cookie_only:
            client = scene.client("nobody")
            client.headers["Authorization"] = f"Bearer {token.secret}"
            answer = client.request(method, path, json=call.json)
            assert answer.status_code == 401, path


def test_routes_for_phones_let_nobody_in_by_any_other_way(scene):
    phones = [r for r in routes_of(scene.app) if r.access.scope == "openrosa"]
    assert len(phones) > 5
    api = tokens.issue(scene.office, scene.world.actor("leader"), "P-leader", "x", "api")
    basic = base64.b64encode(f"x:{api.secret}".encode()).decode()
    for route in phones:
        filled = route.path.replace("{rest:path}", "x")
        params = {"key": "lamplit_none", "form_id": "x", "name": "x", "project": "1", "rest": "x"}
        for who in ("nobody", "leader", "revoked", "expired", "garbage", "api"):
            client = scene.client("nobody" if who == "api" else who)
            if who == "api":
                client.headers["Authorization"] = f"Basic {basic}"
            for method in route.methods:
                answer = client.request(method, filled.format(**params))
                assert answer.status_code in (401, 403, 404), (who, method, route.path)
                assert answer.status_code != 404 or "{rest" in route.path
