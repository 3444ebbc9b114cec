"""What a page shows of a problem is for somebody who has no command line."""

from __future__ import annotations

import pytest
from people_world import World, build
from starlette.testclient import TestClient

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import accounts
from lamplit.services.field.access import tokens
from lamplit.web.app import create_app


@pytest.fixture
def world(office) -> World:
    return build(office)


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_a_second_account_is_refused_without_naming_a_command(world, language):
    token = tokens.issue(world.office, world.actor("operator"), "P-operator", "test", "api")
    client = TestClient(create_app(world.office))
    answer = client.post(
        "/api/v1/accounts",
        json={"username": "another", "person": "P-leader"},
        headers={"Authorization": f"Bearer {token.secret}", "Accept-Language": language},
    )
    told = answer.json()
    assert (answer.status_code, told["code"]) == (409, "accounts.has-account")
    assert "lamplit" not in told["detail"]
    assert told["detail"]


def test_the_command_line_still_names_the_command():
    error = LamplitError(accounts.HAS_ACCOUNT)
    assert "`lamplit account reset`" in error.remedy("en")
    assert error.kept()["remedy"] == {
        "en": error.page_remedy("en"), "zh": error.page_remedy("zh"),
    }  # fmt: skip
