"""What ODK Collect makes of a form: the answers written into the form's own model.

The robots' phones do not run XPath: a robot knows which questions its answers lead to, and what the
form's one calculation gives (`task_state`). They do write into the model as it was downloaded, with
the entity's versions as the downloaded list has them, so that a changed form shows at once. That
real form engines agree with our server is for the form clients of the tests to say.
"""

from __future__ import annotations

import copy
import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

XFORMS = "http://www.w3.org/2002/xforms"
ENTITIES = "http://www.opendatakit.org/xforms/entities"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True)


class NotAskedError(Exception):
    """An answer to a question that the form does not have; its name."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A row of a downloaded entity list: `name` is its id."""

    id: str
    version: int
    values: Mapping[str, str]


@lru_cache(maxsize=64)
def _model(xform: bytes) -> etree._Element:
    root = etree.fromstring(xform, _PARSER)
    found = root.find(f".//{{{XFORMS}}}model/{{{XFORMS}}}instance")
    if found is None or not len(found):
        raise NotAskedError("model")
    return found[0]


def fill(
    xform: bytes,
    instance_id: str,
    answers: Mapping[str, str],
    entity: Entity | None = None,
    replaces: str = "",
) -> bytes:
    """A filled form as bytes, the same for the same arguments. Raises NotAskedError."""
    root = copy.deepcopy(_model(xform))
    for name, value in answers.items():
        node = root.find(f".//{{*}}{name}")
        if node is None:
            raise NotAskedError(name)
        node.text = value
    meta = root.find(".//{*}meta")
    if meta is None:
        raise NotAskedError("meta")
    _child(meta, "instanceID").text = instance_id
    if replaces:
        _child(meta, "deprecatedID").text = replaces
    _entity(meta, entity)
    _drop_unanswered(root)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _entity(meta: etree._Element, entity: Entity | None) -> None:
    node = meta.find("{*}entity")
    if node is None:
        return
    if entity is None:
        meta.remove(node)
        return
    node.set("id", entity.id)
    node.set("update", "1")
    node.set("baseVersion", str(entity.version))
    node.set("trunkVersion", str(entity.version))
    node.set("branchId", "")


def _child(meta: etree._Element, name: str) -> etree._Element:
    found = meta.find(f"{{*}}{name}")
    if found is None:
        found = etree.SubElement(meta, etree.QName(meta, name))
    return found


def _drop_unanswered(root: etree._Element) -> None:
    """What was not asked is not in the form that is sent, as Collect has it."""
    for node in list(root):
        if etree.QName(node).localname != "meta" and not len(node) and not node.text:
            root.remove(node)


def rows_of(content: bytes) -> list[Entity]:
    """The rows of an entity list as it was downloaded."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    return [Entity(row["name"], int(row["__version"]), row) for row in rows]


def md5(content: bytes) -> str:
    """The hash by which a phone knows that it has a file already."""
    return "md5:" + hashlib.md5(content, usedforsecurity=False).hexdigest()
