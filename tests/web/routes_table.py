"""How to call each route of the application, and at which place of the test world it is judged.

A route that is missing here fails the tests. `at` names the place whose abilities count; `also`
are those who may besides (oneself); `only` replaces the reckoning where the rule is of another
sort. `ok` is the answer to somebody who may.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from people_world import PASSWORD, PURPOSE, WHO

from lamplit.domain.abilities import ABILITIES


@dataclass(frozen=True)
class Call:
    ok: int = 200
    at: str = "c1"
    json: Any = None
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    files: dict[str, Any] | None = None
    content: bytes | None = None
    also: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    denied: int = 403
    cookie_only: bool = False
    """Needs a session: a token is answered 401."""


ABOVE = {
    "home": {"home", "b1", "c1", "d1"}, "b1": {"b1", "c1", "d1"}, "b2": {"b2", "c1", "d1"},
    "c1": {"c1", "d1"}, "c2": {"c2", "d2"}, "d1": {"d1"}, "d2": {"d2"},
}  # fmt: skip
ANYWHERE = frozenset(ABOVE)
MATCH = {"If-Match": '"v1"'}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JANUARY = {"first": "2020-01-01", "last": "2020-01-31"}
API = "/api/v1"
FIRST = {"token": "x", "username": "first", "name": "First", "password": PASSWORD, "place": "D9"}
OWN_IMPORT = Call(only=frozenset({"analyst"}), denied=404)
JOB = Call(only=frozenset({"analyst", "operator"}), denied=404)
LEADERS = frozenset({"leader", "other_leader"})


def holders(abilities: tuple, at: str) -> frozenset[str]:
    """Who has one of the abilities at a place (or, for "anywhere", at any), by the role alone."""
    over = ANYWHERE if at == "anywhere" else ABOVE[at]
    return frozenset(
        name
        for name, duty in WHO.items()
        if duty and name != "withdrawn" and duty[1] in over and set(abilities) & ABILITIES[duty[0]]
    )


OUTLINE = (
    b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"kind": '
    b'"community", "code": "C1"}, "geometry": {"type": "Point", "coordinates": [114.3, 30.6]}}]}'
)


def csv_file(text: str) -> dict[str, Any]:
    return {"file": ("places.csv", text.encode(), "text/csv")}


def calls(ids: dict[str, str]) -> dict[tuple[str, str], Call]:
    """Every call, with the ids of the world filled in."""
    person = {"person": "P-outsider"}
    return {
        ("GET", "/healthz"): Call(),
        ("GET", "/readyz"): Call(),
        ("GET", "/metrics"): Call(),
        ("GET", f"{API}/openapi.json"): Call(),
        ("GET", "/{rest:path}"): Call(headers=BROWSER),
        ("HEAD", "/{rest:path}"): Call(headers=BROWSER),
        # the first run, which is over
        ("GET", f"{API}/about"): Call(),
        ("GET", f"{API}/setup"): Call(),
        ("POST", f"{API}/setup"): Call(404, json=FIRST),
        # the account
        ("POST", f"{API}/sign-in"): Call(json={"username": "owner", "password": PASSWORD}),
        ("GET", f"{API}/sign-in/oidc"): Call(404),
        ("GET", f"{API}/sign-in/oidc/back"): Call(404),
        ("POST", f"{API}/sign-out"): Call(cookie_only=True),
        ("POST", f"{API}/sign-out/everywhere"): Call(),
        ("GET", f"{API}/me"): Call(),
        ("POST", f"{API}/me/password"): Call(
            json={"old": PASSWORD, "new": "seven lanterns over the river"}, cookie_only=True
        ),
        ("GET", f"{API}/me/sessions"): Call(cookie_only=True),
        ("GET", f"{API}/me/tokens"): Call(),
        ("POST", f"{API}/tokens"): Call(201, json={"label": "phone"}, cookie_only=True),
        ("POST", f"{API}/phones"): Call(
            201, json={"label": "phone", "url": "https://office.example"}, cookie_only=True
        ),
        ("DELETE", f"{API}/tokens/{{token_id}}"): Call(
            only=frozenset({"owner", "leader", "operator"}), denied=404
        ),
        ("GET", f"{API}/me/assignments"): Call(),
        ("GET", f"{API}/me/data"): Call(),
        ("GET", f"{API}/me/finished"): Call(),
        ("GET", f"{API}/me/openings"): Call(),
        ("GET", f"{API}/me/tasks"): Call(),
        # people and places
        ("GET", f"{API}/people"): Call(query={"place": ids["c1"]}),
        ("GET", f"{API}/organisations"): Call(at="anywhere"),
        ("GET", f"{API}/people/{{person}}"): Call(at="b1", also=frozenset({"owner"})),
        ("GET", f"{API}/people/{{person}}/data"): Call(at="b1", also=frozenset({"owner"})),
        ("POST", f"{API}/check-ins"): Call(
            422, json={"community": ids["c1"], "person": "P-outsider"}, also=frozenset({"outsider"})
        ),
        ("POST", f"{API}/assignments"): Call(
            201, json={**person, "place": ids["b1"], "role": "volunteer"}, at="b1"
        ),
        ("GET", f"{API}/assignments/{{assignment_id}}/chain"): Call(
            at="b1", also=frozenset({"owner"})
        ),
        ("POST", f"{API}/assignments/{{assignment_id}}/hand-over"): Call(
            201, json={"to": "P-outsider"}, headers=MATCH, at="b1"
        ),
        ("POST", f"{API}/assignments/{{assignment_id}}/withdraw"): Call(
            json={}, headers=MATCH, at="b1", also=frozenset({"owner"})
        ),
        ("POST", f"{API}/withdrawals"): Call(
            json={"person": "P-owner"}, at="b1", also=frozenset({"owner"})
        ),
        ("POST", f"{API}/assignments/{{assignment_id}}/go-on"): Call(
            201, json={"place": ids["b2"]}, at="b2"
        ),
        ("GET", f"{API}/places"): Call(),
        ("GET", f"{API}/gates/{{code}}"): Call(),
        ("GET", f"{API}/places/search"): Call(query={"text": "C1"}),
        ("GET", f"{API}/places/{{place}}"): Call(),
        ("GET", f"{API}/places/{{place}}/overview"): Call(),
        ("GET", f"{API}/places/{{place}}/children"): Call(),
        ("GET", f"{API}/places/{{place}}/found-homes"): Call(),
        ("POST", f"{API}/places/{{place}}/confirm"): Call(422, at="home"),
        ("POST", f"{API}/places/{{place}}/dismiss"): Call(422, at="home", json={"reason": "x"}),
        ("PUT", f"{API}/places/{{place}}/asks"): Call(headers=MATCH, json={"skills": ["x"]}),
        ("GET", f"{API}/places/{{place}}/sign"): Call(),
        ("POST", f"{API}/places/{{place}}/sign"): Call(),
        ("POST", f"{API}/places/{{place}}/sign/renewal"): Call(json={"replaces": "GATE-1"}),
        ("GET", f"{API}/places/{{place}}/check-ins"): Call(query=JANUARY),
        ("GET", f"{API}/places/{{place}}/coverage"): Call(),
        ("GET", f"{API}/places/{{place}}/coverage-by-community"): Call(at="d1"),
        ("GET", f"{API}/places/{{place}}/energy"): Call(422, query=JANUARY),
        ("GET", f"{API}/places/{{place}}/states"): Call(422),
        ("GET", f"{API}/places/{{place}}/facade"): Call(422),
        ("GET", f"{API}/places/{{place}}/film"): Call(422),
        ("GET", f"{API}/places/{{place}}/facade.svg"): Call(422, at="b1"),
        # homes
        ("POST", f"{API}/homes/{{place_id}}/openings"): Call(
            201, at="home",
            json={"step": "evidence", "campaign_id": ids["sweep"], "purpose": PURPOSE},
        ),
        ("POST", f"{API}/scans"): Call(201, at="home", json={"code": "DOOR-1"}, denied=422),
        # campaigns
        ("GET", f"{API}/campaigns"): Call(),
        ("POST", f"{API}/campaigns"): Call(
            201,
            json={"code": "NEW", "programme": "household_sweep", "place": ids["c1"],
                  "purpose": ids["purpose"]},
        ),
        ("GET", f"{API}/campaigns/{{campaign}}"): Call(),
        ("GET", f"{API}/campaigns/{{campaign}}/board"): Call(),
        ("GET", f"{API}/campaigns/{{campaign}}/areas"): Call(),
        ("GET", f"{API}/campaigns/{{campaign}}/course"): Call(),
        ("GET", f"{API}/campaigns/{{campaign}}/doors"): Call(
            also=frozenset({"owner", "colleague"})
        ),
        ("GET", f"{API}/campaigns/{{campaign}}/walk-list.pdf"): Call(
            also=frozenset({"owner", "colleague"}), query={"building": ids["b1"]}
        ),
        ("GET", f"{API}/campaigns/{{campaign}}/wall-chart.pdf"): Call(
            also=frozenset({"owner", "colleague"})
        ),
        ("GET", f"{API}/campaigns/{{campaign}}/facade"): Call(),
        ("POST", f"{API}/campaigns/{{campaign}}/exports"): Call(
            also=frozenset({"owner", "colleague"})
        ),
        ("GET", f"{API}/campaigns/{{campaign}}/events"): Call(query={"seconds": 0}),
        ("GET", f"{API}/campaigns/{{campaign}}/findings"): Call(),
        ("GET", f"{API}/campaigns/{{campaign}}/scores"): Call(),
        ("GET", f"{API}/campaigns/{{campaign}}/records"): Call(
            at="home", query={"place": ids["home"]}
        ),
        ("GET", f"{API}/photos/{{photo_id}}"): Call(only=frozenset({"leader"})),
        ("POST", f"{API}/campaigns/{{campaign}}/open"): Call(409, headers=MATCH),
        ("POST", f"{API}/campaigns/{{campaign}}/close"): Call(json={}, headers=MATCH),
        ("POST", f"{API}/campaigns/{{campaign}}/reopen"): Call(
            409, headers=MATCH, json={"deadline": "2020-03-01", "reason": "more came"}
        ),
        ("POST", f"{API}/campaigns/{{campaign}}/sweep"): Call(422, json={}),
        ("POST", f"{API}/campaigns/{{campaign}}/enrollments"): Call(
            201, json={"place_ids": [ids["home1"]]}
        ),
        ("GET", f"{API}/campaigns/{{campaign}}/plans"): Call(),
        ("POST", f"{API}/campaigns/{{campaign}}/plans"): Call(202, json={"seconds": 0}),
        ("GET", f"{API}/campaigns/{{campaign}}/plans/{{plan}}"): Call(),
        ("GET", f"{API}/campaigns/{{campaign}}/plans/{{plan}}/events"): Call(query={"seconds": 0}),
        ("POST", f"{API}/campaigns/{{campaign}}/plans/{{plan}}/apply"): Call(
            json={}, headers=MATCH
        ),
        # tasks, findings, submissions
        ("POST", f"{API}/tasks/{{task_id}}/claim"): Call(
            params={"task_id": ids["task"]}, only=frozenset({"owner", "volunteer"})
        ),
        ("POST", f"{API}/tasks/{{task_id}}/release"): Call(
            json={}, only=frozenset({"volunteer", "leader", "operator"})
        ),
        ("POST", f"{API}/tasks/{{task_id}}/start"): Call(only=frozenset({"volunteer"})),
        ("POST", f"{API}/tasks/{{task_id}}/not-executable"): Call(
            json={"reason": "no such door"}, only=frozenset({"volunteer", "leader", "operator"})
        ),
        ("POST", f"{API}/tasks/{{task_id}}/undo"): Call(409, only=frozenset(WHO)),
        ("POST", f"{API}/assigned-tasks"): Call(
            json={"person": "P-volunteer", "task_ids": [ids["task"]]}, at="b1"
        ),
        ("POST", f"{API}/findings/{{finding_id}}/state"): Call(
            json={"to": "in_hand"}, at="home"
        ),
        ("POST", f"{API}/submissions"): Call(202, json={"answers": {}}),
        ("GET", f"{API}/submissions/{{instance_id}}/receipt"): Call(404),
        ("GET", f"{API}/quarantine"): Call(at="anywhere"),
        ("GET", f"{API}/quarantine/{{inbox_id}}/body"): Call(at="anywhere"),
        ("POST", f"{API}/quarantine/{{inbox_id}}/retry"): Call(at="anywhere"),
        ("POST", f"{API}/quarantine/{{inbox_id}}/discard"): Call(
            at="anywhere", json={"reason": "a test"}
        ),
        # stock
        ("GET", f"{API}/stock/balances"): Call(query={"campaign": ids["sweep"]}),
        ("GET", f"{API}/stock/holders"): Call(query={"campaign": ids["sweep"]}),
        ("GET", f"{API}/stock/moves"): Call(query={"campaign": ids["sweep"]}),
        ("POST", f"{API}/stock/moves"): Call(
            201,
            json={"kind": "received", "item": "mask", "quantity": 7, "to": f"place:{ids['c1']}"},
        ),
        ("POST", f"{API}/stock/moves/{{move_id}}/reverse"): Call(201, json={"reason": "wrong"}),
        ("GET", f"{API}/places/{{place}}/map"): Call(),
        ("POST", f"{API}/uploads/outlines"): Call(
            files={"file": ("o.geojson", OUTLINE, "application/geo+json")}
        ),
        ("GET", f"{API}/places/{{place}}/states/nights"): Call(422),
        ("GET", f"{API}/places/{{place}}/events"): Call(422),
        ("GET", f"{API}/places/{{place}}/events/homes"): Call(422, query={"purpose": "a test"}),
        ("GET", f"{API}/sweep"): Call(422, query={"purpose": "cold snap"}, at="anywhere"),
        ("POST", f"{API}/sweep/exports"): Call(
            422, query={"purpose": "cold snap"}, at="anywhere"
        ),
        ("GET", f"{API}/thresholds"): Call(at="anywhere"),
        ("POST", f"{API}/what-if"): Call(
            422, json={"thresholds": {"dark_kwh": 0.2}}, at="anywhere"
        ),
        ("GET", f"{API}/labels"): Call(at="anywhere"),
        ("GET", f"{API}/labels/reliability"): Call(at="anywhere"),
        ("POST", f"{API}/labels/calibration"): Call(422, at="anywhere", json={}),
        # programmes, files, feedback, audit
        ("GET", f"{API}/programmes"): Call(),
        ("GET", f"{API}/programmes/{{programme}}"): Call(),
        ("GET", f"{API}/programmes/{{programme}}/form"): Call(),
        ("POST", f"{API}/uploads/readings"): Call(
            at="anywhere", files=csv_file("meter_id,time,kwh\nM1,2020-01-01T00:00+08:00,0.1\n"),
            query={"dry_run": "true"},
        ),
        ("POST", f"{API}/uploads/{{kind}}"): Call(
            at="anywhere", files=csv_file("kind,code,parent,name_zh\nwork_site,W1,D1,工地\n")
        ),
        # files in parts, and jobs
        ("POST", f"{API}/imports"): Call(201, at="anywhere", json={"name": "a.csv", "size": 9}),
        ("GET", f"{API}/imports"): Call(at="anywhere"),
        ("GET", f"{API}/imports/{{import_id}}"): OWN_IMPORT,
        ("GET", f"{API}/imports/{{import_id}}/columns"): replace(
            OWN_IMPORT, ok=422, query={"table": "places"}
        ),
        ("PUT", f"{API}/imports/{{import_id}}/parts/{{number}}"): replace(
            OWN_IMPORT, content=b"123456789"
        ),
        ("DELETE", f"{API}/imports/{{import_id}}"): OWN_IMPORT,
        ("POST", f"{API}/jobs/ingest"): Call(404, at="anywhere", json={"imports": ["none"]}),
        ("POST", f"{API}/jobs/registry"): Call(404, at="anywhere", json={"import_id": "none"}),
        ("POST", f"{API}/jobs/table"): Call(
            404, at="anywhere", json={"import_id": "none", "table": "places"}
        ),
        ("POST", f"{API}/jobs/places-sync"): Call(202, at="anywhere", json={}),
        ("POST", f"{API}/nights"): Call(202, at="anywhere", json={}),
        ("GET", f"{API}/nights"): Call(at="anywhere"),
        ("GET", f"{API}/jobs"): Call(at="anywhere"),
        ("GET", f"{API}/jobs/{{job_id}}"): JOB,
        ("GET", f"{API}/jobs/{{job_id}}/events"): replace(JOB, query={"seconds": 0}),
        ("POST", f"{API}/jobs/{{job_id}}/cancel"): JOB,
        ("POST", f"{API}/jobs/{{job_id}}/retry"): replace(
            JOB, ok=409, only=frozenset({"analyst"})
        ),
        # readings as a whole
        ("GET", f"{API}/readings/quarantine"): Call(at="anywhere"),
        ("GET", f"{API}/readings/quarantine/{{name}}"): Call(at="anywhere"),
        ("GET", f"{API}/readings/quarantine/{{name}}/file"): Call(at="anywhere"),
        ("GET", f"{API}/quality"): Call(422, at="anywhere"),
        # the operator's
        ("GET", f"{API}/accounts"): Call(at="anywhere"),
        ("POST", f"{API}/accounts"): Call(
            201, at="anywhere", json={"username": "new.one", "name": "New One"}
        ),
        ("GET", f"{API}/accounts/{{username}}"): Call(at="b1"),
        ("POST", f"{API}/accounts/{{username}}/sign-out"): Call(at="b1"),
        ("POST", f"{API}/accounts/{{username}}/reset"): Call(at="b1"),
        ("POST", f"{API}/accounts/{{username}}/disable"): Call(at="b1"),
        ("GET", f"{API}/status"): Call(at="anywhere"),
        ("POST", f"{API}/feedback"): Call(201, json={"text": "The lift is broken."}),
        ("GET", f"{API}/feedback/{{receipt}}"): Call(),
        ("GET", f"{API}/feedback"): Call(at="anywhere"),
        ("POST", f"{API}/feedback/{{feedback_id}}/answer"): Call(
            json={"text": "Today."}, headers=MATCH, only=frozenset({"leader"})
        ),
        ("GET", f"{API}/audit/openings"): Call(at="anywhere"),
        ("GET", f"{API}/audit/aggregates"): Call(at="anywhere"),
        ("GET", f"{API}/audit/lists"): Call(at="anywhere"),
        ("GET", f"{API}/audit/log"): Call(at="anywhere"),
    }  # fmt: skip
