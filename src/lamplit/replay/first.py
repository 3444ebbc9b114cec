"""The demo's campaign: tonight's list of one community becomes doors for volunteers, for two days.

The same robots, phones and server as the replay's, on the demo's own town and store.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lamplit.domain.field import PlaceKind, Role
from lamplit.domain.language import Text
from lamplit.planning.model import Span
from lamplit.replay.chapters.rounds import Rounds, Sweeper
from lamplit.replay.clock import Days, VirtualClock
from lamplit.replay.context import World
from lamplit.replay.mind import Mind
from lamplit.replay.plan import pages, plan_routes
from lamplit.replay.server import served
from lamplit.replay.stage import FILES, LEADER, PASSWORD, Row, bring, standing
from lamplit.replay.story import HALVES, Scale
from lamplit.replay.truth import truth_of
from lamplit.replay.walk import Legs
from lamplit.replay.wire import Desk, Wire
from lamplit.services.demo import HELD_BACK, Demo, Step
from lamplit.services.field.access import accounts, tokens
from lamplit.services.field.files.imports import Kind
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.places.sync import sync_places
from lamplit.services.home import Home, write_atomically
from lamplit.store import migrate
from lamplit.store.database import Database
from lamplit.store.schema import place

CAMPAIGN, TOLD = "FIRST", "campaign.json"
DAYS = HELD_BACK
"""The town goes on so long after its last night."""
VOLUNTEERS = 6
LOOKS = (12.0, 16.2, 20.2)
"""Hours at which the leader looks at the board."""
DAY = 1440.0
PLAN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """The board at one time: doors done against expected, what was found, knocks."""

    at: str
    done: int
    expected: int
    enrolled: int
    empty: int
    returned: int
    knocks: int
    forecast: str | None


@dataclass
class FirstCampaign:
    """The campaign of a demo; `looks` and `report` are what it came to."""

    demo: Demo
    community: str = ""
    name: Text = field(default_factory=lambda: Text("", ""))
    looks: list[Look] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    deadline: str = ""

    def steps(self) -> tuple[Step, ...]:
        """What is done after the demo's own steps."""
        return (Step(Text("A campaign of two days", "两天行动"), self._run),)

    def _run(self, report: Callable[[float, float | None], None]) -> Text:
        kept = self.demo.folder / TOLD
        if kept.is_file():
            self._recall(json.loads(kept.read_text("utf-8")))
            told = self._said()
            return Text(f"{told.en} (from before)", f"{told.zh}（此前已完成）")
        self.community, self.name = self._fullest()
        home = Home.open(self.demo.home)
        shutil.rmtree(home.store_dir, ignore_errors=True)
        home.store_dir.mkdir()
        days = Days(self.demo.through + timedelta(1), ZoneInfo(home.timezone))
        db = Database(f"sqlite:///{home.store_dir.resolve() / 'lamplit.db'}")
        migrate.check(db)
        try:
            self._tell(Office(home, db, VirtualClock(days.instant(6 * 60))), days, report)
        finally:
            db.close()
        write_atomically(kept, json.dumps(self._kept(), ensure_ascii=False))
        return self._said()

    def _fullest(self) -> tuple[str, Text]:
        """The community with most doors on tonight's list."""
        assert self.demo.found is not None
        doors = self.demo.found.doors["community_id"].to_pylist()
        fullest = max(sorted(set(doors)), key=doors.count)
        return fullest, Text(fullest, fullest)

    def _tell(
        self, office: Office, days: Days, report: Callable[[float, float | None], None]
    ) -> None:
        keys = _set_up(office, self.demo.folder, self.community)
        truth = truth_of(self.demo.town, days.first)
        with served(office) as base:
            wire = Wire(base, self.demo.order.seed)
            desk = Desk(wire, LEADER, PASSWORD)
            mind = Mind(truth, truth.index(days.first), self.demo.order.seed)
            assert isinstance(office.clock, VirtualClock)
            world = World(
                Scale(seed=self.demo.order.seed), office, days, office.clock, wire, desk, keys,
                mind, Legs.of(truth.doors),
            )  # fmt: skip
            try:
                self._go(world, report)
            finally:
                world.pool.shutdown()
                desk.close()
                wire.close()

    def _go(self, world: World, report: Callable[[float, float | None], None]) -> None:
        leader = world.caller(LEADER)
        self.deadline = world.days.instant(DAYS * DAY - 1).isoformat()
        made = leader.post(
            "/campaigns",
            {
                "code": CAMPAIGN,
                "programme": "household_sweep",
                "place": self.community,
                "purpose": "epidemic_support",
                "starts": world.days.first.isoformat(),
                "deadline": self.deadline,
            },
        )
        self.name = _name(leader.get(f"/places/{self.community}"))
        leader.post(f"/campaigns/{CAMPAIGN}/open", version=made["version"])
        leader.post(f"/campaigns/{CAMPAIGN}/sweep")
        rounds = _planned(world, self.community)
        for day in range(DAYS):
            if day:
                # In the morning the list is run again: who was not met gets another attempt.
                world.at(day * DAY + 6 * 60)
                leader.post(f"/campaigns/{CAMPAIGN}/sweep")
            for who in rounds.sweepers.values():
                who.spans = _spans(day)
            looks = [
                (day * DAY + at * 60, partial(self._look, world, day * DAY + at * 60))
                for at in LOOKS
            ]
            rounds.day(sorted(rounds.sweepers), looks, lambda m: report(m, DAYS * DAY))
        self._end(world, rounds)

    def _look(self, world: World, minute: float) -> None:
        board = world.caller(LEADER).get(f"/campaigns/{CAMPAIGN}/board")
        counts, forecast = board["counts"], board["forecast"]
        at = world.days.instant(minute).astimezone(world.days.zone)
        self.looks.append(
            Look(
                f"{at:%m-%d %H:%M}",
                board["done"],
                board["expected"],
                board["enrolled"],
                counts.get("found:empty", 0),
                counts.get("found:returned", 0),
                counts["submissions"],
                forecast["at"] if forecast else None,
            )
        )

    def _end(self, world: World, rounds: Rounds) -> None:
        """Every phone has a signal at last; the leader closes the campaign."""
        end = (DAYS - 1) * DAY + 21 * 60
        world.at(end)
        for who in rounds.sweepers.values():
            world.phone(who.code).offline = ()
            while world.phone(who.code).queue:
                world.deliver(who.code, end, who.born)
        leader = world.caller(LEADER)
        now = leader.get(f"/campaigns/{CAMPAIGN}")
        done = leader.post(f"/campaigns/{CAMPAIGN}/close", {}, version=now["version"])
        self.report = done["report"]

    def _said(self) -> Text:
        done, enrolled, visits = (self.report[k] for k in ("done", "enrolled", "visits"))
        return Text(
            f"{self.name.en}: {visits} knocks by {VOLUNTEERS} volunteers' phones, {done} of "
            f"{enrolled} doors done",
            f"{self.name.zh}：{VOLUNTEERS} 名志愿者上门 {visits} 次，{enrolled} 户中办结 {done} 户",
        )

    def _kept(self) -> dict[str, Any]:
        return {
            "community": self.community,
            "name": [self.name.en, self.name.zh],
            "deadline": self.deadline,
            "looks": [asdict(one) for one in self.looks],
            "report": self.report,
        }

    def _recall(self, told: dict[str, Any]) -> None:
        self.community, self.name = told["community"], Text(*told["name"])
        self.deadline, self.report = told["deadline"], told["report"]
        self.looks = [Look(**one) for one in told["looks"]]


