"""Walks a pack through the calendar: its scenarios are its tests.

A scenario says what is known of some places, what happens day by day, and what should come of it.
Only the pure rules are asked; no clock, no database, no campaign.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import FindingState, PlaceKind, Role
from lamplit.domain.problems import programmes as problems
from lamplit.programmes import schema
from lamplit.programmes.conditions import words
from lamplit.programmes.pack import Pack
from lamplit.programmes.rules import (
    Enrolled,
    Facts,
    History,
    Membership,
    Raised,
    Reading,
    Signal,
    Visit,
    Window,
    due_windows,
    enrol,
    is_done,
    read_answers,
    score,
)
from lamplit.programmes.said import Said, said
from lamplit.programmes.yamlmap import Document, Key, read

EVENING = time(23, 59)


def scenario_files(pack: Pack) -> list[Path]:
    """The scenarios of a pack, by name."""
    return sorted((pack.folder / "scenarios").glob("*.yaml"))


def run_all(pack: Pack) -> list[LamplitError]:
    """What fails in a pack's scenarios; `programme.no-scenario` where it has none."""
    files = scenario_files(pack)
    if not files:
        where = str(pack.folder / "scenarios")
        return [LamplitError(problems.NO_SCENARIO, where=where)]
    return [failure for path in files for failure in run(pack, path)]


def run(pack: Pack, path: Path) -> list[LamplitError]:
    """What fails in one scenario, in its order; nothing where all holds."""
    try:
        document = read(path)
    except LamplitError as error:
        return [error]
    wrong = schema.complaints(document, schema.SCENARIO)
    if wrong:
        return wrong
    try:
        return list(_Walk(pack, document).failures())
    except _NoSuchError as error:
        return [error.complaint]


class _NoSuchError(Exception):
    """A scenario names what isn't there; nothing after it can be trusted."""

    def __init__(self, complaint: LamplitError) -> None:
        super().__init__(str(complaint))
        self.complaint = complaint


@dataclass
class _Place:
    """What a scenario knows of one place so far."""

    facts: Facts
    membership: Membership | None = None
    enrolled: Enrolled | None = None
    history: History = field(default_factory=History)
    raised: list[tuple[Raised, FindingState]] = field(default_factory=list)

    def see(self, **more: Any) -> None:
        """Add to the history: visits, signals."""
        self.history = replace(
            self.history, **{k: (*getattr(self.history, k), v) for k, v in more.items()}
        )

    def settle(self, codes: tuple[str, ...], state: FindingState) -> None:
        """Move open findings of these codes on."""
        self.raised = [
            (r, state if r.code in codes and _unsettled(s) else s) for r, s in self.raised
        ]
        self.history = replace(self.history, findings=tuple(s for _, s in self.raised))


def _unsettled(state: FindingState) -> bool:
    return state in (FindingState.OPEN, FindingState.IN_HAND, FindingState.RESOLVED)


