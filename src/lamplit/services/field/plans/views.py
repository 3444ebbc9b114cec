"""A plan as it is shown: the head, who goes where in which order, whether it holds, what helps."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind, PlanState, TaskState
from lamplit.domain.jobs import STAGE_TEXT, Stage
from lamplit.domain.language import Text
from lamplit.domain.problems import catalogue
from lamplit.planning.model import WHY_SAID, Why
from lamplit.services.field.plans.facts import Assumed
from lamplit.services.field.plans.fit import Fit
from lamplit.services.field.plans.habits import Habits
from lamplit.store import plans as store
from lamplit.store.tasks import OPEN


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a plan failed."""

    code: str
    says: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class Holds:
    """The probability that the deadline holds, with its 95 % interval.

    It holds if every single door of the plan is done by then, by the programme's own rule: somebody
    opened, or it was tried as often, and at as many times of day, as the programme asks.
    """

    value: float
    low: float
    high: float
    replicates: int


@dataclass(frozen=True, slots=True)
class DoneInTime:
    """The share of the plan's doors done by the deadline (by the programme's rule): what is to be
    expected, and what it is at least in nine cases of ten (`low`), and in one of ten (`high`).
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PlanHead:
    """A plan in a line. `origin` is `planner`, or `before`: how things stood before the first plan.

    `share` (0 to 1) and `stage` say how far one that is being made is. `doors`, `people` (with a
    list), `holds`, `done` and `finish` are None until it is ready, and for what stood before; so is
    `done` for plans made before it was told. `fit` says of the plan in force whether it still fits.
    """

    id: str
    campaign_id: str
    origin: str
    state: PlanState
    made_at: datetime
    made_by: str | None
    ready_at: datetime | None
    applied_at: datetime | None
    applied_by: str | None
    share: float
    stage: Text | None
    failure: Failure | None
    doors: int | None
    people: int | None
    holds: Holds | None
    done: DoneInTime | None
    finish: datetime | None
    version: int
    fit: Fit | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """One door on a list. `gained`: it is not this person's now, and would come to them.

    `name` is that of a place that is no home.
    """

    task_id: str
    place_id: str
    code: str
    unit: str | None
    floor: int | None
    door: str | None
    turn: int | None
    arrives: datetime | None
    state: TaskState
    gained: bool
    name: Text | None = None


@dataclass(frozen=True, slots=True)
class BuildingStops:
    """Stops that follow each other in one building."""

    building_id: str | None
    code: str | None
    name: Text | None
    stops: list[Stop]


@dataclass(frozen=True, slots=True)
class PersonList:
    """One person's list. `minutes` busy by the plan, `minutes_before` by what stood when it was
    made; `gains` and `loses` count doors against what stands now.
    """

    person_id: str
    code: str
    name: str
    minutes: int
    minutes_before: int
    finish: datetime | None
    doors: int
    gains: int
    loses: int
    buildings: list[BuildingStops]


@dataclass(frozen=True, slots=True)
class Left:
    """Doors on nobody's list, with the reason."""

    why: str
    text: Text
    place_ids: list[str]


@dataclass(frozen=True, slots=True)
class Move:
    """So many doors from one person to another; None is nobody."""

    giver: str | None
    taker: str | None
    doors: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What applying the plan now would do to people.

    `receivers` get doors, `lighter` only lose some, `unchanged` keep their list. `held` doors stay
    with whoever is at them, `over` were performed or cancelled since the plan was made.
    """

    receivers: int
    lighter: int
    unchanged: int
    moves: list[Move]
    held: int
    over: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the plan's lists come to, lived through some hundred times with luck as it comes.

    `finish` is when the last door is done, with the points `early` and `late` between which it is
    in 8 cases of 10; beyond the deadline as if people went on as before. `reached`: doors where
    somebody opens by the deadline; `open_doors`: those not done by then. `done` is None for plans
    made before it was told.
    """

    holds: Holds
    done: DoneInTime | None
    finish: datetime
    early: datetime
    late: datetime
    reached: float
    open_doors: float


@dataclass(frozen=True, slots=True)
class Measures:
    """How good the lists are: `over_bound` is work over what any plan needs, less 1."""

    finish: datetime | None
    bound_finish: datetime | None
    over_bound: float
    person_minutes: int
    moving: int
    shared_units: int


