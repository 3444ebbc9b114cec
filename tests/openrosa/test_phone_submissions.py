"""What a phone sends is kept, once, and comes to what it says."""

from __future__ import annotations

import hashlib
import itertools
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from lamplit.services.field.access import tokens
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.phones import phone as phone_services
from lamplit.store import schema
from openrosa_neighbourhood import Neighbourhood

SWEEP = "lamplit_household_sweep"
ENTITIES = "http://www.opendatakit.org/xforms/entities"


@pytest.fixture
def li(office: Office, town: Neighbourhood) -> tuple[str, str]:
    made = phone_services.set_up(office, CLI, "li", url="https://office.example", basic=True)
    return made.username, made.secret


def xml(
    task: str, door: str = "no_answer", instance: str = "", entity: str = "", **more: str
) -> bytes:
    """A filled sweep form, as JavaRosa writes it."""
    answers = {"started": "2020-02-10T08:00:00.000+08:00", "ended": "2020-02-10T08:01:00.000+08:00"}
    answers |= {"task": task, "door": door} | more
    said = "".join(f"<{k}>{v}</{k}>" for k, v in answers.items())
    instance = instance or f"uuid:{uuid.uuid4()}"
    return (
        f'<data id="{SWEEP}" version="2026.1" xmlns:entities="{ENTITIES}">{said}'
        f"<meta><instanceID>{instance}</instanceID>{entity}</meta></data>"
    ).encode()


def entity(task: str, base: int, trunk: int, branch: str) -> str:
    return (
        f'<entity dataset="tasks" update="1" id="{task}" baseVersion="{base}" '
        f'trunkVersion="{trunk}" branchId="{branch}"/>'
    )


def post(
    client: TestClient, auth: tuple[str, str], body: bytes, files: dict[str, bytes] | None = None
) -> httpx.Response:
    parts: list[Any] = [("xml_submission_file", ("form.xml", body, "text/xml"))]
    parts += [(name, (name, content, "image/jpeg")) for name, content in (files or {}).items()]
    return client.post("/openrosa/submission?deviceID=collect:1", auth=auth, files=parts)


def only(rows: Any) -> dict[str, Any]:
    (row,) = rows
    return dict(row)


def test_a_submission_becomes_an_outcome_of_its_door(town, client, li):
    answer = post(client, li, xml(town.tasks["B1-101"], "answered", consent="yes",
                                  living="returned", needs="food medicine"))  # fmt: skip
    assert answer.status_code == 201, answer.text
    assert "Received, thank you." in answer.text
    made = only(town.rows(schema.submission))
    assert (made["outcome"], made["found"]) == ("reached", "returned")
    assert (made["author_id"], made["device_id"]) == (town.people["li"], "collect:1")
    assert {f["code"] for f in town.rows(schema.finding)} == {"food", "medicine"}
    assert town.row(schema.task, town.tasks["B1-101"])["state"] == "completed"
    assert only(town.rows(schema.inbox))["state"] == "processed"


def test_where_to_send_is_told_by_head(town, client, li):
    answer = client.head("/openrosa/submission?deviceID=collect:1", auth=li)
    assert answer.status_code == 204
    assert int(answer.headers["X-OpenRosa-Accept-Content-Length"]) == 10_000_000
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert answer.headers["Location"] == "http://localhost/openrosa/submission"


def test_the_same_from_sixteen_connections_at_once_is_one_submission(town, client, li):
    body, gate = xml(town.tasks["B1-101"]), threading.Barrier(16)

    def send(_: int) -> int:
        gate.wait()
        return post(client, li, body, {"a.jpg": b"photo"}).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(send, range(16))) == {201}
    assert len(town.rows(schema.submission)) == len(town.rows(schema.inbox)) == 1
    assert len(town.rows(schema.attachment)) == 1
    assert only(e for e in town.rows(schema.enrollment) if e["attempts"])["attempts"] == 1


def test_photos_that_come_in_several_posts_are_all_kept(town, client, li, office):
    body = xml(town.tasks["B1-101"])
    photos = {f"{n}.jpg": bytes([n]) * 1000 for n in range(3)}
    for name, content in photos.items():
        assert post(client, li, body, {name: content}).status_code == 201
    assert post(client, li, body, {"0.jpg": photos["0.jpg"]}).status_code == 201
    kept = {a["name"]: a["sha256"] for a in town.rows(schema.attachment)}
    assert kept == {n: hashlib.sha256(c).hexdigest() for n, c in photos.items()}
    for name, sha in kept.items():
        (file,) = office.media_dir.rglob(sha)
        assert file.read_bytes() == photos[name]
    assert len(town.rows(schema.submission)) == 1


