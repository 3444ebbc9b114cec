"""When a campaign starts and ends, told as a day or as an instant; over HTTP and at the shell."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import typer
from people_world import PURPOSE, World, build
from sqlalchemy import update
from test_abuse import client_of

from lamplit.cli.dates import parse_moment
from lamplit.services.field.campaigns import campaigns
from lamplit.services.field.office import CLI
from lamplit.store.schema import campaign

API = "/api/v1"
END_OF_MARCH_FIRST = datetime(2020, 3, 1, 15, 59, 59, tzinfo=UTC)
"""The last second of 1 March in Wuhan."""


@pytest.fixture
def world(office: Any) -> World:
    return build(office)


def made(world: World, **dates: str) -> Any:
    body = {"code": "NEW", "programme": "household_sweep", "place": "C1",
            "purpose": "epidemic_support", **dates}  # fmt: skip
    return client_of(world).post(f"{API}/campaigns", json=body)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2020-03-01", END_OF_MARCH_FIRST),
        ("2020-03-01T18:00:00+08:00", datetime(2020, 3, 1, 10, tzinfo=UTC)),
        ("2020-03-01T00:00:00Z", datetime(2020, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_deadline_given_as_a_day_ends_with_that_local_day(world, said, meant):
    answer = made(world, deadline=said)
    assert answer.status_code == 201, answer.text
    assert datetime.fromisoformat(answer.json()["deadline"]) == meant
    with world.office.db.begin() as conn:
        conn.execute(update(campaign).where(campaign.c.code == "OLD").values(version=1))
    again = client_of(world).post(
        f"{API}/campaigns/OLD/reopen", json={"deadline": said, "reason": "more came"},
        headers={"If-Match": '"v1"'},
    )  # fmt: skip
    assert again.status_code == 200, again.text
    assert datetime.fromisoformat(again.json()["deadline"]) == meant


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2020-02-20", "2020-02-20"),
        ("2020-02-20T09:00:00+08:00", "2020-02-20"),
        # It is the 20th in Wuhan already.
        ("2020-02-19T20:00:00Z", "2020-02-20"),
    ],
)
def test_a_campaign_starts_with_the_local_day_that_is_named(world, said, day):
    answer = made(world, starts=said, deadline="2020-03-01")
    assert (answer.status_code, answer.json().get("starts")) == (201, day)


@pytest.mark.parametrize(
    "said", ["2020-03-01T18:00:00", "2020-02-30", "tomorrow", 5, True, "0001-01-01", ["2020-03-01"]]
)
def test_what_is_neither_is_refused(world, said):
    assert made(world, deadline=said).status_code == 422
    assert made(world, starts=said).status_code == 422


def test_both_are_in_the_description_of_the_api(world):
    found = client_of(world).get(f"{API}/openapi.json").json()["components"]["schemas"]
    for model, name in (("NewCampaign", "starts"), ("NewCampaign", "deadline"),
                        ("Reopen", "deadline")):  # fmt: skip
        said = found[model]["properties"][name]
        formats = str(said)
        assert "'format': 'date'" in formats, said
        assert "'format': 'date-time'" in formats, said
        assert "2020-03-01T18:00:00+08:00" in formats
        assert "day" in said["description"]


def test_the_command_line_takes_both(world):
    assert parse_moment("2020-03-01") == date(2020, 3, 1)
    assert parse_moment("2020/03/01 18:00") == datetime(2020, 3, 1, 18)
    with pytest.raises(typer.BadParameter):
        parse_moment("18:00 or so")
    with pytest.raises(typer.BadParameter):
        parse_moment("soon")
    # An instant without an offset is the office's own.
    again = campaigns.reopen(
        world.office, CLI, "OLD", deadline=parse_moment("2020-03-01T18:00"), reason="more came"
    )
    assert again.deadline == datetime(2020, 3, 1, 10, tzinfo=UTC)
    assert again.purpose == PURPOSE
