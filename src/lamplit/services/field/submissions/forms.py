"""A submission's bytes read: OpenRosa XML or JSON, with the habits of defusedxml.

XML: no DTD, no entities, no network, no huge trees. JSON, from our own pages:
`{"instance_id", "form_id", "form_version", "task", "answers": {name: text}, "started_at",
"ended_at", "device_id", "replaces", "campaign", "place", "entities": [...]}`, of which
`instance_id`, `form_id` and `answers` are needed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import campaigns as problems

MOST_BYTES = 4_000_000
"""The largest XML or JSON; photos are attachments and may be larger."""
MOST_NODES = 20_000
DEEPEST = 60

_XML_ID = re.compile(rb"<(?:[\w.-]+:)?instanceID[^<>]*>\s*([^<>\s\x00-\x1f]{1,200})\s*<")
_JSON_ID = re.compile(rb'"instance_id"\s*:\s*"([^"\\\s\x00-\x1f]{1,200})"')
_META = ("instanceID", "deprecatedID", "instanceName", "entity", "audit")


@dataclass(frozen=True, slots=True)
class EntitySaid:
    """What a submission says of one entity (ODK entities specification 2024.1).

    `base_version` is the version that the phone changed, `trunk_version` the last that it knew from
    the server, `branch_id` the run of its own changes since. `data` are properties that came
    with the entity itself, as our own pages send them; in XML they are answers.
    """

    list_name: str
    id: str
    create: bool
    update: bool
    base_version: int | None
    trunk_version: int | None
    branch_id: str | None
    label: str
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """A submission as it was written, before any rule has looked at it.

    `answers` maps each question's path (`needs`, `group/needs`, `people[2]/age`) to its text.
    """

    instance_id: str
    form_id: str
    form_version: str
    answers: dict[str, str]
    replaces: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    device_id: str | None = None
    task_id: str | None = None
    campaign: str | None = None
    place: str | None = None
    entities: tuple[EntitySaid, ...] = field(default=())

    @property
    def by_name(self) -> dict[str, str]:
        """Answers by the question's name; see the function of that name."""
        return by_name(self.answers)


def by_name(answers: dict[str, str]) -> dict[str, str]:
    """Answers by the question's name without its groups; of repeats the first that was given."""
    found: dict[str, str] = {}
    for path, value in answers.items():
        name = path.rpartition("/")[2].partition("[")[0]
        if value or name not in found:
            found[name] = found.get(name) or value
    return found


def glimpse_id(content_type: str, body: bytes) -> str | None:
    """The instance id, as far as it shows without parsing; None where it does not."""
    pattern = _JSON_ID if _is_json(content_type) else _XML_ID
    found = pattern.search(body[:MOST_BYTES])
    return found[1].decode("utf-8", "replace") if found else None


def read(content_type: str, body: bytes) -> Said:
    """What the bytes say. Raises LamplitError `submit.unreadable` or `submit.too-large`."""
    if len(body) > MOST_BYTES:
        raise LamplitError(problems.TOO_LARGE, bytes=len(body), most=MOST_BYTES)
    return _json(body) if _is_json(content_type) else _xml(body)


def _is_json(content_type: str) -> bool:
    return "json" in content_type.partition(";")[0].lower()


def _broken(en: str, zh: str) -> LamplitError:
    return LamplitError(problems.FORM_BROKEN, reason=Text(en, zh))


# --- XML -----------------------------------------------------------------------------------------


def _xml(body: bytes) -> Said:
    root = _root(body)
    answers: dict[str, str] = {}
    meta: dict[str, str] = {}
    entities: list[EntitySaid] = []
    _walk(root, "", answers, meta, entities)
    instance = meta.get("instanceID") or root.get("instanceID") or ""
    if not instance:
        raise _broken("it has no instance id", "缺少实例编号")
    names = by_name(answers)
    task = names.get("task") or next((e.id for e in entities if e.list_name == "tasks"), None)
    return Said(
        instance,
        root.get("id", ""),
        root.get("version", ""),
        answers,
        meta.get("deprecatedID") or None,
        _instant(names.get("started") or names.get("start")),
        _instant(names.get("ended") or names.get("end")),
        names.get("deviceid") or None,
        task or None,
        names.get("campaign") or None,
        names.get("place") or None,
        tuple(entities),
    )


