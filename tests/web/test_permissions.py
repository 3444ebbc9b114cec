"""Every route against everybody, on both databases: the routes are read from the application.

A route that declares no rule can't be made, and one that `routes_table` does not know fails here.
What is expected is worked out from the declared rule and the table of roles, not from services.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from people_world import PASSWORD, WHO
from routes_table import Call, calls, holders
from scene import EVERYBODY, Scene
from structlog.testing import capture_logs

from lamplit.services.field.access import tokens
from lamplit.services.field.office import CLI
from lamplit.web.app import routes_of


def test_every_route_is_in_the_table_and_every_row_is_a_route(shared_scene):
    ours = {
        (method, route.path)
        for route in routes_of(shared_scene.app)
        for method in route.methods
        if route.access.scope == "api"
    }
    assert ours == set(shared_scene.calls)


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


def each(wanted: Callable[[str], bool] = lambda _: True) -> pytest.MarkDecorator:
    """A test for each route, of some methods."""
    paths = [one for one in PATHS if wanted(one[0])]
    return pytest.mark.parametrize(
        ("method", "path"), paths, ids=lambda value: value.replace("/api/v1", "")
    )


def _route(scene: Scene, method: str, path: str) -> Any:
    return next(r for r in routes_of(scene.app) if r.path == path and method in r.methods)


@each()
def test_a_route_refuses_whom_its_rule_does_not_name_and_changes_nothing(
    shared_scene, method, path
):
    scene = shared_scene
    call, may = scene.calls[method, path], _expected(scene, _route(scene, method, path), method)
    before = scene.rows()
    for who in [name for name in EVERYBODY if name not in may]:
        answer = scene.send(who, method, path)
        wanted = {401} if who in ("nobody", "revoked", "expired", "garbage") else {call.denied}
        wanted = {403} if who == "wrong_scope" else wanted
        assert answer.status_code in wanted, (who, answer.status_code, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    assert scene.rows() == before


def _answers(scene: Scene, method: str, path: str) -> None:
    call, route = scene.calls[method, path], _route(scene, method, path)
    may = _expected(scene, route, method)
    if route.access.who in ("anyone", "machine"):
        may = may - {"revoked", "wrong_scope", "garbage"}
    for at, who in enumerate(sorted(may, reverse=True)):
        answer = scene.send(who, method, path)
        # Where something is changed, the next caller may find it done already.
        if at == 0 or method == "GET":
            assert answer.status_code == call.ok, (who, answer.status_code, answer.text)
        assert answer.status_code not in (401, 403, 500), (who, answer.text)


@each(lambda method: method == "GET")
def test_a_route_that_reads_answers_whom_its_rule_names(shared_scene, method, path):
    _answers(shared_scene, method, path)


@each(lambda method: method != "GET")
def test_a_route_that_changes_answers_whom_its_rule_names(scene, method, path):
    _answers(scene, method, path)


@pytest.mark.parametrize("who", ["revoked", "garbage", "wrong_scope"])
def test_a_bad_token_is_refused_even_where_none_is_needed(shared_scene, who):
    answer = shared_scene.send(who, "GET", "/api/v1/openapi.json")
    assert answer.status_code == (403 if who == "wrong_scope" else 401)


def test_a_route_for_sessions_takes_no_token(shared_scene):
    token = tokens.issue(shared_scene.office, CLI, "P-leader", "x", "api")
    for (method, path), call in shared_scene.calls.items():
        if call.cookie_only:
            client = shared_scene.plain()
            client.headers["Authorization"] = f"Bearer {token.secret}"
            answer = client.request(method, path, json=call.json)
            assert answer.status_code == 401, path


def test_no_line_of_the_server_s_log_says_who_or_what_anything_was_about(shared_scene):
    scene = shared_scene
    templates = {route.path for route in routes_of(scene.app)}
    with capture_logs() as lines:
        for method, path in PATHS:
            for who in ("leader", "owner", "garbage") if method == "GET" else ("garbage",):
                scene.send(who, method, path)
        scene.plain().get("/api/v1/people/P-leader/../P-owner?text=P-owner")
        scene.plain().get("/nowhere/P-owner")
    told = [line for line in lines if line["event"] == "request"]
    assert len(told) >= len(PATHS) + 2
    assert {line["path"] for line in told} <= templates | {"(no route)"}
    said = {"event", "log_level", "request", "method", "path", "status", "ms"}
    assert all(line.keys() == said for line in told)
    known = {*scene.world.people.values(), *scene.world.places.values()}
    known |= {value for value in scene.params.values() if len(value) > 6}
    known |= {f"P-{name}" for name in WHO} | {PASSWORD}
    whole = json.dumps(lines)
    assert not {one for one in known if one in whole}
