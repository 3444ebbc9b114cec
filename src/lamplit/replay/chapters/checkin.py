"""Ten days of check-in (报到): to the community that a branch is paired with, and to one's own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lamplit.domain.field import Role
from lamplit.domain.language import Text
from lamplit.replay.context import Report, World
from lamplit.replay.ledger import Check, tally
from lamplit.replay.stage import DISTRICT, LEADER
from lamplit.replay.story import CHECKIN_DAYS, DAY, Member, members


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """The curve as the server tells it: people by day, new and in all."""

    days: tuple[tuple[str, int, int], ...]

    @property
    def total(self) -> int:
        """Everybody who has checked in."""
        return self.days[-1][2]


def check_in(world: World, report: Report) -> CheckedIn:
    """Let every member check in on their day, some of them twice by mistake."""
    everybody = sorted(members(world.scale), key=lambda m: (m.day, m.minute))
    for done, (minute, some) in enumerate(groupby(everybody, key=lambda m: m.day * DAY + m.minute)):
        world.at(minute)
        world.together(lambda member: _one(world, member), list(some))
        if done % 10 == 0:
            report(minute, CHECKIN_DAYS * DAY)
    return told(world)


def _one(world: World, member: Member) -> None:
    caller = world.caller(member.code)
    for role in member.to:
        at = member.branch if role is Role.PAIRED else member.home
        community = f"C{at + 1}"
        body = {"community": community, "to": role.value}
        caller.insist(f"check-in:{member.code}:{role.value}", "/check-ins", body)
        day = world.days.day(member.day * DAY + member.minute)
        world.ledger.checkins.append((member.code, community, role.value, day))


def told(world: World) -> CheckedIn:
    """The curve of the district, as its leader sees it."""
    first, last = (world.days.day(n * DAY).isoformat() for n in (0, CHECKIN_DAYS - 1))
    rows: list[dict[str, Any]] = world.caller(LEADER).get(
        f"/places/{DISTRICT}/check-ins", first=first, last=last
    )
    return CheckedIn(tuple((row["day"], row["new"], row["total"]) for row in rows))


def audit(world: World, seen: CheckedIn) -> list[Check]:
    """Members by day, and check-ins by sort, against the curve."""
    book = world.ledger.checkins
    first_day: dict[str, str] = {}
    for person, _, _, day in sorted(book, key=lambda one: one[3]):
        first_day.setdefault(person, day.isoformat())
    by_day = tally(first_day.values())
    rows = world.caller(LEADER).get(
        f"/places/{DISTRICT}/check-ins",
        first=world.days.day(0).isoformat(),
        last=world.days.day((CHECKIN_DAYS - 1) * DAY).isoformat(),
    )
    paired = sum(row["paired"] for row in rows)
    home = sum(row["home"] for row in rows)
    return [
        Check(
            "checkin.people",
            Text("Members checked in", "报到人数"),
            len(first_day),
            seen.total,
        ),
        Check(
            "checkin.by-day",
            Text("Members by day", "逐日报到人数"),
            by_day,
            {day: new for day, new, _ in seen.days if new},
        ),
        Check(
            "checkin.sorts",
            Text("Check-ins to paired and to home communities", "结对社区、居住地社区报到次数"),
            (
                sum(role == Role.PAIRED for _, _, role, _ in book),
                sum(role == Role.HOME for _, _, role, _ in book),
            ),
            (paired, home),
        ),
    ]
