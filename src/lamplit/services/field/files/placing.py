"""Finding the places that a file's rows name, all of them in a few look-ups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection

from lamplit.domain.field import PLACE_TEXT, PlaceKind
from lamplit.domain.problems import imports as problems
from lamplit.services.field.files.sheet import BadRowError, Row
from lamplit.store import places
from lamplit.store.places import Place

_WORDS = {
    word: kind
    for kind in PlaceKind
    for word in (kind.value, PLACE_TEXT[kind].en, PLACE_TEXT[kind].zh)
} | {
    "小区": PlaceKind.COMMUNITY,
    "区": PlaceKind.DISTRICT,
    "楼": PlaceKind.BUILDING,
    "住户": PlaceKind.HOUSEHOLD,
    "home": PlaceKind.HOUSEHOLD,
}


def split_kind(text: str) -> tuple[PlaceKind | None, str]:
    """`building:B1` or `楼栋:B1` as kind and code; a plain code has no kind."""
    said, mark, code = text.replace("：", ":").partition(":")
    kind = kind_of(said) if mark else None
    return (kind, code.strip()) if kind else (None, text)


def kind_of(text: str) -> PlaceKind | None:
    """The kind that a word in either language names."""
    return _WORDS.get(text.strip().lower())


class Finder:
    """The places of the store that bear any of some codes."""

    def __init__(self, conn: Connection, texts: Iterable[str]) -> None:
        wanted = sorted({split_kind(text)[1] for text in texts if text})
        self._by_code: defaultdict[str, list[Place]] = defaultdict(list)
        for kind in PlaceKind if wanted else ():
            for found in places.by_codes(conn, kind, wanted).values():
                self._by_code[found.code].append(found)

    def matches(self, text: str) -> list[Place]:
        """The places with a code, of the kind that stands before it if any."""
        kind, code = split_kind(text)
        exact = self._by_code.get(text, [])
        return exact or [one for one in self._by_code.get(code, []) if kind in (None, one.kind)]

    def find(self, row: Row, column: str, *kinds: PlaceKind) -> Place:
        """The one place that a cell names, of `kinds` if given. Raises BadRowError."""
        text = row[column]
        found = self.matches(text)
        if not found:
            raise BadRowError(column, problems.UNKNOWN_PLACE, text)
        fit = [one for one in found if not kinds or one.kind in kinds]
        if not fit:
            raise BadRowError(column, problems.WRONG_PLACE, text)
        if len(fit) > 1:
            raise BadRowError(column, problems.AMBIGUOUS_PLACE, text)
        return fit[0]
