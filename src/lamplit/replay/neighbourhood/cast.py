"""Who there is: accounts, organisations, the members; and how large the story is told."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from lamplit.domain.field import Role
from lamplit.domain.language import Text
from lamplit.replay.chance import dice
from lamplit.replay.story import CHECKIN_DAYS, FAMILY_NAMES, GIVEN_NAMES, GROWTH, Member

PASSWORD = "every-window-is-lit"
"""Of every account of a demo, whose server never leaves loopback."""

DISTRICT, DISTRICT_NAME = "D1", Text("River City District", "江城区")
DEPOT, DEPOT_NAME = "AID1", Text("Aid point", "物资发放点")
YESTERDAY, TODAY = CHECKIN_DAYS, CHECKIN_DAYS + 1
"""Days of the story: the sweep begins on YESTERDAY, the story breaks off on TODAY, now."""

HOURS = "daily 8:30-11:30, 14:00-17:00, 18:00-20:15"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with a password: who they are, and what they do where."""

    username: str
    code: str
    name: str
    role: Role
    says: Text
    """What one sees who signs in as this person."""


ACCOUNTS = (
    Account("leader", "LD01", "周敏", Role.LEADER,
            Text("boards, people, coverage, the plan", "行动看板、人员、包保、计划")),
    Account("volunteer", "P0001", "陈静", Role.VOLUNTEER,
            Text("today's doors on a phone", "手机上的今日走访")),
    Account("analyst", "AN01", "林涛", Role.ANALYST,
            Text("tonight's list, and how far to trust it", "今晚的名单及其可信程度")),
    Account("privacy", "PO01", "何平", Role.PRIVACY_OFFICER,
            Text("who opened which home, and why", "谁查看了哪一户、为何目的")),
    Account("operator", "OP01", "马超", Role.OPERATOR,
            Text("accounts, imports, health", "账号、导入、运行状况")),
    Account("duty", "DO01", "罗勇", Role.DUTY_OFFICER,
            Text("work sites of the day", "当日作业现场")),
)  # fmt: skip
LEADER, VOLUNTEER, ANALYST, PRIVACY, OPERATOR, DUTY = (one.code for one in ACCOUNTS)

COMPANY = ("ORG", Text("River City Power", "江城供电公司"))
BRANCHES = (
    Text("Transmission branch", "输电运检党支部"),
    Text("Substation branch", "变电运维党支部"),
    Text("Distribution branch", "配电抢修党支部"),
    Text("Metering branch", "计量中心党支部"),
    Text("Customer service branch", "客户服务党支部"),
    Text("Dispatching branch", "调度控制党支部"),
)
UNITS = (
    ("U1", Text("Transmission works company", "送变电工程公司")),
    ("U2", Text("Distribution repair centre", "配电检修中心")),
    ("U3", Text("South construction team", "城南施工队")),
)
INSPECTORS = ("IN01", "IN02")


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the story is told."""

    seed: int = 2020
    members: int = 66
    sweepers: int = 7
    first_sweepers: int = 5
    served: int = 30
    cared: int = 70
    sites: int = 14
    openings: int = 30

    @classmethod
    def small(cls, seed: int) -> Scale:
        """The same story, told quickly."""
        return cls(seed, 24, 4, 3, 8, 16, 6, 8)


def members(scale: Scale, communities: int) -> list[Member]:
    """The members in the order of their check-ins; the first bears the volunteer's account."""
    made: list[Member] = []
    day = 0
    named = {one.name for one in ACCOUNTS}
    for number in range(scale.members):
        luck = dice(scale.seed, "neighbour", number)
        while number >= round(GROWTH[day] * scale.members):
            day += 1
        name = ACCOUNTS[1].name if number == 0 else _new_name(luck, named)
        to: tuple[Role, ...] = (Role.PAIRED,) if luck.random() < 0.7 else (Role.HOME,)
        if luck.random() < 0.12:
            to = (Role.PAIRED, Role.HOME)
        if number == 0:
            to = (Role.PAIRED,)
        made.append(
            Member(
                f"P{number + 1:04d}", name, number % communities, luck.randrange(communities), day,
                round(luck.uniform(7.0, 21.0) * 60), to,
            )
        )  # fmt: skip
    return made


def _new_name(luck: Random, named: set[str]) -> str:
    """A name that nobody bears so far, so that a list never shows two alike."""
    while True:
        name = luck.choice(FAMILY_NAMES) + luck.choice(GIVEN_NAMES)
        if name in named:
            name += luck.choice(GIVEN_NAMES)
        if name not in named:
            named.add(name)
            return name
