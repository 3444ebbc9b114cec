"""The one door to a home: it opens in steps, for a purpose, and says who went through.

A colour for who stands there and scans the door's or the meter's code; the sentence of evidence,
with what speaks against it; the load curve. Every opening is in the log, committed, before
anything is answered; so is every refusal.

Where chance may have drawn some of a campaign's doors, no step opens before the door is settled but
to analysts: a colour alone would tell a door that no signal points to (decision 0016).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import EnrollmentState, Reason, Step
from lamplit.domain.language import Text
from lamplit.domain.problems import door as problems
from lamplit.domain.words import HomeState
from lamplit.services.curve import USUAL_DAYS, Curve, curve_of
from lamplit.services.field import door
from lamplit.services.field.access import throttle
from lamplit.services.field.campaigns.ways import knock_first
from lamplit.services.field.office import Actor, Office, Transaction
from lamplit.store import places, reveals
from lamplit.store.tree import under_any

NEEDS = {
    Step.COLOUR: Ability.REVEAL,
    Step.EVIDENCE: Ability.REVEAL,
    Step.CURVE: Ability.REVEAL_CURVE,
}
HOUR = timedelta(hours=1)
LIMITS = {
    Step.COLOUR: throttle.Limit("reveal-colour", 120, HOUR, HOUR),
    Step.EVIDENCE: throttle.Limit("reveal-evidence", 240, HOUR, HOUR),
    Step.CURVE: throttle.Limit("reveal-curve", 60, HOUR, HOUR),
}
"""More doors than these nobody walks to in an hour: somebody reads a list instead."""


class Colour(StrEnum):
    """The one word that a scan answers with."""

    LIT = "lit"
    DIM = "dim"
    DARK = "dark"
    GREY = "grey"


COLOUR_TEXT = {
    Colour.LIT: Text("lit: somebody lives here", "亮：有人居住"),
    Colour.DIM: Text("dim: hardly any use", "微亮：用电很少"),
    Colour.DARK: Text("dark: no use", "暗：没有用电"),
    Colour.GREY: Text("grey: nothing is known", "灰：无数据"),
}
_COLOUR = {
    HomeState.LIVED_IN.word: Colour.LIT,
    HomeState.LOW.word: Colour.LIT,
    HomeState.MICRO.word: Colour.DIM,
    HomeState.DARK.word: Colour.DARK,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What an opening shows: only what its step shows is filled in."""

    place_id: str
    step: Step
    colour: Colour | None = None
    evidence: Text | None = None
    against: Text | None = None
    signal: dict[str, Any] | None = None
    curve: Curve | None = None


def reveal(
    office: Office,
    actor: Actor,
    place_id: str,
    step: Step,
    campaign_id: str,
    purpose: str,
    *,
    days: int = USUAL_DAYS,
    heat: bool = False,
) -> Opened:
    """Open one home by a step, for a purpose of an open campaign in which it is enrolled.

    Of a curve so many `days`, and with `heat` the slots of its last weeks: all one opening.
    Raises LamplitError `door.not-allowed`, `door.not-enrolled`, `door.wrong-purpose`,
    `door.knock-first`, `accounts.too-many-tries`; and for a curve `door.nothing-known`.
    """
    who = actor.person_id or actor.via
    throttle.count(office, LIMITS[step], who)
    try:
        with office.begin(actor) as tx:
            case = _judged(office, tx, place_id, step, campaign_id, purpose)
            tx.log(
                reveals.OPENED, "place", place_id,
                place_id=place_id, campaign_id=campaign_id, purpose=purpose, step=step.value,
            )  # fmt: skip
    except LamplitError as refusal:
        _note_refusal(office, actor, place_id, step, campaign_id, refusal)
        raise
    # The log is on the disk; only now is anything told.
    found = _told(case, place_id, step)
    if step is Step.CURVE:
        curve = _curve(office, case.place_code, days, heat=heat)
        return replace(found, curve=curve)
    return found


def scan(office: Office, actor: Actor, code: str) -> Opened:
    """The colour of the home whose door or meter bears a code, for who stands before it.

    A code that is unknown, one of a home that is in no open campaign and one that the scanner may
    not open are answered alike. Raises LamplitError `door.not-enrolled`, `door.knock-first` or
    `accounts.too-many-tries`.
    """
    throttle.count(office, LIMITS[Step.COLOUR], f"scan {actor.person_id or actor.via}")
    with office.read(actor) as tx:
        found = places.by_scan(tx.conn, code)
        running = reveals.open_campaigns(tx.conn, found.id) if found is not None else []
        allowed = found is not None and door.may(tx, Ability.REVEAL, found.id)
    if found is None or not running or not allowed:
        if found is not None:
            met = LamplitError(problems.NOT_ENROLLED)
            _note_refusal(office, actor, found.id, Step.COLOUR, None, met)
        raise LamplitError(problems.NOT_ENROLLED)
    newest = running[0]
    return reveal(office, actor, found.id, Step.COLOUR, newest.id, newest.purpose)


