"""What requests and answers share."""

from __future__ import annotations

import json
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path as PathParam
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

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
            raise ValueError("text that is no Unicode") from fault
        if "\\u0000" in text:
            raise ValueError("text with a NUL")
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


NoNul = StringConstraints(pattern=r"^[^\x00]*$", max_length=10_000)
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", min_length=1, max_length=200)]
"""A short text; PostgreSQL takes no NUL in one."""
Note = Annotated[str, NoNul]
Json = dict[str, Any]
Id = Annotated[str, PathParam(min_length=1, max_length=200, description="An id or a code.")]
"""In a path: UUIDs and codes alike; what names nothing is answered 404 or 403."""
