"""`lamplit phone`: the code that sets up a phone, and shutting one out."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from clients.collect_phone import CollectPhone
from lamplit.cli.app import build, run
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.phones import phone as phone_services
from openrosa_neighbourhood import Neighbourhood

URL = "https://office.example"


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite alone: the database is not what these are about."""
    file = tmp_path / "store.db"
    file.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
    return f"sqlite:///{file}"


@pytest.fixture
def lamplit(office: Office, town: Neighbourhood, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAMPLIT_STORE_URL", office.db.url.render_as_string(hide_password=False))

    def call(*arguments: str) -> str:
        answer = CliRunner().invoke(
            build(), [*arguments, "--home", str(office.home.path)], catch_exceptions=False
        )
        assert answer.exit_code == 0, answer.output
        return answer.output

    return call


def settings_of(code: str) -> CollectPhone:
    return CollectPhone.from_settings(httpx.Client(), code)


def test_the_code_holds_collects_settings(lamplit):
    made = json.loads(lamplit("phone", "setup", "li", "--url", URL, "--json"))
    phone = settings_of(made["code"])
    assert phone.base == made["server_url"]
    assert phone.base.startswith(f"{URL}/v1/key/lamplit_")
    assert phone.base.endswith("/projects/1")
    assert (phone.username, made["password"]) == ("", None)


def test_a_code_with_a_password_for_those_who_must_type(lamplit):
    made = json.loads(lamplit("phone", "setup", "li", "--url", URL, "--password", "--json"))
    phone = settings_of(made["code"])
    assert (phone.base, phone.username, phone.password) == (
        f"{URL}/openrosa", "li", made["password"],
    )  # fmt: skip


def test_what_was_sent_does_not_stay_on_the_phone_and_lists_follow_the_server(office, town):
    made = phone_services.set_up(office, CLI, "li", url=URL)
    general = made.settings["general"]
    assert general["delete_send"] is True
    assert general["form_update_mode"] == "match_exactly"
    assert general["autosend"] == "wifi_and_cellular"
    assert general["analytics"] is False
    assert general["app_language"] == "en"
    assert set(made.settings) == {"general", "admin", "project"}


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_the_code_is_drawn_into_a_picture_that_only_its_maker_reads(
    lamplit, tmp_path, name, begins
):
    file = tmp_path / name
    lamplit("phone", "setup", "li", "--url", URL, "--qr", str(file))
    assert file.read_bytes().startswith(begins)
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_code_is_shown_in_the_terminal(lamplit):
    said = lamplit("phone", "setup", "li", "--url", URL)
    assert "▀" in said or "█" in said
    assert "lamplit phone revoke" in said


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--url", "http://office.example"), "openrosa.bad-address"),
        (("--url", URL, "--qr", "code.pdf"), "openrosa.bad-picture"),
        (("--url", URL, "--days", "9999"), "accounts.bad-lifetime"),
    ],
)
def test_what_cannot_be_is_said_so(lamplit, office, capsys, arguments, code):
    done = run(["phone", "setup", "li", *arguments, "--home", str(office.home.path)])
    assert done == 1
    assert code in capsys.readouterr().err


def test_phones_are_listed_without_secrets_and_shut_out(lamplit, office, capsys):
    made = json.loads(lamplit("phone", "setup", "li", "--url", URL, "--label", "old", "--json"))
    (listed,) = json.loads(lamplit("phone", "list", "li", "--json"))
    assert (listed["token"], listed["label"], listed["last_call"]) == (made["token"], "old", None)
    secret = made["server_url"].split("/key/")[1].split("/")[0]
    assert secret not in lamplit("phone", "list", "li")
    assert phone_services.admit(office, secret).person_id
    lamplit("phone", "revoke", made["token"])
    (listed,) = json.loads(lamplit("phone", "list", "li", "--json"))
    assert listed["revoked"]
    assert run(["phone", "list", "nobody", "--home", str(office.home.path)]) == 1
    assert "store.not-found" in capsys.readouterr().err
