"""Programmes: the catalogue, and each one's form."""

from __future__ import annotations

from starlette.responses import Response

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import store as problems
from lamplit.programmes.form import xform
from lamplit.programmes.pack import Pack
from lamplit.programmes.telling import plain
from lamplit.services.field import packs
from lamplit.services.field.office import Office
from lamplit.web.access import SIGNED_IN, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Id, Json
from lamplit.web.routing import Router

router = Router(tags=["programmes"])


@router.get("/programmes")
@rule(SIGNED_IN, "The programmes", "方案目录")
def catalogue(office: TheOffice, actor: Who) -> list[Json]:
    """What each is for, its purposes, roles, findings and figures."""
    return [plain(pack) for _, pack in sorted(packs.packs(office).items())]


@router.get("/programmes/{programme}")
@rule(SIGNED_IN, "One programme", "方案详情")
def show(programme: Id, office: TheOffice, actor: Who) -> Json:
    """As in the catalogue."""
    return plain(_pack(office, programme))


@router.get("/programmes/{programme}/form", response_class=Response)
@rule(SIGNED_IN, "A programme's form", "方案表单（XForm）")
def form(programme: Id, office: TheOffice, actor: Who) -> Response:
    """The XForm, in both languages."""
    return Response(xform(_pack(office, programme)), media_type="application/xml")


def _pack(office: Office, name: str) -> Pack:
    found = packs.packs(office).get(name)
    if found is None:
        raise LamplitError(problems.NOT_FOUND, what="programme", wanted=name)
    return found