def _name(row: dict[str, Any]) -> Text:
    code = row["code"]
    return Text(row["name_en"] or code, row["name_zh"] or code)


def _codes() -> list[str]:
    return [f"V{n + 1}" for n in range(VOLUNTEERS)]


def _set_up(office: Office, folder: Path, community: str) -> dict[str, str]:
    """The registry's places, a leader and volunteers; gives their tokens for the API."""
    files = folder / FILES
    files.mkdir(exist_ok=True)
    sync_places(office, CLI)
    bring(office, files, Kind.PLACES, standing(office), name="buildings")
    daily = "daily " + ", ".join(f"{_clock(a)}-{_clock(b)}" for a, b in HALVES)
    names = {LEADER: "社区书记", **{code: f"志愿者{code[1:]}" for code in _codes()}}
    rows: list[Row] = [{"code": code, "name": name, "hours": daily} for code, name in names.items()]
    bring(office, files, Kind.PEOPLE, rows)
    roles = {LEADER: Role.LEADER, **dict.fromkeys(_codes(), Role.VOLUNTEER)}
    bring(
        office, files, Kind.DUTIES,
        [{"person": c, "place": community, "role": r.value} for c, r in roles.items()],
    )  # fmt: skip
    accounts.create(office, CLI, LEADER, LEADER, password=PASSWORD)
    return {code: tokens.issue(office, CLI, code, "demo", "api").secret for code in names}


def _clock(hour: float) -> str:
    return f"{int(hour):02d}:{int(hour % 1 * 60):02d}"


def _spans(day: int) -> tuple[Span, ...]:
    return tuple(Span(day * DAY + a * 60, day * DAY + b * 60) for a, b in HALVES)


def _planned(world: World, community: str) -> Rounds:
    """The planner says who goes where; the leader gives out the tasks."""
    leader = world.caller(LEADER)
    doors = pages(leader, f"/campaigns/{CAMPAIGN}/doors")
    children = pages(leader, f"/places/{community}/children")
    people = [p for p in pages(leader, "/people", place=community) if p["code"] in _codes()]
    routes = plan_routes(
        doors,
        [one for one in children if one["kind"] == PlaceKind.BUILDING.value],
        people,
        listed=len(doors),
        first_day=world.days.first,
        days=DAYS,
        seconds=PLAN_SECONDS,
        seed=world.scale.seed,
    )
    task_at = {one["place_id"]: one["task_id"] for one in doors}
    for code, row in routes.rows.items():
        body = {"person": code, "task_ids": [task_at[at] for at in row]}
        leader.post("/assigned-tasks", body)
    number = {code: at for at, code in enumerate(world.mind.truth.doors.household)}
    wanted = select(place.c.id, place.c.code).where(place.c.kind == PlaceKind.HOUSEHOLD.value)
    with world.office.read(CLI) as tx:
        homes = {row.id: number[row.code] for row in tx.conn.execute(wanted)}
    rounds = Rounds(world, homes=homes, keen=frozenset(task_at))
    for code in _codes():
        rounds.sweepers[code] = Sweeper(code, plan=list(routes.rows.get(code, ())))
    return rounds
