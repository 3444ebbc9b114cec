"""Two sweeps: one of two days that is over, and one of three days that is on its second."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from lamplit.domain.field import Role
from lamplit.domain.language import Text
from lamplit.replay.chance import chance
from lamplit.replay.neighbourhood import people
from lamplit.replay.neighbourhood.cast import LEADER, TODAY, VOLUNTEER, YESTERDAY
from lamplit.replay.neighbourhood.hood import DAY, Hood
from lamplit.replay.neighbourhood.rounds import PARTS, Rounds
from lamplit.services.field.campaigns import board, campaigns, doors, enrol, evening
from lamplit.services.field.tasks import assign, tasklist, tasks

FIRST, SWEEP = "FIRST", "SWEEP"
FIRST_DAY = 6
ASSIGNED = 0.86
"""The share of the doors that the leader gave to somebody; the others wait to be claimed."""
UNHURRIED = 0.6
"""The pace of the one whom people sign in as: there must be doors left to go to."""
BRISK = 0.45
"""The share of their doors that the first sweep's volunteers go to in one part of a day."""
PACE = 0.28
"""The share of their doors that volunteers go to in one part of the first day; half that today."""


class Sweep:
    """One household sweep, from its draft on."""

    def __init__(self, hood: Hood, code: str, community: str, day: int, days: int) -> None:
        self.hood, self.code, self.community = hood, code, community
        self.day, self.days = day, days
        self.rounds = Rounds(hood, code)
        self.assigned = 1.0
        self.away: set[tuple[str, int]] = set()
        self.team: list[str] = []
        self.rows: dict[str, list[str]] = {}
        self.report: dict[str, Any] = {}
        self.looks: list[board.Board] = []

    def begin(self, name: Text, team: list[str]) -> None:
        """The evening before: a draft; the morning: opened, swept, given out."""
        self.team = team
        hood, leader = self.hood, LEADER
        days = hood.days

        def draft() -> None:
            campaigns.create(
                hood.office, hood.as_(leader), code=self.code, programme="household_sweep",
                place=self.community, purpose="epidemic_support", name=name,
                starts=days.day(self.day * DAY),
                deadline=days.day((self.day + self.days - 1) * DAY),
                parameters={"way": "guided"},
            )  # fmt: skip
            for code in team:
                people.give(hood, code, self.community, Role.VOLUNTEER)

        hood.at(self.day - 1, 20.5, draft)
        hood.at(self.day, 6.2, self._open)

    def _open(self) -> None:
        hood, leader = self.hood, self.hood.as_(LEADER)
        opened = campaigns.open_campaign(hood.office, leader, self.code)
        self.rounds.campaign_id = opened.id
        eve = hood.days.day(self.day * DAY) - timedelta(1)
        enrol.open_sweep(hood.office, leader, self.code, eve)
        listed = doors.listed(hood.office, leader, self.code, limit=5000)
        # Neighbouring doors to one person, as a leader would give them out.
        listed.sort(key=lambda d: (d.building or "", d.unit or "", d.floor or 0, d.door or ""))
        given = listed[: round(len(listed) * self.assigned)]
        for number, code in enumerate(self.team):
            part = given[len(given) * number // len(self.team) :
                         len(given) * (number + 1) // len(self.team)]  # fmt: skip
            self.rows[code] = [d.place_id for d in part]
            assign.assign(
                hood.office, leader, code, task_ids=[d.task_id for d in part if d.task_id],
                note="按楼栋分配",
            )  # fmt: skip

    def share_out(self) -> None:
        """The next morning: what came on the list overnight is given out too."""
        hood, leader = self.hood, self.hood.as_(LEADER)
        known = {place for row in self.rows.values() for place in row}
        listed = doors.listed(hood.office, leader, self.code, state="active", limit=5000)
        fresh = [d for d in listed if d.place_id not in known and d.task_state == "requested"]
        for number, one in enumerate(fresh):
            code = self.team[number % len(self.team)]
            self.rows[code].append(one.place_id)
            assign.assign(hood.office, leader, code, task_ids=[one.task_id or ""])

    def go(self, day: int, parts: tuple[int, ...], share: float) -> None:
        """Let the team go round in some parts of a day: to such a share of their doors in each."""

        def start(part: int) -> None:
            for code in self.team:
                row = self.rows.get(code, [])
                most = max(1, round(len(row) * share * self._haste(code)))
                if (code, day) not in self.away:
                    self.rounds.send_out(code, row, day, part, most)

        for part in parts:
            self.hood.at(day, PARTS[part][0] - 0.05, start, part)

    def _haste(self, code: str) -> float:
        """How much faster or slower than others somebody is."""
        if code == VOLUNTEER:
            return UNHURRIED
        return 0.6 + 0.9 * chance(self.hood.scale.seed, "haste", code)

    def look(self, day: int, hour: float) -> None:
        """The leader looks at the board."""
        hood = self.hood

        def note() -> None:
            self.looks.append(board.board(hood.office, hood.as_(LEADER), self.code))

        hood.at(day, hour, note)


def tell(hood: Hood) -> tuple[Sweep, Sweep]:
    """Put both on the timeline."""
    scale = hood.scale
    other = hood.communities[1 % len(hood.communities)]
    first = Sweep(hood, FIRST, other, FIRST_DAY, 2)
    there = [m.code for m in hood.members if m.day < FIRST_DAY and m.code != VOLUNTEER]
    first.begin(Text("A first sweep, two days", "首轮两日摸排"), there[: scale.first_sweepers])
    for day in (FIRST_DAY, FIRST_DAY + 1):
        first.go(day, (0, 1, 2), BRISK)
        for hour in (12.0, 17.2, 20.4):
            first.look(day, hour)
    hood.at(FIRST_DAY + 1, 7.0, first.share_out)
    hood.at(FIRST_DAY + 1, 21.0, _close, hood, first)
    now = Sweep(hood, SWEEP, hood.main, YESTERDAY, 3)
    now.assigned = ASSIGNED
    standing = [m.code for m in people.of(hood, hood.main) if m.code != VOLUNTEER]
    standing += [m.code for m in hood.members if m.code not in standing and m.code != VOLUNTEER]
    team = [VOLUNTEER, *[c for c in standing if c not in first.team]][: scale.sweepers]
    now.begin(Text("Three days, door by door", "三天逐户摸排"), team)
    now.away.add((team[-1], TODAY))
    now.go(YESTERDAY, (1, 2), PACE)
    now.go(TODAY, (0, 1, 2), PACE / 2)
    for day in range(FIRST_DAY, TODAY + 1):
        hood.at(day, 5.6, evening.close_the_day, hood.office, hood.days.day((day - 1) * DAY))
    hood.timeline.at(hood.now - 24, _claims, hood, now)
    return first, now


def _close(hood: Hood, sweep: Sweep) -> None:
    closed = campaigns.close(hood.office, hood.as_(LEADER), sweep.code, note="首轮摸排完成")
    sweep.report = closed.report or {}


def _claims(hood: Hood, sweep: Sweep) -> None:
    """Just now: some doors that nobody had were claimed, and one is being gone to."""
    if not sweep.rows:
        return
    # As their phones list them: some tasks are for other roles only.
    for number, code in enumerate(sweep.team[:3]):
        listed = tasklist.tasks_of(hood.office, hood.as_(code))
        free = [one.task.id for one in listed.claimable if one.campaign_code == sweep.code]
        for task in free[: max(1, len(free) // 10)]:
            tasks.claim(hood.office, hood.as_(code), task)
        if number == 0 and free:
            tasks.start(hood.office, hood.as_(code), free[0])
