"""The story as data: who, how many, on which days. Nothing here is done; it is only told.

Where it comes from: the ten days of check-in, the three days of the sweep, the donated stock and
the day of 1,258 work sites are Wuhan's of February 2020; which day follows which is made up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date

from lamplit.domain.field import Role
from lamplit.domain.language import Text
from lamplit.planning.model import Span
from lamplit.replay.chance import dice

DAY = 1440.0
CHECKIN_DAYS, SWEEP_DAYS = 10, 3
START = date(2020, 2, 7)
"""Minute 0 of the story is this day's midnight: the first day of check-in."""
SWEEP_DAY = CHECKIN_DAYS
SUPPLY_DAY = SWEEP_DAY + SWEEP_DAYS
SITES_DAY = SUPPLY_DAY + 1
VERIFY_DAYS = 2
LAST_DAY = SITES_DAY + VERIFY_DAYS
HISTORY_DAYS = 48
"""Days of readings before the story begins; with the ten days of check-in the meters have 58."""
BEYOND_DAYS = 2
"""Days of the town after the story, so that a spell that begins in it is known for one."""

FAMILY_NAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN_NAMES = "伟芳娜敏静丽强磊军洋勇艳杰涛明超霞平刚桂"

HALVES = ((8.5, 11.5), (14.0, 17.0), (18.0, 20.25))
"""Hours in which a volunteer goes round; each comes for two of the three parts of a day."""

GROWTH = (0.05, 0.11, 0.18, 0.28, 0.40, 0.54, 0.68, 0.81, 0.92, 1.0)
"""The share that has checked in by the end of each of the ten days."""

