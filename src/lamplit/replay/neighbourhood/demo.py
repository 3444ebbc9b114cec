"""The neighbourhood as a step of the demo: played up to now, and what is told of it after."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lamplit.domain.language import Text
from lamplit.replay.neighbourhood.cast import Scale
from lamplit.replay.neighbourhood.play import play
from lamplit.services.demo import ZONE, Demo, Step, yesterday
from lamplit.services.field.campaigns.board import Board
from lamplit.services.home import write_atomically

TOLD = "neighbourhood.json"
LARGE = 2000
"""Homes from which on the story is told in full."""
EVENING = time(18, 40)
"""When the story of another day than yesterday breaks off."""


@dataclass(frozen=True, slots=True)
class Look:
    """A board at one time: doors done against expected, what was found, knocks."""

    at: str
    done: int
    expected: int
    enrolled: int
    empty: int
    returned: int
    knocks: int


@dataclass
class Neighbourhood:
    """The neighbourhood of a demo. `looks` and `report` are of the sweep that is over.

    `now`: the board of the sweep that goes on, when the story broke off.
    """

    demo: Demo
    name: Text = field(default_factory=lambda: Text("", ""))
    looks: list[Look] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    now: Look | None = None

    def steps(self) -> tuple[Step, ...]:
        """What is done after the demo's own steps."""
        return (Step(Text("A neighbourhood", "街坊至今"), self._run),)

    def _run(self, report: Callable[[float, float | None], None]) -> Text:
        kept = self.demo.folder / TOLD
        if kept.is_file():
            self._recall(json.loads(kept.read_text("utf-8")))
            told = self._said()
            return Text(f"{told.en} (from before)", f"{told.zh}（此前已完成）")
        order = self.demo.order
        scale = Scale(order.seed) if order.homes >= LARGE else Scale.small(order.seed)
        found = self.demo.found
        listed = found.doors if found is not None else None
        played = play(self.demo.folder, scale, self._breaks_off(), report, listed)
        self.name, self.report = played.first_place, played.first.report
        self.looks = [_look(one) for one in played.first.looks]
        self.now = _look(played.board)
        write_atomically(kept, json.dumps(self._kept(), ensure_ascii=False))
        return self._said()

    def _breaks_off(self) -> datetime:
        """Now, where the last night was yesterday's; else that evening."""
        if self.demo.order.until == yesterday():
            return datetime.now(UTC)
        day = self.demo.order.until + timedelta(1)
        return datetime.combine(day, EVENING, tzinfo=ZoneInfo(ZONE))

    def _said(self) -> Text:
        now, told = self.now, self.report
        assert now is not None
        return Text(
            f"a sweep that is over ({told['done']} of {told['enrolled']} doors done), one on its "
            f"second day ({now.done} of {now.enrolled}), and three campaigns beside",
            f"一轮摸排已结束（{told['enrolled']} 户中办结 {told['done']} 户），一轮进行到第二天"
            f"（{now.done}/{now.enrolled}），另有三项行动进行中",
        )

    def _kept(self) -> dict[str, Any]:
        assert self.now is not None
        return {
            "name": [self.name.en, self.name.zh],
            "looks": [asdict(one) for one in self.looks],
            "report": self.report,
            "now": asdict(self.now),
        }

    def _recall(self, told: dict[str, Any]) -> None:
        self.name, self.report = Text(*told["name"]), told["report"]
        self.looks = [Look(**one) for one in told["looks"]]
        self.now = Look(**told["now"])


def _look(board: Board) -> Look:
    counts = board.counts
    return Look(
        f"{board.at.astimezone(ZoneInfo(ZONE)):%m-%d %H:%M}",
        board.done,
        board.expected,
        board.enrolled,
        counts.get("found:empty", 0),
        counts.get("found:returned", 0),
        counts["submissions"],
    )
