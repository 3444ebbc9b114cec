"""The demo: a town whose truth is known, from its readings to a list that is held against it.

A demo is a folder and a list of named steps. Each step can be run again: it finds what is done
and goes on from there, so a demo that was cut off resumes, and one that is whole is shown again.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lamplit.domain.accuracy import Score
from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Language, Text, language_of
from lamplit.domain.problems import demo as problems
from lamplit.meters.layouts.base import Options
from lamplit.outbound.accuracy_report import score_markdown
from lamplit.outbound.facade import Facade, summary
from lamplit.outbound.facade_html import facade_html
from lamplit.outbound.facade_svg import facade_svg
from lamplit.outbound.tables import TableStyle, write_table, write_text
from lamplit.outbound.watermark import Watermark
from lamplit.services import demo_mark
from lamplit.services.demo_front import most_varied
from lamplit.services.demo_mark import DemoMark
from lamplit.services.demo_truth import ListCheck, check_list
from lamplit.services.facade import facade_of
from lamplit.services.home import SETTINGS_FILE, Home, write_atomically
from lamplit.services.ingest import ingest
from lamplit.services.night.advance import run_nights
from lamplit.services.registry import Registry, apply_import, plan_import
from lamplit.services.score import score
from lamplit.services.states import View, states_between
from lamplit.services.sweep import SweepResult, sweep
from lamplit.services.town import TownRequest, make_town

MARK = "demo.json"
TOWN, HOME = "town", "home"
ZONE = "Asia/Shanghai"
LEAST_HOMES, LEAST_DAYS = 100, 28
SINGLE_NIGHTS = 7
"""So many nights at the end are run one by one, as a utility would."""
LATE = 3
"""The corrections arrive before the third of these nights."""
HELD_BACK = 2
"""Days that the town is lived beyond the last night, unread: a spell that has just begun counts as
one when it comes to three days, so the truth of the last night needs two more."""
VIEWS: tuple[View, ...] = ("asof", "revised")

Report = Callable[[float, float | None], None]
"""Told (done, of how much) while a step runs."""


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """Which town, and its last night."""

    homes: int
    days: int
    seed: int
    until: date

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> DemoOrder:
        """The order as a demo's mark has it. Raises KeyError, ValueError."""
        return cls(told["homes"], told["days"], told["seed"], date.fromisoformat(told["until"]))

    def told(self) -> dict[str, Any]:
        """The order as the mark keeps it."""
        return {"homes": self.homes, "days": self.days, "seed": self.seed,
                "until": self.until.isoformat()}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it does, and the work, which gives a line on what came of it."""

    says: Text
    work: Callable[[Report], Text]


@dataclass(slots=True)
class Demo:
    """A demo in its folder; `steps` in order fill in what is found."""

    order: DemoOrder
    folder: Path
    who: str = "?"
    language: Language = field(default_factory=language_of)
    first: date = date.min
    through: date = date.min
    readings: int = 0
    found: SweepResult | None = None
    check: ListCheck | None = None
    scores: dict[View, Score] = field(default_factory=dict)
    facade: Facade | None = None

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        homes: int = 5000,
        days: int = 60,
        seed: int = 2020,
        until: date | None = None,
        replace: bool = False,
        who: str = "?",
    ) -> Demo:
        """The demo in `folder`, which is made, or found as an earlier run left it.

        `until`: the last night; where it is left out, that of a demo which is there, else
        yesterday. Raises LamplitError `demo.too-short`, `demo.folder-in-use`, `demo.other-town`.
        """
        if homes < LEAST_HOMES or days < LEAST_DAYS:
            raise LamplitError(problems.TOO_SHORT, homes=homes, days=days)
        mark = folder / MARK
        there = json.loads(mark.read_text("utf-8")) if mark.is_file() else None
        if there is None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise LamplitError(problems.FOLDER_IN_USE, folder=folder)
        if there is not None and replace:
            shutil.rmtree(folder)
            there = None
        if there is not None:
            last = there.get("until", "–")
            wanted: dict[str, Any] = {"homes": homes, "days": days, "seed": seed}
            wanted["until"] = until.isoformat() if until else last
            if there != wanted or last == "–":
                raise LamplitError(problems.OTHER_TOWN, folder=folder, **there | {"until": last})
            return cls(DemoOrder.of(there), folder, who)
        order = DemoOrder(homes, days, seed, until or yesterday())
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(mark, json.dumps(order.told()))
        return cls(order, folder, who)

    @property
    def town(self) -> Path:
        """The town's files."""
        return self.folder / TOWN

    @property
    def home(self) -> Path:
        """The home folder into which they are read."""
        return self.folder / HOME

    def steps(self) -> tuple[Step, ...]:
        """What is done, in order."""
        return (
            Step(Text("A town", "生成小城"), self._make_town),
            Step(Text("Its registry", "导入台账"), self._register),
            Step(Text("Its readings", "导入读数"), self._ingest),
            Step(Text("The nights so far", "此前各夜"), self._history),
            Step(Text("The last week, nightly", "最后一周逐夜"), self._nights),
            Step(Text("The list", "名单"), self._sweep),
            Step(Text("Against the truth", "对照真值"), self._score),
            Step(Text("A façade", "楼面图"), self._draw),
        )

    def _make_town(self, report: Report) -> Text:
        order = self.order
        manifest = self.town / "town.json"
        made = not (manifest.is_file() and json.loads(manifest.read_text("utf-8"))["complete"])
        if made:
            shutil.rmtree(self.town, ignore_errors=True)
            request = TownRequest(
                order.homes, order.days + HELD_BACK, order.seed, until=order.until.isoformat(),
                beyond=HELD_BACK,
            )  # fmt: skip
            make_town(request, self.town, report=report)
        told = json.loads(manifest.read_text("utf-8"))
        self.first = date.fromisoformat(told["start"])
        self.through = self.first + timedelta(order.days - 1)
        slots = 24 * 60 // told["minutes"]
        rows = sum(n for name, n in told["rows"].items() if name.startswith("readings/"))
        self.readings = rows * slots
        return _there(
            Text(
                f"{order.homes:,} homes, {order.days} days from {self.first}, "
                f"{self.readings / 1e6:.1f} million readings",
                f"{order.homes:,} 户，自 {self.first} 起 {order.days} 天，"
                f"{self.readings / 1e4:,.0f} 万个读数",
            ),
            made,
        )

    def _register(self, report: Report) -> Text:
        if not (self.home / SETTINGS_FILE).exists():
            Home.create(self.home, ZONE)
        home = Home.open(self.home)
        if demo_mark.read(home) is None:
            demo_mark.write(home, DemoMark(self.order.until))
        plan = plan_import(home, self.town / "registry.csv")
        apply_import(home, plan)
        table = Registry.table(home)
        places = pc.count_distinct(table["building_id"]).as_py()
        rows = table.num_rows
        return Text(f"{rows:,} rows, {places:,} buildings", f"{rows:,} 行，{places:,} 栋楼")

    def _ingest(self, report: Report) -> Text:
        home = Home.open(self.home)
        done = ingest(
            home,
            [self.town / "readings"],
            Options(timezone=home.timezone),
            report=lambda at, of, _label: report(at, of),
        )
        rows = done.total
        return _there(
            Text(
                f"{rows.read:,} rows read = {rows.kept:,} kept + {rows.corrected:,} corrected "
                f"+ {rows.duplicate:,} duplicate + {rows.quarantined:,} quarantined",
                f"读取 {rows.read:,} 行 = 保留 {rows.kept:,} + 更正 {rows.corrected:,} "
                f"+ 重复 {rows.duplicate:,} + 隔离 {rows.quarantined:,}",
            ),
            any(file.batch for file in done.files),
        )

    def _history(self, report: Report) -> Text:
        until = self.through - timedelta(SINGLE_NIGHTS)
        done = run_nights(Home.open(self.home), until, progress=lambda _, at, of: report(at, of))
        if not done.nights:
            return Text(f"through {until} (from before)", f"至 {until}（此前已完成）")
        return Text(
            f"{done.nights} nights in one go, through {until}",
            f"一次完成 {done.nights} 夜，至 {until}",
        )

    def _nights(self, report: Report) -> Text:
        home = Home.open(self.home)
        took, reworked, since = [], 0, None
        for night in range(SINGLE_NIGHTS):
            late = self.town / "corrections"  # absent where no reading was put right
            if night == LATE - 1 and late.exists():
                ingest(home, [late], Options(timezone=home.timezone))
            started = time.monotonic()
            day = self.through - timedelta(SINGLE_NIGHTS - 1 - night)
            done = run_nights(home, day)
            if done.nights:
                took.append(time.monotonic() - started)
            reworked, since = reworked + done.reworked_homes, done.reworked_from or since
            report(night + 1, SINGLE_NIGHTS)
        told = Text("nothing new", "没有新内容")
        if took:
            each = sum(took) / len(took)
            told = Text(f"{each:.2f} s a night", f"每夜 {each:.2f} 秒")
        if reworked:
            told = Text(
                f"{told.en}; late corrections from {since} on: {reworked:,} homes worked again",
                f"{told.zh}；收到 {since} 起的更正，重算 {reworked:,} 户",
            )
        return told

    def _sweep(self, report: Report) -> Text:
        self.found = sweep(Home.open(self.home), self.through)
        doors = self.found.doors
        style = TableStyle(language=self.language, watermark=self._mark())
        write_table(doors, self.folder / "doors.xlsx", style)
        number, share = doors.num_rows, doors.num_rows / self.order.homes
        return Text(
            f"{number:,} doors, {share:.0%} of all homes: {self.folder / 'doors.xlsx'}",
            f"{number:,} 户，占全部住户的 {share:.0%}：{self.folder / 'doors.xlsx'}",
        )

    def _score(self, report: Report) -> Text:
        home = Home.open(self.home)
        truth = pq.read_table(self.town / "truth.parquet")
        truth = truth.filter(pc.less_equal(truth["day"], pa.scalar(self.through, pa.date32())))
        for at, view in enumerate(VIEWS):
            tables = states_between(home, self.first, self.through, view)
            states = pa.concat_tables(tables)
            pq.write_table(states, self.folder / f"states-{view}.parquet")
            self.scores[view] = score(states, truth)
            text = score_markdown(self.scores[view], self.language)
            write_text(self.folder / f"score-{view}.md", text, (".md",))
            report(at + 1, len(VIEWS))
        assert self.found is not None
        events = self.town / "events.csv"
        self.check = check_list(self.found.doors, truth, events, self.through)
        return Text(
            f"every home and day, as known that evening and with hindsight: "
            f"{self.folder / 'score-asof.md'}, score-revised.md",
            f"每户每日，分当晚所知与事后修订：{self.folder / 'score-asof.md'}、score-revised.md",
        )

    def _draw(self, report: Report) -> Text:
        home = Home.open(self.home)
        self.facade = facade_of(home, most_varied(home, self.through), self.through)
        mark = self._mark()
        for suffix, draw in ((".svg", facade_svg), (".html", facade_html)):
            path = self.folder / f"facade-{self.facade.building_id}{suffix}"
            write_text(path, draw(self.facade, self.language, mark), (suffix,))
        name, path = self.facade.name, self.folder / f"facade-{self.facade.building_id}"
        return Text(
            f"{name}: {summary(self.facade, 'en')}: {path}.svg, .html",
            f"{name}：{summary(self.facade, 'zh')}：{path}.svg、.html",
        )

    def _mark(self) -> Watermark:
        purpose = Text("a demo; nobody in it exists", "演示，其中人物均为虚构")
        return Watermark(self.who, datetime.now(), purpose.say(self.language))


def yesterday() -> date:
    """The day before today, where the town lies."""
    return datetime.now(ZoneInfo(ZONE)).date() - timedelta(1)


def _there(told: Text, made: bool) -> Text:
    """The line on a step, saying so where it was done before."""
    return told if made else Text(f"{told.en} (from before)", f"{told.zh}（此前已完成）")
