"""Three days of sweep: the list becomes a campaign, the plan says who goes where, and robots go."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from lamplit.domain.field import Role
from lamplit.domain.words import EMPTY_STATES
from lamplit.replay.chapters.loop import Event
from lamplit.replay.chapters.rounds import PROGRAMME, Rounds, Sweeper
from lamplit.replay.context import Report, World
from lamplit.replay.plan import Planned, plan
from lamplit.replay.stage import COMMUNITY, LEADER, sweepers
from lamplit.replay.story import DAY, SWEEP_DAY, SWEEP_DAYS, hours, members
from lamplit.replay.walk import Walker
from lamplit.services.night.advance import run_nights
from lamplit.services.sweep import sweep as nightly_list

CAMPAIGN = "SWEEP-2020"
EVENING, LAST = 20.6 * 60, 21.5 * 60
"""When the evening's board is read, and the hour after which the campaign is closed."""
HANDOVER_AT, WITHDRAW_AT, LATE_AT = 12.5 * 60, 15.5 * 60, 20.5 * 60
SILENT_FROM = 14.0 * 60
A_DOOR = 8.0
"""Minutes that a door takes about, its way with it."""


@dataclass(frozen=True, slots=True)
class Evening:
    """The board as the leader sees it when a day ends."""

    day: int
    done: int
    expected: int
    reached: int
    submissions: int
    empty: int
    returned: int
    forecast: str | None


@dataclass
class Campaign:
    """The campaign as the story goes through it.

    `listed`: the homes that the meters point to; `called_empty`: those that they call empty.
    """

    rounds: Rounds
    code: str = CAMPAIGN
    enrolled: int = 0
    listed: frozenset[int] = frozenset()
    called_empty: frozenset[int] = frozenset()
    evenings: list[Evening] = field(default_factory=list)
    team: list[str] = field(default_factory=list)
    walkers: list[Walker] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    late_from: str = ""
    plan_seconds: float = 0.0


def open_campaign(world: World, rounds_homes: dict[str, int]) -> Campaign:
    """The leader makes the campaign, opens it, and lets the meters' list fill it."""
    world.at(SWEEP_DAY * DAY + 6 * 60)
    leader = world.caller(LEADER)
    made = leader.insist(
        "campaign:sweep",
        "/campaigns",
        {
            "code": CAMPAIGN,
            "programme": PROGRAMME,
            "place": COMMUNITY,
            "purpose": "epidemic_support",
            "name": {"en": "Three days, door by door", "zh": "三天逐户摸排"},
            "starts": world.days.day(SWEEP_DAY * DAY).isoformat(),
            "deadline": world.days.instant((SWEEP_DAY + SWEEP_DAYS) * DAY - 1).isoformat(),
            "parameters": {"way": "flagged_first"},
        },
    )
    leader.post(f"/campaigns/{CAMPAIGN}/open", version=made["version"])
    # A folder in which the story was told before has later nights, which nobody knows of yet.
    eve = world.days.day(SWEEP_DAY * DAY) - timedelta(1)
    tonight = {"as_of": eve.isoformat()}
    swept = leader.insist("sweep:0", f"/campaigns/{CAMPAIGN}/sweep", tonight)
    # Tonight's list, as `lamplit sweep` shows it to the analyst.
    doors = nightly_list(world.office.home, eve, community=COMMUNITY).doors
    number = {code: at for at, code in enumerate(world.mind.truth.doors.household)}
    campaign = Campaign(Rounds(world, homes=rounds_homes), enrolled=swept["added"])
    campaign.listed = frozenset(number[code] for code in doors["household_id"].to_pylist())
    called = zip(doors["household_id"].to_pylist(), doors["state"].to_pylist(), strict=True)
    empty = {state.word for state in EMPTY_STATES}
    campaign.called_empty = frozenset(number[code] for code, state in called if state in empty)
    campaign.team = sweepers(world.scale, members(world.scale))
    for code in campaign.team:
        body = {"person": code, "place": COMMUNITY, "role": Role.VOLUNTEER.value}
        leader.insist(f"role:{code}", "/assignments", body)
    return campaign


def make_plan(world: World, campaign: Campaign, seconds: float) -> Planned:
    """The leader has the server say who goes where, reads it, and applies it."""
    campaign.plan_seconds = seconds
    made = plan(world.caller(LEADER), CAMPAIGN, "first", seconds)
    campaign.walkers = _walkers(campaign, made)
    for code in campaign.team:
        campaign.rounds.sweepers[code] = Sweeper(code)
    return made


