"""The replay from its first step to its report."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind
from lamplit.domain.language import Text
from lamplit.domain.problems import demo as demo_problems
from lamplit.domain.problems import replay as problems
from lamplit.planning.says import share
from lamplit.replay import audit
from lamplit.replay.chapters import checkin, sites, supplies, sweep
from lamplit.replay.clock import Days, VirtualClock
from lamplit.replay.context import World
from lamplit.replay.ledger import Check
from lamplit.replay.mind import Mind
from lamplit.replay.rival import Comparison, compare, finds_of
from lamplit.replay.server import served
from lamplit.replay.stage import FILES, HOME, LEADER, PASSWORD, TOWN, Stage, set_up
from lamplit.replay.story import CHAPTERS, DAY, START, SWEEP_DAY, SWEEP_DAYS, Scale
from lamplit.replay.truth import Truth, truth_of
from lamplit.replay.walk import Knocked, Legs
from lamplit.replay.wire import Desk, Troubles, Wire
from lamplit.services.demo import Step
from lamplit.services.field.office import CLI, Office
from lamplit.services.home import Home, write_atomically
from lamplit.store import migrate
from lamplit.store.database import Database
from lamplit.store.schema import person, place

MARK = "replay.json"
LEAST_HOMES, LEAST_PEOPLE = 40, 16
PLAN_SECONDS = 3.0
"""The solver's own time, as the page of plans asks for it."""
Report = Callable[[float, float | None], None]