def openings(
    office: Office,
    actor: Actor,
    *,
    kinds: tuple[str, ...] = (reveals.OPENED, reveals.REFUSED),
    before: int | None = None,
    limit: int = 100,
    person_id: str | None = None,
    place: str | None = None,
) -> list[Row[Any]]:
    """Who opened what and why, the newest first: rows of the log, at the places one may AUDIT.

    `place`, by id or code, keeps what was opened there and under it; of one unknown, none.
    Anybody sees their own openings (`person_id` is oneself). Raises `door.not-allowed`.
    """
    with office.read(actor) as tx:
        inside = None
        if person_id is None or person_id != actor.person_id:
            held = door.require_anywhere(tx, Ability.AUDIT)
            inside = under_any(held) if held else None
        at = None if place is None else under_any(_named(tx, place))
        return reveals.listed(
            tx.conn, kinds, place_ids=inside, before=before, limit=limit, actor_id=person_id, at=at
        )


def _named(tx: Transaction, wanted: str) -> list[str]:
    """The places with an id or a code."""
    one = places.by_id(tx.conn, wanted)
    return [one.id] if one else [some.id for some in places.by_code(tx.conn, wanted)]


def _judged(
    office: Office, tx: Transaction, place_id: str, step: Step, campaign_id: str, purpose: str
) -> Row[Any]:
    """The case of a home that may be opened; else the LamplitError that says why not."""
    door.require(tx, NEEDS[step], place_id)
    case = reveals.case(tx.conn, place_id, campaign_id)
    if case is None or case.campaign_state != "open" or case.state == "withdrawn":
        raise LamplitError(problems.NOT_ENROLLED)
    known = [case.purpose, *(case.parameters or {}).get("purposes", [])]
    if purpose not in known:
        raise LamplitError(problems.WRONG_PURPOSE, purpose=purpose, known=", ".join(known))
    if not door.may(tx, Ability.ANALYSE, place_id) and _unsettled(office, tx, place_id, case):
        raise LamplitError(problems.KNOCK_FIRST)
    return case


def _unsettled(office: Office, tx: Transaction, place_id: str, case: Row[Any]) -> bool:
    """Whether a campaign that knocks first still waits for what is found at a home.

    Any open campaign that has the home, not only the one that is asked: else a second campaign
    would tell what the first must not. But who agreed to be watched over is helped first.
    """
    if case.reason == Reason.CONSENT and not _waits(office, case):
        return False
    return any(_waits(office, row) for row in reveals.enrolled_in(tx.conn, place_id))


def _waits(office: Office, row: Row[Any]) -> bool:
    return row.state != EnrollmentState.DONE and knock_first(office, row)


def _note_refusal(
    office: Office,
    actor: Actor,
    place_id: str,
    step: Step,
    campaign_id: str | None,
    refusal: LamplitError,
) -> None:
    with office.begin(actor) as tx:
        # Ids that nothing bears are not worth a line of the log for ever.
        if places.by_id(tx.conn, place_id) is not None:
            tx.log(
                reveals.REFUSED, "place", place_id, place_id=place_id, campaign_id=campaign_id,
                step=step.value, why=refusal.code,
            )  # fmt: skip


def _told(case: Row[Any], place_id: str, step: Step) -> Opened:
    signal: dict[str, Any] = case.signal or {}
    if step is Step.COLOUR:
        colour = _COLOUR.get(str(signal.get("state")), Colour.GREY)
        return Opened(place_id, step, colour=colour)
    if step is Step.EVIDENCE:
        said: dict[str, str] = case.evidence or {}
        return Opened(
            place_id,
            step,
            evidence=Text(said["en"], said["zh"]) if said.get("en") else None,
            against=Text(said["against_en"], said["against_zh"])
            if said.get("against_en")
            else None,
            signal=signal or None,
        )
    return Opened(place_id, step, signal=signal or None)


def _curve(office: Office, household: str, days: int, *, heat: bool) -> Curve:
    try:
        return curve_of(office.home, household, days=days, heat=heat)
    except LamplitError as fault:
        if fault.code.startswith("night."):
            raise LamplitError(problems.NOTHING_KNOWN) from fault
        raise