@dataclass(frozen=True, slots=True)
class Round:
    """Doors that all are been to before the next round begins, and when the last of them is come
    to for the first time; None where none is on a list.
    """

    doors: int
    tried: datetime | None


@dataclass(frozen=True, slots=True)
class Tried:
    """One amount of one kind of help that was tried, with the share of doors then done in time."""

    amount: float
    holds: Holds
    done: float | None


@dataclass(frozen=True, slots=True)
class Like:
    """Whom more people should be like. Skills that begin with @ are a role at that building."""

    skills: list[str]
    languages: list[str]
    spans: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Help:
    """The smallest amount of one lever (people, hours, leave) that is enough; None: none is, not
    even the most that was tried. Nothing is `tried` where time alone forbids it.
    """

    lever: str
    enough: float | None
    tried: list[Tried]
    like: Like | None
    leave: int
    person_minutes: int


@dataclass(frozen=True, slots=True)
class PlanView:
    """A whole plan. All but `plan`, `lists`, `left` and `preview` is None until it is ready.

    `rounds` are in order; one only where no door comes before the others.
    """

    plan: PlanHead
    says: list[Text]
    begins: datetime | None
    deadline: datetime | None
    forecast: Forecast | None
    measures: Measures | None
    help: list[Help]
    assumed: Assumed | None
    habits: Habits | None
    lists: list[PersonList] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    preview: Preview | None = None
    rounds: list[Round] = field(default_factory=list)


def head_of(row: Any, fit: Fit | None = None) -> PlanHead:
    """A plan's row in a line."""
    told = row.result or {}
    forecast = told.get("forecast")
    finish = (told.get("measures") or {}).get("finish")
    going = row.state == PlanState.PLANNING
    progress = row.progress or {}
    return PlanHead(
        row.id, row.campaign_id, row.origin, PlanState(row.state), row.made_at, row.made_by,
        row.ready_at, row.applied_at, row.applied_by,
        float(progress.get("share", 0.0)) if going else 1.0,
        STAGE_TEXT[Stage(progress["stage"])] if going and progress.get("stage") else None,
        failure_of(row.problem), told.get("doors"),
        sum(one["minutes"] > 0 for one in told["people"]) if told else None,
        Holds(**forecast["holds"]) if forecast else None,
        _done(forecast) if forecast else None,
        datetime.fromisoformat(finish) if finish else None, row.version, fit,
    )  # fmt: skip


def failure_of(problem: Mapping[str, Any] | None) -> Failure | None:
    """A problem that was kept, in words."""
    if not problem:
        return None
    known = catalogue()[problem["code"]]
    error = LamplitError(known, **problem["fields"])
    return Failure(
        error.code,
        Text(error.title("en"), error.title("zh")),
        Text(error.page_remedy("en"), error.page_remedy("zh")),
    )


def view_of(
    row: Any, stops: Sequence[Any], names: Mapping[str, Any], now: datetime, *, doors: bool
) -> PlanView:
    """A plan's row with its stops (rows of `store.plans.stops`); without `doors` only counts."""
    told = row.result or {}
    forecast, measures = told.get("forecast"), told.get("measures")
    return PlanView(
        plan=head_of(row),
        says=[Text(one["en"], one["zh"]) for one in told.get("says", ())],
        begins=_at(told.get("begins")),
        deadline=_at(told.get("deadline")),
        forecast=_forecast(forecast) if forecast else None,
        measures=_measures(measures) if measures else None,
        help=[_help(one) for one in told.get("help", ())],
        assumed=Assumed(**told["assumed"]) if told else None,
        habits=_habits(told["habits"]) if told else None,
        lists=_lists(told.get("people", ()), stops, names, now, doors=doors),
        left=_left(stops) if doors else [],
        preview=preview_of(stops, names, now) if stops else None,
        rounds=[Round(one["doors"], _at(one["tried"])) for one in told.get("rounds", ())],
    )


