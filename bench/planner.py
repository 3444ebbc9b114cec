"""Plans for a community: `python bench/planner.py --doors 6000 --people 60 --repeats 1`.

A made-up community (`_community.py`) is planned for three days by lamplit, by a greedy plan (who is
free first goes to the nearest open door they may go to) and with one building per person (the
largest building to whoever has the most time left; doors that ask for a language or skill go to
somebody who has it). All lists are walked by the same rules and lived through with the same luck.
After the first day five people drop out and 200 homes return; every way of planning plans again.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from _community import community
from _measure import child, in_process, parser, say_load
from lamplit.planning.lists import Lists, unable
from lamplit.planning.live import live_through
from lamplit.planning.model import DAY, Lever, Patience, Plan, Request
from lamplit.planning.planner import as_plan, make_plan
from lamplit.planning.replan import Change, changed, preview, replan
from lamplit.planning.route import best_order, blocks_of, urgencies
from lamplit.planning.schedule import schedule
from lamplit.planning.world import World
from lamplit.services.field.plans.habits import ANSWERS, MINUTES

DROPPED, RETURNS = 5, 200
TITLES = {
    "lamplit": "lamplit",
    "greedy": "greedy: nearest next door",
    "building": "one building per person",
}


def greedy(world: World, _before: Plan | None) -> list[list[int]]:
    """Whoever is free first takes the nearest door, until everybody's time is up."""
    rows: list[list[int]] = [[] for _ in world.spans]
    open_ = np.ones(len(world.rank), dtype=bool)
    open_[list(unable(world))] = False
    queue = [(s[0].start, p, 0, -1) for p, s in enumerate(world.spans) if s]
    heapq.heapify(queue)
    while queue and open_.any():
        now, person, turn, here = heapq.heappop(queue)
        span = world.spans[person][turn]
        doors = np.flatnonzero(open_ & world.able[person][world.need])
        if not len(doors):
            continue
        ways = _ways(world, person, here, doors)
        door = int(doors[np.argmin(ways)])
        part = world.part(now)
        stay = world.served[door, part] + world.returns[door, part]
        done = now + world.pace[person] * (float(ways.min()) + float(stay))
        if done <= span.end:
            rows[person].append(door)
            open_[door] = False
            heapq.heappush(queue, (done, person, turn, door))
        elif turn + 1 < len(world.spans[person]):
            start = world.spans[person][turn + 1].start
            heapq.heappush(queue, (start, person, turn + 1, -1))
    return rows


def _ways(world, person, here, doors):
    """Minutes from a door (or home) to each of `doors`."""
    building = world.building[doors]
    start = int(world.building[here]) if here >= 0 else int(world.home[person])
    out = float(world.leaving[here]) if here >= 0 else 0.0
    across = np.where(building == start, world.request.walking.next_unit, 0.0)
    across = np.where(building != start, world.ways.walk[start, building], across)
    found = out + across + world.entering[doors]
    if here >= 0:
        inside = world.unit[doors] == world.unit[here]
        floor = np.full(int(inside.sum()), world.floor[here])
        found[inside] = world.ways.climbs(building[inside], floor, world.floor[doors[inside]])
    return found + world.request.walking.next_door


def building(world: World, before: Plan | None) -> list[list[int]]:
    """Whole buildings to whoever has the most time left; those of a plan before stay."""
    hours, held = world.capacity(), [[] for _ in world.spans]
    load = np.zeros(len(held))
    kept = {} if before is None else dict(before.owner())
    index = {p.id: i for i, p in enumerate(world.request.people)}
    groups: dict[tuple[int, int], list[int]] = {}
    for door in sorted(set(range(len(world.rank))) - unable(world).keys()):
        groups.setdefault((int(world.building[door]), int(world.need[door])), []).append(door)
    owners: dict[tuple[int, int], int] = {}
    for key, doors in groups.items():
        mine = [index[kept[d]] for d in map(_id(world), doors) if kept.get(d) in index]
        if mine:
            owners[key] = max(set(mine), key=mine.count)
    work = {key: float(world.load[doors].sum()) for key, doors in groups.items()}
    for key in sorted(groups, key=lambda k: (k not in owners, k[1] == 0, -work[k])):
        able = np.flatnonzero(world.able[:, key[1]] & (hours > 0))
        person = owners.get(key, int(able[np.argmax(hours[able] - load[able])]))
        held[person] += groups[key]
        load[person] += work[key]
    urgency = urgencies(world)
    return [
        [d for b in best_order(world, p, blocks_of(world, doors, urgency)) for d in b.doors]
        for p, doors in enumerate(held)
    ]


def _id(world):
    return lambda door: world.request.doors[door].id


def rival(request: Request, way, before: Plan | None = None) -> Plan:
    """A rival's rows as a plan: walked, lived through and measured as lamplit's are."""
    from lamplit.planning.model import Why

    world = World.of(request)
    walked = tuple(schedule(world, p, row) for p, row in enumerate(way(world, before)))
    left = unable(world)
    held = {d for s in walked for d in s.row}
    left |= {d: Why.NO_TIME for d in range(len(world.rank)) if d not in held and d not in left}
    lists = Lists(walked, left)
    return as_plan(world, lists, live_through(world, lists, request.options.replicates))


