"""What the list would be with other thresholds; nothing is changed by asking."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from lamplit.domain.abilities import Ability
from lamplit.domain.language import Text
from lamplit.services.field.homes import what_ifs
from lamplit.services.what_if import NIGHTS
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Asked, Line
from lamplit.web.routing import Router

router = Router(tags=["thresholds"])


class Threshold(BaseModel):
    """A threshold: its value in force, the default, within what it may be tried, and why it is."""

    name: str
    value: float
    default: float
    low: float
    high: float
    unit: str
    why: Text


class Try(Asked):
    """Other values by name; `doors` lists the doors that would move, for a stated purpose."""

    thresholds: Annotated[dict[str, float], Field(min_length=1, max_length=30)]
    place: Line | None = None
    day: date | None = None
    days: Annotated[int, Field(ge=1, le=120)] = NIGHTS
    doors: bool = False
    purpose: Annotated[str, Field(max_length=200)] = ""


@router.get("/thresholds")
@rule(able(Ability.ANALYSE, where="any place"), "Thresholds that may be tried out",
      "可试调的阈值")  # fmt: skip
def thresholds(office: TheOffice, actor: Who) -> list[Threshold]:
    """Those of the home's states and events; `[detector]` of lamplit.toml changes them for good."""
    return [
        Threshold(
            name=one.threshold.name, value=one.value, default=one.threshold.value, low=one.low,
            high=one.high, unit=one.threshold.unit, why=one.threshold.why,
        )
        for one in what_ifs.thresholds(office, actor)
    ]  # fmt: skip


@router.post("/what-if")
@rule(able(Ability.ANALYSE, where="the place, or any without one"),
      "The list with other thresholds", "试调阈值后的名单")  # fmt: skip
def what_if(wish: Try, office: TheOffice, actor: Who) -> what_ifs.Answer:
    """Counts before and after by community; with `sampled` of so many homes drawn by chance."""
    return what_ifs.ask(
        office, actor, wish.thresholds, place=wish.place, day=wish.day, nights=wish.days,
        doors=wish.doors, purpose=wish.purpose,
    )  # fmt: skip
