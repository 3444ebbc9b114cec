"""A building asked after every day, and donated stock received and handed out."""

from __future__ import annotations

from functools import partial

from lamplit.domain.field import Reason, Role
from lamplit.domain.language import Text
from lamplit.replay.chance import chance, dice
from lamplit.replay.neighbourhood import people
from lamplit.replay.neighbourhood.cast import DEPOT, LEADER, TODAY
from lamplit.replay.neighbourhood.hood import DAY, Hood
from lamplit.services.field.campaigns import campaigns, doors, enrol
from lamplit.services.field.people import coverage
from lamplit.services.field.tasks import assign, stock

CARE, SUPPLIES = "CARE", "SUPPLIES"
CARE_DAY, SUPPLY_DAY = 8, 7
DONATIONS = (
    ("mask", 1200, "江城商会"),
    ("gloves", 300, "江城商会"),
    ("disinfectant", 60, "市慈善总会"),
    ("mask", 800, "社区居民"),
)
PORTION = {"masks": 10, "pairs": 2, "bottles": 1}
ITEMS = {"masks": "mask", "pairs": "gloves", "bottles": "disinfectant"}
ASKED = 0.86
"""How many of a day's homes are asked; the others are missed days, or still to do today."""


def tell(hood: Hood) -> None:
    """Put both campaigns on the timeline."""
    hood.at(CARE_DAY - 1, 19.0, _care, hood)
    hood.at(SUPPLY_DAY, 7.0, _supplies, hood)


def _care(hood: Hood) -> None:
    """Daily care for one building; whoever is responsible for it asks."""
    leader = hood.as_(LEADER)
    covered = coverage.covers(hood.office, leader, hood.main)
    kept = [p for p in covered.parts if p.keepers]
    building = min(kept, key=lambda p: (abs(p.homes - hood.scale.cared), p.code))
    where = f"building:{building.code}"
    made = campaigns.create(
        hood.office, leader, code=CARE, programme="building_care", place=where,
        purpose="daily_care", name=Text("Asked after every day", "每日问候"),
        starts=hood.days.day(CARE_DAY * DAY), deadline=hood.days.day((TODAY + 3) * DAY),
    )  # fmt: skip
    campaigns.open_campaign(hood.office, leader, CARE)

    def begin() -> None:
        enrol.open_sweep(hood.office, leader, CARE)

    hood.at(CARE_DAY, 7.5, begin)
    for day in range(CARE_DAY, TODAY + 1):
        hood.at(day, 8.8, _ask, hood, made.id, building.code, day)


def _ask(hood: Hood, campaign: str, building: str, day: int) -> None:
    """A day's round through the building, by whoever is responsible on that day."""
    leader = hood.as_(LEADER)
    part = next(
        p for p in coverage.covers(hood.office, leader, hood.main).parts if p.code == building
    )
    codes = {id_: code for code, id_ in hood.people.items()}
    keeper = codes[part.keepers[0].person_id] if part.keepers else LEADER
    listed = doors.listed(hood.office, leader, CARE, state="active", limit=5000)
    listed.sort(key=lambda d: (d.unit or "", d.floor or 0, d.door or ""))
    minute = day * DAY + 9.0 * 60
    for one in listed:
        if chance(hood.scale.seed, "ask", one.code, day) > ASKED:
            continue
        minute += 2.0 + 4.0 * chance(hood.scale.seed, "talk", one.code, day)
        hood.timeline.at(minute, _answer, hood, campaign, keeper, one.place_id, minute)


