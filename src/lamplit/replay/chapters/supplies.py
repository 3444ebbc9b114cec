"""Donated stock: received at the aid point, taken out, brought to homes that asked, and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from lamplit.domain.field import Found, Outcome, PlaceKind
from lamplit.replay.chance import dice
from lamplit.replay.chapters.rounds import Rounds, Sweeper
from lamplit.replay.context import Report, World
from lamplit.replay.ledger import Visit
from lamplit.replay.mind import Knock
from lamplit.replay.plan import pages
from lamplit.replay.stage import COMMUNITY, DEPOT, LEADER
from lamplit.replay.story import DAY, SUPPLY_DAY, hours

CAMPAIGN, PROGRAMME = "SUPPLIES-2020", "supplies"
ITEMS = (("mask", "masks"), ("gloves", "pairs"), ("disinfectant", "bottles"))
"""(item in the books, question in the form)"""
DELIVERIES = 3
HAND_MINUTES = 2.5
GAP = 240.0

Load = Counter[str]


@dataclass
class Handing(Rounds):
    """Carriers on their way: what each carries, and each home's portion."""

    carries: dict[str, Load] = field(default_factory=dict)
    portion: dict[str, Load] = field(default_factory=dict)

    def visit(self, who: Sweeper, task: str, place: str, minute: float) -> float:
        """Knock, hand over the home's portion, read the number back."""
        knock = self.knock(who, place, minute)
        met = knock.answers["door"] == "answered"
        if met and knock.outcome is Outcome.REFUSED:
            self._note(who, task, place, minute, {"what": "declined"}, knock)
        elif met:
            given = self.portion[place]
            self.carries[who.code].subtract(given)
            answers = {"what": "handed_out", "enough": "yes"} | _numbers(given)
            self._note(who, task, place, minute, answers, knock, given)
        else:
            self._note(who, task, place, minute, {"what": "no_answer"}, knock)
        return HAND_MINUTES if met else knock.minutes

    def free(self, who: Sweeper, minute: float) -> None:
        """Nobody takes another's doors: they do not carry what belongs there."""

    def _note(
        self,
        who: Sweeper,
        task: str,
        place: str,
        minute: float,
        answers: dict[str, str],
        knock: Knock,
        given: Load | None = None,
    ) -> None:
        what = answers["what"]
        outcome = {"declined": Outcome.REFUSED, "handed_out": Outcome.REACHED}.get(
            what, Outcome.NO_ANSWER
        )
        found = Found.UNKNOWN if what == "no_answer" else Found.LIVED_IN
        state = "failed" if what == "no_answer" else "completed"
        ends = minute + HAND_MINUTES
        filled = answers | self.times(minute, ends) | {"task": task, "task_state": state}
        instance = self.world.phone(who.code).fill(f"lamplit_{PROGRAMME}", filled, task)
        moves = tuple((item, n, what) for item, n in (given or {}).items() if n)
        self.world.ledger.note(
            Visit(instance, PROGRAMME, who.code, place, ends, outcome.value, found.value, (), moves)
        )
        done = outcome is not Outcome.NO_ANSWER
        self.remember(who, instance, task, place, minute, ends, done=done)


@dataclass
class Supplies:
    """The campaign of the supplies: who asked, who carries."""

    handing: Handing
    carriers: list[str]
    depot: str
    asked: list[str]


def open_campaign(world: World, homes: dict[str, int], carriers: list[str]) -> Supplies:
    """The leader opens the campaign and enrolls the homes that asked."""
    start = SUPPLY_DAY * DAY
    world.at(start + 7 * 60)
    leader = world.caller(LEADER)
    made = leader.insist(
        "campaign:supplies",
        "/campaigns",
        {
            "code": CAMPAIGN,
            "programme": PROGRAMME,
            "place": COMMUNITY,
            "purpose": "epidemic_support",
            "starts": world.days.day(start).isoformat(),
            "deadline": world.days.instant(start + 2 * DAY - 1).isoformat(),
        },
    )
    leader.post(f"/campaigns/{CAMPAIGN}/open", version=made["version"])
    lived_in = [p for p, home in homes.items() if not world.mind.truth.vacant[home]]
    lived_in.sort(key=homes.__getitem__)
    count = min(world.scale.served, len(lived_in))
    asked = dice(world.scale.seed, "asked").sample(lived_in, count)
    body = {"place_ids": asked, "reason": "request"}
    leader.insist("asked", f"/campaigns/{CAMPAIGN}/enrollments", body)
    leader.insist("sweep:supplies", f"/campaigns/{CAMPAIGN}/sweep", {})
    depot = next(
        one["id"]
        for one in pages(leader, f"/places/{COMMUNITY}/children")
        if one["kind"] == PlaceKind.AID_POINT.value and one["code"] == DEPOT
    )
    handing = Handing(world, homes=homes, programme=PROGRAMME, gap=GAP)
    return Supplies(handing, carriers, depot, asked)


