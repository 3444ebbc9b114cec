"""What was said at a place, and its photos."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import FileResponse

from lamplit.domain.abilities import Ability
from lamplit.services.field.submissions import records
from lamplit.services.field.submissions.records import Record
from lamplit.web.access import able, rule
from lamplit.web.auth import TheOffice, Who
from lamplit.web.models import Id
from lamplit.web.routing import Router

router = Router(tags=["submissions"])
READ = able(
    Ability.SEE_DOORS,
    where="the place; of homes: to who leads, verifies or has a task there, and one's own",
)
PICTURES = {
    "image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n", "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}  # fmt: skip
"""What a browser may draw, and how such a file begins."""


@router.get("/campaigns/{campaign}/records")
@rule(READ, "What was said at a place", "某地点的走访记录")
def at_place(
    campaign: Id, place: Annotated[str, Query(max_length=200)], office: TheOffice, actor: Who
) -> list[Record]:
    """The newest first, with the answers in words and what photos there are."""
    return records.records(office, actor, campaign, place)


@router.get("/photos/{photo_id}", response_class=FileResponse)
@rule(READ, "A photo", "照片")
def photo(photo_id: Id, office: TheOffice, actor: Who) -> FileResponse:
    """A picture as such; anything else as a file that no browser shows."""
    file, said = records.photo(office, actor, photo_id)
    with file.open("rb") as opened:
        begins = opened.read(16)
    if said in PICTURES and begins.startswith(PICTURES[said]):
        return FileResponse(file, media_type=said)
    return FileResponse(file, media_type="application/octet-stream", filename="lamplit-file.bin")
