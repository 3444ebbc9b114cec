"""Checks data against the shipped JSON Schemas, and says what is wrong in the project's words.

`schema.json` and `scenario.schema.json` are the one source of every key: the reference page is
written from them, and editors may be pointed at them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import programmes as problems
from lamplit.programmes.said import Said, hint, listed, said
from lamplit.programmes.yamlmap import Document, Key

PACK, SCENARIO = "schema.json", "scenario.schema.json"

_TEXT_KEYS = {"en": said("English", "英文"), "zh": said("Chinese", "中文")}


@cache
def schema(name: str = PACK) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a pack, or of a scenario."""
    text = files("lamplit.programmes").joinpath(name).read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema(name))


def complaints(document: Document, name: str = PACK) -> list[LamplitError]:
    """Everything in a document that its schema does not allow, in the order of the file."""
    found: list[tuple[int, LamplitError]] = []
    for error in _validator(name).iter_errors(document.data):
        for key, complaint in _told(error, document):
            found.append((document.lines.get(key, 0), complaint))
    return [complaint for _, complaint in sorted(found, key=lambda pair: pair[0])]


def _told(error: ValidationError, document: Document) -> Iterator[tuple[Key, LamplitError]]:
    key: Key = tuple(error.absolute_path)
    part: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    found: Any = error.instance
    wanted: Any = error.validator_value
    known = list(part.get("properties", {}))
    match error.validator:
        case "additionalProperties":
            for extra in (k for k in found if k not in known):
                yield (
                    (*key, extra),
                    LamplitError(
                        problems.UNKNOWN_KEY,
                        where=document.where((*key, extra)),
                        key=extra,
                        hint=_key_hint(extra, known),
                        known=listed(known),
                    ),
                )
        case "required":
            for missing in wanted:
                if missing not in found:
                    yield key, _missing(missing, part, document.where(key))
        case "enum" | "const":
            values = wanted if error.validator == "enum" else [wanted]
            yield (
                key,
                LamplitError(
                    problems.UNKNOWN_VALUE,
                    where=document.where(key),
                    value=_shown(found),
                    hint=hint(found, (str(v) for v in values)),
                    known=listed(values),
                ),
            )
        case _:
            yield (
                key,
                LamplitError(
                    problems.WRONG_SHAPE,
                    where=document.where(key),
                    value=_shown(found),
                    reason=_reason(error),
                    about=about(part),
                ),
            )


def _key_hint(key: str, known: list[str]) -> Said:
    """A near key; where a word group stands for a key, a text's comma has most likely cut it."""
    if " " in key:
        return said(
            "A text that holds a comma or a colon needs quotes. ", "含逗号或冒号的文本需加引号。"
        )
    return hint(key, known)


def _missing(key: str, part: dict[str, Any], where: str) -> LamplitError:
    inside = part["properties"]
    if set(inside) == set(_TEXT_KEYS):
        return LamplitError(problems.LANGUAGE_MISSING, where=where, which=_TEXT_KEYS[key])
    return LamplitError(problems.MISSING_KEY, where=where, key=key, about=about(inside[key]))


def about(part: Any) -> Said:
    """What a part of the schema says of itself."""
    if not isinstance(part, dict) or "description" not in part:
        return said("see docs/reference/programmes.md.", "见 docs/reference/programmes.md。")
    return said(part["description"], part["x-zh"])


_REASONS = {
    "type": ("it should be of type {0}", "类型应为 {0}"),
    "minimum": ("it should be at least {0}", "不应小于 {0}"),
    "maximum": ("it should be at most {0}", "不应大于 {0}"),
    "minLength": ("it should have at least {0} characters", "至少 {0} 个字符"),
    "maxLength": ("it should have at most {0} characters", "最多 {0} 个字符"),
    "minItems": ("it should have at least {0} entries", "至少 {0} 项"),
    "maxItems": ("it should have at most {0} entries", "最多 {0} 项"),
    "minProperties": ("it should have at least {0} keys", "至少 {0} 个键"),
    "uniqueItems": ("an entry is there twice", "有重复项"),
    "pattern": ("it should look like {0}", "应符合 {0}"),
}


def _reason(error: ValidationError) -> Said:
    en, zh = _REASONS.get(str(error.validator), ("{1}", "{1}"))
    value = error.validator_value
    wanted = listed(value) if isinstance(value, list) else value
    return said(en.format(wanted, error.message), zh.format(wanted, error.message))


def _shown(value: Any) -> str:
    """A value as the file has it, cut short."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"{text[:60]}…" if len(text) > 60 else text
