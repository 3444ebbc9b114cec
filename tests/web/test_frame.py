"""The frame: every route has a rule, every answer its headers, every failure its problem."""

from __future__ import annotations

import pytest
from fastapi import Request
from starlette.testclient import TestClient

from lamplit.web.access import ANYONE, rule
from lamplit.web.app import create_app, routes_of
from lamplit.web.routing import Router


def test_a_route_without_a_rule_refuses_to_be_made():
    router = Router()
    with pytest.raises(TypeError, match="declares no access rule"):

        @router.get("/bare")
        def bare() -> str:
            return ""


def test_every_route_of_the_application_has_a_rule(client):
    ours = {route.path for route in routes_of(client.app)}
    assert ours == {getattr(route, "path", "?") for route in client.app.routes}


def test_the_api_is_described_in_both_languages(client):
    found = client.get("/api/v1/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    for path in found["paths"].values():
        for operation in path.values():
            assert operation["x-summary"]["en"]
            assert any(
                "\u4e00" <= letter <= "\u9fff" for letter in operation["x-summary"]["zh-Hans"]
            )


def test_what_the_api_speaks_of_bears_a_word_and_no_path_in_the_program(client):
    found = client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    assert "FoundPlace" in found
    assert [name for name in found if name.startswith("lamplit")] == []


def test_a_problem_is_told_in_the_readers_language(client):
    english = client.get("/nowhere", headers={"Accept-Language": "en-GB,zh;q=0.5"})
    chinese = client.get("/nowhere", headers={"Accept-Language": "zh-CN,en;q=0.5"})
    assert english.headers["content-type"] == "application/problem+json"
    assert english.json()["code"] == chinese.json()["code"] == "web.no-such-page"
    assert english.json()["title"] == "There is nothing at this address."
    assert chinese.json()["title"] == "此地址没有内容。"


def test_every_answer_bears_the_safe_headers(client):
    for path in ("/healthz", "/nowhere"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert len(headers["x-request-id"]) == 16
        assert "strict-transport-security" not in headers


def test_an_unchanged_answer_is_not_sent_twice(client):
    first = client.get("/healthz")
    again = client.get("/healthz", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_fault_tells_the_caller_its_number_and_nothing_else(office):
    router = Router(prefix="")

    @router.get("/broken")
    @rule(ANYONE, "Breaks", "出错")
    def broken() -> str:
        raise RuntimeError("Li Lei, 12-3-401")

    app = create_app(office)
    app.router.routes.extend(router.routes)
    answer = TestClient(app, raise_server_exceptions=False).get("/broken")
    assert answer.status_code == 500
    assert answer.json()["code"] == "web.fault"
    assert answer.json()["request"] in answer.json()["detail"]
    assert "Li Lei" not in answer.text


def test_a_body_over_the_limit_is_refused_before_and_while_it_is_read(office):
    router = Router(prefix="")

    @router.post("/echo")
    @rule(ANYONE, "Echo", "回显")
    async def echo(request: Request) -> int:
        return len(await request.body())

    app = create_app(office)
    app.router.routes.extend(router.routes)
    client = TestClient(app)
    assert client.post("/echo", content=b"x" * 1_000).json() == 1_000
    assert client.post("/echo", content=b"x" * 2_000_001).status_code == 413
    chunked = client.post("/echo", content=(b"x" * 500_000 for _ in range(5)))
    assert chunked.status_code == 413
    assert chunked.json()["code"] == "web.too-large"


def test_the_figures_are_for_the_machine_itself(client, office):
    assert client.get("/metrics").status_code == 200
    other = TestClient(create_app(office), client=("203.0.113.9", 50000))
    assert other.get("/metrics").status_code == 403
    assert "/healthz" in client.get("/metrics").text