def preview_of(stops: Sequence[Any], names: Mapping[str, Any], now: datetime) -> Preview:
    """What applying would change, against who has which open tasks at this moment."""
    moves: Counter[tuple[str | None, str | None]] = Counter()
    held = over = 0
    for stop in stops:
        if stop.state not in OPEN:
            over += 1
        elif store.held(stop, now) and stop.owner_id != stop.person_id:
            held += 1
        elif stop.owner_id != stop.person_id:
            moves[stop.owner_id, stop.person_id] += 1
    receivers = {taker for _, taker in moves if taker}
    losers = {giver for giver, _ in moves if giver} - receivers
    planned = {stop.person_id for stop in stops if stop.person_id}
    return Preview(
        len(receivers), len(losers), len(planned - receivers - losers),
        [Move(giver, taker, count) for (giver, taker), count in
         sorted(moves.items(), key=lambda m: (_code(names, m[0][0]), _code(names, m[0][1])))],
        held, over,
    )  # fmt: skip


def _code(names: Mapping[str, Any], person_id: str | None) -> str:
    return str(names[person_id].code) if person_id and person_id in names else ""


def _lists(
    people: Sequence[Mapping[str, Any]],
    stops: Sequence[Any],
    names: Mapping[str, Any],
    now: datetime,
    *,
    doors: bool,
) -> list[PersonList]:
    mine: dict[str, list[Any]] = defaultdict(list)
    gains: Counter[str] = Counter()
    loses: Counter[str] = Counter()
    for stop in stops:
        if stop.person_id:
            mine[stop.person_id].append(stop)
        moves = stop.state in OPEN and not store.held(stop, now)
        if moves and stop.owner_id != stop.person_id:
            gains[stop.person_id or ""] += 1
            loses[stop.owner_id or ""] += 1
    told = {one["person_id"]: one for one in people}
    found = []
    everybody = {*mine, *told, *loses} - {""}
    for person_id in sorted(everybody, key=lambda p: _code(names, p)):
        one, rows = told.get(person_id, {}), mine[person_id]
        found.append(
            PersonList(
                person_id, _code(names, person_id),
                str(names[person_id].name) if person_id in names else "",
                one.get("minutes", 0), one.get("minutes_before", 0), _at(one.get("finish")),
                len({row.place_id for row in rows}), gains[person_id], loses[person_id],
                _buildings(rows) if doors else [],
            )
        )  # fmt: skip
    return found


def _buildings(rows: Sequence[Any]) -> list[BuildingStops]:
    ordered = sorted(rows, key=lambda r: (r.turn is None, r.turn or 0, r.task_id))
    found = []
    for building_id, some in groupby(ordered, key=lambda r: r.building_id):
        stops = list(some)
        one = stops[0]
        name = Text.either(one.building_en, one.building_zh)
        found.append(BuildingStops(building_id, one.building_code, name, [_stop(s) for s in stops]))
    return found


def _stop(row: Any) -> Stop:
    named = row.kind != PlaceKind.HOUSEHOLD
    return Stop(
        row.task_id, row.place_id, row.code, row.unit, row.floor, row.door, row.turn, row.arrives,
        TaskState(row.state), row.owner_id != row.person_id,
        Text.either(row.name_en, row.name_zh) if named else None,
    )  # fmt: skip


def _left(stops: Sequence[Any]) -> list[Left]:
    found: dict[str, list[str]] = defaultdict(list)
    for stop in stops:
        if stop.person_id is None and stop.why:
            found[stop.why].append(stop.place_id)
    return [
        Left(why, WHY_SAID[Why(why)], list(dict.fromkeys(ids)))
        for why, ids in sorted(found.items())
    ]


def _forecast(told: Mapping[str, Any]) -> Forecast:
    finish, early, late = (datetime.fromisoformat(told[k]) for k in ("finish", "early", "late"))
    return Forecast(
        Holds(**told["holds"]), _done(told), finish, early, late, told["reached"],
        told["open_doors"],
    )  # fmt: skip


def _done(forecast: Mapping[str, Any]) -> DoneInTime | None:
    return DoneInTime(**forecast["done"]) if "done" in forecast else None


def _measures(told: Mapping[str, Any]) -> Measures:
    times = {"finish": _at(told["finish"]), "bound_finish": _at(told["bound_finish"])}
    return Measures(**{**told, **times})


def _habits(told: Mapping[str, Any]) -> Habits:
    return Habits(**{**told, "answers": tuple(told["answers"])})


def _help(told: Mapping[str, Any]) -> Help:
    return Help(
        told["lever"], told["enough"],
        [Tried(one["amount"], Holds(**one["holds"]), one.get("done")) for one in told["tried"]],
        Like(**told["like"]) if told["like"] else None, told["leave"], told["person_minutes"],
    )  # fmt: skip


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
