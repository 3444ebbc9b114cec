"""The phone of our contract tests is as strict as ODK Collect, and loses nothing."""

from __future__ import annotations

import base64
import csv
import io
import json
import zlib
from collections.abc import Callable

import httpx
import pytest
from lxml import etree
from pyxform.xls2xform import convert

from clients.collect_phone import CollectPhone, CollectRefusesError, NoSignalError
from clients.form_client import JavaRosaClient
from clients.openrosa_stand_in import BASE, StandIn, replacing

DOOR, NEXT_DOOR = "9f7f4ae2-9d4c-4d7f-8a52-a4f2f7f4ae21", "3c8a7a56-9a45-4d1e-9a33-5b0a4a0e0c11"

VISIT = """
| survey   |
|          | type                           | name    | label::English (en) | label::中文 (zh) | save_to |
|          | select_one_from_file tasks.csv | task    | Task    | 任务 | |
|          | text                           | outcome | Outcome | 结果 | outcome |
|          | image                          | door    | Door    | 门   | |
| settings |
|          | form_title | form_id | version | default_language |
|          | Visit      | visit   | 1       | English (en) |
| entities |
|          | list_name | entity_id | label |
|          | tasks     | ${task}   | concat('done: ', ${outcome}) |
"""  # noqa: E501


def tasks(version: int = 3, outcome: str = "") -> bytes:
    return (
        f"name,label,__version,outcome\n{DOOR},Door 101,{version},{outcome}\n"
        f"{NEXT_DOOR},Door 102,1,\n"
    ).encode()


@pytest.fixture(scope="module")
def xform() -> bytes:
    return convert(VISIT, file_type=".md").xform.encode()


@pytest.fixture
def server(xform: bytes) -> StandIn:
    return StandIn(xform, tasks())


@pytest.fixture
def phone(server: StandIn) -> CollectPhone:
    return CollectPhone(server.client(), BASE)


def answers(outcome: str, **more: str) -> dict[str, str]:
    return {"/data/task": DOOR, "/data/outcome": outcome} | more


def local(phone: CollectPhone) -> dict[str, dict[str, str]]:
    text = phone.media("visit")["tasks.csv"].decode()
    return {row["name"]: row for row in csv.DictReader(io.StringIO(text))}


def entity(xml: bytes) -> dict[str, str]:
    return dict(etree.fromstring(xml).find(".//{*}entity").attrib)


def test_a_form_is_downloaded_filled_offline_and_sent(server, phone):
    phone.update()
    phone.online = False
    filled = phone.fill(
        JavaRosaClient.ready(), "visit", answers("reached", **{"/data/door": "a.jpg"}),
        {"a.jpg": b"photo"},
    )  # fmt: skip
    with pytest.raises(NoSignalError):
        phone.send()
    assert (filled.state, filled.posts, server.posts) == ("finalised", 0, [])
    phone.online = True
    assert phone.send() == [filled]
    assert (filled.state, filled.said) == ("sent", "Received, thank you")
    (post,) = server.posts
    assert post.parts == {
        "xml_submission_file": (filled.file_name, filled.xml),
        "a.jpg": ("a.jpg", b"photo"),
    }
    assert httpx.URL(post.url).params["deviceID"] == phone.device_id
    assert [r.method for r in server.asked][-2:] == ["HEAD", "POST"]
    assert {r.headers["X-OpenRosa-Version"] for r in server.asked} == {"1.0"}
    assert phone.unsent() == phone.send() == []


def test_changes_made_offline_build_on_one_another_until_the_server_has_its_say(server, phone):
    phone.update()
    before = local(phone)[DOOR]
    assert (before["__version"], before["__trunkVersion"]) == ("3", "3")
    client = JavaRosaClient.ready()
    made = [entity(phone.fill(client, "visit", answers(o)).xml) for o in ("nobody", "reached")]
    assert [(m["baseVersion"], m["trunkVersion"]) for m in made] == [("3", "3"), ("4", "3")]
    assert {m["branchId"] for m in made} == {before["__branchId"]}
    held = local(phone)[DOOR]
    assert (held["__version"], held["label"], held["outcome"]) == ("5", "done: reached", "reached")

    server.tasks = tasks(4, "nobody")  # it has the first of the two as yet
    phone.update()
    assert local(phone)[DOOR] == held

    server.tasks = tasks(5, "reached")
    phone.update()
    after = local(phone)[DOOR]
    assert (after["__version"], after["__trunkVersion"], after["label"]) == ("5", "5", "Door 101")
    assert after["__branchId"] != before["__branchId"]


