"""A world behind a server, and everybody's way in; made once for each database, then copied.

What is only refused or read shares one world (and checks that refusals left it as it was); what
changes something gets a copy of its own.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import people_world
from argon2 import PasswordHasher
from people_world import WHO, World, build
from routes_table import calls
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from lamplit.domain.jobs import JobKind
from lamplit.meters.quarantine import write_quarantine
from lamplit.services.field import packs
from lamplit.services.field.access import sessions, tokens
from lamplit.services.field.files import incoming
from lamplit.services.field.jobs import jobs
from lamplit.services.field.office import CLI, Office, new_id
from lamplit.services.field.privacy import feedback
from lamplit.services.field.submissions import media
from lamplit.services.home import Home
from lamplit.store import migrate
from lamplit.store.database import Database
from lamplit.store.schema import (
    assignment,
    attachment,
    finding,
    inbox,
    metadata,
    place_code,
    plan,
    session,
    stock_move,
    submission,
    task,
)
from lamplit.store.schema import feedback as feedback_table
from lamplit.web.app import WebOptions, create_app
from servers import PostgresServer

STRANGERS = ("nobody", "revoked", "expired", "wrong_scope", "garbage")
EVERYBODY = (*WHO, *STRANGERS)
QUICK = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
"""What hashing costs is another test's matter; here it would be most of the time."""
NOT_CHANGES = ("session", "token", "throttle", "event", "log_head", "idempotency")
"""Tables that a refusal may touch: who came in, how often, and that it was refused."""


@dataclass
class Scene:
    """A world, its server, and everybody's way in."""

    office: Office
    world: World
    params: dict[str, str]
    clients: dict[str, TestClient] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pages = self.office.home.path.parent / "front"
        (pages / "assets").mkdir(parents=True)
        (pages / "index.html").write_text("<!doctype html><title>lamplit</title>")
        self.app = create_app(self.office, WebOptions(pages=pages))
        self.ids = {
            **self.world.places, **self.world.campaigns, "task": self.world.tasks["home"],
            "purpose": packs.pack_of(self.office, "household_sweep").purposes[0].code,
        }  # fmt: skip
        self.calls = calls(self.ids)

    def plain(self) -> TestClient:
        """A caller who brings nothing."""
        return TestClient(
            self.app, base_url="http://localhost", client=("127.0.0.1", 5), follow_redirects=False
        )

    def client(self, who: str) -> TestClient:
        """A caller's own client; the same again for the same caller."""
        if who not in self.clients:
            self.clients[who] = self._client(who)
        return self.clients[who]

    def _client(self, who: str) -> TestClient:
        made = self.plain()
        if who == "garbage":
            made.headers["Authorization"] = "Bearer lamplit_x"
        elif who in ("revoked", "wrong_scope"):
            scope = "openrosa" if who == "wrong_scope" else "api"
            token = tokens.issue(self.office, CLI, "P-leader", "x", scope)
            if who == "revoked":
                tokens.revoke(self.office, CLI, token.id)
            made.headers["Authorization"] = f"Bearer {token.secret}"
        elif who != "nobody":
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

    def send(self, who: str, method: str, path: str) -> httpx.Response:
        """A caller's call of a route, as the table has it."""
        call, params = self.calls[method, path], self.path_params(method, path)
        return self.client(who).request(
            method, path.replace(":path}", "}").format(**params), params=call.query,
            json=call.json, files=call.files, headers=call.headers, content=call.content,
        )  # fmt: skip

    def path_params(self, method: str, path: str) -> dict[str, str]:
        """What there is for each part of a route's path."""
        call = self.calls[method, path]
        place = self.ids[call.at if call.at in self.ids else "c1"]
        return {**self.params, "place": place, **call.params}

    def phone(self, who: str, *, secret: str = "") -> TestClient:
        """A person's phone, with the token in the password as Collect sends it."""
        key = f"phone {who} {secret}"
        if key not in self.clients:
            token = secret or tokens.issue(self.office, CLI, f"P-{who}", "p", "openrosa").secret
            self.clients[key] = made = self.plain()
            basic = base64.b64encode(f"{who}:{token}".encode()).decode()
            made.headers["Authorization"] = f"Basic {basic}"
        return self.clients[key]

    def rows(self) -> dict[str, list[str]]:
        """What stands in each table, of those that a refusal must not touch."""
        with self.office.db.read() as conn:
            return {
                table.name: sorted(repr(tuple(row)) for row in conn.execute(select(table)))
                for table in metadata.sorted_tables
                if table.name not in NOT_CHANGES
            }


