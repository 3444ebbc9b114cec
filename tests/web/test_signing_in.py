"""Signing in over HTTP: cookies, CSRF, what a stolen thing is worth, the company's directory."""

from __future__ import annotations

import dataclasses
import time
from types import MappingProxyType

import pytest
from directory import Directory, served
from joserfc.jwk import RSAKey
from people_world import PASSWORD, World, build
from starlette.testclient import TestClient

from lamplit.services.field.access import accounts
from lamplit.services.field.office import CLI, Office
from lamplit.web.app import WebOptions, create_app

API = "/api/v1"


@pytest.fixture
def world(office) -> World:
    return build(office)


def browser(office: Office, **options) -> TestClient:
    base = "https://lamplit.test" if options.get("tls") else "http://lamplit.test"
    app = create_app(office, WebOptions(**options))
    return TestClient(app, base_url=base, follow_redirects=False)


def signed_in(client: TestClient, who: str = "owner", password: str = PASSWORD) -> dict:
    answer = client.post(f"{API}/sign-in", json={"username": who, "password": password})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(office, world):
    plain = browser(office).post(f"{API}/sign-in", json={"username": "owner", "password": PASSWORD})
    cookie = plain.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    safe = browser(office, tls=True)
    answer = safe.post(f"{API}/sign-in", json={"username": "owner", "password": PASSWORD})
    assert answer.headers["set-cookie"].startswith("__Host-lamplit=")
    assert "secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]
    assert PASSWORD not in answer.text


def test_a_change_needs_the_sessions_csrf(office, world):
    client = browser(office)
    begun = signed_in(client)
    body = {"label": "phone"}
    assert client.post(f"{API}/tokens", json=body).json()["code"] == "web.csrf"
    wrong = client.post(f"{API}/tokens", json=body, headers={"X-CSRF-Token": "x"})
    assert wrong.status_code == 403
    right = {"X-CSRF-Token": begun["csrf"]}
    assert client.post(f"{API}/tokens", json=body, headers=right).status_code == 201
    for foreign in ({"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post(f"{API}/tokens", json=body, headers={**right, **foreign})
        assert answer.json()["code"] == "web.csrf"
    own = {**right, "Origin": "http://lamplit.test", "Sec-Fetch-Site": "same-origin"}
    assert client.post(f"{API}/tokens", json=body, headers=own).status_code == 201
    assert client.get(f"{API}/me").json()["csrf"] == begun["csrf"]


def test_nobody_is_signed_in_by_another_sites_page(office, world):
    answer = browser(office).post(
        f"{API}/sign-in", json={"username": "owner", "password": PASSWORD},
        headers={"Origin": "https://evil.test"},
    )  # fmt: skip
    assert answer.json()["code"] == "web.csrf"


def test_wrong_name_and_wrong_password_are_answered_alike(office, world):
    client = browser(office)
    wrong = client.post(f"{API}/sign-in", json={"username": "owner", "password": "x"})
    unknown = client.post(f"{API}/sign-in", json={"username": "ghost", "password": "x"})
    assert wrong.status_code == unknown.status_code == 401
    assert {**wrong.json(), "request": ""} == {**unknown.json(), "request": ""}


def test_a_name_that_nobody_bears_takes_as_long(office, world):
    def seconds(name: str) -> float:
        began = time.perf_counter()
        browser(office).post(f"{API}/sign-in", json={"username": name, "password": "x"})
        return time.perf_counter() - began

    accounts._nobody()
    known = min(seconds("owner") for _ in range(3))
    unknown = min(seconds("ghost") for _ in range(3))
    assert unknown > known / 2


def test_a_locked_account_says_when_to_come_back(office, world, monkeypatch):
    monkeypatch.setattr(accounts, "_verify", lambda kept, given: False)
    client = browser(office)
    for _ in range(accounts.BY_ACCOUNT.tries + 1):
        answer = client.post(f"{API}/sign-in", json={"username": "owner", "password": "x"})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "900"


def test_a_session_is_new_with_each_sign_in_and_gone_with_sign_out(office, world):
    client = browser(office)
    client.cookies.set("lamplit", "chosen by an attacker")
    begun = signed_in(client)
    secret = client.cookies.get("lamplit", domain="lamplit.test")
    assert secret != "chosen by an attacker"
    client.cookies.clear()
    client.cookies.set("lamplit", secret)
    assert client.get(f"{API}/me").status_code == 200
    out = client.post(f"{API}/sign-out", headers={"X-CSRF-Token": begun["csrf"]})
    assert out.status_code == 200
    again = browser(office)
    again.cookies.set("lamplit", secret)
    assert again.get(f"{API}/me").json()["code"] == "accounts.bad-token"


def test_a_password_given_by_another_opens_nothing_until_it_is_changed(office, world):
    made = accounts.reset(office, CLI, "leader")
    client = browser(office)
    begun = signed_in(client, "leader", made.password)
    assert begun["must_change"]
    assert client.get(f"{API}/me").status_code == 200
    assert client.get(f"{API}/campaigns").json()["code"] == "accounts.must-change"
    answer = client.post(
        f"{API}/me/password",
        json={"old": made.password, "new": "seven lanterns over the river"},
        headers={"X-CSRF-Token": begun["csrf"]},
    )
    assert answer.status_code == 200, answer.text
    assert client.get(f"{API}/campaigns").status_code == 200


def test_a_disabled_person_is_out_at_once(office, world):
    client = browser(office)
    signed_in(client)
    accounts.disable(office, CLI, "owner")
    assert client.get(f"{API}/me").status_code == 401


@pytest.fixture(scope="module")
def keys() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "k1"})