def give_out(world: World, supplies: Supplies, report: Report) -> None:
    """Three deliveries in; loads out; doors; what is left comes back; a count."""
    start = SUPPLY_DAY * DAY
    stock = _stock(world)
    for number in range(DELIVERIES):
        part = Counter({i: _share(n, number, DELIVERIES) for i, n in stock.items()})
        answers = {"what": "received", "note_there": "yes"} | _numbers(part)
        _at_desk(world, supplies, LEADER, start + 7.2 * 60 + 10 * number, answers, part)
    shares = _portions(world, supplies, stock)
    for number, code in enumerate(supplies.carriers):
        places = shares[code]
        load: Load = Counter()
        for place in places:
            load.update(supplies.handing.portion[place])
        supplies.handing.carries[code] = Counter(load)
        answers = {"what": "taken"} | _numbers(load)
        _at_desk(world, supplies, code, start + 7.8 * 60 + number, answers, load)
    _assign(world, supplies, shares)
    handing = supplies.handing
    for code in supplies.carriers:
        handing.sweepers[code] = Sweeper(code, hours(world.scale, code, SUPPLY_DAY))
    handing.day(supplies.carriers, [], lambda minute: report(minute - start, DAY))
    _bring_back(world, supplies, start + 20.4 * 60)
    _at_desk(world, supplies, LEADER, start + 20.9 * 60, {"what": "counted", "count_right": "yes"})


def _stock(world: World) -> Load:
    scale = world.scale
    return Counter({"mask": scale.masks, "gloves": scale.gloves, "disinfectant": scale.bottles})


def _share(amount: int, number: int, parts: int) -> int:
    """The part with a number of an amount cut into whole parts."""
    return amount * (number + 1) // parts - amount * number // parts


def _portions(world: World, supplies: Supplies, stock: Load) -> dict[str, list[str]]:
    """Who carries to whom: every home its part of the stock, in whole pieces."""
    homes, count = supplies.handing.homes, len(supplies.asked)
    row = sorted(supplies.asked, key=homes.__getitem__)
    for number, place in enumerate(row):
        supplies.handing.portion[place] = Counter(
            {item: _share(amount, number, count) for item, amount in stock.items()}
        )
    people = len(supplies.carriers)
    return {
        code: row[len(row) * n // people : len(row) * (n + 1) // people]
        for n, code in enumerate(supplies.carriers)
    }


def _assign(world: World, supplies: Supplies, shares: dict[str, list[str]]) -> None:
    leader = world.caller(LEADER)
    task_at = {d["place_id"]: d["task_id"] for d in pages(leader, f"/campaigns/{CAMPAIGN}/doors")}
    for code, places in shares.items():
        body = {"person": code, "task_ids": [task_at[place] for place in places]}
        leader.insist(f"carry:{code}", "/assigned-tasks", body)


def _at_desk(
    world: World,
    supplies: Supplies,
    code: str,
    minute: float,
    answers: dict[str, str],
    moved: Load | None = None,
) -> None:
    """A form at the aid point's desk, filled in and sent at once: one after another."""
    world.at(minute)
    phone = world.phone(code)
    phone.offline = tuple(s for s in phone.offline if not s[0] <= minute < s[1])
    task = _desk_task(world, supplies, code)
    phone.fetch()
    filled = answers | supplies.handing.times(minute, minute) | {"task": task}
    filled["task_state"] = "completed" if answers["what"] == "counted" else "in_progress"
    instance = phone.fill(f"lamplit_{PROGRAMME}", filled, task)
    moves = tuple((item, n, answers["what"]) for item, n in (moved or {}).items() if n)
    world.ledger.note(
        Visit(
            instance, PROGRAMME, code, supplies.depot, minute, Outcome.REACHED.value,
            Found.UNKNOWN.value, (), moves,
        )
    )  # fmt: skip
    while phone.queue:
        world.deliver(code, minute, {instance: minute} | _born(supplies, code))


def _desk_task(world: World, supplies: Supplies, code: str) -> str:
    """The desk's open task, given by the leader to whoever stands there."""
    leader = world.caller(LEADER)
    doors = pages(leader, f"/campaigns/{CAMPAIGN}/doors")
    task: str = next(d["task_id"] for d in doors if d["place_id"] == supplies.depot)
    leader.insist(f"desk:{code}:{task}", "/assigned-tasks", {"person": code, "task_ids": [task]})
    return task


def _born(supplies: Supplies, code: str) -> dict[str, float]:
    who = supplies.handing.sweepers.get(code)
    return who.born if who else {}


def _bring_back(world: World, supplies: Supplies, minute: float) -> None:
    """What nobody took goes back to the aid point; every phone has a signal again."""
    for number, code in enumerate(supplies.carriers):
        world.at(minute + number)
        who = supplies.handing.sweepers[code]
        phone = world.phone(code)
        phone.offline = ()
        while phone.queue:
            world.deliver(code, minute + number, who.born)
        left = Counter({i: n for i, n in supplies.handing.carries[code].items() if n})
        if left:
            answers = {"what": "brought_back"} | _numbers(left)
            _at_desk(world, supplies, code, minute + number, answers, left)


def _numbers(load: Load) -> dict[str, str]:
    """The form's numbers; nothing is left empty rather than zero."""
    return {question: str(load[item]) for item, question in ITEMS if load[item]}
