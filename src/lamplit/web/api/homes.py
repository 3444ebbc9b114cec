"""The one door to a home: it opens in steps, for a purpose, and every opening is logged first."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from lamplit.domain.abilities import Ability
from lamplit.domain.field import Step
from lamplit.domain.language import Text
from lamplit.services.curve import MOST_DAYS, USUAL_DAYS, Curve
from lamplit.services.field.homes import reveal
from lamplit.services.field.homes.reveal import COLOUR_TEXT
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Asked, Id, Json, Line
from lamplit.web.routing import Router

router = Router(tags=["homes"])
REVEAL = able(Ability.REVEAL, where="the home, in an open campaign that has it")


class Wish(Asked):
    """How far the door shall open, in which campaign, and for which of its purposes.

    Of a curve so many `days`; `heat` adds the slots of the last weeks.
    """

    step: Step
    campaign_id: Line
    purpose: Line
    days: Annotated[int, Field(ge=7, le=MOST_DAYS)] = USUAL_DAYS
    heat: bool = False


class Scan(Asked):
    """What a door's or a meter's code says."""

    code: Line


class Opened(BaseModel):
    """What a step shows; the rest is null."""

    place_id: str
    step: Step
    colour: str | None = None
    says: Text | None = None
    evidence: Text | None = None
    against: Text | None = None
    signal: Json | None = None
    curve: Curve | None = None


class Colour(BaseModel):
    """One colour, and what it says; not even which home it is."""

    colour: str
    says: Text


@router.post("/homes/{place_id}/openings", status_code=201)
@rule(able(Ability.REVEAL, Ability.REVEAL_CURVE, where=REVEAL.where), "Open a home by a step",
      "按步骤查看一户")  # fmt: skip
def open_home(place_id: Id, wish: Wish, office: TheOffice, actor: Who) -> Opened:
    """Colour and evidence need REVEAL, the curve REVEAL_CURVE. Logged before it is answered."""
    found = reveal.reveal(
        office, actor, place_id, wish.step, wish.campaign_id, wish.purpose,
        days=wish.days, heat=wish.heat,
    )  # fmt: skip
    return Opened(
        place_id=place_id,
        step=found.step,
        colour=found.colour,
        says=COLOUR_TEXT[found.colour] if found.colour else None,
        evidence=found.evidence,
        against=found.against,
        signal=found.signal,
        curve=found.curve,
    )


@router.post("/scans", status_code=201)
@rule(REVEAL, "Scan a door's or a meter's code", "扫描门牌码或电表条码")
def scan(wish: Scan, office: TheOffice, actor: Who) -> Colour:
    """One colour for who stands there; what may not be is always answered alike."""
    found = reveal.scan(office, actor, wish.code)
    colour = found.colour or reveal.Colour.GREY
    return Colour(colour=colour, says=COLOUR_TEXT[colour])
