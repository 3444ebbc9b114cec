"""A resident speaks without a name, and one's own data is given on request."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from people_world import PASSWORD, World, build
from refusals import refused
from sqlalchemy import insert, select

from lamplit.services.field.access import accounts, tokens
from lamplit.services.field.office import CLI
from lamplit.services.field.privacy import audit, feedback, person_data
from lamplit.store import schema
from lamplit.store.schema import event, place_code


@pytest.fixture
def world(office) -> World:
    made = build(office)
    with office.db.begin() as conn:
        row = {"code": "POSTER", "kind": "gate", "place_id": made.places["c1"]}
        conn.execute(insert(place_code).values(**row))
    return made


def test_a_word_is_taken_answered_and_asked_after_by_its_receipt(office, world):
    receipt = feedback.send(office, " The lift is broken. ", place="POSTER", address="::1")
    assert feedback.ask(office, receipt.lower().replace("-", " ")).state == "open"
    [row] = feedback.listed(office, world.actor("leader"))
    feedback.answer(office, world.actor("leader"), row.id, row.version, "It will be mended today.")
    refused("store.changed-meanwhile", feedback.answer, office, world.actor("leader"), row.id,
            row.version, "twice")  # fmt: skip
    found = feedback.ask(office, receipt)
    assert (found.state, found.answer) == ("answered", "It will be mended today.")
    assert found.text == "The lift is broken."


def test_a_word_goes_half_a_year_after_its_answer_and_one_without_an_answer_stays(
    office, world, clock
):
    answered, waiting = (feedback.send(office, text) for text in ("Answered.", "Not yet."))
    row = next(one for one in feedback.listed(office, CLI) if one.text == "Answered.")
    feedback.answer(office, CLI, row.id, row.version, "Thank you.")
    clock.turn(days=feedback.KEEP.days - 1)
    assert audit.tidy(office)["words"] == 0
    clock.turn(days=1)
    assert [audit.tidy(office)["words"] for _ in range(2)] == [1, 0]
    refused("feedback.not-found", feedback.ask, office, answered)
    assert feedback.ask(office, waiting).state == "open"
    with office.db.read() as conn:
        entry = conn.execute(select(event).where(event.c.kind == "feedback.expired")).one()
    assert entry.data == {"words": 1}


def test_no_address_and_no_sender_is_kept(office, world):
    feedback.send(office, "A word.", address="203.0.113.77")
    with office.db.read() as conn:
        kept = [list(conn.execute(select(t))) for t in schema.metadata.sorted_tables]
        entry = conn.execute(select(event).where(event.c.kind == "feedback.received")).one()
    assert "203.0.113.77" not in str(kept)
    assert (entry.actor_id, entry.via) == (None, "system")


def test_words_from_one_address_are_limited(office, world, clock):
    for _ in range(feedback.SEND.tries):
        feedback.send(office, "A word.", address="::1")
    refused("accounts.too-many-tries", feedback.send, office, "One more.", address="::1")
    feedback.send(office, "Another's.", address="::2")
    clock.turn(hours=1, seconds=1)
    feedback.send(office, "Later.", address="::1")


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_an_empty_or_endless_word_is_refused(office, text):
    refused("feedback.empty", feedback.send, office, text)


def test_a_receipt_that_is_none_is_not_found(office, world):
    refused("feedback.not-found", feedback.ask, office, "AAAA-BBBB-CCCC-DDDD")
    refused("feedback.not-found", feedback.ask, office, "")


def test_words_are_read_by_who_leads_there_or_keeps_the_office(office, world):
    feedback.send(office, "Of a place.", place="POSTER")
    feedback.send(office, "Of no place.", place="NO SUCH POSTER")

    def seen(who: str) -> set[str]:
        return {row.text for row in feedback.listed(office, world.actor(who))}

    assert seen("leader") == {"Of a place."}
    assert seen("operator") == {"Of no place."}
    assert seen("other_leader") == set()
    for who in ("owner", "withdrawn", "outsider"):
        refused("door.not-allowed", feedback.listed, office, world.actor(who))
    [row] = feedback.listed(office, world.actor("leader"))
    other = world.actor("other_leader")
    refused("door.not-allowed", feedback.answer, office, other, row.id, row.version, "No.")


def test_all_rows_about_a_person_are_given_and_no_secret(office, world):
    me = world.actor("owner")
    begun = accounts.sign_in(office, "owner", PASSWORD)
    phone = tokens.issue(office, me, "P-owner", "phone", "openrosa")
    found = person_data.export(office, me)
    assert [row["code"] for row in found["person"]] == ["P-owner"]
    assert [row["role"] for row in found["assignment"]] == ["responsible"]
    assert {row["kind"] for row in found["event"]} >= {"account.signed_in", "token.issued"}
    text = json.dumps(found, ensure_ascii=False)
    for secret in (begun.secret, begun.csrf, phone.secret, tokens.hashed(phone.secret), "$argon2"):
        assert secret not in text
    with zipfile.ZipFile(io.BytesIO(person_data.archive(found))) as files:
        assert json.loads(files.read("person.json")) == found["person"]


def test_every_table_that_names_a_person_is_in_the_export():
    names = {
        table.name
        for table in schema.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "person"
    }
    assert names <= {table.name for table, _, _ in person_data.HELD}


@pytest.mark.parametrize(
    ("who", "whom", "may"),
    [
        ("owner", "owner", True), ("privacy", "owner", True), ("privacy", "other_leader", False),
        ("leader", "owner", False), ("outsider", "owner", False), ("operator", "owner", False),
    ],
)  # fmt: skip
def test_anothers_data_is_for_the_privacy_officer_of_their_places(office, world, who, whom, may):
    wanted = world.people[whom]
    if may:
        assert person_data.export(office, world.actor(who), wanted)["person_id"] == wanted
        with office.db.read() as conn:
            entry = conn.execute(select(event).where(event.c.kind == "person.data_exported")).one()
        assert (entry.actor_id, entry.subject_id) == (world.people[who], wanted)
    else:
        refused("door.not-allowed", person_data.export, office, world.actor(who), wanted)