def alike(request: Request) -> Request:
    """The request as a campaign's service asks it: one chance of an answer for all doors."""
    doors = tuple(replace(d, answers=ANSWERS, minutes=MINUTES) for d in request.doors)
    return replace(request, doors=doors)


def patient(request: Request) -> Request:
    """The same, with the household sweep's rule of when a door is done where nobody opens."""
    rule = Patience(attempts=(4, 3, 3), gap=180.0)
    return replace(request, doors=tuple(replace(d, patience=rule) for d in request.doors))


def measure(contestant: str, doors: int, people: int, seed: int, asked: str) -> dict[str, object]:
    """Plan, then plan again after the first day; what the table shows."""
    whole = community(doors + RETURNS, people, seed)
    if asked:
        whole = alike(whole)
    if asked == "patient":
        whole = patient(whole)
    rng = np.random.default_rng(seed)
    back = set(rng.choice(doors + RETURNS, RETURNS, replace=False).tolist())
    new = tuple(d for i, d in enumerate(whole.doors) if i in back)
    request = replace(whole, doors=tuple(d for i, d in enumerate(whole.doors) if i not in back))
    way = {"greedy": greedy, "building": building}.get(contestant)
    start, cpu = time.perf_counter(), time.process_time()
    plan = make_plan(request) if way is None else rival(request, way)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    done = frozenset(s.door_id for x in plan.shifts if x.span.end < DAY for s in x.stops)
    gone = frozenset(request.people[i].id for i in rng.choice(people, DROPPED, replace=False))
    change = Change(now=DAY, done=done, dropped=gone, new=new)
    start = time.perf_counter()
    if way is None:
        again, told = (found := replan(plan, change)).plan, found.preview
    else:
        again = rival(changed(request, change), way, plan)
        told = preview(plan, again, change)
    return {
        "seconds": seconds,
        "plan_cpu": cpu,
        "replan": time.perf_counter() - start,
        "plan": _figures(plan),
        "again": _figures(again),
        "affected": told.affected,
        "moved": len(told.moves),
        "help": [(str(h.lever), h.enough) for h in plan.help],
        "done": plan.forecast.done.mean,
    }


def _figures(plan: Plan) -> dict[str, object]:
    m, f = plan.measures, plan.forecast
    return {
        "finish": m.finish,
        "gap": m.gap,
        "hours": m.person_minutes / 60,
        "moving": m.moving / 60,
        "holds": f.holds.value,
        "low": f.holds.interval.low,
        "high": f.holds.interval.high,
        "late": f.late,
        "left": len(plan.unassigned),
        "shared": m.shared_units,
        "reached": f.reached,
    }


def _clock(minute: float) -> str:
    day, rest = divmod(round(minute), int(DAY))
    return f"{day + 1} {rest // 60:02d}:{rest % 60:02d}"


def report(runs: dict[str, dict]) -> None:
    """Two tables: the plan, and the plan after people dropped out and homes returned."""
    print(
        "\n| plan | finish | over bound | left | person-h | ways h | holds (95 %) | s | CPU s "
        "| peak MB |"
    )
    print("|---|---|---:|---:|---:|---:|---|---:|---:|---:|")
    for name, run in runs.items():
        p = run["said"]["plan"]
        print(
            f"| {TITLES[name]} | {_clock(p['finish'])} | {p['gap']:.1%} | {p['left']} "
            f"| {p['hours']:.0f} | {p['moving']:.0f} "
            f"| {p['holds']:.2f} ({p['low']:.2f}-{p['high']:.2f}) "
            f"| {run['seconds']:.1f} | {run['said']['plan_cpu']:.1f} | {run['peak']:.0f} |"
        )
    print("\n| re-plan | people who get doors | doors that move | left | holds (95 %) | s |")
    print("|---|---:|---:|---:|---|---:|")
    for name, run in runs.items():
        said, p = run["said"], run["said"]["again"]
        print(
            f"| {TITLES[name]} | {said['affected']} | {said['moved']} | {p['left']} "
            f"| {p['holds']:.2f} ({p['low']:.2f}-{p['high']:.2f}) | {said['replan']:.1f} |"
        )
    for lever, enough in runs["lamplit"]["said"]["help"]:
        print(f"help: {Lever(lever)}: {'not enough' if enough is None else f'{enough:g}'}")


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--doors", type=int, default=6000)
    made.add_argument("--people", type=int, default=60)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--alike", action="store_const", const="alike", dest="asked", default="",
                      help="one chance of an answer for all doors")  # fmt: skip
    made.add_argument("--patient", action="store_const", const="patient", dest="asked",
                      help="that, and three attempts with three hours between")  # fmt: skip
    args = made.parse_args()
    if args.child:
        child(lambda: measure(args.child, args.doors, args.people, args.seed, args.asked))
        return
    words = ("--doors", args.doors, "--people", args.people, "--seed", args.seed)
    words += (f"--{args.asked}",) if args.asked else ()
    runs = {name: in_process(Path(__file__), "--child", name, *words) for name in TITLES}
    report(runs)
    say_load()


if __name__ == "__main__":
    main()