STREETS = (
    ("梧桐里", "Wutongli"), ("青松苑", "Qingsong"), ("翠湖", "Cuihu"), ("东亭", "Dongting"),
    ("南湖", "Nanhu"), ("丁字桥", "Dingziqiao"), ("卓刀泉", "Zhuodaoquan"), ("岳家嘴", "Yuejiazui"),
    ("水果湖", "Shuiguohu"), ("杨园", "Yangyuan"), ("徐东", "Xudong"), ("珞珈", "Luojia"),
    ("桂子", "Guizi"), ("晴川", "Qingchuan"), ("月湖", "Yuehu"), ("琴台", "Qintai"),
    ("三角湖", "Sanjiaohu"), ("江汉", "Jianghan"), ("万松", "Wansong"), ("百步亭", "Baibuting"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the story is told; the whole is as it was."""

    homes: int = 6000
    members: int = 700
    sweepers: int = 60
    sites: int = 1258
    violations: int = 18
    masks: int = 7000
    gloves: int = 2000
    bottles: int = 50
    inspectors: int = 40
    carriers: int = 12
    served: int = 400
    communities: int = 20
    seed: int = 2020
    runs: int = 30

    @classmethod
    def of(cls, homes: int, people: int, seed: int) -> Scale:
        """The story for so many homes and people: all else in proportion, never less than a few."""
        whole = cls()
        h, p = homes / whole.homes, people / whole.members

        def some(n: int, share: float, least: int) -> int:
            return max(least, round(n * share))

        return replace(
            whole,
            homes=homes,
            members=people,
            sweepers=min(some(whole.sweepers, h, 4), people // 2),
            sites=some(whole.sites, h, 10),
            violations=min(18, some(18, math.sqrt(h), 4)),
            masks=some(whole.masks, h, 60),
            gloves=some(whole.gloves, h, 20),
            bottles=some(whole.bottles, h, 3),
            inspectors=some(whole.inspectors, h, 2),
            carriers=some(whole.carriers, h, 2),
            served=some(whole.served, h, 12),
            communities=some(whole.communities, p, 3),
            seed=seed,
            runs=30,
        )


@dataclass(frozen=True, slots=True)
class Member:
    """One member: to which branch they belong, where they live, when they check in and where."""

    code: str
    name: str
    branch: int
    home: int
    day: int
    minute: float
    to: tuple[Role, ...]


def members(scale: Scale) -> list[Member]:
    """The members, in the order in which they check in.

    Seven in ten go to the community that their branch is paired with, three to the one they live
    in, and one in ten to both. The first `sweepers` live in the community that is swept.
    """
    made = []
    day = 0
    for number in range(scale.members):
        luck = dice(scale.seed, "member", number)
        while number >= round(GROWTH[day] * scale.members):
            day += 1
        to: tuple[Role, ...] = (Role.PAIRED,) if luck.random() < 0.7 else (Role.HOME,)
        if luck.random() < 0.1:
            to = (Role.PAIRED, Role.HOME)
        made.append(
            Member(
                f"P{number + 1:04d}",
                luck.choice(FAMILY_NAMES) + luck.choice(GIVEN_NAMES),
                number % scale.communities,
                luck.randrange(scale.communities),
                day,
                round(luck.uniform(7.0, 21.0) * 60),
                to,
            )
        )
    return made


def hours(scale: Scale, person: str, day: int) -> tuple[Span, ...]:
    """When a sweeper goes round on a day of the story: two of the three parts of the day."""
    left_out = dice(scale.seed, "hours", person, day).randrange(3)
    return tuple(
        Span(day * DAY + a * 60, day * DAY + b * 60)
        for part, (a, b) in enumerate(HALVES)
        if part != left_out
    )


def offline(scale: Scale, person: str, day: int) -> tuple[tuple[float, float], ...]:
    """When a phone has no signal: on two days of three for an hour, in the lifts of a tower."""
    luck = dice(scale.seed, "offline", person, day)
    if luck.random() > 2 / 3:
        return ()
    span = luck.choice(hours(scale, person, day))
    start = luck.uniform(span.start, max(span.start, span.end - 60))
    return ((start, start + 60),)


VIOLATIONS: tuple[tuple[str, str, int], ...] = (
    ("class_d", "helmet_strap", 1),
    ("class_c", "no_barrier", 3),
    ("class_b", "tools_expired", 6),
    ("class_d", "armband", 1),
    ("class_a", "leader_absent", 12),
    ("class_c", "permit_gaps", 3),
    ("class_d", "untidy", 1),
    ("class_d", "record_gaps", 1),
    ("class_c", "no_rcd", 3),
    ("class_d", "clothing", 1),
    ("class_d", "first_aid", 1),
    ("class_c", "machine_unearthed", 3),
    ("class_d", "extinguisher", 1),
    ("class_c", "no_meeting", 3),
    ("class_d", "heat_cold", 1),
    ("class_d", "helmet_strap", 1),
    ("class_c", "camera_off", 3),
    ("class_d", "untidy", 1),
)
"""What the inspectors see, in the order of the sites: 18 violations. (question, code, points); the
points are those of the code list as the story's own book has them: 46 together."""

UNITS = (
    ("U1", "送变电工程公司", "Transmission works company"),
    ("U2", "配电检修中心", "Distribution repair centre"),
    ("U3", "带电作业中心", "Live-line centre"),
    ("U4", "城南施工队", "South construction team"),
    ("U5", "城北施工队", "North construction team"),
)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the story: its name in the address bar of a log, and what people call it."""

    code: str
    says: Text


CHAPTERS = (
    Chapter("stage", Text("A town and its meters", "小城与电表")),
    Chapter("people", Text("People, places, accounts", "人员、地点与账号")),
    Chapter("checkin", Text("Ten days of check-in", "十天报到")),
    Chapter("plan", Text("The list and the plan", "名单与计划")),
    Chapter("sweep", Text("Three days of sweep", "三天摸排")),
    Chapter("supplies", Text("Supplies given out", "物资发放")),
    Chapter("sites", Text("Work sites audited", "作业现场督察")),
    Chapter("audit", Text("Every count added up", "逐项核对")),
    Chapter("rival", Text("Against an unguided sweep", "与无名单摸排比较")),
)
