"""The entity lists that a phone with ODK Collect keeps: the server's, with its own changes on top.

The rules are Collect's own (2024.3 and later, entities specification 2024.1). An entity has a
version, which each change made on the phone raises by one; a trunk version, the last one known from
the server; and a branch id, which stays while the phone's changes build on one another and is new
whenever the server's word replaces them. A form reads them as the columns __version,
__trunkVersion and __branchId.
"""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lxml import etree

ENTITIES = "http://www.opendatakit.org/xforms/entities"
XFORMS = "http://www.w3.org/2002/xforms"
OFFLINE_SINCE = (2024, 1)
OWN_COLUMNS = ("__version", "__trunkVersion", "__branchId")


class ListRefusedError(Exception):
    """Collect would not take this list; the text says which of its rules is broken."""


@dataclass(frozen=True)
class LocalEntity:
    """One row as the phone holds it. `online`: the server has it, as far as the phone knows."""

    id: str
    label: str
    version: int
    trunk_version: int | None
    branch_id: str
    properties: dict[str, str] = field(default_factory=dict)
    online: bool = False

    @property
    def dirty(self) -> bool:
        return self.version != self.trunk_version


@dataclass(frozen=True)
class FormEntity:
    """What a finalised form says of one entity."""

    dataset: str
    id: str
    label: str
    create: bool
    update: bool
    properties: dict[str, str]


def is_uuid4(text: str) -> bool:
    """Whether Collect would apply a change to this id before the server has confirmed it."""
    try:
        return uuid.UUID(text).version == 4 and len(text) == 36
    except ValueError:
        return False


@dataclass
class EntityLists:
    """All lists of one phone, by name. `new_id` makes branch ids."""

    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    lists: dict[str, dict[str, LocalEntity]] = field(default_factory=dict)
    _hashes: dict[str, str] = field(default_factory=dict)

    def take(self, name: str, content: bytes, md5: str) -> None:
        """Merges the server's list: newer rows win, the phone's newer ones stay.

        Raises ListRefusedError where a row has no name or label, or no whole __version: Collect
        then leaves the whole list as it was, without a word.
        """
        if self._hashes.get(name) == md5:
            return
        local = self.lists.setdefault(name, {})
        rows = [_row(name, line, r) for line, r in enumerate(_records(name, content), start=2)]
        for missing in set(local) - {r.id for r in rows}:
            if local[missing].online:
                del local[missing]
        for row in rows:
            local[row.id] = self._merged(local.get(row.id), row)
        self._hashes[name] = md5

    def _merged(self, existing: LocalEntity | None, row: LocalEntity) -> LocalEntity:
        newer = existing is None or existing.version < row.version
        if newer or (existing and existing.version == row.version and existing.dirty):
            return replace(row, branch_id=self.new_id())
        assert existing is not None
        return replace(existing, online=True)

    def only_here(self, name: str) -> list[str]:
        """Ids that the server has not yet shown; Collect asks whether they are deleted."""
        return [e.id for e in self.lists.get(name, {}).values() if not e.online]

    def forget(self, name: str, entity_id: str) -> None:
        """Drops what the server says is deleted."""
        self.lists[name].pop(entity_id, None)

    def apply(self, changes: list[FormEntity]) -> None:
        """Applies a finalised form to the phone's lists, so that the next form builds on it."""
        for change in changes:
            known = self.lists.get(change.dataset)
            if known is None or not is_uuid4(change.id):
                continue
            existing = known.get(change.id)
            if existing is None and change.create and change.label.strip():
                known[change.id] = LocalEntity(
                    change.id, change.label, 1, None, self.new_id(), change.properties
                )
            elif existing is not None and change.update:
                known[change.id] = replace(
                    existing,
                    label=change.label if change.label.strip() else existing.label,
                    version=existing.version + 1,
                    properties=existing.properties | change.properties,
                )

    def as_csv(self, name: str) -> bytes:
        """The list as a form on the phone reads it."""
        entities = self.lists[name].values()
        names = dict.fromkeys(p for e in entities for p in e.properties)
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["name", "label", *OWN_COLUMNS, *names])
        for e in entities:
            trunk = "" if e.trunk_version is None else e.trunk_version
            own = [e.id, e.label, e.version, trunk, e.branch_id]
            writer.writerow([*own, *(e.properties.get(p, "") for p in names)])
        return out.getvalue().encode()


def _records(name: str, content: bytes) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise ListRefusedError(f"{name}.csv can't be read as CSV: {error}") from error
    for column in ("name", "label", "__version"):
        if column not in (reader.fieldnames or []):
            raise ListRefusedError(f"{name}.csv has no column {column}")
    return rows


def _row(name: str, line: int, record: dict[str, str]) -> LocalEntity:
    if None in record or None in record.values():
        raise ListRefusedError(f"{name}.csv, row {line}: it has another number of cells than names")
    version = record["__version"]
    if not record["name"] or not version.isascii() or not version.isdigit():
        raise ListRefusedError(
            f"{name}.csv, row {line}: it needs a name and a whole __version, not {version!r}"
        )
    own = {k: v for k, v in record.items() if k not in ("name", "label") and k[:2] != "__"}
    return LocalEntity(
        record["name"], record["label"], int(version), int(version), "", own, online=True
    )


def entities_of(xform: bytes, submission: bytes) -> list[FormEntity]:
    """What a finalised form says of entities; nothing if its form is older than offline entities.

    Entities in groups and repeats (specification 2025.1) are found too: an entity's properties are
    the `saveto` answers beside or below the container of its `meta`.
    """
    model = etree.fromstring(xform).find(f".//{{{XFORMS}}}model")
    assert model is not None
    declared = model.get(f"{{{ENTITIES}}}entities-version", "0.0").split(".")
    if tuple(int(part) for part in declared[:2]) < OFFLINE_SINCE:
        return []
    saved = {
        bind.get("nodeset"): bind.get(f"{{{ENTITIES}}}saveto")
        for bind in model.iter(f"{{{XFORMS}}}bind")
        if bind.get(f"{{{ENTITIES}}}saveto")
    }
    root = etree.fromstring(submission)
    found = [e for e in root.iter("{*}entity") if e.getparent().tag.endswith("meta")]
    return [_form_entity(root, e, saved) for e in found]


def _form_entity(root: etree._Element, entity: etree._Element, saved: dict[str, str]) -> FormEntity:
    container = entity.getparent().getparent()
    properties = {
        saved[_path(node)]: node.text or ""
        for node in container.iter("{*}*")
        if _path(node) in saved and _holder(node) is container
    }
    flags = {k: entity.get(k) in ("1", "true") for k in ("create", "update")}
    label = entity.findtext("{*}label") or ""
    return FormEntity(
        entity.get("dataset", ""), entity.get("id", ""), label, properties=properties, **flags
    )


def _path(node: etree._Element) -> str:
    steps = [etree.QName(e).localname for e in [*reversed([*node.iterancestors()]), node]]
    return "/" + "/".join(steps)


def _holder(node: etree._Element) -> etree._Element:
    """The nearest ancestor that holds an entity of its own."""
    for ancestor in node.iterancestors():
        if ancestor.find("{*}meta/{*}entity") is not None:
            return ancestor
    return node.getroottree().getroot()
