"""Where packs are found, what takes whose place, and pages that are written from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lamplit.domain import field as words
from lamplit.domain.words import HomeEvent, HomeState
from lamplit.programmes import schema
from lamplit.programmes.figures import COUNTS, PREFIXES
from lamplit.programmes.load import SHIPPED, catalogue, find, folders
from lamplit.programmes.new import write_new
from lamplit.programmes.reference import page
from lamplit.programmes.telling import plain, told

ROOT = Path(__file__).resolve().parents[2]


def test_the_five_programmes_are_there():
    five = {"household_sweep", "building_care", "living_alone", "supplies", "worksite_safety"}
    assert five <= set(catalogue())


def test_a_pack_of_the_home_stands_beside_the_shipped_ones_or_in_their_place(tmp_path):
    write_new(tmp_path / "well_check")
    write_new(tmp_path / "supplies")
    found = catalogue([tmp_path, tmp_path / "not-there"])
    assert found["well_check"].folder == tmp_path / "well_check"
    assert found["supplies"].title.en == "Well check"
    assert catalogue()["supplies"].title.en == "Supplies"
    assert find("supplies", [tmp_path]).title.en == "Well check"
    assert find("living_alone", [tmp_path]).title.en == "Living alone"
    assert folders([tmp_path])["household_sweep"] == SHIPPED / "household_sweep"


def test_a_changed_file_changes_the_digest_and_the_loaded_pack(tmp_path):
    write_new(tmp_path / "well_check")
    before = catalogue([tmp_path])["well_check"]
    path = tmp_path / "well_check" / "pack.yaml"
    path.write_text(path.read_text("utf-8").replace("due_hours: 24", "due_hours: 12"), "utf-8")
    after = catalogue([tmp_path])["well_check"]
    assert before.digest != after.digest
    assert (before.findings[0].due_hours, after.findings[0].due_hours) == (24, 12)


@pytest.mark.parametrize("name", [schema.PACK, schema.SCENARIO])
def test_a_schema_is_one_and_tells_each_key_in_both_languages(name):
    Draft202012Validator.check_schema(schema.schema(name))
    untold = []

    def look(part, path):
        if isinstance(part, dict):
            for key, inner in part.get("properties", {}).items():
                told = inner.get("description") and inner.get("x-zh")
                if not told and "$ref" not in inner:
                    untold.append(f"{path}.{key}")
            for key, inner in part.items():
                look(inner, f"{path}.{key}")

    look(schema.schema(name), name)
    assert untold == []


def test_the_schema_knows_the_words_of_the_domain():
    defined = schema.schema()["$defs"]
    properties = schema.schema()["properties"]
    assert defined["course"]["properties"]["outcome"]["then"]["enum"] == list(words.Outcome)
    assert defined["signs"]["properties"]["found"]["then"]["enum"] == list(words.Found)
    assert properties["line"]["enum"] == list(words.ServiceLine)
    assert properties["subjects"]["items"]["enum"] == list(words.PlaceKind)
    severities = properties["findings"]["items"]["properties"]["severity"]["enum"]
    assert severities == list(words.Severity)
    roles = set(properties["roles"]["properties"]["perform"]["items"]["enum"])
    assert roles <= set(words.Role)
    states = defined["facts"]["properties"]["state"]["then"]["enum"]
    assert set(states) == {state.word for state in HomeState}
    events = defined["facts"]["properties"]["event"]["then"]["enum"]
    assert set(events) == {event.word for event in HomeEvent} - {""}


def test_the_reference_is_fresh():
    on_disk = (ROOT / "docs" / "reference" / "programmes.md").read_text("utf-8")
    assert on_disk == page(), (
        "python -m lamplit.programmes.reference > docs/reference/programmes.md"
    )
    for count in (*COUNTS, *PREFIXES):
        assert count in on_disk


@pytest.mark.parametrize("name", sorted(folders()))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_pack_is_told_to_people_and_to_screens(name, language):
    pack = catalogue()[name]
    summary = told(pack, language)
    assert pack.title.say(language) in summary
    assert all(finding.text.say(language) in summary for finding in pack.findings)
    assert "{" not in summary
    assert json.loads(json.dumps(plain(pack)))["form_id"] == f"lamplit_{name}"


@pytest.mark.parametrize("pack", catalogue().values(), ids=lambda p: p.name)
def test_each_pack_says_what_of_it_is_done_owed_or_left_out(pack):
    assert {point.state for point in pack.standing} == {"done", "owed", "exempt"}


@pytest.mark.parametrize("pack", catalogue().values(), ids=lambda p: p.name)
def test_what_must_not_wait_has_a_time_and_somebody_to_see_to_it(pack):
    asked_for = {
        code
        for rule in pack.follow_ups
        for term in _terms(rule.when)
        if term.name == "finding"
        for code in term.values()
    }
    urgent = [f for f in pack.findings if f.severity == words.Severity.CRITICAL]
    assert all(f.due_hours is not None and f.due_hours <= 2 for f in urgent)
    assert {f.code for f in urgent} <= asked_for


def _terms(condition):
    from lamplit.programmes.conditions import terms

    return list(terms(condition))
