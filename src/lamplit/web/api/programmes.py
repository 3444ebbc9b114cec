"""Programmes: the catalogue, and each one's form."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel
from starlette.responses import Response

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Outcome, PlaceKind, Role, ServiceLine, Severity
from lamplit.domain.problems import store as problems
from lamplit.programmes.form import xform
from lamplit.programmes.pack import Pack
from lamplit.programmes.telling import plain
from lamplit.services.field import packs
from lamplit.services.field.office import Office
from lamplit.web.access import SIGNED_IN, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Id, Words
from lamplit.web.routing import Router

router = Router(tags=["programmes"])


class Named(BaseModel):
    """Something of a pack by its code."""

    code: str
    text: Words


class PackRoles(BaseModel):
    """Who may perform a task, claim one, lead a campaign, verify a finding."""

    perform: list[Role]
    claim: list[Role]
    lead: list[Role]
    verify: list[Role]


class PackClaim(BaseModel):
    """How long a claim lasts, and how many one may have."""

    lease_hours: float
    most: int


class PackWay(BaseModel):
    """One way of enrolling; of the places that it leaves out a share is taken by chance."""

    way: str
    text: Words
    random_share: float


class PackCadence(BaseModel):
    """When a task is due, for some kinds of places."""

    every: str
    subjects: list[PlaceKind]
    text: Words


class PackFinding(Named):
    """A need or a violation; `due_hours` after the visit it should be settled."""

    severity: Severity
    points: int
    due_hours: float | None


class PackFollowUp(Named):
    """A task that findings raise; without `findings` an answer alone does."""

    role: Role
    after_hours: float
    within_hours: float
    findings: list[str]


class PackBand(Named):
    """From `least` points up a score is called so."""

    least: int


class PackScore(BaseModel):
    """Score = base - points, never under `floor`."""

    base: int
    floor: int
    bands: list[PackBand]


class PackItem(Named):
    """A kind of stock."""

    unit: Words


class PackFigure(Named):
    """A figure of the board: a count, or its share in another."""

    count: str
    out_of: str


class PackExpiry(BaseModel):
    """Days after the close for which the list and the answers are kept."""

    list_days: int
    submission_days: int


class PackStanding(BaseModel):
    """What of a programme is done, owed, or left out on purpose."""

    state: Literal["done", "owed", "exempt"]
    text: Words


class Programme(BaseModel):
    """A programme as a screen explains it."""

    name: str
    version: str
    form_id: str
    title: Words
    task: Words
    about: Words
    script: Words
    line: ServiceLine
    subjects: list[PlaceKind]
    purposes: list[Named]
    roles: PackRoles
    claim: PackClaim
    ways: list[PackWay]
    cadence: list[PackCadence]
    outcomes: list[Outcome]
    code_list: str
    findings: list[PackFinding]
    follow_ups: list[PackFollowUp]
    done: list[Named]
    score: PackScore | None
    items: list[PackItem]
    board: list[PackFigure]
    expiry: PackExpiry
    standing: list[PackStanding]
    digest: str


@router.get("/programmes")
@rule(SIGNED_IN, "The programmes", "方案目录")
def catalogue(office: TheOffice, actor: Who) -> list[Programme]:
    """What each is for, its purposes, roles, findings and figures."""
    return [_told(pack) for _, pack in sorted(packs.packs(office).items())]


@router.get("/programmes/{programme}")
@rule(SIGNED_IN, "One programme", "方案详情")
def show(programme: Id, office: TheOffice, actor: Who) -> Programme:
    """As in the catalogue."""
    return _told(_pack(office, programme))


@router.get("/programmes/{programme}/form", response_class=Response)
@rule(SIGNED_IN, "A programme's form", "方案表单（XForm）")
def form(programme: Id, office: TheOffice, actor: Who) -> Response:
    """The XForm, in both languages."""
    return Response(xform(_pack(office, programme)), media_type="application/xml")


def _told(pack: Pack) -> Programme:
    return Programme.model_validate(plain(pack))


def _pack(office: Office, name: str) -> Pack:
    found = packs.packs(office).get(name)
    if found is None:
        raise LamplitError(problems.NOT_FOUND, what="programme", wanted=name)
    return found
