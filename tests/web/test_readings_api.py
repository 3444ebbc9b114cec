"""Rows that could not be read, and the operator's page, over HTTP."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import date
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from people_world import World, build
from starlette.testclient import TestClient

from lamplit.domain.errors import LamplitError
from lamplit.meters.layouts.base import Options
from lamplit.services.field.access import accounts, tokens
from lamplit.services.field.jobs import work
from lamplit.services.field.office import CLI
from lamplit.services.home import Home
from lamplit.services.ingest import ingest
from lamplit.services.night.advance import run_nights
from lamplit.store import log
from lamplit.web.app import create_app

API = "/api/v1"
HEAD = "meter_id,time,kwh\n"
GOOD = ["1"] * 20
BAD = {
    "july.csv": ["many", "many", *GOOD], "八月.csv": ["many", "-3", *GOOD], "none.csv": ["x", "y"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(accounts, "HASHER", PasswordHasher(1, 1024, 1))


@pytest.fixture
def world(office) -> World:
    return build(office)


def client_of(world: World, who: str) -> TestClient:
    token = tokens.issue(world.office, world.actor(who), f"P-{who}", "test", "api")
    client = TestClient(create_app(world.office))
    client.headers["Authorization"] = f"Bearer {token.secret}"
    return client


@pytest.fixture(scope="module")
def badly_read(tmp_path_factory) -> Path:
    """A home that has read the files; it is copied, never changed."""
    folder = tmp_path_factory.mktemp("badly-read")
    home = Home.create(folder / "home")
    for day, (name, values) in enumerate(BAD.items(), 1):
        file = folder / name
        file.write_text(HEAD + "".join(
            f"M1,2020-02-{day:02d}T{hour:02d}:00+08:00,{value}\n"
            for hour, value in enumerate(values)
        ))  # fmt: skip
        ingest(home, [file], Options())
    return home.path


@pytest.fixture
def analyst(world, badly_read) -> TestClient:
    shutil.copytree(badly_read, world.office.home.path, dirs_exist_ok=True)
    return client_of(world, "analyst")


def test_rejected_rows_are_counted_by_file_and_reason(analyst):
    found = analyst.get(f"{API}/readings/quarantine").json()
    assert {one["code"]: one["count"] for one in found["reasons"]} == {
        "not-a-number": 5, "negative": 1,
    }  # fmt: skip
    by_source = {one["source"]: one for one in found["items"]}
    assert (by_source["july.csv"]["rejected"], by_source["july.csv"]["read"]) == (2, 22)
    assert by_source["none.csv"]["batch"] is None
    assert by_source["八月.csv"]["reasons"][0]["text"]["zh"]
    pages, cursor = [], None
    while True:
        page = analyst.get(f"{API}/readings/quarantine", params={"limit": 1, "cursor": cursor})
        pages += [one["source"] for one in page.json()["items"]]
        if (cursor := page.json()["next"]) is None:
            break
    assert sorted(pages) == sorted(BAD)


def test_the_rows_of_one_file_are_paged_filtered_and_downloaded(analyst, world):
    items = analyst.get(f"{API}/readings/quarantine").json()["items"]
    name = next(one["name"] for one in items if one["source"] == "八月.csv")
    address = f"{API}/readings/quarantine/{name}"
    first = analyst.get(address, params={"limit": 1}).json()
    assert (first["items"][0]["line"], first["items"][0]["reason"]) == (2, "not-a-number")
    rest = analyst.get(address, params={"cursor": first["next"]}).json()
    assert [one["line"] for one in rest["items"]] == [3]
    some = analyst.get(address, params={"reason": "negative"}).json()["items"]
    assert ["-3" in one["raw"] for one in some] == [True]
    file = analyst.get(f"{address}/file")
    assert "attachment" in file.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [row["line"] for row in rows] == ["2", "3"]
    with world.office.db.read() as conn:
        kinds = conn.exec_driver_sql("SELECT kind FROM event").scalars().all()
        assert "quarantine.exported" in kinds
        assert [b for b in log.verify(conn) if isinstance(b, log.Break)] == []


def test_a_download_holds_no_live_formula_and_the_page_the_rows_as_they_were(world, tmp_path):
    bad = ['=HYPERLINK("http://evil.test")', "'=1+1", "@M", "-M"]
    file = tmp_path / "=cmd.csv"
    lines = [f"{meter},2020-02-01T00:00+08:00,x\n" for meter in bad]
    good = [f"M1,2020-02-01T{hour:02d}:00+08:00,1\n" for hour in range(24)]
    file.write_text(HEAD + "".join(lines + good))
    ingest(world.office.home, [file], Options())
    client = client_of(world, "analyst")
    [one] = client.get(f"{API}/readings/quarantine").json()["items"]
    assert one["source"] == "=cmd.csv"
    address = f"{API}/readings/quarantine/{one['name']}"
    raws = [row["raw"] for row in client.get(address).json()["items"]]
    assert [raw.split(",")[0] for raw in raws] == bad
    content = client.get(f"{address}/file").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))
    assert len(rows) == 1 + len(bad)
    assert [cell for row in rows for cell in row if cell[:1] in tuple("=+-@")] == []
    assert [row[-1] for row in rows[1:]] == ["'" + raw for raw in raws]


def test_only_quarantine_files_can_be_named(analyst, world):
    folder = world.office.home.quarantine_dir
    (folder / "registry-x-1234.csv").write_text("secret")
    (folder / "plain.csv").symlink_to("/etc/passwd")
    for name in ("registry-x-1234.csv", "plain.csv", "..%2flamplit.toml", "000009-none.csv"):
        assert analyst.get(f"{API}/readings/quarantine/{name}/file").status_code == 404


def test_quality_is_told_in_one_answer(analyst):
    found = analyst.get(f"{API}/quality", params={"from": "2020-02-01", "to": "2020-02-02"}).json()
    assert [row["expected"] for row in found["days"]] == [1, 1]
    assert found["total"]["zero"] is None
    bad = analyst.get(f"{API}/quality", params={"from": "2020-02-02", "to": "2020-02-01"})
    assert (bad.status_code, bad.json()["code"]) == (422, "lake.bad-span")


def test_the_status_says_how_the_office_stands(analyst, world):
    found = client_of(world, "operator").get(f"{API}/status").json()
    store = "sqlite" if world.office.db.is_sqlite else "postgresql"
    assert (found["store"], found["timezone"], found["campaigns_open"]) == (
        store, "Asia/Shanghai", 1,
    )  # fmt: skip
    assert found["last_ingest"]["source"] == "八月.csv"
    assert (found["last_day"], found["night_through"], found["unworked"]) == (
        "2020-02-02", None, True,
    )  # fmt: skip
    assert (found["lake_rows"], found["lake_files"], found["rejected"]) == (2, 2, 3)
    assert found["disk_total"] > found["disk_free"] > 0
    assert found["lake_bytes"] > 100
    assert found["engine"].startswith("DuckDB ")


def test_the_operator_makes_resets_and_disables_accounts(world):
    operator = client_of(world, "operator")
    made = operator.post(
        f"{API}/accounts", json={"username": "han.mei", "name": "韩梅梅"},
        headers={"Idempotency-Key": "k1"},
    )  # fmt: skip
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    first = made.json()["password"]
    page = TestClient(create_app(world.office), base_url="http://localhost")
    signed = page.post(f"{API}/sign-in", json={"username": "han.mei", "password": first})
    assert signed.json()["must_change"] is True
    again = operator.post(f"{API}/accounts/han.mei/reset").json()["password"]
    assert again != first
    assert operator.post(f"{API}/accounts/han.mei/disable").json()["sessions"] == 0
    [one] = operator.get(f"{API}/accounts", params={"text": "梅"}).json()["items"]
    assert (one["username"], one["must_change"]) == ("han.mei", True)
    assert one["disabled_at"] is not None
    # Nothing that the store keeps holds the password.
    with world.office.db.read() as conn:
        kept = conn.exec_driver_sql("SELECT answer FROM idempotency").scalars().all()
    assert not any(first.encode() in bytes(answer or b"") for answer in kept)


def test_an_operator_sees_and_ends_sessions_and_tokens_but_never_their_own_account(world):
    operator = client_of(world, "operator")
    made = operator.post(f"{API}/accounts", json={"username": "han.mei", "name": "韩梅梅"}).json()
    page = TestClient(create_app(world.office), base_url="http://localhost")
    who = {"username": "han.mei", "password": made["password"]}
    page.post(f"{API}/sign-in", json=who, headers={"User-Agent": "Firefox on a ward's PC"})
    phone = {"label": "韩梅梅的手机", "person": made["person_id"], "scope": "openrosa"}
    tokens.issue(world.office, CLI, phone["person"], phone["label"], "openrosa")
    seen = operator.get(f"{API}/accounts/han.mei").json()
    assert (seen["account"]["name"], seen["mine"]) == ("韩梅梅", False)
    assert [one["agent"] for one in seen["sessions"]] == ["Firefox on a ward's PC"]
    assert [one["label"] for one in seen["tokens"]] == ["韩梅梅的手机"]
    assert "secret" not in str(seen)
    assert operator.post(f"{API}/accounts/han.mei/sign-out").json() == {"sessions": 1, "tokens": 0}
    assert page.get(f"{API}/me").status_code == 401
    assert operator.get(f"{API}/accounts/han.mei").json()["sessions"] == []
    # By mistake nobody locks themselves out: the only operator might be gone.
    mine = "operator"
    assert operator.get(f"{API}/accounts/{mine}").json()["mine"] is True
    for deed in ("disable", "reset", "sign-out"):
        refused = operator.post(f"{API}/accounts/{mine}/{deed}")
        assert (refused.status_code, refused.json()["code"]) == (409, "accounts.own-account")
    assert operator.get(f"{API}/accounts/{mine}").json()["account"]["disabled_at"] is None


def test_the_last_nights_are_everybodys_who_works_with_readings(analyst, world):
    operator = client_of(world, "operator")
    operator.post(f"{API}/nights", json={})
    [waiting] = analyst.get(f"{API}/nights").json()["items"]
    assert (waiting["state"], waiting["through"]) == ("waiting", None)
    work.work_off(world.office)
    operator.post(f"{API}/nights", json={"through": "2020-02-01"})
    found = {one["state"]: one for one in analyst.get(f"{API}/nights").json()["items"]}
    assert set(found) == {"waiting", "done"}
    assert (found["done"]["through"], found["done"]["nights"]) == ("2020-02-02", 2)
    assert analyst.get(f"{API}/nights", params={"limit": 1}).json()["next"]
    assert analyst.get(f"{API}/jobs").json()["items"] == []


def test_a_timer_s_nights_are_among_the_last_nights(analyst, world):
    home = world.office.home
    run_nights(home, date(2020, 2, 1))  # as `lamplit nightly` does
    with pytest.raises(LamplitError):
        run_nights(home, date(2019, 1, 1))
    client_of(world, "operator").post(f"{API}/nights", json={})
    work.work_off(world.office)
    pages, cursor = [], None
    while not pages or cursor:
        asked = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        answer = analyst.get(f"{API}/nights", params=asked).json()
        pages += answer["items"]
        cursor = answer["next"]
    told = sorted((one["by"], one["state"], one["nights"], one["homes"] is None) for one in pages)
    assert told == [
        ("command", "done", 1, False), ("command", "failed", None, True),
        ("page", "done", 1, False),
    ]  # fmt: skip
    failed = next(one for one in pages if one["state"] == "failed")
    assert failed["problem"]["code"] == "night.before-first"
    assert failed["ended_at"] >= failed["began_at"]
    bad = analyst.get(f"{API}/nights", params={"cursor": "Im5vIGRheSI"})
    assert (bad.status_code, bad.json()["code"]) == (400, "web.bad-cursor")


def test_accounts_are_listed_page_by_page_within_ones_reach(world):
    operator = client_of(world, "operator")
    names, cursor = [], None
    while True:
        page = operator.get(f"{API}/accounts", params={"limit": 3, "cursor": cursor}).json()
        names += [one["username"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert names == sorted(names)
    assert "outsider" in names
    assert "other_leader" not in names
