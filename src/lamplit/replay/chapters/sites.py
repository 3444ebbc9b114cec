"""A day of work sites: registered, audited through the camera or on site, put right, verified."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lamplit.domain.field import Found, Outcome, PlaceKind
from lamplit.planning.model import Span
from lamplit.replay.chance import chance
from lamplit.replay.chapters.loop import Loop, Walker
from lamplit.replay.context import Report, World
from lamplit.replay.ledger import Visit
from lamplit.replay.plan import pages
from lamplit.replay.stage import DISTRICT, OFFICER, Row, bring, inspectors
from lamplit.replay.story import DAY, SITES_DAY, UNITS, VERIFY_DAYS, VIOLATIONS, Scale
from lamplit.replay.wire import RefusedError
from lamplit.services.field.files.imports import Kind

CAMPAIGN, PROGRAMME = "SITES-2020", "worksite_safety"
BATCH = 50
REMOTE_SHARE, REMOTE_MINUTES, ON_SITE_MINUTES = 0.7, 5.0, 18.0
FETCH_EVERY = 45.0
SHIFT = ((8.5, 12.0), (13.0, 18.0), (18.5, 21.5))


@dataclass(frozen=True, slots=True)
class Site:
    """One work site: which unit works there, and what an inspector will see."""

    code: str
    unit: str
    remote: bool
    violations: tuple[tuple[str, str, int], ...] = ()


def sites(scale: Scale) -> list[Site]:
    """The day's sites; the violations are spread over them, one to a site."""
    every = scale.sites // scale.violations
    seen = {n * every + every // 2: VIOLATIONS[n] for n in range(scale.violations)}
    made = []
    for n in range(scale.sites):
        unit = UNITS[int(chance(scale.seed, "unit", n) * len(UNITS))][0]
        remote = chance(scale.seed, "remote", n) < REMOTE_SHARE
        made.append(Site(f"WS{n + 1:04d}", unit, remote, (seen[n],) if n in seen else ()))
    return made


@dataclass
class Inspector(Walker):
    """One inspector: what they hold, and what was refused to them."""

    holds: list[str] = field(default_factory=list)
    over: set[str] = field(default_factory=set)
    going: tuple[str, str] | None = None


@dataclass
class Audits(Loop):
    """The day of the audits, and the days after, when what was wrong is looked at again."""

    at: dict[str, Site] = field(default_factory=dict)
    """The site of each place."""
    inspectors: dict[str, Inspector] = field(default_factory=dict)
    audited: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)

    def walker(self, code: str) -> Walker:
        """Who bears a code."""
        return self.inspectors[code]

    def step(self, who: Walker, minute: float) -> float | None:
        """Send; then look at the site one has claimed; else claim the next."""
        assert isinstance(who, Inspector)
        self.world.deliver(who.code, minute, who.born)
        if who.going is not None:
            task, place = who.going
            who.going = None
            return minute + self._inspect(who, task, place, minute)
        span = who.span_at(minute)
        if span is None:
            return who.next_start(minute)
        phone = self.world.phone(who.code)
        again = minute - FETCH_EVERY if who.code == OFFICER else span.start
        if who.fetched < again and phone.online(minute):
            phone.fetch()
            who.fetched = minute
        step = self._claim(who) if phone.online(minute) else None
        if step is None:
            waits = minute + FETCH_EVERY
            stays = who.code == OFFICER or not phone.online(minute)
            return waits if stays and waits < span.end else who.next_start(minute)
        who.going = step
        return minute + 1.0

    def _claim(self, who: Inspector) -> tuple[str, str] | None:
        """The next task that nobody has: from a place in the list of one's own, so that few meet;
        of two who do meet, one is refused and goes on.
        """
        rows = [
            (task, row.values)
            for task, row in self.world.phone(who.code).tasks.items()
            if row.values.get("programme") == PROGRAMME and task not in who.over
        ]
        begin = int(chance(self.world.scale.seed, "begin", who.code) * max(len(rows), 1))
        for task, values in rows[begin:] + rows[:begin]:
            who.over.add(task)
            if task in self.taken:
                continue
            try:
                path = f"/tasks/{task}/claim"
                self.world.caller(who.code).insist(f"claim:{who.code}:{task}", path)
            except RefusedError:
                continue
            self.taken.add(task)
            self.world.ledger.claims += 1
            return task, values.get("household", "")
        return None

    def _inspect(self, who: Inspector, task: str, place: str, minute: float) -> float:
        """Fill in the form: what is seen at the site, or that it was put right."""
        site = self.at[place]
        took = REMOTE_MINUTES if site.remote else ON_SITE_MINUTES
        fresh = place not in self.audited
        seen = site.violations if fresh else ()
        answers = _audit(site) if fresh else _stopped(site) if who.code == OFFICER else _verified()
        self.audited.add(place)
        ends = minute + took
        days = self.world.days
        answers |= {
            "task": task,
            "task_state": "completed",
            "started": days.instant(minute).isoformat(timespec="milliseconds"),
            "ended": days.instant(ends).isoformat(timespec="milliseconds"),
        }
        instance = self.world.phone(who.code).fill(f"lamplit_{PROGRAMME}", answers, task)
        self.world.ledger.note(
            Visit(
                instance, PROGRAMME, who.code, place, ends, Outcome.REACHED.value,
                Found.UNKNOWN.value, tuple(code for _, code, _ in seen),
            )
        )  # fmt: skip
        who.born[instance] = ends
        return took


