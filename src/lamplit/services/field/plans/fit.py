"""Whether the plan in force still fits: who is gone from it, which doors are new, what is late.

Nothing is planned or changed here. Where it no longer fits, planning again is offered: the usual
re-plan, a proposal that disturbs few, which a leader looks at and applies, or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lamplit.domain.field import CampaignState, PlanState
from lamplit.domain.language import Language, Text
from lamplit.services.field.office import Office, Transaction
from lamplit.services.field.packs import to_homes
from lamplit.services.field.submissions.authors import Authors, Standing
from lamplit.store import plans as store
from lamplit.store.tasks import OPEN

GRACE = timedelta(hours=2)
"""So long a form may lie on a phone without a signal before its door counts as late."""
LATE, LATE_SHARE = 5, 0.15
"""So many doors late, and so many of those due, are behind the plan; fewer are luck."""
PROPOSALS = (PlanState.PLANNING.value, PlanState.READY.value)
MOST_KEPT = 100
_MADE: dict[str, tuple[tuple[object, ...], Fit]] = {}
"""The last fit of each plan, with what it was made from: boards ask whenever somebody sends a form,
and it reads every door of the plan.
"""

_GONE = (
    Text("1 person left ({open})", "1 人已离开（{open}）"),
    Text("{n} people left ({open})", "{n} 人已离开（{open}）"),
)
_DOORS = (Text("1 door", "1 户"), Text("{n} doors", "{n} 户"))
_PLACES = (Text("1 place", "1 处"), Text("{n} places", "{n} 处"))
_NEW = Text("{some} new", "新增 {some}")
_BACK = Text("{some} given back", "退回 {some}")
_LATE = Text("{late} of {due} late", "应走 {due}中有 {late}未走")
_NO_MORE = Text("This plan no longer fits: {why}.", "方案已不合适：{why}。")
_FITS = Text("The plan in force fits.", "现行方案仍然合适。")


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody of the plan who may go to doors of theirs no more, and how many of them are open."""

    person_id: str
    name: str
    doors: int


@dataclass(frozen=True, slots=True)
class Fit:
    """What has become of the plan in force since it was applied; `says` sums it up.

    `fits` is false where people of it are `gone` (withdrawn, or their days ended) with doors open,
    where doors that nobody has are `new` since it was made or were given `back`, or where it is
    behind: of the doors that it wanted tried by two hours ago (`due`) at least 5, and 15 %, are
    `late`. `proposal` is a newer plan that waits to be looked at, by id.
    """

    plan_id: str
    applied_at: datetime
    fits: bool
    gone: list[Gone]
    new: int
    back: int
    due: int
    late: int
    proposal: str | None
    says: Text


def fit_of(office: Office, tx: Transaction, campaign: Any) -> Fit | None:
    """How the plan in force fits; None without one, or where the campaign is not open.

    Made anew in each minute, and at once when anything but a form has come to the campaign.
    """
    plans = store.heads(tx.conn, campaign.id)
    force = next((one for one in plans if one.state == PlanState.APPLIED.value), None)
    if force is None or not force.made or campaign.state != CampaignState.OPEN.value:
        return None
    minute = tx.now.replace(second=0, microsecond=0)
    made_from = (minute, store.last_change(tx.conn, campaign.id), *((p.id, p.state) for p in plans))
    kept = _MADE.get(force.id)
    if kept is None or kept[0] != made_from:
        if len(_MADE) >= MOST_KEPT:
            _MADE.clear()
        kept = _MADE[force.id] = made_from, _made(office, tx, campaign, plans, force)
    return kept[1]


def _made(office: Office, tx: Transaction, campaign: Any, plans: Iterable[Any], force: Any) -> Fit:
    stops = store.planned(tx.conn, force.id)
    doors = store.open_doors(tx.conn, campaign.id)
    mine = {row.place_id: row.person_id for row in stops}
    people = {p for p in mine.values() if p} | {row.owner_id for row in doors if row.owner_id}
    authors = Authors.of(tx, people, mine.keys() | {row.place_id for row in doors})

    def may_go(person: str | None, place_id: str) -> bool:
        return authors.standing(person, place_id) is Standing.ENTITLED

    gone, new, back = _without_anybody(doors, mine, may_go)
    before = tx.now - GRACE
    due = [s for s in stops if s.arrives and s.arrives < before and may_go(s.person_id, s.place_id)]
    late = sum(one.state in OPEN for one in due)
    behind = late >= LATE and late > LATE_SHARE * len(due)
    names = store.names(tx.conn, list(gone))
    left = [Gone(p, str(names[p].name), n) for p, n in gone.most_common() if p in names]
    waits = (p.id for p in plans if p.state in PROPOSALS and p.made_at > force.applied_at)
    return Fit(
        force.id, force.applied_at, not (left or new or back or behind), left, new, back,
        len(due), late, next(waits, None),
        _said(
            _DOORS if to_homes(office, campaign.programme) else _PLACES,
            left, new, back, late if behind else 0, len(due),
        ),
    )  # fmt: skip


def _without_anybody(
    doors: Iterable[Any], mine: dict[str, str | None], may_go: Any
) -> tuple[Counter[str], int, int]:
    """Open doors of those who are gone by person, new ones that nobody has, ones given back."""
    gone: Counter[str] = Counter()
    new = back = 0
    for place_id, owner in {row.place_id: row.owner_id for row in doors}.items():
        if owner and may_go(owner, place_id):
            continue
        planned = mine.get(place_id)
        bearer = planned if planned and not may_go(planned, place_id) else owner
        if bearer:
            gone[bearer] += 1
        elif place_id not in mine:
            new += 1
        elif planned:
            back += 1
    return gone, new, back


def _said(
    one_or_more: tuple[Text, Text], gone: list[Gone], new: int, back: int, late: int, due: int
) -> Text:
    theirs = sum(one.doors for one in gone)

    def said(language: Language) -> str:
        def some(n: int) -> str:
            return one_or_more[n != 1].say(language, n=n)

        why = []
        if gone:
            left = _GONE[len(gone) != 1]
            why.append(left.say(language, n=len(gone), open=some(theirs)))
        why += [text.say(language, some=some(n)) for text, n in ((_NEW, new), (_BACK, back)) if n]
        if late:
            counted = some(late) if language == "zh" else late
            why.append(_LATE.say(language, late=counted, due=some(due)))
        if not why:
            return _FITS.say(language)
        return _NO_MORE.say(language, why=("，" if language == "zh" else ", ").join(why))

    return Text(said("en"), said("zh"))