def _walkers(campaign: Campaign, made: Planned) -> list[Walker]:
    """The same plan for the comparison, its minutes from the first day of the sweep."""
    homes = campaign.rounds.homes
    scale = campaign.rounds.world.scale
    walkers = []
    others = sorted(homes[place] for place in made.left)
    for number, code in enumerate(campaign.team):
        spans = tuple(
            replace(s, start=s.start - SWEEP_DAY * DAY, end=s.end - SWEEP_DAY * DAY)
            for day in range(SWEEP_DAY, SWEEP_DAY + SWEEP_DAYS)
            for s in hours(scale, code, day)
        )
        row = tuple(homes[p] for p in made.rows.get(code, ()))
        # Doors for which the plan found no time are taken by whoever has some left.
        at, count = len(others) * number // len(campaign.team), len(campaign.team)
        row += tuple(others[at : len(others) * (number + 1) // count])
        walkers.append(Walker(code, spans, row))
    return walkers


def go_round(world: World, campaign: Campaign, report: Report) -> None:
    """The three days, with a hand-over on the first and a withdrawal on the second."""
    rounds = campaign.rounds
    for day in range(SWEEP_DAY, SWEEP_DAY + SWEEP_DAYS):
        if day > SWEEP_DAY:
            _next_night(world, campaign, day)
        for who in rounds.sweepers.values():
            who.spans = hours(world.scale, who.code, day)
        rounds.day(
            sorted(rounds.sweepers),
            _events(world, campaign, day),
            lambda minute: report(minute - SWEEP_DAY * DAY, SWEEP_DAYS * DAY),
        )
        _flush(world, campaign, day * DAY + EVENING)
        campaign.evenings.append(_look(world, day - SWEEP_DAY + 1))


def close(world: World, campaign: Campaign) -> None:
    """The leader closes the campaign; its report is kept."""
    world.at((SWEEP_DAY + SWEEP_DAYS - 1) * DAY + LAST + 30)
    leader = world.caller(LEADER)
    now = leader.get(f"/campaigns/{CAMPAIGN}")
    done = leader.post(f"/campaigns/{CAMPAIGN}/close", {"note": "摸排完成"}, version=now["version"])
    campaign.report = done["report"]


def _next_night(world: World, campaign: Campaign, day: int) -> None:
    """The night's readings come in, and the sweep is run again: it adds, resolves, re-ranks."""
    world.at(day * DAY + 6 * 60)
    eve = world.days.day(day * DAY) - timedelta(1)
    run_nights(world.office.home, eve)
    tonight = {"as_of": eve.isoformat()}
    world.caller(LEADER).insist(f"sweep:{day}", f"/campaigns/{CAMPAIGN}/sweep", tonight)


def _look(world: World, day: int) -> Evening:
    """The leader's board."""
    board = world.caller(LEADER).get(f"/campaigns/{CAMPAIGN}/board")
    counts, forecast = board["counts"], board["forecast"]
    return Evening(
        day, board["done"], board["expected"], counts["reached"], counts["submissions"],
        counts.get("found:empty", 0), counts.get("found:returned", 0),
        forecast["at"] if forecast else None,
    )  # fmt: skip


def _events(world: World, campaign: Campaign, day: int) -> list[Event]:
    """What happens to people on a day."""
    start = day * DAY
    if day == SWEEP_DAY:
        count = max(1, len(campaign.team) // 20)
        pairs = list(zip(campaign.team[:count], _reserve(world, campaign, count), strict=True))
        return [
            (start + HANDOVER_AT + 5 * n, partial(_hand_over, world, campaign, giver, taker))
            for n, (giver, taker) in enumerate(pairs)
        ]
    if day == SWEEP_DAY + 1:
        return _withdrawals(world, campaign, start)
    return []


def _reserve(world: World, campaign: Campaign, count: int) -> list[str]:
    """Members who checked in and were not asked so far."""
    others = [m.code for m in members(world.scale) if m.code not in campaign.team]
    return others[:count]


def _hand_over(world: World, campaign: Campaign, giver: str, taker: str) -> None:
    """The leader hands one person's role, with their open tasks, to another."""
    leader = world.caller(LEADER)
    mine = _role(world, giver)
    leader.insist(
        f"hand-over:{giver}",
        f"/assignments/{mine['id']}/hand-over",
        {"to": taker, "note": "另有任务，移交"},
        version=mine["version"],
    )
    world.ledger.handed_over.append((giver, taker))
    old = campaign.rounds.sweepers[giver]
    old.withdrawn_at = world.days.minute(world.clock())
    day = int(old.withdrawn_at // DAY)
    campaign.rounds.sweepers[taker] = Sweeper(taker, hours(world.scale, taker, day))
    _comes_in(campaign, taker, old.withdrawn_at)
    # What the giver has filled in and not sent yet comes in after the hand-over, and is taken.
    world.deliver(giver, old.withdrawn_at, old.born, late=True)


def _comes_in(campaign: Campaign, code: str, minute: float) -> None:
    """Let somebody who joins during a day begin with their next hours."""
    who = campaign.rounds.sweepers[code]
    begins = minute if who.span_at(minute) else who.next_start(minute)
    if begins is not None:
        campaign.rounds.join(code, begins)


def _role(world: World, code: str) -> dict[str, Any]:
    """Somebody's running role as a volunteer, as they see it themselves."""
    mine = world.caller(code).get("/me/assignments")
    found: dict[str, Any] = next(a for a in mine if a["role"] == Role.VOLUNTEER.value)
    return found


def _withdrawals(world: World, campaign: Campaign, start: float) -> list[Event]:
    """One withdraws in the afternoon with forms on a phone that has no signal until evening."""
    day = int(start // DAY)
    standing = [c for c in campaign.team if campaign.rounds.sweepers[c].withdrawn_at is None]
    afternoon = [
        c
        for c in standing
        if any(s.start <= start + SILENT_FROM < s.end for s in hours(world.scale, c, day))
    ]
    leaver = max(afternoon or standing, key=lambda c: (_left(campaign, c), c))
    campaign.late_from = leaver
    phone = world.phone(leaver)
    phone.offline += ((_silent_from(world, campaign, leaver, start) - 1, start + LATE_AT),)
    return [
        (start + WITHDRAW_AT, lambda: _withdraw(world, campaign, leaver)),
        (start + LATE_AT, lambda: _late(world, campaign, leaver, start + LATE_AT)),
    ]


def _silent_from(world: World, campaign: Campaign, leaver: str, start: float) -> float:
    """When the signal goes: before the afternoon, where nothing would be left to do by then."""
    usual = start + SILENT_FROM
    spans = hours(world.scale, leaver, int(start // DAY))
    begins = min((s.start for s in spans), default=usual)
    little = begins + A_DOOR * _left(campaign, leaver) < usual
    return begins if little else usual


def _left(campaign: Campaign, code: str) -> int:
    """How many doors on somebody's phone they have not tried so far."""
    who = campaign.rounds.sweepers[code]
    return sum(place not in who.tried for place in campaign.rounds.mine(who))


def _withdraw(world: World, campaign: Campaign, leaver: str) -> None:
    """They withdraw; the leader has the server say who takes their doors, and tells those."""
    world.caller(leaver).insist(f"withdraw:{leaver}", "/withdrawals", {"note": "身体不适，撤回"})
    world.ledger.withdrawn.append(leaver)
    who = campaign.rounds.sweepers[leaver]
    who.withdrawn_at = world.days.minute(world.clock())
    leader = world.caller(LEADER)
    made = plan(leader, CAMPAIGN, f"without:{leaver}", campaign.plan_seconds, "有人撤回，重新排班")
    for code in made.gained:
        campaign.rounds.sweepers[code].fetched = -1.0


def _late(world: World, campaign: Campaign, leaver: str, minute: float) -> None:
    """The signal is back, after the withdrawal: what was done before it is handed in."""
    who, phone = campaign.rounds.sweepers[leaver], world.phone(leaver)
    phone.offline = ()
    while phone.queue:
        world.deliver(leaver, minute, who.born, late=True)


def _flush(world: World, campaign: Campaign, minute: float) -> None:
    """In the evening, at home, every phone has a signal."""
    world.at(minute)
    for who in campaign.rounds.sweepers.values():
        if who.code in world.phones:
            late = who.withdrawn_at is not None
            gone = world.phones[who.code].offline
            world.phones[who.code].offline = tuple(s for s in gone if s[0] > minute)
            while world.phones[who.code].queue:
                world.deliver(who.code, minute, who.born, late=late)