def test_a_row_that_the_server_takes_away_is_gone_from_the_phone(server, phone):
    phone.update()
    server.tasks = tasks().replace(f"{NEXT_DOOR},Door 102,1,\n".encode(), b"")
    phone.update()
    assert set(local(phone)) == {DOOR}


def test_what_was_sent_and_whose_reply_was_lost_is_sent_again_unchanged(server, phone):
    phone.update()
    filled = phone.finalise("visit", b"<data id='visit'><meta><instanceID>uuid:1</instanceID>"
                            b"</meta></data>", {"a.jpg": b"1"})  # fmt: skip
    phone.lose_replies = 1
    phone.send()
    assert filled.state == "failed"
    assert "lost on the way" in filled.said
    phone.send()
    assert filled.state == "sent"
    assert server.posts[0].parts == server.posts[1].parts
    phone.send(again=True)
    assert len(server.posts) == 3


def test_large_media_go_in_several_posts_that_repeat_the_form(server, phone):
    server.accepted = 250
    phone.update()
    xml = b"<data id='visit'><meta><instanceID>uuid:1</instanceID></meta></data>"
    photos = {f"{n}.jpg": bytes([65 + n]) * 80 for n in range(5)}
    filled = phone.finalise("visit", xml, photos)
    phone.send()
    assert filled.state == "sent"
    assert filled.posts == len(server.posts) == 3
    assert {p.parts["xml_submission_file"][1] for p in server.posts} == {xml}
    assert [("*isIncomplete*" in p.parts) for p in server.posts] == [True, True, False]
    sent = [k for p in server.posts for k in p.parts if k.endswith(".jpg")]
    assert sent == sorted(photos)


@pytest.mark.parametrize(("status", "state"), [(201, "sent"), (202, "sent"), (409, "failed"),
                                               (413, "failed"), (500, "failed")])  # fmt: skip
def test_only_201_and_202_are_success(server, phone, status, state):
    phone.update()
    server.spoil = lambda r, a: httpx.Response(status) if r.method == "POST" else a
    filled = phone.finalise("visit", b"<data id='visit'/>")
    phone.send()
    assert filled.state == state


@pytest.mark.parametrize(
    ("method", "status"), [("POST", 200), ("POST", 204), ("HEAD", 200), ("HEAD", 201)]
)
def test_other_kinds_of_success_read_as_a_captive_portal(server, phone, method, status):
    phone.update()
    server.spoil = lambda r, a: httpx.Response(status) if r.method == method else a
    filled = phone.finalise("visit", b"<data id='visit'/>")
    with pytest.raises(CollectRefusesError, match=f"{status}"):
        phone.send()
    assert phone.unsent() == [filled]