@dataclass
class Replay:
    """A replay in its folder; `steps` in order fill in what is told.

    A replay that was cut off finds its town and its nights again; the story itself begins anew,
    with an empty store.
    """

    stage: Stage
    store_url: str = ""
    troubles: Troubles = field(default_factory=Troubles)
    plan_seconds: float = PLAN_SECONDS
    checked_in: checkin.CheckedIn | None = None
    campaign: sweep.Campaign | None = None
    comparison: Comparison | None = None
    finds: tuple[int, ...] = ()
    """Empty or returned homes known by the end of each day, in the run over HTTP."""
    checks: list[Check] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    world: World | None = None
    _open: ExitStack = field(default_factory=ExitStack)
    _truth: Truth | None = None

    @classmethod
    def open(
        cls, scale: Scale, folder: Path, *, store_url: str = "", replace: bool = False
    ) -> Replay:
        """The replay in `folder`, which is made, or found with the town of an earlier run.

        `store_url`: an empty database; SQLite in the folder where it is left out. Raises
        LamplitError `replay.too-small`, `demo.folder-in-use`, `demo.other-town`.
        """
        if scale.homes < LEAST_HOMES or scale.members < LEAST_PEOPLE:
            raise LamplitError(problems.TOO_SMALL, homes=scale.homes, people=scale.members)
        mark, wanted = folder / MARK, {"homes": scale.homes, "seed": scale.seed}
        if mark.is_file():
            there = json.loads(mark.read_text("utf-8"))
            if there != wanted and not replace:
                told = there | {"days": "–", "until": "–"}
                raise LamplitError(demo_problems.OTHER_TOWN, folder=folder, **told)
            if there != wanted or replace:
                for name in (TOWN, HOME, FILES):
                    shutil.rmtree(folder / name, ignore_errors=True)
        elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise LamplitError(demo_problems.FOLDER_IN_USE, folder=folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(mark, json.dumps(wanted))
        return cls(Stage(folder, scale), store_url)

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *fault: object) -> None:
        self._open.close()

    def steps(self) -> tuple[Step, ...]:
        """The chapters, in order; each may be done once."""
        works = (
            self._set_stage, self._bring_people, self._check_in, self._plan, self._sweep,
            self._supplies, self._sites, self._audit, self._compare,
        )  # fmt: skip
        return tuple(
            Step(chapter.says, self._timed(chapter.code, work))
            for chapter, work in zip(CHAPTERS, works, strict=True)
        )

    @property
    def holds(self) -> bool:
        """Whether every count added up."""
        return bool(self.checks) and all(check.holds for check in self.checks)

    def _timed(self, code: str, work: Callable[[Report], Text]) -> Callable[[Report], Text]:
        def timed(report: Report) -> Text:
            started = time.monotonic()
            told = work(report)
            self.seconds[code] = time.monotonic() - started
            return told

        return timed

    def _set_stage(self, report: Report) -> Text:
        self.stage.make_town(lambda at, of: report(at * 0.3, of))
        self.stage.read_meters(
            lambda at, of: report(of * 0.3 + at * 0.6, of) if of else report(at, of)
        )
        # The comparison walks the days of the sweep, and supplies are handed out after it.
        self._truth = truth_of(self.stage.town, START)
        homes, eve = self.stage.scale.homes, self.stage.eve
        return Text(
            f"{homes:,} homes, read up to the evening of {eve}",
            f"{homes:,} 户，读数截至 {eve} 晚",
        )

    def _bring_people(self, report: Report) -> Text:
        assert self._truth is not None
        home = Home.open(self.stage.home)
        days = Days(START, ZoneInfo(home.timezone))
        clock = VirtualClock(days.instant(5 * 60))
        office = Office(home, self._empty_store(home), clock)
        self._open.callback(office.db.close)
        keys = set_up(office, self.stage, report)
        base = self._open.enter_context(served(office))
        wire = Wire(base, self.stage.scale.seed, self.troubles)
        self._open.callback(wire.close)
        desk = Desk(wire, LEADER, PASSWORD)
        self._open.callback(desk.close)
        mind = Mind(self._truth, self._truth.index(START), self.stage.scale.seed)
        legs = Legs.of(self._truth.doors)
        self.world = World(self.stage.scale, office, days, clock, wire, desk, keys, mind, legs)
        self._open.callback(self.world.pool.shutdown)
        return Text(
            f"{len(keys):,} people, a server at {base}, the clock at {days.day(0)} 05:00",
            f"{len(keys):,} 人，服务位于 {base}，时钟拨至 {days.day(0)} 05:00",
        )

    def _empty_store(self, home: Home) -> Database:
        """A store with its tables and nobody in it. Raises LamplitError `replay.store-in-use`."""
        if not self.store_url:
            shutil.rmtree(home.store_dir, ignore_errors=True)
            home.store_dir.mkdir()
        db = Database(self.store_url or f"sqlite:///{home.store_dir.resolve() / 'lamplit.db'}")
        migrate.check(db)
        with db.read() as conn:
            some = conn.scalar(select(func.count()).select_from(person))
        if some:
            db.close()
            raise LamplitError(problems.STORE_IN_USE, where=db.where)
        return db

    def _check_in(self, report: Report) -> Text:
        self.checked_in = checkin.check_in(self._there, report)
        self.checks += checkin.audit(self._there, self.checked_in)
        total = self.checked_in.total
        return Text(f"{total:,} members in ten days", f"十天内 {total:,} 人报到")

    def _plan(self, report: Report) -> Text:
        world = self._there
        places = self._homes()
        self.campaign = sweep.open_campaign(world, places)
        report(1, 3)
        made = sweep.make_plan(world, self.campaign, self.plan_seconds)
        report(3, 3)
        people = len(made.rows)
        return Text(
            f"{made.first:,} of {made.doors:,} doors come first; {people} people have their lists; "
            f"{share(made.done)} of them are to be done in time, all of them with {made.holds:.0%}",
            f"{made.doors:,} 户中先走 {made.first:,} 户；{people} 人已有名单；"
            f"预计按期办结 {share(made.done)}，一户不落的把握 {made.holds:.0%}",
        )

    def _homes(self) -> dict[str, int]:
        """Which home of the town each place is: what the plate at the door says."""
        assert self._truth is not None
        number = {code: at for at, code in enumerate(self._truth.doors.household)}
        wanted = select(place.c.id, place.c.code).where(place.c.kind == PlaceKind.HOUSEHOLD.value)
        with self._there.office.read(CLI) as tx:
            return {row.id: number[row.code] for row in tx.conn.execute(wanted)}

    def _sweep(self, report: Report) -> Text:
        assert self.campaign is not None
        world = self._there
        sweep.go_round(world, self.campaign, report)
        self.finds = _finds(world, self.campaign)
        sweep.close(world, self.campaign)
        done, visits = self.campaign.report["done"], len(self.campaign.rounds.knocks)
        late = len(world.ledger.after_withdrawal)
        return Text(
            f"{visits:,} visits, {done:,} doors done; {late} handed in after a withdrawal",
            f"上门 {visits:,} 次，办结 {done:,} 户；撤回后补交 {late} 份",
        )

    def _supplies(self, report: Report) -> Text:
        assert self.campaign is not None
        standing = [c for c, w in self.campaign.rounds.sweepers.items() if w.withdrawn_at is None]
        carriers = sorted(standing)[: self.stage.scale.carriers]
        given = supplies.open_campaign(self._there, self.campaign.rounds.homes, carriers)
        supplies.give_out(self._there, given, report)
        scale, homes = self.stage.scale, len(given.asked)
        return Text(
            f"{scale.masks:,} masks, {scale.gloves:,} pairs of gloves, {scale.bottles} bottles "
            f"for {homes} homes that asked",
            f"口罩 {scale.masks:,} 只、手套 {scale.gloves:,} 双、消毒液 {scale.bottles} 瓶，"
            f"发往 {homes} 户",
        )

    def _sites(self, report: Report) -> Text:
        audits = sites.register(self._there, self.stage.folder / FILES)
        sites.inspect(self._there, audits, report)
        seen = [v for v in self._there.ledger.of(sites.PROGRAMME) if v.findings]
        return Text(
            f"{len(audits.at):,} sites audited, {len(seen)} violations, all verified",
            f"督察 {len(audits.at):,} 个现场，违章 {len(seen)} 项，全部核实整改",
        )

    def _audit(self, report: Report) -> Text:
        self.checks += audit.audit(self._there)
        held = sum(check.holds for check in self.checks)
        return Text(
            f"{held} of {len(self.checks)} counts agree", f"{len(self.checks)} 项中 {held} 项一致"
        )

    def _compare(self, report: Report) -> Text:
        assert self.campaign is not None
        assert self._truth is not None
        scale = self.stage.scale
        mind = Mind(self._truth, self._truth.index(START) + SWEEP_DAY, scale.seed)
        self.comparison = compare(
            mind,
            self._there.legs,
            self.campaign.walkers,
            called_empty=self.campaign.called_empty,
            days=SWEEP_DAYS,
            runs=scale.runs,
            seed=scale.seed,
            report=report,
        )
        first = self.comparison.days[0].ahead
        return Text(
            f"{first.mean:+.0f} homes known by the end of day 1 "
            f"({first.low:.0f} … {first.high:.0f})",
            f"首日结束时多知道 {first.mean:+.0f} 户（{first.low:.0f} 至 {first.high:.0f}）",
        )

    @property
    def _there(self) -> World:
        assert self.world is not None, "people come before the story"
        return self.world

    def answer(self) -> dict[str, Any]:
        """All that is told, as data."""
        world, campaign = self._there, self.campaign
        assert campaign is not None and self.comparison is not None
        return {
            "scale": asdict(self.stage.scale),
            "seconds": {code: round(took, 1) for code, took in self.seconds.items()},
            "check_in": [list(day) for day in self.checked_in.days] if self.checked_in else [],
            "sweep": {
                "listed": len(campaign.listed),
                "enrolled": campaign.enrolled,
                "evenings": [asdict(one) for one in campaign.evenings],
                "known_by_day_end": list(self.finds),
                "report": campaign.report,
            },
            "comparison": asdict(self.comparison),
            "wire": {
                "requests": world.wire.asked,
                "replies_lost": world.wire.lost,
                "posted_twice": world.wire.twice,
                "forms": len(world.ledger.visits),
                "resent": world.ledger.resent,
                "longest_wait_minutes": round(world.ledger.oldest_unsent),
                "claims": world.ledger.claims,
            },
            "checks": [
                {"code": c.code, "holds": c.holds, "robots": c.robots, "store": c.store}
                for c in self.checks
            ],
            "holds": self.holds,
        }


def _finds(world: World, campaign: sweep.Campaign) -> tuple[int, ...]:
    """What the run over HTTP knew at the end of each day."""
    knocks = sorted(campaign.rounds.knocks, key=lambda one: (one.minute, one.person))
    found = finds_of(world.mind, [one for one in knocks if isinstance(one, Knocked)])
    ends = [(SWEEP_DAY + day) * DAY for day in range(1, SWEEP_DAYS + 1)]
    return tuple(sum(minute < end for minute, _ in found.values()) for end in ends)
