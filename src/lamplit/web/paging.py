"""Cursor paging: `?cursor=&limit=`. A cursor is opaque, and holds the last row's key."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Query

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import web as problems
from lamplit.web.models import Page

Row = TypeVar("Row")
Cursor = Annotated[str | None, Query(description="Where the page before ended.", max_length=500)]
Limit = Annotated[int, Query(ge=1, le=500, description="Rows a page.")]


def encode(key: Any) -> str:
    """A row's key (a JSON value) as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode(cursor: str | None, kind: type[Row]) -> Row | None:
    """The key in a cursor, of a kind (str, int, list). Raises LamplitError `web.bad-cursor`."""
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as fault:
        raise LamplitError(problems.BAD_CURSOR) from fault
    if not isinstance(found, kind) or "\\u0000" in json.dumps(found):
        raise LamplitError(problems.BAD_CURSOR)
    return found


def page(rows: Sequence[Row], limit: int, key: Callable[[Row], Any]) -> Page[Row]:
    """A page of rows that were asked for with `limit + 1`."""
    shown = list(rows[:limit])
    more = encode(key(shown[-1])) if len(rows) > limit and shown else None
    return Page(items=shown, next=more)