def _root(body: bytes) -> Any:
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise _broken("a document type is not read", "不接受文档类型声明")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        said = str(fault).splitlines()[0] if str(fault) else "empty"
        raise _broken(f"broken XML ({said})", f"XML 有误（{said}）") from fault
    # UTF-16 hides the word from the look above.
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise _broken("a document type is not read", "不接受文档类型声明")
    for count, _ in enumerate(root.iter()):
        if count > MOST_NODES:
            raise _broken("it has too many elements", "元素过多")
    return root


def _walk(
    node: Any,
    path: str,
    answers: dict[str, str],
    meta: dict[str, str],
    entities: list[EntitySaid],
) -> None:
    if path.count("/") > DEEPEST:
        raise _broken("it nests too deep", "嵌套过深")
    seen: dict[str, int] = {}
    names = [_name(child) for child in node]
    for child, name in zip(node, names, strict=True):
        if not name:
            continue
        if name == "meta":
            _meta(child, meta, entities)
            continue
        seen[name] = seen.get(name, 0) + 1
        step = f"{name}[{seen[name]}]" if names.count(name) > 1 else name
        at = f"{path}/{step}" if path else step
        if len(child):
            _walk(child, at, answers, meta, entities)
        else:
            answers[at] = (child.text or "").strip()


def _meta(node: Any, meta: dict[str, str], entities: list[EntitySaid]) -> None:
    for child in node:
        name = _name(child)
        if name == "entity":
            entities.append(_entity(child))
        elif name in _META:
            meta.setdefault(name, (child.text or "").strip())


def _entity(node: Any) -> EntitySaid:
    label = next(((c.text or "") for c in node if _name(c) == "label"), "")
    return EntitySaid(
        node.get("dataset", ""),
        (node.get("id") or "").strip().lower(),
        _yes(node.get("create")),
        _yes(node.get("update")),
        _whole(node.get("baseVersion")),
        _whole(node.get("trunkVersion")),
        (node.get("branchId") or "").strip() or None,
        label.strip(),
    )


def _name(node: Any) -> str:
    tag = node.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _yes(value: str | None) -> bool:
    return value in ("1", "true")


def _whole(value: Any) -> int | None:
    text = str(value).strip() if value is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _instant(value: Any) -> datetime | None:
    """An aware instant; None for what is none, and for a time without its zone."""
    try:
        found = datetime.fromisoformat(str(value).strip()) if value else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


# --- JSON ----------------------------------------------------------------------------------------


def _json(body: bytes) -> Said:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise _broken("broken JSON", "JSON 有误") from fault
    if not isinstance(data, dict) or not isinstance(data.get("answers"), dict):
        raise _broken("it has no answers", "缺少回答")
    instance = _word(data, "instance_id")
    if not instance or len(instance) > 200 or any(letter.isspace() for letter in instance):
        raise _broken("it has no instance id", "缺少实例编号")
    answers = {str(k): _text(v) for k, v in data["answers"].items()}
    said = data.get("entities") or []
    return Said(
        instance,
        _word(data, "form_id") or "",
        _word(data, "form_version") or "",
        answers,
        _word(data, "replaces"),
        _instant(data.get("started_at")),
        _instant(data.get("ended_at")),
        _word(data, "device_id"),
        _word(data, "task") or by_name(answers).get("task") or None,
        _word(data, "campaign"),
        _word(data, "place"),
        tuple(_json_entity(e) for e in said if isinstance(e, dict))
        if isinstance(said, list)
        else (),
    )


def _json_entity(data: dict[str, Any]) -> EntitySaid:
    return EntitySaid(
        _word(data, "list") or "",
        (_word(data, "id") or "").lower(),
        data.get("create") is True,
        data.get("update") is True,
        _whole(data.get("base_version")),
        _whole(data.get("trunk_version")),
        _word(data, "branch_id"),
        _word(data, "label") or "",
        {str(k): _text(v) for k, v in data["data"].items()}
        if isinstance(data.get("data"), dict)
        else {},
    )


def _word(data: dict[str, Any], key: str) -> str | None:
    value = data.get(key)
    # NUL cannot be kept as text by PostgreSQL.
    return value.strip().replace("\0", "") or None if isinstance(value, str) else None


def _text(value: Any) -> str:
    """An answer as an XForm writes it: choices apart by spaces, truths in small letters."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(_text(part) for part in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("\0", "")
