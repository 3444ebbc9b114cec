"""The two form clients agree on a form of ours, and do with entities what the specification says.

ODK Entities 2024.1: an update names the entity's `id`, the `baseVersion` it was made from, and the
`trunkVersion` and `branchId` of the phone's own copy; a creation has a fresh `id` and none of the
three.

What each can't do, as tried here:
- Both read `__trunkVersion` and `__branchId` from the list they are given. Collect adds these two
  to its copy; a browser has no copy, and leaves both empty.
- Neither applies an update to a local list or gives a photo a name of its own: that is the app's
  part, not the engine's. `collect_phone` plays it.
- Web Forms names no namespace in what it sends; JavaRosa declares all of the form's.
- A form whose list is missing is refused by Web Forms; JavaRosa opens it with an empty list.
- JavaRosa as pyxform carries it has no entity module; it fills the entity's fields all the same,
  as these are plain calculations.
"""

from __future__ import annotations

import re
import uuid
from xml.etree import ElementTree

import pytest
from pyxform.xls2xform import convert

from clients.form_client import CLIENTS, ClientError, Filled, FormClient

CHINESE, ENGLISH = "中文 (zh)", "English (en)"

VISIT = f"""
| survey  |
|         | type                           | name    | label::{ENGLISH} | label::{CHINESE} | relevant | constraint | required | save_to |
|         | select_one_from_file tasks.csv | task    | Task | 任务 | | | yes | |
|         | select_one outcome             | outcome | Outcome | 结果 | | | yes | outcome |
|         | integer                        | people  | People at home | 在家人数 | ${{outcome}} = 'reached' | . >= 0 and . < 20 | | people |
|         | select_multiple need           | needs   | Needs | 困难 | ${{outcome}} = 'reached' | | | |
|         | image                          | door    | Photo of the door | 门的照片 | | | | |
|         | begin repeat                   | guest   | Guest | 来客 | ${{outcome}} = 'reached' | | | |
|         | text                           | from    | From where | 从何处来 | | | | |
|         | end repeat                     |         | | | | | | |
|         | deviceid                       | device  | | | | | | |
| choices |
|         | list_name | name     | label::{ENGLISH} | label::{CHINESE} |
|         | outcome   | reached  | Reached   | 见到 |
|         | outcome   | nobody   | No answer | 无人应答 |
|         | need      | food     | Food      | 食物 |
|         | need      | medicine | Medicine  | 药品 |
| settings |
|         | form_title | form_id | version | default_language |
|         | Visit      | visit   | 1       | {ENGLISH} |
| entities |
|         | list_name | entity_id | label |
|         | tasks     | ${{task}} | concat('done: ', ${{outcome}}) |
"""  # noqa: E501

NEED = f"""
| survey  |
|         | type | name | label::{ENGLISH} | label::{CHINESE} | save_to |
|         | text | what | What is needed | 需要什么 | what |
| settings |
|         | form_title | form_id | version | default_language |
|         | Need       | need    | 1       | {ENGLISH} |
| entities |
|         | list_name | label |
|         | needs     | ${{what}} |
"""

DOOR = "9f7f4ae2-9d4c-4d7f-8a52-a4f2f7f4ae21"
BRANCH = "1b0f5f0e-7c0c-4f8e-9a40-0d3a4c1f7a11"
TASKS = f"""name,label,__version,__trunkVersion,__branchId,outcome
{DOOR},"Unit 1, door 101 一单元",5,3,{BRANCH},
3c8a7a56-9a45-4d1e-9a33-5b0a4a0e0c11,Door 102,1,1,5f3d0b52-3c1a-4c39-8f1e-7a7c2b8f6a22,
""".encode()

ANSWERS = {
    "/data/task": DOOR,
    "/data/outcome": "reached",
    "/data/people": "2",
    "/data/needs": "food medicine",
    "/data/door": "door.jpg",
    "/data/guest/from": "黄冈 & <孝感>",
    "/data/guest[2]/from": "Xiaogan",
}
MEDIA = {"tasks.csv": TASKS, "door.jpg": b"\xff\xd8\xff\xe0 a photo"}


def xform(table: str) -> str:
    return convert(table, file_type=".md").xform


@pytest.fixture(scope="module", params=CLIENTS, ids=lambda c: c.name)
def client(request: pytest.FixtureRequest) -> FormClient:
    return request.param.ready()


@pytest.fixture(scope="module")
def visit() -> str:
    return xform(VISIT)


def tree(filled: Filled) -> ElementTree.Element:
    return ElementTree.fromstring(filled.xml.encode())


def meta(filled: Filled) -> ElementTree.Element:
    found = [e for e in tree(filled) if e.tag.rpartition("}")[2] == "meta"]
    assert len(found) == 1
    return found[0]


def entity(filled: Filled) -> ElementTree.Element:
    return next(e for e in meta(filled) if e.tag.rpartition("}")[2] == "entity")


def values(filled: Filled) -> list[tuple[str, str]]:
    """What was answered, without what each client makes afresh."""
    return [
        (e.tag.rpartition("}")[2], e.text or "")
        for e in tree(filled).iter()
        if len(e) == 0 and e.tag.rpartition("}")[2] != "instanceID"
    ]