@dataclass
class Stage:
    """Where scenes come from: a world that was built once on one database."""

    copy: Callable[[Path], tuple[str, Callable[[], None]]]
    world: World
    params: dict[str, str]
    clock: Any
    home: Path

    def scene(self, folder: Path) -> tuple[Scene, Callable[[], None]]:
        """A scene on a copy of the database, and how to put it away."""
        url, drop = self.copy(folder)
        db = Database(url)
        shutil.copytree(self.home, folder / "scene")
        office = Office(Home.open(folder / "scene"), db, self.clock)

        def close() -> None:
            db.close()
            drop()

        return Scene(office, replace(self.world, office=office), dict(self.params)), close


def sqlite_stage(folder: Path, clock: Any) -> Stage:
    """On SQLite: the file is copied."""
    file = folder / "built.db"
    world, params = built(f"sqlite:///{file}", folder, clock)

    def copy(into: Path) -> tuple[str, Callable[[], None]]:
        shutil.copy(file, into / "store.db")
        return f"sqlite:///{into / 'store.db'}", lambda: None

    return Stage(copy, world, params, clock, folder / "built")


def postgres_stage(server: PostgresServer, folder: Path, clock: Any) -> Stage:
    """On PostgreSQL: the database is the template of its copies."""
    made: list[tuple[World, dict[str, str]]] = []
    key = f"scene {folder}"

    def copy(_: Path) -> tuple[str, Callable[[], None]]:
        url = server.lend(key, lambda at: made.append(built(at, folder, clock)))
        return url, lambda: server.take_back(key, url)

    copy(folder)[1]()
    return Stage(copy, *made[0], clock, folder / "built")


def built(url: str, folder: Path, clock: Any) -> tuple[World, dict[str, str]]:
    """The world with one of each thing in it, in the database at `url`."""
    people_world._HASH = QUICK.hash(people_world.PASSWORD)
    db = Database(url)
    migrate.upgrade(db)
    office = Office(Home.create(folder / "built"), db, clock)
    world = build(office)
    params = _things(world)
    db.close()
    return world, params


def _things(world: World) -> dict[str, str]:
    """One of each thing that a path may name, all at `home` or in its community."""
    office, home = world.office, world.places["home"]
    now = office.clock()
    made = {
        name: new_id()
        for name in ("finding_id", "inbox_id", "move_id", "photo_id", "submission_id", "plan")
    }
    analyst = world.actor("analyst")
    phone = tokens.issue(office, world.actor("owner"), "P-owner", "phone", "openrosa")
    with office.db.begin() as conn:
        conn.execute(insert(place_code), [
            {"code": "DOOR-1", "kind": "door", "place_id": home},
            {"code": "GATE-1", "kind": "gate", "place_id": world.places["c1"]},
        ])  # fmt: skip
    receipt = feedback.send(office, "A word.", place="GATE-1")
    kept = media.keep(office.media_dir, media.Attachment("a.jpg", "image/jpeg", b"\xff\xd8\xff"))
    with office.db.begin() as conn:
        conn.execute(insert(submission).values(
            id=made["submission_id"], instance_id="uuid:1", campaign_id=world.campaigns["sweep"],
            programme="household_sweep", form_id="household_sweep", form_version="1",
            received_at=now, answers={}, place_id=home))  # fmt: skip
        conn.execute(insert(attachment).values(
            id=made["photo_id"], instance_id="uuid:1", name="a.jpg", media_type="image/jpeg",
            sha256=kept.sha256, bytes=kept.bytes, received_at=now))  # fmt: skip
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