class _Walk:
    """One run of a scenario."""

    def __init__(self, pack: Pack, document: Document) -> None:
        self.pack, self.document, self.data = pack, document, document.data
        self.zone = self._zone(self.data.get("zone", "Asia/Shanghai"))
        self.deadline = None
        if "deadline" in self.data:
            local = self._parsed(self.data["deadline"], ("deadline",))
            self.deadline = local.replace(tzinfo=self.zone).astimezone(UTC)
        self.way = self.data.get("way", "")
        if self.way and self.way not in {w.name for w in pack.ways}:
            known = ", ".join(w.name for w in pack.ways)
            raise self._no_such(("way",), said("the way", "纳入方式"), self.way, known)
        self.places = {name: _Place(_facts(facts)) for name, facts in self.data["places"].items()}

    def failures(self) -> Iterator[LamplitError]:
        for at, day in enumerate(self.data["days"]):
            yield from self._day(day, ("days", at))

    def _day(self, day: dict[str, Any], key: Key) -> Iterator[LamplitError]:
        today = self._parsed(day["day"], (*key, "day")).date()
        for name, more in day.get("facts", {}).items():
            place = self._place(name, (*key, "facts", name))
            place.facts = _facts(more, place.facts)
        self._enrol(today)
        for at, signal in enumerate(day.get("signals", [])):
            place = self._place(signal["place"], (*key, "signals", at))
            place.see(signals=Signal(signal["event"], self._at(today, signal["at"])))
        if "morning" in day:
            got = self._due(today, time(0))
            yield from self._same(DUE, got, day["morning"], (*key, "morning"))
        for at, submit in enumerate(day.get("submit", [])):
            yield from self._submit(submit, today, (*key, "submit", at))
        for at, settle in enumerate(day.get("settle", [])):
            place = self._place(settle["place"], (*key, "settle", at))
            place.settle((settle["finding"],), FindingState(settle["state"]))
        yield from self._expect(day.get("expect", {}), today, (*key, "expect"))

    def _enrol(self, today: date) -> None:
        for place in self.places.values():
            if place.enrolled is None:
                place.membership = enrol(self.pack, place.facts, self.way)
            if place.membership and place.enrolled is None:
                # The sweep runs before anybody goes out.
                at = self._at(today, "05:00")
                place.enrolled = Enrolled(place.facts.kind, at, self.zone, self.deadline)

    def _submit(self, submit: dict[str, Any], today: date, key: Key) -> Iterator[LamplitError]:
        place = self._place(submit["place"], (*key, "place"))
        at = self._at(today, submit["at"])
        answers = {k: " ".join(words(v)) for k, v in submit["answers"].items()}
        for answer in answers:
            if answer not in self.pack.form.questions:
                known = ", ".join(self.pack.form.questions)
                where = (*key, "answers", answer)
                raise self._no_such(where, said("the answer", "回答"), answer, known)
        reading = read_answers(self.pack, answers)
        slot = submit.get("slot") or self._slot(place, today, at)
        place.see(visits=Visit(at, slot, reading.outcome, reading.found))
        # What is settled at the door counts as resolved; somebody else verifies it.
        place.settle(reading.closes, FindingState.RESOLVED)
        place.raised += [(finding, FindingState.OPEN) for finding in reading.findings]
        place.settle((), FindingState.OPEN)
        yield from self._read(reading, submit.get("expect", {}), (*key, "expect"))

    def _slot(self, place: _Place, today: date, at: datetime) -> str:
        if place.enrolled is None:
            return "visit"
        windows = due_windows(self.pack, place.enrolled, today, place.history)
        now = [window for window in windows if window.is_open(at)]
        return now[0].slot if now else "extra"

    def _read(self, reading: Reading, expect: dict[str, Any], key: Key) -> Iterator[LamplitError]:
        got: dict[str, Any] = {
            "outcome": str(reading.outcome),
            "found": str(reading.found),
            "findings": [f.code for f in reading.findings],
            "follow_ups": [f.code for f in reading.follow_ups],
            "closes": list(reading.closes),
            "points": reading.points,
            "moves": [f"{m.item} {m.quantity} {m.source}>{m.target}" for m in reading.moves],
        }
        for name, wanted in expect.items():
            if _sorted(got[name]) != _sorted(wanted):
                yield self._failed((*key, name), said(name, name), wanted, got[name])

    def _expect(self, expect: dict[str, Any], today: date, key: Key) -> Iterator[LamplitError]:
        now = self._at(today, "23:59")
        found = [r for place in self.places.values() for r, _ in place.raised]
        got: dict[str, Any] = {}
        if "due" in expect:
            got["due"] = self._due(today, EVENING)
        if "missed" in expect:
            got["missed"] = self._due(today, EVENING, missed=True)
        if "enrolled" in expect:
            got["enrolled"] = {
                name: [str(r) for r in p.membership.reasons]
                for name, p in self.places.items()
                if p.membership
            }
        if "done" in expect:
            done = {n: self._done(p, now) for n, p in self.places.items()}
            got["done"] = {name: code for name, code in done.items() if code}
        got["points"] = sum(f.points for f in found)
        got["score"] = score(self.pack, found).value
        for name, wanted in expect.items():
            yield from self._same(said(name, name), got[name], wanted, (*key, name))

    def _due(self, today: date, hour: time, *, missed: bool = False) -> dict[str, list[str]]:
        """Slots by place: those that the day holds, or those that are overdue by that hour."""
        now = datetime.combine(today, hour, tzinfo=self.zone)
        due: dict[str, list[str]] = {}
        for name, place in self.places.items():
            if place.enrolled is None or self._done(place, now):
                continue
            windows = due_windows(self.pack, place.enrolled, today, place.history)
            slots = [w.slot for w in windows if not missed or _overdue(w, now)]
            if slots:
                due[name] = slots
        return due

    def _done(self, place: _Place, now: datetime) -> str:
        if place.enrolled is None:
            return ""
        done = is_done(self.pack, place.enrolled, place.history, now)
        return done.code if done else ""

    def _same(self, what: Said, got: Any, wanted: Any, key: Key) -> Iterator[LamplitError]:
        """Compare values, or mappings place by place."""
        if not isinstance(wanted, dict):
            if got != wanted:
                yield self._failed(key, what, wanted, got)
            return
        for name in [*wanted, *(n for n in got if n not in wanted)]:
            if name in wanted:
                self._place(name, (*key, name))
            mine, yours = got.get(name, []), wanted.get(name, [])
            if _sorted(mine) != _sorted(yours):
                at = (*key, name) if name in wanted else key
                both = said(f"{what:en} of {name}", f"{name} 的 {what:zh}")
                yield self._failed(at, both, yours, mine)

    def _place(self, name: str, key: Key) -> _Place:
        if name not in self.places:
            raise self._no_such(key, said("the place", "地点"), name, ", ".join(self.places))
        return self.places[name]

    def _at(self, day: date, hour: str) -> datetime:
        local = datetime.combine(day, time.fromisoformat(hour), tzinfo=self.zone)
        return local.astimezone(UTC)

    def _parsed(self, value: str, key: Key) -> datetime:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            raise self._no_such(key, said("the day", "日期"), value, "2026-02-05") from None

    def _zone(self, name: str) -> ZoneInfo:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise self._no_such(
                ("zone",), said("the zone", "时区"), name, "Asia/Shanghai"
            ) from None

    def _failed(self, key: Key, what: Said, wanted: Any, got: Any) -> LamplitError:
        return LamplitError(
            problems.SCENARIO_FAILED,
            where=self.document.where(key),
            what=what,
            expected=_shown(wanted),
            got=_shown(got),
        )

    def _no_such(self, key: Key, what: Said, got: str, known: str) -> _NoSuchError:
        return _NoSuchError(self._failed(key, what, known, got))


DUE = said("due", "到期")


def _overdue(window: Window, now: datetime) -> bool:
    return window.due < now


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return "–" if value is None or value == "" else str(value)


def _facts(data: dict[str, Any], before: Facts | None = None) -> Facts:
    """Facts from a scenario; what it leaves out stays as before."""
    turned = dict(data)
    if "kind" in data:
        turned["kind"] = PlaceKind(data["kind"])
    if "responsible" in data:
        turned["responsible"] = frozenset(Role(role) for role in data["responsible"])
    if "open_findings" in data:
        turned["open_findings"] = frozenset(data["open_findings"])
    return replace(before or Facts(PlaceKind.HOUSEHOLD), **turned)