def without(header: str) -> Callable[[httpx.Request, httpx.Response], httpx.Response]:
    def spoil(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
        del answer.headers[header]
        return answer

    return spoil


REFUSED = {
    "no version header": (without("X-OpenRosa-Version"), "no header X-OpenRosa-Version"),
    "a page of a portal": (lambda _, a: httpx.Response(200, html="<p>Wi-Fi</p>"), "a portal"),
    "the list's namespace": (replacing("xformsList", "xforms", "formList"), "not <"),
    "no formID": (replacing("formID", "formId", "formList"), "no formID: the list is void"),
    "no name": (replacing("name>", "title>", "formList"), "no name: the list is void"),
    "an empty address": (
        replacing("<downloadUrl>.*</downloadUrl>", "<downloadUrl/>", "formList"), "no downloadUrl",
    ),
    "no hash": (replacing("<hash>.*</hash>", "", "formList"), "a hash must be md5:"),
    "a hash of another kind": (replacing("md5:", "sha1:", "formList"), "a hash must be md5:"),
    "a relative address": (replacing(BASE, "", "formList"), "an address without a host"),
    "another form": (replacing("<instance>", "<instance> ", "visit.xml"), "hash differs"),
    "another version": (replacing("<version>1<", "<version>2<", "formList"), "says version 2"),
    "another id": (replacing(">visit<", ">call<", "formList"), "calls itself otherwise"),
    "the manifest's namespace": (replacing("xformsManifest", "manifest", "manifest"), "not <"),
    "a nameless file": (replacing("filename", "fileName", "manifest"), "no filename"),
    "a file without a hash": (replacing("hash>", "md5>", "manifest"), "no hash"),
    "a file it refers to is missing": (
        replacing("(?s)<mediaFile.*</mediaFile>", "", "manifest"), "lacks media",
    ),
    "other bytes than the hash's": (replacing("101", "109", "tasks.csv"), "hash is not that of"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_collect_refuses_is_refused(server, phone, case):
    phone.update()  # all is well before it is spoilt
    fresh = CollectPhone(server.client(), BASE)
    server.spoil, rule = REFUSED[case]
    with pytest.raises(CollectRefusesError, match=rule):
        fresh.update()


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ("name,label\na,b\n", "no column __version"),
        ("name,__version\na,1\n", "no column label"),
        ("name,label,__version\na,b,one\n", "row 2: it needs a name and a whole __version"),
        ("name,label,__version\na,b,1\n,b,1\n", "row 3: it needs a name"),
        ("name,label,__version\na,b,c,1\n", "row 2: it has another number of cells"),
    ],
)
def test_a_list_that_collect_would_silently_leave_aside_is_refused(server, phone, rows, rule):
    server.tasks = rows.encode()
    with pytest.raises(CollectRefusesError, match=rule):
        phone.update()


def test_what_only_the_phone_knows_is_asked_about_and_dropped_if_deleted(server, phone, xform):
    phone.update()
    # A task that this phone made itself, in another form.
    made = "0c9f3f8e-55b2-4a2e-8f4d-0e3c1f4f7a00"
    submission = (
        f'<data id="visit"><outcome>x</outcome><meta><entity dataset="tasks" id="{made}" '
        'create="1"><label>New</label></entity></meta></data>'
    )
    phone.finalise("visit", submission.encode())
    held = local(phone)[made]
    assert (held["label"], held["__version"], held["__trunkVersion"]) == ("New", "1", "")
    server.tasks = tasks(4)
    phone.update()
    assert made in local(phone)
    server.deleted, server.tasks = {made}, tasks(5)
    phone.update()
    assert made not in local(phone)


def test_an_id_that_is_no_uuid4_changes_nothing_on_the_phone(server, phone):
    phone.update()
    phone.finalise("visit", b'<data id="visit"><meta><entity dataset="tasks" id="D-101" create="1">'
                            b"<label>New</label></entity></meta></data>")  # fmt: skip
    assert set(local(phone)) == {DOOR, NEXT_DOOR}


def test_a_password_is_given_when_asked_for_and_over_https_only(server):
    server.password = "s3cret"
    phone = CollectPhone(server.client(), BASE, username="li", password="s3cret")
    phone.update()
    assert ["Authorization" in r.headers for r in server.asked[:3]] == [False, True, True]
    clear = CollectPhone(
        server.client(), BASE.replace("https", "http"), username="li", password="s3cret"
    )
    with pytest.raises(CollectRefusesError, match="https only"):
        clear.update()


def test_a_wrong_password_is_not_mistaken_for_an_empty_list(server):
    server.password = "s3cret"
    with pytest.raises(CollectRefusesError, match="gave 401"):
        CollectPhone(server.client(), BASE, username="li", password="guess").update()


def test_a_phone_is_set_up_by_scanning_a_code(server):
    settings = {"general": {"server_url": BASE}, "admin": {}, "project": {"name": "Sweep"}}
    code = base64.b64encode(zlib.compress(json.dumps(settings).encode())).decode()
    phone = CollectPhone.from_settings(server.client(), code)
    phone.update()
    assert list(phone.forms) == ["visit"]
    with pytest.raises(CollectRefusesError, match="not the settings of Collect"):
        CollectPhone.from_settings(server.client(), json.dumps(settings))