def test_a_visit_is_filled_as_asked(client, visit):
    filled = client.fill(visit, ANSWERS, MEDIA, properties={"deviceid": "phone-1"})
    assert filled.invalid == []
    assert filled.unasked == []
    assert filled.attachments == {"door.jpg": MEDIA["door.jpg"]}
    assert values(filled) == [
        ("task", DOOR),
        ("outcome", "reached"),
        ("people", "2"),
        ("needs", "food medicine"),
        ("door", "door.jpg"),
        ("from", "黄冈 & <孝感>"),
        ("from", "Xiaogan"),
        ("device", "phone-1"),
        ("label", "done: reached"),
    ]
    assert tree(filled).get("id") == "visit"
    assert tree(filled).get("version") == "1"


def test_the_instance_id_is_a_fresh_uuid_each_time(client, visit):
    ids = [
        next(e.text for e in meta(filled) if e.tag.rpartition("}")[2] == "instanceID")
        for filled in (client.fill(visit, ANSWERS, MEDIA) for _ in range(2))
    ]
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", i) for i in ids)
    assert {uuid.UUID(i.removeprefix("uuid:")).version for i in ids} == {4}


def test_an_update_says_which_copy_of_the_task_it_was_made_from(client, visit):
    made = entity(client.fill(visit, ANSWERS, MEDIA))
    assert made.attrib == {
        "dataset": "tasks",
        "update": "1",
        "id": DOOR,
        "baseVersion": "5",
        "trunkVersion": "3",
        "branchId": BRANCH,
    }


def test_without_a_copy_of_its_own_a_client_leaves_trunk_and_branch_empty(client, visit):
    plain = f"name,label,__version\n{DOOR},Door 101,4\n".encode()
    made = entity(client.fill(visit, ANSWERS, MEDIA | {"tasks.csv": plain}))
    assert made.get("baseVersion") == "4"
    assert made.get("trunkVersion") == made.get("branchId") == ""


def test_a_created_entity_has_a_fresh_uuid_and_no_versions(client):
    made = entity(client.fill(xform(NEED), {"/data/what": "Insulin 胰岛素"}))
    assert uuid.UUID(made.attrib["id"]).version == 4
    assert made.get("create") == "1"
    assert made.get("dataset") == "needs"
    assert not {"baseVersion", "trunkVersion", "branchId"} & {k for k, v in made.items() if v}
    assert [e.text for e in made] == ["Insulin 胰岛素"]


def test_what_is_not_relevant_is_neither_shown_nor_sent(client, visit):
    answers = ANSWERS | {"/data/outcome": "nobody"}
    filled = client.fill(visit, answers, MEDIA)
    assert filled.relevant == ["/data/task", "/data/outcome", "/data/door"]
    assert sorted(filled.unasked) == sorted(
        ["/data/people", "/data/needs", "/data/guest/from", "/data/guest[2]/from"]
    )
    assert not {"people", "needs", "from"} & {name for name, _ in values(filled)}


@pytest.mark.parametrize(("people", "invalid"), [("19", []), ("20", ["/data/people"])])
def test_a_constraint_is_kept(client, visit, people, invalid):
    filled = client.fill(visit, ANSWERS | {"/data/people": people}, MEDIA)
    assert filled.invalid == invalid


def test_a_missing_answer_and_one_that_is_no_choice_are_invalid(client, visit):
    elsewhere = ANSWERS | {"/data/task": str(uuid.UUID(int=4, version=4)), "/data/outcome": ""}
    assert client.fill(visit, elsewhere, MEDIA).invalid == ["/data/task", "/data/outcome"]


@pytest.mark.parametrize(
    ("language", "label", "choice"),
    [(ENGLISH, "Outcome", "No answer"), (CHINESE, "结果", "无人应答")],
)
def test_both_languages_are_shown(client, visit, language, label, choice):
    filled = client.fill(visit, ANSWERS, MEDIA, language=language)
    assert filled.labels["/data/outcome"] == label
    assert filled.choices["/data/outcome"]["nobody"] == choice
    assert filled.choices["/data/task"][DOOR] == "Unit 1, door 101 一单元"


def test_a_missing_list_is_noticed(client, visit):
    media = {"door.jpg": b"a photo"}
    if client.name == "web-forms":
        with pytest.raises(ClientError, match=r"tasks\.csv"):
            client.fill(visit, ANSWERS, media)
    else:
        filled = client.fill(visit, ANSWERS, media)
        assert filled.choices["/data/task"] == {}
        assert filled.invalid == ["/data/task"]


def test_a_broken_form_is_an_error_not_an_empty_answer(client):
    with pytest.raises(ClientError, match=client.name):
        client.fill("<h:html", {})


def test_both_clients_send_the_same():
    clients = [c.ready() for c in CLIENTS]
    for answers in (ANSWERS, ANSWERS | {"/data/outcome": "nobody"}):
        first, second = (c.fill(xform(VISIT), answers, MEDIA) for c in clients)
        assert values(first) == values(second)
        assert entity(first).attrib == entity(second).attrib
        assert (first.relevant, first.labels, first.choices, first.invalid) == (
            second.relevant, second.labels, second.choices, second.invalid,
        )  # fmt: skip
