"""A file's headings, each with a few of its cells, and what column each is taken for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

import pyarrow as pa

from lamplit.domain.abilities import Ability
from lamplit.domain.field import PLACE_TEXT
from lamplit.domain.language import Text
from lamplit.meters.registry import folded
from lamplit.meters.sheets import Sheet, read_sheet
from lamplit.services.field.door import require_somewhere
from lamplit.services.field.files import incoming, registry_columns
from lamplit.services.field.files.columns import How, Layout, Said, guess_columns
from lamplit.services.field.files.imports import IMPORTERS, Kind
from lamplit.services.field.files.sheet import clean, in_pages_words
from lamplit.services.field.office import Actor, Office
from lamplit.store import headings as store

SAMPLES, SAMPLE_LETTERS, LOOKED_AT = 3, 40, 200

KIND_SIGNS = {"楼": "building", "栋": "building", "幢": "building", "房": "household"}
"""What a heading of codes says of the kind of place that each row is: 楼号 numbers buildings."""


@dataclass(frozen=True, slots=True)
class FileHeading:
    """A heading of the file, and the first cells below it that differ."""

    heading: str
    samples: list[str]


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column that this kind of file has: `heading` is what is taken for it, and `how` so.

    `value` is what may stand in every row where no heading does; `values` all that may.
    """

    name: str
    text: Text
    needed: bool
    heading: str | None
    how: How | None
    value: str | None
    values: dict[str, Text] | None


@dataclass(frozen=True, slots=True)
class Headings:
    """What a file is headed with, and what that is taken for; `settled`: nobody need look."""

    headings: list[FileHeading]
    columns: list[FileColumn]
    settled: bool


def headings_of(
    office: Office, actor: Actor, import_id: str, kind: Kind | Literal["registry"]
) -> Headings:
    """How the columns of a file that came in would be taken.

    Needs IMPORT somewhere. Raises LamplitError `store.not-found`, `incoming.not-whole`,
    `door.not-allowed` and those of `read_sheet`.
    """
    with office.read(actor) as tx:
        incoming.whole_of(tx, import_id)
        require_somewhere(tx, Ability.IMPORT)
        said = Said(kept=store.kept(tx.conn, str(kind)))
    file = incoming.checked(office, actor, import_id, lambda share, name: None)
    layout = IMPORTERS[kind].layout if isinstance(kind, Kind) else registry_columns.LAYOUT
    with in_pages_words(file):
        return look(file, layout, said)


def look(file: Path, layout: Layout, said: Said) -> Headings:
    """The headings of `file`, and what each column is taken from."""
    sheet = read_sheet(file, lambda one: layout.column_of(one) or said.kept.get(folded(one)))
    found = guess_columns(sheet.headers, layout, said)
    columns = []
    for name in layout.columns:
        taken = found.get(name)
        heading = sheet.headers[taken.at] if taken else None
        columns.append(
            FileColumn(
                name, layout.texts[name], name in layout.needed, heading,
                taken.how if taken else None, None, dict(layout.values.get(name, {})) or None,
            )
        )  # fmt: skip
    columns = [_with_kind(one, columns) for one in columns]
    sure = all(one.how != "guessed" and (one.heading or not one.needed) for one in columns)
    return Headings(_headings(sheet), columns, sure)


def _headings(sheet: Sheet) -> list[FileHeading]:
    return [
        FileHeading(header, list(islice(_differing(sheet.columns[at]), SAMPLES)))
        for at, header in enumerate(sheet.headers)
        if header
    ]


def _differing(column: pa.Array) -> dict[str, None]:
    texts = (clean(text)[:SAMPLE_LETTERS] for text in column.slice(0, LOOKED_AT).to_pylist())
    return dict.fromkeys(text for text in texts if text)


def _with_kind(column: FileColumn, columns: list[FileColumn]) -> FileColumn:
    """A column of kinds that the file lacks, with the kind that the heading of codes speaks of."""
    if column.name != "kind" or column.heading or not column.values:
        return column
    code = next((one.heading for one in columns if one.name == "code"), None) or ""
    said = {text.zh: kind.value for kind, text in PLACE_TEXT.items()} | KIND_SIGNS
    value = next((kind for sign, kind in said.items() if sign in code), None)
    if value not in column.values:
        return column
    return replace(column, value=value)
