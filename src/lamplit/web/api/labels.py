"""Labels: what was found at the doors, and what it says of the list."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from lamplit.domain.abilities import Ability
from lamplit.services.calibration import read_calibration
from lamplit.services.field.campaigns import labels, reliability
from lamplit.services.field.campaigns.labels import Labels, Recall, Share, Threshold
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Asked, Done
from lamplit.web.routing import Router

router = Router(tags=["labels"])
ANALYSE = able(Ability.ANALYSE, where="the campaign's place, or any without one")


class ShownShare(BaseModel):
    """A share with Wilson's 95 % interval; null of none."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None


class Bin(BaseModel):
    """Homes that were given a probability from `low` to `high`: the mean said, and how many so."""

    low: float
    high: float
    said: float
    right: ShownShare


class Proposal(BaseModel):
    """What a least probability would keep of the list."""

    at: float
    doors: int
    finds: int
    precision: ShownShare


class LabelSummary(BaseModel):
    """All that the labels say."""

    labels: int
    unknown: int
    precision: dict[str, ShownShare]
    confusion: dict[str, dict[str, int]]
    knocks: int
    finds: int
    recall: Recall | None
    bins: list[Bin]
    thresholds: list[Proposal]
    proposed: Proposal | None


class Recalibrate(Asked):
    """Which labels to recalibrate by."""

    campaign: Annotated[str, Query(max_length=200)] = ""
    since: date | None = None


@router.get("/labels")
@rule(ANALYSE, "How often the list was right", "名单的准确程度")
def show(
    office: TheOffice,
    actor: Who,
    campaign: Annotated[str, Query(max_length=200)] = "",
    since: date | None = None,
) -> LabelSummary:
    """Of one campaign or of all; with the reliability bins and what other thresholds would give."""
    return _told(labels.labels(office, actor, since=since, campaign=campaign))


@router.get("/labels/reliability")
@rule(ANALYSE, "Reliability before and after calibration", "校准前后的可靠性曲线")
def show_reliability(
    office: TheOffice,
    actor: Who,
    campaign: Annotated[str, Query(max_length=200)] = "",
    since: date | None = None,
) -> reliability.Diagram:
    """Bins with Wilson's intervals, recall from the doors that chance chose, and both corrections:
    the one in force, and the one that these labels would make.
    """
    found = labels.labels(office, actor, since=since, campaign=campaign)
    return reliability.diagram(found, read_calibration(office.home))


@router.post("/labels/calibration")
@rule(ANALYSE, "Recalibrate by the labels", "按标注重新校准")
def apply(wish: Recalibrate, office: TheOffice, actor: Who) -> Done:
    """The next sweep uses it."""
    found = labels.labels(office, actor, since=wish.since, campaign=wish.campaign)
    labels.apply(office, actor, found)
    return Done(count=found.pointed_to)


def _told(found: Labels) -> LabelSummary:
    return LabelSummary(
        labels=found.labels,
        unknown=found.unknown,
        precision={said: _share(one) for said, one in found.by_said.items()},
        confusion=found.confusion,
        knocks=found.knocks,
        finds=found.finds,
        recall=found.recall,
        bins=[Bin(low=a, high=b, said=c, right=_share(d)) for a, b, c, d in found.bins],
        thresholds=[_threshold(one) for one in found.thresholds],
        proposed=_threshold(found.proposed) if found.proposed else None,
    )  # fmt: skip


def _share(one: Share) -> ShownShare:
    interval = one.interval
    low, high = (interval.low, interval.high) if interval else (None, None)
    return ShownShare(hits=one.hits, of=one.of, share=one.share, low=low, high=high)


def _threshold(one: Threshold) -> Proposal:
    return Proposal(at=one.at, doors=one.doors, finds=one.finds, precision=_share(one.precision))
