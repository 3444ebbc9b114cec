"""What scenarios claim that people answered can be answered, on two form clients of others.

Each submission of each shipped scenario is filled in as a person would: nothing that the form does
not ask, nothing left out that it wants. What the client would send then reads as the scenario says.
"""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from clients.form_client import CLIENTS, FormClient
from lamplit.programmes.conditions import words
from lamplit.programmes.form import xform
from lamplit.programmes.load import SHIPPED, folders, load
from lamplit.programmes.rules import read_answers
from lamplit.programmes.scenarios import scenario_files
from lamplit.programmes.yamlmap import read

pytestmark = pytest.mark.slow

TASK, OTHER = "9f7f4ae2-9d4c-4d7f-8a52-a4f2f7f4ae21", "3c8a7a56-9a45-4d1e-9a33-5b0a4a0e0c11"


@pytest.fixture(scope="module", params=CLIENTS, ids=lambda c: c.name)
def client(request: pytest.FixtureRequest) -> FormClient:
    return request.param.ready()


def tasks_csv(name: str) -> bytes:
    return (
        "name,label,__version,__trunkVersion,__branchId,programme,state,mine,due,household\n"
        f"{TASK},12-2-501,3,,,{name},accepted,yes,2026-02-07,x\n"
        f"{OTHER},12-2-502,1,,,another,accepted,yes,2026-02-07,y\n"
    ).encode()


def submissions(name: str):
    for path in scenario_files(load(SHIPPED / name)):
        for day in read(path).data["days"]:
            for submit in day.get("submit", []):
                yield f"{path.stem} {day['day']} {submit['at']} {submit['place']}", submit


def sent(xml: str) -> dict[str, str]:
    """Answers by name, as the XML that a phone sends has them."""
    leaves = (e for e in ElementTree.fromstring(xml.encode()).iter() if len(e) == 0)
    return {leaf.tag.rpartition("}")[2]: leaf.text or "" for leaf in leaves}


@pytest.mark.parametrize("name", sorted(folders()))
def test_every_submission_of_a_scenario_can_be_made_and_says_the_same(client, name):
    pack = load(SHIPPED / name)
    for what, submit in submissions(name):
        given = {"task": TASK} | {k: " ".join(words(v)) for k, v in submit["answers"].items()}
        ordered = {f"/data/{q}": given[q] for q in pack.form.questions if q in given}
        filled = client.fill(xform(pack), ordered, {"tasks.csv": tasks_csv(name)})
        assert (what, filled.unasked, filled.invalid) == (what, [], [])
        assert list(filled.choices["/data/task"]) == [TASK], "only this programme's own tasks"
        answers = sent(filled.xml)
        assert read_answers(pack, answers) == read_answers(pack, given), what
        assert answers["task_state"] in ("completed", "failed", "not_executable", "in_progress")


@pytest.mark.parametrize("name", ["household_sweep", "building_care", "living_alone"])
def test_nothing_more_is_wanted_after_the_one_tap_for_no_answer(client, name):
    pack = load(SHIPPED / name)
    first = "door" if name == "household_sweep" else "contact"
    answers = {"/data/task": TASK, f"/data/{first}": "no_answer"}
    filled = client.fill(xform(pack), answers, {"tasks.csv": tasks_csv(name)})
    assert (filled.invalid, sent(filled.xml)["task_state"]) == ([], "failed")
    entity = ElementTree.fromstring(filled.xml.encode()).find(".//{*}entity")
    assert entity is not None
    assert (entity.get("id"), entity.get("baseVersion")) == (TASK, "3")


@pytest.mark.parametrize("language", ["English (en)", "中文 (zh)"])
def test_a_no_ends_the_questions_in_either_language(client, language):
    pack = load(SHIPPED / "household_sweep")
    answers = {"/data/task": TASK, "/data/door": "answered", "/data/consent": "no"}
    files = {"tasks.csv": tasks_csv("household_sweep")}
    filled = client.fill(xform(pack), answers, files, language=language)
    assert filled.invalid == []
    assert not {"/data/living", "/data/needs", "/data/days_back"} & set(filled.relevant)
    wanted = "Yes" if language.startswith("English") else "可以"
    assert filled.choices["/data/consent"]["yes"] == wanted
