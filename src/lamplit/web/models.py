"""What requests and answers share."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path as PathParam
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)

from lamplit.domain.problems import fields
from lamplit.web.faults import wrong

Item = TypeVar("Item")


class Asked(BaseModel):
    """A request's body: a field that is not known is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """No store keeps a NUL or half a surrogate pair, however deep in a free-form field."""
        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
            text.encode("utf-8")
        except (UnicodeEncodeError, RecursionError) as fault:
            raise wrong(fields.NO_UNICODE) from fault
        if "\\u0000" in text:
            raise wrong(fields.NUL)
        return value


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next` is the cursor of the page after it, None at the end."""

    items: list[Item]
    next: str | None = None


class Done(BaseModel):
    """What was done, where nothing else is to be told; `count` of them where there may be many."""

    done: bool = True
    count: int | None = None


class Words(BaseModel):
    """A text in both languages."""

    en: str
    zh: str


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


_INSTANT = TypeAdapter(AwareDatetime)


def _day_or_instant(said: Any) -> Any:
    """A day stays a day: as an instant it would be midnight somewhere."""
    if isinstance(said, str):
        text = said.strip()
        try:
            whole_day = _DAY.fullmatch(text)
            return date.fromisoformat(text) if whole_day else _INSTANT.validate_python(text)
        except ValueError as fault:
            raise wrong(fields.DAY_OR_INSTANT) from fault
    if not isinstance(said, date):
        raise wrong(fields.DAY_OR_INSTANT)
    return said


def _in_our_time(said: date) -> date:
    """A year that every zone can reckon with."""
    if not 1900 <= said.year <= 2200:
        raise wrong(fields.FAR_YEAR)
    return said


DayOrInstant = Annotated[
    AwareDatetime | date,
    BeforeValidator(_day_or_instant),
    AfterValidator(_in_our_time),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date", "description": "A local day."},
                {
                    "type": "string",
                    "format": "date-time",
                    "description": "An instant, with its offset.",
                },
            ],
            "examples": ["2020-03-01", "2020-03-01T18:00:00+08:00"],
        }
    ),
]
"""A local day, or an instant with its offset; which end of the day is meant, the field says."""

NoNul = StringConstraints(pattern=r"^[^\x00]*$", max_length=10_000)
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", min_length=1, max_length=200)]
"""A short text; PostgreSQL takes no NUL in one."""
Note = Annotated[str, NoNul]
Json = dict[str, Any]
Id = Annotated[str, PathParam(min_length=1, max_length=200, description="An id or a code.")]
"""In a path: UUIDs and codes alike; what names nothing is answered 404 or 403."""