def _answer(hood: Hood, campaign: str, keeper: str, place: str, minute: float) -> None:
    found = hood.open_task(campaign, place)
    if found is None:
        return
    luck = dice(hood.scale.seed, "care", hood.homes[place], int(minute // DAY))
    answers = {"contact": luck.choices(
        ("met", "called", "messaged", "no_answer", "away"), (30, 30, 25, 9, 6))[0]}  # fmt: skip
    if answers["contact"] in ("met", "called", "messaged"):
        answers["health"] = luck.choices(("well", "unwell"), (96, 4))[0]
        answers["difficulty"] = luck.choices(
            ("none", "medicine", "groceries", "protection", "power", "needs_care"),
            (88, 3, 4, 3, 1, 1),
        )[0]
        answers["came_back"] = "yes" if luck.random() < 0.02 else "no"
    elif answers["contact"] == "no_answer" and luck.random() < 0.05:
        answers["contact"] = "not_wanted"
    state = "failed" if answers["contact"] == "no_answer" else "completed"
    hood.submit(
        keeper, "building_care", answers | {"task": found.id, "task_state": state},
        task_id=found.id, minute=minute - 2.0, took=2.0,
    )  # fmt: skip


def _supplies(hood: Hood) -> None:
    """Stock comes in at the aid point; three people carry it to the homes that asked."""
    leader, office = hood.as_(LEADER), hood.office
    campaigns.create(
        office, leader, code=SUPPLIES, programme="supplies", place=hood.main,
        purpose="epidemic_support", name=Text("Masks for who asked", "为需要的住户送口罩"),
        starts=hood.days.day(SUPPLY_DAY * DAY), deadline=hood.days.day((TODAY + 2) * DAY),
    )  # fmt: skip
    made = campaigns.open_campaign(office, leader, SUPPLIES)
    for number, (item, quantity, donor) in enumerate(DONATIONS):
        receive = partial(
            stock.receive, office, leader, item=item, quantity=quantity, to=f"aid_point:{DEPOT}",
            donor=donor, campaign=SUPPLIES,
        )  # fmt: skip
        hood.at(SUPPLY_DAY + number % 2, 8.0 + number / 5, receive)
    truth, inside = hood.mind.truth, set(people.buildings_of(hood, hood.main))
    lived_in = [
        place
        for place, home in hood.homes.items()
        if not truth.vacant[home] and truth.doors.building[home] in inside
    ]
    lived_in.sort(key=hood.homes.__getitem__)
    asked = dice(hood.scale.seed, "asked").sample(lived_in, min(hood.scale.served, len(lived_in)))
    enrol.enrol_places(office, leader, SUPPLIES, asked, reason=Reason.REQUEST)
    enrol.open_sweep(office, leader, SUPPLIES)
    carriers = [m.code for m in people.of(hood, hood.main) if m.day < SUPPLY_DAY][:3]
    for code in carriers:
        people.give(hood, code, hood.main, Role.GROCERY_LEAD)
    rows = {c: sorted(asked)[n :: len(carriers)] for n, c in enumerate(carriers)}
    for number, (code, row) in enumerate(rows.items()):
        hood.at(SUPPLY_DAY + 1, 9.0 + number / 4, _take, hood, code, row)
        for step, place in enumerate(row):
            day, slot = divmod(step, 4)
            hood.at(SUPPLY_DAY + 1 + day, 10.2 + slot * 0.4 + number / 9,
                    _hand_out, hood, made.id, code, place)  # fmt: skip


def _take(hood: Hood, code: str, row: list[str]) -> None:
    """A carrier takes what their homes are to get, and a little more; their doors are theirs."""
    for question, item in ITEMS.items():
        stock.transfer(
            hood.office, hood.as_(LEADER), item=item, quantity=PORTION[question] * len(row) + 5,
            giver=f"aid_point:{DEPOT}", to=f"person:{code}", campaign=SUPPLIES,
        )  # fmt: skip
    listed = doors.listed(hood.office, hood.as_(LEADER), SUPPLIES, limit=5000)
    mine = [d.task_id for d in listed if d.place_id in row and d.task_id]
    if mine:
        assign.assign(hood.office, hood.as_(LEADER), code, task_ids=mine)


def _hand_out(hood: Hood, campaign: str, code: str, place: str) -> None:
    found = hood.open_task(campaign, place)
    if found is None:
        return
    minute = hood.days.minute(hood.clock())
    luck = dice(hood.scale.seed, "hand", hood.homes[place])
    answers = {"what": luck.choices(("handed_out", "no_answer", "declined"), (80, 14, 6))[0]}
    if answers["what"] == "handed_out":
        answers |= {name: str(n) for name, n in PORTION.items()}
        answers["enough"] = "no" if luck.random() < 0.1 else "yes"
    state = "failed" if answers["what"] == "no_answer" else "completed"
    hood.submit(
        code, "supplies", answers | {"task": found.id, "task_state": state}, task_id=found.id,
        minute=minute - 3.0, took=3.0,
    )  # fmt: skip