def test_the_mark_of_an_unfinished_parcel_is_no_photo(town, client, li):
    parts: list[Any] = [
        ("xml_submission_file", ("form.xml", xml(town.tasks["B1-101"]), "text/xml")),
        ("a.jpg", ("a.jpg", b"photo", "image/jpeg")),
        ("*isIncomplete*", (None, "yes")),
    ]
    assert client.post("/openrosa/submission", auth=li, files=parts).status_code == 201
    assert [a["name"] for a in town.rows(schema.attachment)] == ["a.jpg"]


def test_other_content_under_the_same_id_is_kept_aside_not_refused(town, client, li):
    instance = f"uuid:{uuid.uuid4()}"
    first = xml(town.tasks["B1-101"], "no_answer", instance)
    other = xml(town.tasks["B1-101"], "answered", instance, consent="no")
    assert post(client, li, first).status_code == 201
    answer = post(client, li, other)
    assert answer.status_code == 202
    assert "kept" in answer.text
    assert only(town.rows(schema.submission))["outcome"] == "no_answer"
    states = {bytes(i["body"]): i["state"] for i in town.rows(schema.inbox)}
    assert states == {first: "processed", other: "quarantined"}


TENFOLD = "".join(f'<!ENTITY {b} "{10 * f"&{a};"}">' for a, b in ("ab", "bc"))
DOCTYPES = {
    "bomb": f'<!DOCTYPE data [<!ENTITY a "aaaaaaaaaa">{TENFOLD}]>',
    "outside": '<!DOCTYPE data [<!ENTITY c SYSTEM "file:///etc/passwd">]>',
    "named": "<!DOCTYPE data>",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES)
def test_a_form_that_is_good_but_for_its_entities_is_kept_and_never_unfolded(
    town, client, li, doctype, encoding
):
    good = xml(town.tasks["B1-101"], "answered", consent="no", remark="REMARK").decode()
    entities = doctype + good.replace("REMARK", "&c;" if "ENTITY" in doctype else "again")
    answer = post(client, li, entities.encode(encoding))
    assert answer.status_code == 202, answer.text
    assert "root:" not in answer.text
    row = only(town.rows(schema.inbox))
    assert (row["state"], row["problem"]) == ("quarantined", "submit.unreadable")
    assert town.rows(schema.submission) == []
    assert post(client, li, good.encode()).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"<data><unfinished",
        b"\x00\xff not xml at all",
        "<?xml version='1.0' encoding='utf-8'?><data>好</data>".encode("gb18030"),
        b"<data id='lamplit_household_sweep'/>",
        b"<data id='unknown'><meta><instanceID>uuid:3</instanceID></meta></data>",
        b"<a>" * 500 + b"</a>" * 500,
    ],
    ids=["cut", "bytes", "gb18030", "no-id", "unknown", "deep"],
)
def test_what_cannot_be_read_is_kept_and_nobody_is_refused(town, client, li, body):
    answer = post(client, li, body)
    assert answer.status_code == 202, answer.text
    assert "root:" not in answer.text
    row = only(town.rows(schema.inbox))
    assert (bytes(row["body"]), row["state"]) == (body, "quarantined")
    assert row["problem"]
    assert town.rows(schema.submission) == []
    assert post(client, li, body).status_code == 202


def test_a_form_in_another_encoding_is_read_as_it_says(town, client, li):
    text = xml(town.tasks["B1-101"], "answered", consent="no", remark="再来").decode()
    body = f'<?xml version="1.0" encoding="UTF-16"?>{text}'.encode("utf-16")
    assert post(client, li, body).status_code == 201
    assert only(town.rows(schema.submission))["answers"]["remark"] == "再来"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x--\r\n", "multipart/form-data; boundary=x"),
        (b"hello", "text/plain"),
        (b"", ""),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--\r\n",
         "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=xml_submission_file; filename=a.xml\r\n\r\n"
         b"<data/>", "multipart/form-data; boundary=x"),
        (b"  ", "text/xml"),
        (b"--x\r\n" + b"A: " + b"b" * 20_000 + b"\r\n\r\n\r\n--x--\r\n",
         "multipart/form-data; boundary=x"),
    ],
    ids=["empty", "no-parts", "text", "nothing", "field", "breaks-off", "blank", "long-header"],
)  # fmt: skip
def test_what_is_no_submission_at_all_is_refused_in_words(town, client, li, content, kind):
    answer = client.post(
        "/openrosa/submission", auth=li, content=content, headers={"Content-Type": kind}
    )
    assert answer.status_code == 400
    assert "<message>" in answer.text
    assert "xml_submission_file" in answer.text
    assert town.rows(schema.inbox) == []


