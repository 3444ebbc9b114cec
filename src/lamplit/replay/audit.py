"""Every count added up: the robots' book against what the store holds, read by plain queries.

Not counts alone: submissions are compared one by one, by their instance ids, with author, place,
outcome and what was found; balances holder by holder; so that a loss cannot hide behind a doubling.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from lamplit.domain.field import EndReason, Found, InboxState, TaskState
from lamplit.domain.language import Text
from lamplit.replay.chapters import sites, supplies
from lamplit.replay.chapters import sweep as sweeping
from lamplit.replay.chapters.rounds import PROGRAMME
from lamplit.replay.context import World
from lamplit.replay.ledger import Check, Visit, difference, tally
from lamplit.replay.story import VIOLATIONS
from lamplit.services.field.office import CLI
from lamplit.store import log, stock
from lamplit.store.schema import (
    assignment,
    campaign,
    enrollment,
    event,
    finding,
    inbox,
    person,
    submission,
    task,
)

Seen = tuple[str, str, str, str, str]
"""(programme, author's code, place, outcome, found)"""


def audit(world: World) -> list[Check]:
    """All checks of what went over the wire after the check-ins."""
    with world.office.read(CLI) as tx:
        conn = tx.conn
        codes = {row.id: row.code for row in conn.execute(select(person.c.id, person.c.code))}
        return [
            *_submissions(conn, world, codes),
            *_doors(conn, world),
            *_findings(conn, world),
            *_stock(conn, world, codes),
            *_people(conn, world, codes),
            *_log(conn, world),
        ]


def _submissions(conn: Connection, world: World, codes: Mapping[str, str]) -> list[Check]:
    book = {key: _seen(visit) for key, visit in world.ledger.visits.items()}
    rows = conn.execute(select(submission)).all()
    store = {
        row.instance_id: (
            row.programme, codes.get(row.author_id, "?"), row.place_id, row.outcome, row.found
        )
        for row in rows
    }  # fmt: skip
    late = {row.instance_id for row in rows if "after_withdrawal" in (row.flags or ())}
    skewed = sum("clock_skew" in (row.flags or ()) for row in rows)
    kept = conn.scalar(select(func.count()).select_from(inbox))
    aside = conn.scalar(
        select(func.count()).select_from(inbox).where(inbox.c.state != InboxState.PROCESSED.value)
    )
    return [
        _check("submissions", "Forms filled in, each kept once", "填写的表单，逐份保存一次",
               len(book), len(rows)),
        _check("submissions.alike", "… each by its author, place and meaning; differences",
               "……逐份核对作者、地点与含义；差异", [], difference(book, store)),
        _check("inbox", "Deliveries in the inbox, however often they were sent",
               "收件箱份数（重发不重复）", len(book), kept),
        _check("inbox.aside", "Set aside or still waiting", "隔离或待处理", 0, aside),
        _check("late", "Handed in after a withdrawal: taken, and marked", "撤回后提交：接收并标注",
               sorted(world.ledger.after_withdrawal), sorted(late)),
        _check("skew", "Forms from the future", "时间超前的表单", 0, skewed),
    ]  # fmt: skip


def _seen(visit: Visit) -> Seen:
    return (visit.programme, visit.person, visit.place, visit.outcome, visit.found)


def _doors(conn: Connection, world: World) -> list[Check]:
    """What each door came to: done or not, and what was found there at last."""
    rows = conn.execute(
        select(enrollment.c.place_id, enrollment.c.state, enrollment.c.found)
        .join(campaign, campaign.c.id == enrollment.c.campaign_id)
        .where(campaign.c.code == sweeping.CAMPAIGN)
    ).all()
    visits = world.ledger.of(PROGRAMME)
    performed = (TaskState.COMPLETED.value, TaskState.FAILED.value)
    tasks = conn.scalar(
        select(func.count())
        .select_from(task)
        .join(campaign, campaign.c.id == task.c.campaign_id)
        .where(campaign.c.code == sweeping.CAMPAIGN, task.c.state.in_(performed))
    )
    done = {row.place_id for row in rows if row.state == "done"}
    found = {row.place_id: row.found for row in rows if row.found}
    told = world.ledger.tasks_filled(PROGRAMME)
    return [
        _check("doors", "Doors of the community on the list", "纳入的住户", world.scale.homes,
               len(rows)),
        _check("doors.done", "Doors that are done", "已办结住户",
               len(world.ledger.doors_done(PROGRAMME)), len(done)),
        _check("doors.same", "… and they are the same doors", "……且为同一批住户",
               [], sorted(world.ledger.doors_done(PROGRAMME) ^ done)[:5]),
        _check("tasks", "Tasks performed", "已执行任务", told, tasks),
        _check("labels", "What was found, by home", "各户摸排结果",
               tally(_last_found(visits).values()), tally(found.values())),
        _check("labels.same", "… home by home; differences", "……逐户核对；差异",
               [], difference(_last_found(visits), found)),
    ]  # fmt: skip


def _last_found(visits: list[Visit]) -> dict[str, str]:
    """The last that is known of each home."""
    found: dict[str, str] = {}
    for visit in visits:
        if visit.found != Found.UNKNOWN or visit.place not in found:
            found[visit.place] = visit.found
    return found


def _findings(conn: Connection, world: World) -> list[Check]:
    rows = conn.execute(
        select(submission.c.programme, finding.c.code, finding.c.points, finding.c.state).join(
            submission, submission.c.id == finding.c.submission_id
        )
    ).all()
    seen = [(v.programme, code) for v in world.ledger.visits.values() for code in v.findings]
    points = {code: worth for _, code, worth in VIOLATIONS}
    violations = [code for programme, code in seen if programme == sites.PROGRAMME]
    stored = [row for row in rows if row.programme == sites.PROGRAMME]
    verified = sum(row.state == "verified" for row in stored)
    audited = {v.place for v in world.ledger.of(sites.PROGRAMME)}
    enrolled = set(
        conn.scalars(
            select(enrollment.c.place_id)
            .join(campaign, campaign.c.id == enrollment.c.campaign_id)
            .where(campaign.c.code == sites.CAMPAIGN)
        )
    )
    places = set(
        conn.scalars(select(submission.c.place_id).where(submission.c.programme == sites.PROGRAMME))
    )
    return [
        _check("needs", "Needs and violations, by code", "需求与违章，按代码",
               tally(seen), tally((row.programme, row.code) for row in rows)),
        _check("sites", "Work sites registered", "登记的作业现场",
               len(world.ledger.registered), len(enrolled)),
        _check("sites.audited", "Work sites audited", "已督察的作业现场",
               len(audited), len(places)),
        _check("sites.all", "… and none that is registered was left out", "……登记的现场无一遗漏",
               [], sorted({*enrolled, *world.ledger.registered} ^ places)[:5]),
        _check("violations", "Violations", "违章", len(violations), len(stored)),
        _check("points", "Points, by the programme's own list", "记分（按方案代码表）",
               sum(points[code] for code in violations), sum(row.points for row in stored)),
        _check("verified", "Put right and verified", "整改并核实", len(violations), verified),
    ]  # fmt: skip


_FROM_TO = {
    "received": ("outside", "depot"),
    "taken": ("depot", "person"),
    "handed_out": ("person", "home"),
    "brought_back": ("person", "depot"),
}


def _stock(conn: Connection, world: World, codes: Mapping[str, str]) -> list[Check]:
    ids = {code: person_id for person_id, code in codes.items()}
    book: Counter[tuple[str, str]] = Counter()
    came: Counter[str] = Counter()
    for visit in world.ledger.of(supplies.PROGRAMME):
        for item, amount, what in visit.moves:
            holders = {"depot": f"place:{visit.place}", "home": f"place:{visit.place}",
                       "person": f"person:{ids[visit.person]}"}  # fmt: skip
            giver, taker = _FROM_TO[what]
            came[item] += amount if giver == "outside" else 0
            book[item, holders[taker]] += amount
            if giver in holders:
                book[item, holders[giver]] -= amount
    held = {f"{i} {h}": n for (i, h), n in stock.balances(conn).items() if n}
    mine = {f"{i} {h}": n for (i, h), n in book.items() if n}
    total: Counter[str] = Counter()
    for (item, holder), amount in stock.balances(conn).items():
        if holder.startswith(("place:", "person:")):
            total[item] += amount
    return [
        _check("stock", "Stock received, and where it all is", "物资入库与去向合计",
               dict(sorted(came.items())), dict(sorted(total.items()))),
        _check("stock.balances", "Balances, holder by holder; differences",
               "逐个持有方核对结余；差异", [], difference(mine, held)),
    ]  # fmt: skip


def _people(conn: Connection, world: World, codes: Mapping[str, str]) -> list[Check]:
    old, new = assignment.alias("old"), assignment.alias("new")
    pairs = conn.execute(
        select(old.c.person_id, new.c.person_id)
        .join(new, new.c.predecessor_id == old.c.id)
        .where(old.c.end_reason == EndReason.HANDED_OVER.value)
    ).all()
    gone = conn.scalars(
        select(assignment.c.person_id)
        .where(
            assignment.c.end_reason == EndReason.WITHDRAWN.value, assignment.c.role == "volunteer"
        )
        .distinct()
    )
    return [
        _check("handed-over", "Handed over, from whom to whom", "移交（由谁至谁）",
               sorted(world.ledger.handed_over), sorted((codes[a], codes[b]) for a, b in pairs)),
        _check("withdrawn", "Withdrawn", "撤回", sorted(world.ledger.withdrawn),
               sorted(codes[one] for one in gone)),
    ]  # fmt: skip


def _log(conn: Connection, world: World) -> list[Check]:
    breaks = [one for one in log.verify(conn) if not isinstance(one, int)]
    received = conn.scalar(
        select(func.count()).select_from(event).where(event.c.kind == "submission.received")
    )
    return [
        _check("log", "Submissions in the log", "日志中的提交记录", len(world.ledger.visits),
               received),
        _check("log.chain", "Breaks in the log's chain", "日志链断点", [],
               [f"{one.seq} {one.fault}" for one in breaks]),
    ]  # fmt: skip


def _check(code: str, en: str, zh: str, robots: Any, store: Any) -> Check:
    return Check(code, Text(en, zh), robots, store)
