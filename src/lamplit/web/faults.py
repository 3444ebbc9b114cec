"""What a check found wrong with a request, field by field, in words of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import PydanticCustomError

from lamplit.domain.language import Language, Text
from lamplit.domain.problems import fields

MOST = 5
"""So many fields are told."""
_LONGEST = 60
"""Characters of one part of a path: a field that is not known may be called anything."""


def wrong(fault: fields.FieldFault) -> PydanticCustomError:
    """What a check of our own raises; its words are in the catalogue."""
    return PydanticCustomError(fault.kind, "{says}", {"says": fault.says.en})


def told(faults: Sequence[Mapping[str, Any]]) -> Text:
    """The first faults, each as its field's path and what is wrong with it.

    Where and why, never the value: what people send may be personal.
    """
    some = {_path(fault["loc"]): fault for fault in reversed(faults)}
    first = list(reversed(some.items()))[:MOST]
    return Text(
        "; ".join(f"`{path}` {_says(fault, 'en')}" for path, fault in first),
        "；".join(f"`{path}` {_says(fault, 'zh')}" for path, fault in first),
    )


def _says(fault: Mapping[str, Any], language: Language) -> str:
    rule = dict(fault.get("ctx") or {})
    if "expected" in rule:
        rule["expected"] = str(rule["expected"]).replace("' or '", "', '")
    return fields.SAYS.get(fault["type"], fields.NOT_AS_ASKED).say(language, **rule)


def _path(parts: Sequence[object]) -> str:
    said = [str(part).replace("`", "'") for part in parts]
    return ".".join(one if len(one) <= _LONGEST else f"{one[:_LONGEST]}…" for one in said)