@pytest.fixture
def directory(office, world, clock, keys):
    with served(Directory(now=int(clock.now.timestamp()), key=keys)) as found:
        web = MappingProxyType({
            "oidc_issuer": found.issuer, "oidc_client_id": found.client_id,
            "oidc_client_secret": found.client_secret,
        })  # fmt: skip
        config = dataclasses.replace(office.home.config, web=web)
        home = dataclasses.replace(office.home, config=config)
        accounts.link(office, CLI, "owner", f"{found.issuer}#{found.subject}")
        yield found, browser(dataclasses.replace(office, home=home))


def through(found: Directory, client: TestClient):
    start = client.get(f"{API}/sign-in/oidc")
    assert start.status_code == 302
    back = found.authorize(start.headers["location"])
    return client.get(back.removeprefix("http://lamplit.test"))


def test_the_company_directory_signs_in_whom_it_vouches_for(directory, world):
    found, client = directory
    answer = through(found, client)
    assert (answer.status_code, answer.headers["location"]) == (302, "/")
    assert client.get(f"{API}/me").json()["person_id"] == world.people["owner"]


def test_only_a_home_with_a_directory_offers_to_sign_in_through_one(directory, office):
    assert directory[1].get(f"{API}/about").json()["directory"] is True
    assert browser(office).get(f"{API}/about").json()["directory"] is False


@pytest.mark.parametrize(
    "claims",
    [{"iss": "http://127.0.0.1:1"}, {"aud": "another"}, {"nonce": "x"}, {"exp": 1},
     {"aud": ["lamplit", "another"], "azp": "another"}],
)  # fmt: skip
def test_a_token_for_another_or_of_another_is_refused(directory, claims):
    found, client = directory
    found.claims = claims
    assert through(found, client).json()["code"] == "accounts.oidc-refused"
    assert client.get(f"{API}/me").status_code == 401


def test_a_token_signed_by_another_key_is_refused(directory):
    found, client = directory
    found.sign_with = RSAKey.generate_key(2048, {"kid": "k1"})
    assert through(found, client).json()["code"] == "accounts.oidc-refused"


def test_state_and_code_serve_once_and_only_the_browser_that_began(directory, office):
    found, client = directory
    start = client.get(f"{API}/sign-in/oidc")
    back = found.authorize(start.headers["location"]).removeprefix("http://lamplit.test")
    other = TestClient(client.app, base_url="http://lamplit.test", follow_redirects=False)
    assert other.get(back).json()["code"] == "accounts.oidc-refused"
    forged = back.rpartition("=")[0] + "=forged"
    assert client.get(forged).json()["code"] == "accounts.oidc-refused"
    assert client.get(back).status_code == 302
    assert client.get(back).json()["code"] == "accounts.oidc-refused"


def test_somebody_whom_nobody_tied_to_an_account_is_not_let_in(directory):
    found, client = directory
    found.subject = "a stranger"
    assert through(found, client).json()["code"] == "accounts.oidc-unknown"
