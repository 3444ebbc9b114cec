"""When tasks are due, and when an enrollment is done: the calendar of a pack.

Windows are worked out for one local day at a time, never ahead, so that nothing is generated for
a date that may not come. Times are aware; local hours are taken in the zone of the home.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from lamplit.domain.field import FindingState, Found, Outcome, PlaceKind
from lamplit.domain.language import Text
from lamplit.programmes.conditions import Term, holds
from lamplit.programmes.pack import Cadence, DoneRule, Pack

SETTLING = (Outcome.REACHED, Outcome.REFUSED)
"""Outcomes after which a window asks for no further attempt; so does a door that is no home."""

PARTS = ((time(12), "morning"), (time(18), "afternoon"))
"""Until when a part of the day lasts; what is later is evening."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An enrollment, as far as the calendar cares.

    `at` is when it began, `deadline` the campaign's and `until` its own end (exclusive), all aware;
    `zone` is the home's.
    """

    kind: PlaceKind
    at: datetime
    zone: tzinfo
    deadline: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One submission of an enrollment: when it was made, for which slot, and what came of it."""

    at: datetime
    slot: str
    outcome: Outcome
    found: Found = Found.UNKNOWN


@dataclass(frozen=True, slots=True)
class Signal:
    """An event of the home (a word of HomeEvent), and when it became known."""

    event: str
    at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """What has happened in an enrollment so far, oldest first."""

    visits: tuple[Visit, ...] = ()
    signals: tuple[Signal, ...] = ()
    findings: tuple[FindingState, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """A task's window. `slot` is its name within the enrollment and never changes.

    It may be performed from `opens`, is due by `due`, and can still be filled in until `closes`
    (all aware UTC); `attempt` counts from 1.
    """

    slot: str
    opens: datetime
    due: datetime
    closes: datetime
    attempt: int = 1

    def is_open(self, now: datetime) -> bool:
        """Whether it may be performed or filled in now."""
        return self.opens <= now <= self.closes

    def is_missed(self, now: datetime) -> bool:
        """Whether it is overdue, though it may still be filled in."""
        return self.due < now <= self.closes


@dataclass(frozen=True, slots=True)
class Done:
    """Why an enrollment is done: the rule's code, and its text."""

    code: str
    text: Text


def due_windows(
    pack: Pack,
    enrolled: Enrolled,
    day: date,
    history: History | None = None,
    *,
    ahead: bool = False,
) -> list[Window]:
    """The windows open at some time of a local day, missed ones that may still be filled in too.

    What was performed, was tried often enough, or lies outside the enrollment is left out. `ahead`:
    those with a next try that opens on a later day, too. The list is ordered by due time, then
    slot.
    """
    past = history or History()
    found: dict[str, Window] = {}
    for cadence in pack.cadence:
        if enrolled.kind not in cadence.subjects:
            continue
        for planned in _planned(cadence, enrolled, day, past):
            window = _after_attempts(planned, cadence, enrolled, past)
            if window and _touches(window, cadence, enrolled, day, ahead and window.attempt > 1):
                found.setdefault(window.slot, window)
    return sorted(found.values(), key=lambda w: (w.due, w.slot))


def part_of_day(at: datetime, zone: tzinfo) -> str:
    """The part: morning (to 12), afternoon (to 18) or evening, by local time."""
    local = at.astimezone(zone).time()
    return next((name for end, name in PARTS if local < end), "evening")


def is_done(pack: Pack, enrolled: Enrolled, history: History, now: datetime) -> Done | None:
    """The first of the pack's done-rules that holds; None while there is something to do."""
    for rule in pack.done:
        if _rule_holds(rule, enrolled, history, now):
            return Done(rule.code, rule.text)
    return None


def patience(pack: Pack, cadence: Cadence, kind: PlaceKind) -> tuple[int, ...]:
    """After how many attempts that met nobody a place is asked for no more, by the parts of the day
    in which they fell: in one, in two, in all three.

    By the pack's own done-rules; where none of them is about attempts, the cadence's most.
    """
    most, midnight = cadence.attempts.most, datetime(2000, 1, 1, tzinfo=UTC)
    hours = [timedelta(hours=9 + 5 * part) for part in range(len(PARTS) + 1)]
    enrolled = Enrolled(kind, midnight, UTC)

    def enough(attempts: int, parts: int) -> bool:
        tries = tuple(
            Visit(midnight + timedelta(days=n) + hours[n % parts], "visit", Outcome.NO_ANSWER)
            for n in range(attempts)
        )
        return is_done(pack, enrolled, History(tries), midnight) is not None

    return tuple(
        next((n for n in range(parts, most + 1) if enough(n, parts)), most)
        for parts in range(1, len(hours) + 1)
    )


def _planned(cadence: Cadence, enrolled: Enrolled, day: date, history: History) -> Iterator[Window]:
    if cadence.every == "signal":
        yield from _of_signals(cadence, enrolled, history)
    elif cadence.every == "once":
        yield _once(cadence, enrolled)
    else:
        yield from _recurring(cadence, enrolled, day)


def _once(cadence: Cadence, enrolled: Enrolled) -> Window:
    first = enrolled.at.astimezone(enrolled.zone).date()
    if enrolled.at > _at(first, cadence.closes, enrolled.zone):
        first += timedelta(days=1)
    opens = max(enrolled.at, _at(first, cadence.opens, enrolled.zone))
    due = _at(first + timedelta(days=cadence.days - 1), cadence.closes, enrolled.zone)
    if enrolled.deadline:
        # A door enrolled after the deadline is due at once rather than before it opens.
        due = max(opens, min(due, enrolled.deadline))
    return Window("visit", _utc(opens), _utc(due), _enterable(due, cadence, enrolled.zone))


def _of_signals(cadence: Cadence, enrolled: Enrolled, history: History) -> Iterator[Window]:
    for signal in history.signals:
        if signal.event not in cadence.events or signal.at < enrolled.at:
            continue
        opens = _within_hours(signal.at, cadence, enrolled.zone)
        due = opens + timedelta(hours=cadence.hours)
        known = signal.at.astimezone(enrolled.zone).date()
        closes = _enterable(due, cadence, enrolled.zone)
        yield Window(f"signal:{known.isoformat()}", _utc(opens), _utc(due), closes)


def _recurring(cadence: Cadence, enrolled: Enrolled, day: date) -> Iterator[Window]:
    first = enrolled.at.astimezone(enrolled.zone).date()
    back = cadence.enterable_days + cadence.days - 1
    for ago in range(back, -1, -1):
        falls = day - timedelta(days=ago)
        if falls < first or not _falls_on(cadence, falls, first):
            continue
        opens = _at(falls, cadence.opens, enrolled.zone)
        due = _at(falls + timedelta(days=cadence.days - 1), cadence.closes, enrolled.zone)
        if due <= enrolled.at:
            continue
        closes = _enterable(due, cadence, enrolled.zone)
        slot = f"{cadence.every}:{falls.isoformat()}"
        yield Window(slot, _utc(max(opens, enrolled.at)), _utc(due), closes)


def _falls_on(cadence: Cadence, day: date, first: date) -> bool:
    if cadence.every == "monthly":
        return day.day == min(cadence.month_day, monthrange(day.year, day.month)[1])
    if cadence.every == "weekly" and not cadence.weekdays:
        return day.weekday() == first.weekday()
    return not cadence.weekdays or day.weekday() in cadence.weekdays


def _after_attempts(
    window: Window, cadence: Cadence, enrolled: Enrolled, history: History
) -> Window | None:
    """The window as the visits so far leave it: settled ones are gone, the next try waits."""
    tries = [visit for visit in history.visits if visit.slot == window.slot]
    if cadence.stays_open:
        return replace(window, attempt=len(tries) + 1)
    if not tries:
        return window
    if len(tries) >= cadence.attempts.most or any(map(_settles, tries)):
        return None
    rested = max(v.at for v in tries) + timedelta(hours=cadence.attempts.gap_hours)
    opens = _utc(_within_hours(max(window.opens, rested), cadence, enrolled.zone))
    if opens > window.closes:
        return None
    # The due time stays: a door tried three times past its deadline is overdue all the same.
    return replace(window, opens=opens, attempt=len(tries) + 1)


def _settles(visit: Visit) -> bool:
    return visit.outcome in SETTLING or visit.found is Found.NOT_A_HOME


def _touches(window: Window, cadence: Cadence, enrolled: Enrolled, day: date, ahead: bool) -> bool:
    ends = [enrolled.until]
    if cadence.every != "once":
        # Nothing recurs past the campaign; a single visit that comes late is overdue instead.
        ends.append(enrolled.deadline)
    if any(end and window.opens >= end for end in ends):
        return False
    opens, closes = (t.astimezone(enrolled.zone).date() for t in (window.opens, window.closes))
    return (ahead or opens <= day) and day <= closes


def _within_hours(at: datetime, cadence: Cadence, zone: tzinfo) -> datetime:
    """The moment itself where one may knock then, else the next time that one may."""
    day = at.astimezone(zone).date()
    if at > _at(day, cadence.closes, zone):
        return _at(day + timedelta(days=1), cadence.opens, zone)
    return max(at, _at(day, cadence.opens, zone))


def _enterable(due: datetime, cadence: Cadence, zone: tzinfo) -> datetime:
    """The end of the last local day on which a missed window may still be filled in."""
    last = due.astimezone(zone).date() + timedelta(days=cadence.enterable_days)
    return _utc(max(due, _at(last, time(23, 59, 59), zone)))


def _rule_holds(rule: DoneRule, enrolled: Enrolled, history: History, now: datetime) -> bool:
    return holds(rule.when, lambda term: _course_holds(term, enrolled, history, now))


def _course_holds(term: Term, enrolled: Enrolled, history: History, now: datetime) -> bool:
    visits = history.visits
    match term.name:
        case "outcome":
            return any(visit.outcome in term.values() for visit in visits)
        case "found":
            return any(visit.found in term.values() for visit in visits)
        case "attempts":
            parts = {part_of_day(visit.at, enrolled.zone) for visit in visits}
            enough = len(parts) >= (term.detail("parts_of_day") or 1)
            return len(visits) >= int(term.value) and enough
        case "visits":
            reached = {visit.slot for visit in visits if visit.outcome is Outcome.REACHED}
            return len(reached) >= int(term.value)
        case "findings_closed":
            return all(state in _SETTLED[str(term.value)] for state in history.findings)
        case _:  # ended
            ends = [end for end in (enrolled.until, enrolled.deadline) if end]
            return bool(ends) and now >= min(ends)


_SETTLED = {
    "resolved": (FindingState.RESOLVED, FindingState.VERIFIED, FindingState.DISMISSED),
    "verified": (FindingState.VERIFIED, FindingState.DISMISSED),
}


def _at(day: date, hour: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, hour, tzinfo=zone)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