def test_a_form_that_comes_bare_or_under_another_name_is_taken(town, client, li):
    bare = client.post(
        "/openrosa/submission", auth=li, content=xml(town.tasks["B1-101"]),
        headers={"Content-Type": "text/xml"},
    )  # fmt: skip
    assert bare.status_code == 201
    named = client.post(
        "/openrosa/submission", auth=li,
        files=[("file", ("form.xml", xml(town.tasks["B1-102"]), "text/xml"))],
    )  # fmt: skip
    assert named.status_code == 201
    assert len(town.rows(schema.submission)) == 2


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\x.jpg", "/abs/olute.jpg", "a\x00b.jpg", "..", "好.jpg",
             "'; DROP TABLE place; --"],
)  # fmt: skip
def test_no_name_leads_a_photo_astray(town, client, li, office, name):
    before = set(office.home.path.rglob("*"))
    body = (
        b"--x\r\nContent-Disposition: form-data; name=xml_submission_file; filename=a.xml\r\n"
        b"Content-Type: text/xml\r\n\r\n" + xml(town.tasks["B1-101"]) + b"\r\n--x\r\n"
        b'Content-Disposition: form-data; name="p"; filename="' + name.encode() + b'"\r\n'
        b"Content-Type: image/jpeg\r\n\r\nphoto\r\n--x--\r\n"
    )
    answer = client.post(
        "/openrosa/submission", auth=li, content=body,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    kept = only(town.rows(schema.attachment))
    assert not {"/", "\\", "\0"} & set(kept["name"])
    assert kept["name"] not in ("..", ".")
    sha = hashlib.sha256(b"photo").hexdigest()
    new = {p for p in set(office.home.path.rglob("*")) - before if p.is_file()}
    assert {p.name for p in new if "lamplit.db" not in p.name} == {sha}
    assert town.rows(schema.place)


def test_work_that_comes_after_a_withdrawal_is_taken_named_and_marked(town, client, li):
    town.end_tie("li", "C1")
    answer = post(client, li, xml(town.tasks["B1-101"], "answered", consent="no"))
    assert answer.status_code == 201
    assert "after your duty ended" in answer.text
    made = only(town.rows(schema.submission))
    assert made["author_id"] == town.people["li"]
    assert "after_withdrawal" in made["flags"]
    assert town.row(schema.task, town.tasks["B1-101"])["state"] == "completed"


def test_nobody_hands_in_for_a_door_that_was_never_theirs(town, client, office):
    made = phone_services.set_up(office, CLI, "sun", url="https://office.example", basic=True)
    answer = post(client, (made.username, made.secret), xml(town.tasks["B1-101"]))
    assert answer.status_code == 202
    assert town.rows(schema.submission) == []
    assert only(town.rows(schema.inbox))["state"] == "quarantined"


def test_a_stolen_phone_hands_in_nothing(town, client, office):
    made = phone_services.set_up(office, CLI, "li", url="https://office.example")
    tokens.revoke(office, CLI, made.token_id)
    path = f"/v1/key/{made.secret}/projects/1/submission"
    parts = [("xml_submission_file", ("f.xml", xml(town.tasks["B1-101"]), "text/xml"))]
    assert client.post(path, files=parts).status_code == 403
    assert town.rows(schema.inbox) == []


@pytest.mark.parametrize(("year", "flagged"), [("2031", True), ("2001", True), ("2020", False)])
def test_a_phones_wrong_clock_is_noted_and_does_no_harm(town, client, li, year, flagged):
    when = {"started": f"{year}-02-10T08:00:00.000+08:00", "ended": f"{year}-02-10T08:01:00+08:00"}
    assert post(client, li, xml(town.tasks["B1-101"], **when)).status_code == 201
    made = only(town.rows(schema.submission))
    assert ("clock_skew" in (made["flags"] or [])) is flagged
    assert made["received_at"] is not None


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_changes_made_offline_are_applied_whole_in_whatever_order_they_come(
    town, client, li, order
):
    task, branch = town.tasks["B1-101"], str(uuid.uuid4())
    made = [
        xml(task, "no_answer", entity=entity(task, 1, 1, branch)),
        xml(task, "no_answer", entity=entity(task, 2, 1, branch)),
        xml(task, "answered", consent="no", entity=entity(task, 3, 1, branch)),
    ]
    for at in order:
        assert post(client, li, made[at]).status_code == 201
    changes = sorted(town.rows(schema.entity_change), key=lambda c: c["branch_index"])
    assert [c["state"] for c in changes] == ["applied"] * 3
    after = [c["version_after"] for c in changes]
    assert after == sorted(after)
    assert town.row(schema.task, task)["version"] >= 4
    assert town.row(schema.task, task)["state"] == "completed"


def test_over_the_largest_a_photo_is_refused_in_words(town, client, li, monkeypatch):
    from lamplit.web import middleware

    monkeypatch.setattr(middleware, "LARGE_BYTES", 100_000)
    declared = post(client, li, xml(town.tasks["B1-101"]), {"a.jpg": b"x" * 200_000})
    assert declared.status_code == 413

    def chunks():
        yield from (b"--x\r\n" * 1 + b"Content-Disposition: form-data; name=a; filename=a\r\n\r\n",)
        yield from itertools.repeat(b"y" * 10_000, 20)

    streamed = client.post(
        "/openrosa/submission", auth=li, content=chunks(),
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )  # fmt: skip
    assert streamed.status_code == 413
    assert "<message>" in streamed.text
    assert town.rows(schema.inbox) == []


def test_a_full_disk_leaves_the_form_on_the_phone(town, client, li, monkeypatch):
    from lamplit.services.field.submissions import media

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(media, "keep", full)
    answer = post(client, li, xml(town.tasks["B1-101"]), {"a.jpg": b"photo"})
    assert answer.status_code == 503
    assert "stays on the phone" in answer.text
    assert town.rows(schema.inbox) == []
    monkeypatch.undo()
    assert post(client, li, xml(town.tasks["B1-101"]), {"a.jpg": b"photo"}).status_code == 201


@pytest.mark.parametrize("where", ["device", "id", "media-type", "name", "entity"])
def test_no_byte_that_a_database_does_not_take_gets_in_the_way(town, client, li, where):
    body = xml(town.tasks["B1-101"], "answered", consent="no")
    kind, device = b"image/jpeg", "collect:1"
    if where == "device":
        device = "a%01b%FF%F0%9F%8F%A0" + "x" * 1_000
    if where == "id":
        body = body.replace(b"<instanceID>uuid:", b"<instanceID>uu\x00\xffid:")
    if where == "media-type":
        kind = b"image/\xff\x01peg" + b"x" * 500
    if where == "name":
        body = body.replace(b"<door>", b"<remark>\xef\xbf\xbe</remark><door>")
    if where == "entity":
        made = entity(town.tasks["B1-101"] + "' OR 1=1", 2**40, 1, "x" * 5_000)
        body = body.replace(b"</meta>", made.encode() + b"</meta>")
    content = (
        b"--x\r\nContent-Disposition: form-data; name=xml_submission_file; filename=a.xml\r\n"
        b"Content-Type: text/xml\r\n\r\n" + body + b"\r\n--x\r\n"
        b"Content-Disposition: form-data; name=p; filename=p.jpg\r\n"
        b"Content-Type: " + kind + b"\r\n\r\nphoto\r\n--x--\r\n"
    )
    answer = client.post(
        f"/openrosa/submission?deviceID={device}", auth=li, content=content,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )  # fmt: skip
    assert answer.status_code in (201, 202), answer.text
    (kept,) = town.rows(schema.inbox)
    assert bytes(kept["body"]) == body


@pytest.mark.parametrize("where", ["B1", "B3"])
def test_a_home_that_a_phone_creates_stands_where_its_owner_may_perform(town, client, li, where):
    """ODK entities 2024.1: a create in the household list, with the label alone."""
    new = str(uuid.uuid4())
    made = (
        f'<entities:entity dataset="households" create="1" id="{new}" baseVersion="">'
        "<entities:label>1-909</entities:label></entities:entity>"
    )
    answer = post(client, li, xml(town.tasks[f"{where}-101"], entity=made))
    homes = [row for row in town.rows(schema.place) if row["id"] == new]
    if where == "B3":
        # Another's community: the whole form waits for a leader.
        assert (answer.status_code, homes) == (202, [])
        return
    assert answer.status_code == 201
    assert (only(homes)["parent_id"], only(homes)["name_zh"]) == (town.places["B1"], "1-909")
    again = post(client, li, xml(town.tasks["B1-102"]))
    assert again.status_code == 201
    asked = client.get(f"/openrosa/lists/households/integrity?id={new}", auth=li)
    assert "<deleted>false</deleted>" in asked.text.replace(" ", "")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_home_made_and_changed_offline_is_the_same_in_whatever_order_its_forms_come(
    town, client, li, order
):
    new, branch = str(uuid.uuid4()), str(uuid.uuid4())

    def said(action: str, base: str, label: str) -> bytes:
        made = (
            f'<entities:entity dataset="households" {action}="1" id="{new}" baseVersion="{base}" '
            f'trunkVersion="" branchId="{branch}"><entities:label>{label}</entities:label>'
            "</entities:entity>"
        )
        return xml(town.tasks["B1-101"], entity=made)

    forms = [said("create", "", "1-9"), said("update", "1", "1-90"), said("update", "2", "1-909")]
    for at in order:
        assert post(client, li, forms[at]).status_code == 201
    home = only(row for row in town.rows(schema.place) if row["id"] == new)
    assert (home["name_zh"], home["version"]) == ("1-909", 3)
    assert home["parent_id"] == town.places["B1"]
    mine = [row for row in town.rows(schema.entity_change) if row["entity_id"] == new]
    assert [row["state"] for row in mine] == ["applied"] * 3