def _audit(site: Site) -> dict[str, str]:
    answers = {
        "visit": "remote" if site.remote else "on_site",
        "site": "working",
        "unit": site.unit,
    }
    for question, code, _ in site.violations:
        answers[question] = code
    return answers


def _verified() -> dict[str, str]:
    return {"visit": "verify", "site": "working", "rectified": "yes"}


def _stopped(site: Site) -> dict[str, str]:
    """What the duty officer finds who was told to see that the work has stopped."""
    return {"visit": "on_site", "site": "paused", "unit": site.unit}


def register(world: World, folder: Path) -> Audits:
    """The morning: sites come in as a file, the officer opens the day and registers them."""
    start = SITES_DAY * DAY
    world.at(start + 6 * 60)
    planned = sites(world.scale)
    bring(world.office, folder, Kind.PLACES, [_row(one) for one in planned], name="sites")
    officer = world.caller(OFFICER)
    made = officer.insist(
        "campaign:sites",
        "/campaigns",
        {
            "code": CAMPAIGN,
            "programme": PROGRAMME,
            "place": DISTRICT,
            "purpose": "safety_audit",
            "starts": world.days.day(start).isoformat(),
            "deadline": world.days.instant((SITES_DAY + VERIFY_DAYS + 1) * DAY - 1).isoformat(),
        },
    )
    officer.post(f"/campaigns/{CAMPAIGN}/open", version=made["version"])
    by_code = {one.code: one for one in planned}
    audits = Audits(world)
    for place in pages(officer, f"/places/{DISTRICT}/children"):
        if place["kind"] == PlaceKind.WORK_SITE.value:
            audits.at[place["id"]] = by_code[place["code"]]
    ids = sorted(audits.at, key=lambda place: audits.at[place].code)
    for number in range(0, len(ids), BATCH):
        world.at(start + 6.1 * 60 + number / BATCH * 3)
        body = {"place_ids": ids[number : number + BATCH], "reason": "registration"}
        officer.insist(f"register:{number}", f"/campaigns/{CAMPAIGN}/enrollments", body)
        world.ledger.registered += ids[number : number + BATCH]
    return audits


def _row(site: Site) -> Row:
    return {
        "kind": PlaceKind.WORK_SITE.value, "code": site.code, "parent": DISTRICT,
        "name_zh": f"作业现场{site.code[2:]}", "name_en": f"Work site {site.code[2:]}",
    }  # fmt: skip


def inspect(world: World, audits: Audits, report: Report) -> None:
    """The audits of the day, then two days in which everything is verified."""
    for day in range(SITES_DAY, SITES_DAY + 1 + VERIFY_DAYS):
        for code in _on_duty(world.scale, day):
            who = audits.inspectors.setdefault(code, Inspector(code))
            who.spans = tuple(Span(day * DAY + a * 60, day * DAY + b * 60) for a, b in SHIFT)
        audits.day(
            sorted(c for c, who in audits.inspectors.items() if who.spans[0].start >= day * DAY),
            [],
            lambda minute: report(minute - SITES_DAY * DAY, (1 + VERIFY_DAYS) * DAY),
        )
        _all_sent(world, audits.inspectors.values(), day * DAY + 22 * 60)
    _verify(world)


def _on_duty(scale: Scale, day: int) -> list[str]:
    """Everybody on the day itself, and the officer for what must stop at once; then a few."""
    everybody = inspectors(scale)
    if day == SITES_DAY:
        return [*everybody, OFFICER]
    return everybody[: max(2, scale.violations // 3)]


def _all_sent(world: World, people: Iterable[Walker], minute: float) -> None:
    """Evening: every phone has a signal."""
    world.at(minute)
    for who in people:
        while world.phone(who.code).queue:
            world.deliver(who.code, minute, who.born)


def _verify(world: World) -> None:
    """The officer, who has audited nothing, sets each violation that was put right to verified."""
    officer = world.caller(OFFICER)
    for one in officer.get(f"/campaigns/{CAMPAIGN}/findings", state="resolved"):
        body = {"to": "verified", "note": "现场核实"}
        officer.insist(f"verify:{one['id']}", f"/findings/{one['id']}/state", body)
