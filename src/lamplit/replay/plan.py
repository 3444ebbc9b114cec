"""The leader has the server plan: asks, waits as the page does, reads what came out, applies it.

Nothing is planned here. Who goes where in which order is told to each person's phone by the server,
and what the leader reads of a plan is what its page shows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lamplit.replay.wire import Caller, RefusedError

PAGE = 500
LOOK_SECONDS, MOST_SECONDS = 0.1, 600.0
"""Of the clock on the wall: how often the leader looks, and for how long."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that was applied, as its page shows it.

    `rows` are the doors (place ids) on each person's list, in order, by person's code; `left` those
    on nobody's. `first` come before all others; `holds` is the chance that all are done by the
    deadline, `done` the share that is to be expected.
    `gained` are the codes of those who got doors, `given` how many doors changed hands.
    """

    rows: Mapping[str, tuple[str, ...]]
    left: tuple[str, ...]
    doors: int
    first: int
    holds: float
    done: float
    gained: tuple[str, ...]
    given: int


def pages(caller: Caller, path: str, **params: Any) -> list[dict[str, Any]]:
    """All rows of a paged answer."""
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        answer = caller.get(path, limit=PAGE, **params, **more)
        rows += answer["items"]
        cursor = answer.get("next")
        if not cursor:
            return rows


def plan(leader: Caller, campaign: str, about: str, seconds: float, note: str = "") -> Planned:
    """Have a plan made, read it, and put it in force; the first anew, later ones disturbing few.

    `seconds` is the solver's own time. Raises RefusedError, also for a plan that failed.
    """
    plans = f"/campaigns/{campaign}/plans"
    made = leader.insist(f"plan:{about}", plans, {"seconds": seconds})
    where = f"{plans}/{made['id']}"
    until = time.monotonic() + MOST_SECONDS
    while (view := leader.get(where, doors=False))["plan"]["state"] == "planning":
        if time.monotonic() > until:
            raise RefusedError(f"{where}: no plan after {MOST_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)
    if view["plan"]["failure"]:
        raise RefusedError(f"{where}: {view['plan']['failure']}")
    view = leader.get(where)
    version = view["plan"]["version"]
    done = leader.insist(f"apply:{about}", f"{where}/apply", {"note": note}, version=version)
    rows = {
        one["code"]: tuple(
            stop["place_id"] for stretch in one["buildings"] for stop in stretch["stops"]
        )
        for one in view["lists"]
    }
    return Planned(
        rows={code: row for code, row in rows.items() if row},
        left=tuple(place for some in view["left"] for place in some["place_ids"]),
        doors=view["plan"]["doors"],
        first=view["rounds"][0]["doors"],
        holds=view["forecast"]["holds"]["value"],
        done=view["forecast"]["done"]["mean"],
        gained=tuple(one["code"] for one in view["lists"] if one["gains"]),
        given=done["given"],
    )
