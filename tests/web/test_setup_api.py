"""The first run from a browser: open on this machine or over TLS, once, then as if never there."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from lamplit.cli import serve
from lamplit.services.field.access import accounts, setup
from lamplit.services.field.office import Office
from lamplit.web.app import WebOptions, create_app

API = "/api/v1"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(accounts, "HASHER", PasswordHasher(1, 1024, 1))


def asked(secret: str | None) -> dict[str, str]:
    return {
        "token": str(secret), "username": "li.lei", "name": "李雷",
        "password": "seven lanterns over the river", "place": "WH", "place_name_zh": "武汉",
    }  # fmt: skip


def elsewhere(office, **options) -> TestClient:
    app = create_app(office, WebOptions(**options))
    scheme = "https" if options.get("tls") else "http"
    return TestClient(app, base_url=f"{scheme}://lamplit.example", client=("203.0.113.9", 5))


def test_the_first_person_sets_up_and_goes_on_signed_in(client, office):
    assert client.get(f"{API}/setup").json()["open"] is False
    secret = setup.offer(office)
    found = client.get(f"{API}/setup").json()
    assert (found["open"], found["timezone"]) == (True, "Asia/Shanghai")
    wrong = client.post(f"{API}/setup", json=asked("guess"))
    assert (wrong.status_code, wrong.json()["code"]) == (403, "accounts.wrong-set-up-token")
    made = client.post(f"{API}/setup", json=asked(secret))
    assert (made.status_code, made.json()["must_change"]) == (201, False)
    client.headers["X-CSRF-Token"] = made.json()["csrf"]
    begun = client.post(f"{API}/imports", json={"name": "registry.csv", "size": 9})
    assert begun.status_code == 201
    again = client.post(f"{API}/setup", json=asked(secret))
    assert (again.status_code, again.json()["code"]) == (404, "accounts.set-up-closed")
    assert client.get(f"{API}/setup").json() == {
        "open": False, "timezone": "Asia/Shanghai", "version": ""
    }  # fmt: skip


def test_from_elsewhere_it_takes_tls(office):
    secret = setup.offer(office)
    bare = elsewhere(office)
    assert bare.get(f"{API}/setup").json()["open"] is False
    refused = bare.post(f"{API}/setup", json=asked(secret))
    assert (refused.status_code, refused.json()["code"]) == (403, "accounts.set-up-in-the-open")
    safe = elsewhere(office, tls=True)
    assert safe.get(f"{API}/setup").json()["open"] is True
    assert safe.post(f"{API}/setup", json=asked(secret)).status_code == 201


def test_another_sites_page_sets_nothing_up(client, office):
    secret = setup.offer(office)
    answer = client.post(
        f"{API}/setup", json=asked(secret), headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert setup.is_open(office)


def test_guesses_are_counted(client, office):
    secret = setup.offer(office)
    for _ in range(10):
        client.post(f"{API}/setup", json=asked("guess"))
    answer = client.post(f"{API}/setup", json=asked(secret))
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_serve_prints_the_link_until_there_is_an_account(home, capsys):
    serve._offer_setup(home, "http://127.0.0.1:8420", private=True)
    said = capsys.readouterr().err
    secret = said.partition("http://127.0.0.1:8420/setup#")[2].split()[0]
    office = Office.open(home)
    setup.finish(office, secret, setup.FirstOperator(
        "li.lei", "李雷", "seven lanterns over the river", "WH"
    ))  # fmt: skip
    office.db.close()
    serve._offer_setup(home, "http://127.0.0.1:8420", private=True)
    assert capsys.readouterr().err == ""
