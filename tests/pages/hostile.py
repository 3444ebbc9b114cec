"""Names and words that mean harm, in every field of a world, entered as anybody would."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import httpx
from rig import World
from sqlalchemy import select

from lamplit.replay.neighbourhood.cast import VOLUNTEER
from lamplit.services.field.office import CLI
from lamplit.store.schema import campaign, place, task

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPT = "<script>window.ran=1</script><img src=x onerror=window.ran=1>{{window.ran=1}}"
TURNED = "\u202eyllaer ton\u2067 \u05e9\u05dc\u05d5\u05dd"
"""An override and an isolate that are never closed, then Hebrew."""
LONG = "W" * 200
MARKS = "Z" + "\u0335\u0310\u0489\u0351" * 30
SQL = "'); DROP TABLE person;--\""
NAMES = (TURNED, SCRIPT, LONG, MARKS, SQL)
ALL = " ".join((*NAMES[1:], TURNED))
LINE = f"{SCRIPT} {TURNED}"
"""For fields of one line, which take 200 letters."""
CAMPAIGN, PURPOSE = "HOSTILE", "disaster_relief"
FIELDS = ("kind", "code", "name_zh", "name_en", "unit", "floor", "door")


def turn_hostile(world: World) -> str:
    """Fill a world's fields with them; gives a task of the volunteer's own, not yet done."""
    with world.office.read(CLI) as tx:
        homes = tx.conn.execute(
            select(place.c.id, place.c.code)
            .where(place.c.kind == "household", place.c.valid_to.is_(None))
            .order_by(place.c.code)
            .limit(len(NAMES))
        ).all()
    operator, leader, volunteer = (world.api(one) for one in ("operator", "leader", "volunteer"))
    rows = [("community", f"C{at}", one, one, "", "", "") for at, one in enumerate(NAMES[:2], 1)]
    rows += [("building", f"B{at}", one, one, "", "", "") for at, one in enumerate(NAMES, 1)]
    rows += [("work_site", "WS001", ALL, ALL, "", "", "")]
    rows += [
        ("household", home.code, "", "", one, "3", one)
        for home, one in zip(homes, NAMES, strict=True)
    ]
    upload(operator, "places", FIELDS, rows)
    people = [(f"P000{at}", one) for at, one in enumerate(NAMES, 1)]
    upload(operator, "people", ("code", "name"), [*people, ("LD01", ALL)])
    upload(operator, "organisations", ("code", "name_zh", "name_en"), [("BR01", ALL, ALL)])
    ask(operator, "/accounts", {"username": "mean.one", "name": LINE})
    wish = {"code": CAMPAIGN, "programme": "household_sweep", "place": "C1",
            "name": {"en": ALL, "zh": ALL}, "purpose": PURPOSE}  # fmt: skip
    version = ask(leader, "/campaigns", wish)["version"]
    ask(leader, f"/campaigns/{CAMPAIGN}/open", {}, {"If-Match": f'"v{version}"'})
    ids = [one.id for one in homes]
    ask(leader, f"/campaigns/{CAMPAIGN}/enrollments", {"place_ids": ids})
    with world.office.read(CLI) as tx:
        tasks = tx.conn.execute(
            select(task.c.id, task.c.campaign_id, task.c.place_id)
            .join(campaign, campaign.c.id == task.c.campaign_id)
            .where(campaign.c.code == CAMPAIGN)
            .order_by(task.c.id)
        ).all()
    given = {"person": VOLUNTEER, "task_ids": [one.id for one in tasks], "note": ALL}
    assert ask(leader, "/assigned-tasks", given)["count"] == len(NAMES)
    visit = {"door": "answered", "consent": "yes", "living": "living", "needs": "food alone",
             "remark": ALL}  # fmt: skip
    for one in tasks[1:]:
        said = {"instance_id": f"uuid:{one.id}", "form_id": "lamplit_household_sweep",
                "form_version": "2026.1", "task": one.id, "answers": visit}  # fmt: skip
        ask(volunteer, "/submissions", said)
    found = leader.get(f"/campaigns/{CAMPAIGN}/findings").json()
    assert found
    for one in found:
        ask(leader, f"/findings/{one['id']}/state", {"to": "in_hand", "note": ALL})
    opening = {
        "step": "evidence",
        "campaign_id": tasks[0].campaign_id,
        "purpose": "disaster_relief",
    }
    ask(leader, f"/homes/{tasks[1].place_id}/openings", opening)
    ask(volunteer, "/check-ins", {"community": "C1", "to": "paired", "note": ALL})
    moved = {"kind": "received", "item": "mask", "quantity": 7, "to": "place:AID1", "donor": LINE,
             "campaign": "SUPPLIES", "note": ALL}  # fmt: skip
    ask(leader, "/stock/moves", moved)
    ask(leader, "/feedback", {"text": ALL, "place": "C1", "contact": LINE})
    # Somebody's bytes that are no form at all are set aside, and can be looked at.
    ask(volunteer, "/submissions", {"instance_id": f"uuid:{LONG}", "form_id": LINE, "answers": {}})
    return str(tasks[0].id)


def ask(
    client: httpx.Client, path: str, wish: object, headers: dict[str, str] | None = None
) -> Any:
    """What a POST is answered; AssertionError where it is refused."""
    answer = client.post(path, json=wish, headers=headers)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


def upload(
    client: httpx.Client, kind: str, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Import rows as a file, whole."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    file = {"file": (f"{kind}.csv", text.getvalue().encode(), "text/csv")}
    answer = client.post(f"/uploads/{kind}", files=file, params={"dry_run": "false"})
    assert answer.is_success, answer.text
    assert not answer.json().get("rejected"), answer.text


def turned(page: Page) -> list[str]:
    """Texts of a page whose neighbourhood a name in them turns round."""
    return list(page.evaluate(TURNING, [*NAMES, ALL, LINE]))


TURNING = r"""(names) => {
  const risky = /[\u0590-\u08ff\u202a-\u202e\u2066-\u2069]/;
  const whole = (node) => {
    for (let at = node.parentElement; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (/isolate|plaintext/.test(style.unicodeBidi)) return at;
      if (!/^(inline|contents)$/.test(style.display)) return at;
    }
    return document.body;
  };
  const texts = new Map();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const at = walk.currentNode.parentElement;
    if (at.closest("script, style, noscript, pre, textarea")) continue;
    const one = whole(walk.currentNode);
    texts.set(one, (texts.get(one) ?? "") + walk.currentNode.data);
  }
  // What an isolate holds by itself can turn nothing else; nor can what is set apart within it.
  const alone = (text) => {
    let rest = text.trim();
    if (names.includes(rest)) return true;
    for (let was = ""; was !== rest; ) {
      was = rest;
      rest = rest.replace(/\u2068[^\u202a-\u202e\u2066-\u2069]*\u2069/g, "").trim();
    }
    return !risky.test(rest);
  };
  return [...texts].filter(([, text]) => risky.test(text) && !alone(text))
    .map(([at, text]) => `${at.localName}.${at.className}: ${text.trim().slice(0, 200)}`);
}"""
