"""Which of a file's columns holds what: by its heading, by what was said before, or by a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import imports as problems
from lamplit.domain.problems import registry as sheet_problems
from lamplit.meters.registry import folded

How = Literal["named", "kept", "guessed"]

Words = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that a kind of file has: what else they may be headed, and which it needs.

    `texts` says each in words; `near` has words that a heading may hold if it means a column
    perhaps; `values` the words of a column that knows a few only.
    """

    columns: Words
    needed: tuple[str, ...]
    codes: tuple[str, ...]
    texts: Mapping[str, Text] = field(default_factory=dict)
    near: Words = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)

    def column_of(self, header: str) -> str | None:
        """The column that a header names, or None."""
        wanted = folded(header)
        for name, words in self.columns.items():
            if wanted and wanted in {folded(word) for word in (name, *words)}:
                return name
        return None


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a file: each heading's column (empty: leave it aside), and what
    stands in a column in every row.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    """What was said of such headings (folded) when files of this kind came before."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Where a column stands in the file, and how that is known."""

    at: int
    how: How


def take_columns(where: str, headers: Sequence[str], layout: Layout, said: Said) -> dict[str, int]:
    """Where each column stands in a file. Raises LamplitError `registry.bad-map`,
    `registry.same-column-twice` or `import.no-column`.
    """
    check(where, headers, layout, said)
    at = _chosen(where, headers, said)
    for index, header in enumerate(headers):
        name = layout.column_of(header)
        if name is None or name in said.fixed or _is_said(header, said) or name in _told(said):
            continue
        if name in at:
            raise _twice(where, name, headers[at[name]], header)
        at[name] = index
    for name, index in _kept(headers, layout, said).items():
        at.setdefault(name, index)
    for name in layout.needed:
        if name not in at and name not in said.fixed:
            shown = _shown(headers)
            raise LamplitError(problems.NO_COLUMN, where=where, name=name, columns=shown)
    return at


def guess_columns(headers: Sequence[str], layout: Layout, said: Said) -> dict[str, Taken]:
    """Where each column stands, or may stand; raises nothing, for somebody will look at it.

    Of two headings that name one column the first is taken, as a guess.
    """
    found: dict[str, Taken] = {}
    for index, header in enumerate(headers):
        name = layout.column_of(header)
        if name is None or folded(header) in said.kept:
            continue
        found[name] = Taken(found[name].at, "guessed") if name in found else Taken(index, "named")
    for name, index in _kept(headers, layout, said).items():
        found.setdefault(name, Taken(index, "kept"))
    free = {
        index
        for index, header in enumerate(headers)
        if header and layout.column_of(header) is None and folded(header) not in said.kept
    } - {one.at for one in found.values()}
    for name in (one for one in layout.columns if one not in found):
        best = max(free, key=lambda i: (_nearness(headers[i], name, layout), -i), default=None)
        if best is not None and _nearness(headers[best], name, layout):
            found[name] = Taken(best, "guessed")
            free.discard(best)
    return found


def worth_keeping(headers: Sequence[str], layout: Layout, said: Said) -> dict[str, str]:
    """What the next file of this kind is to know, by folded heading: what was said of headings
    that do not say so themselves, and that those in whose place others were put mean nothing.
    """
    told = {folded(header): name for header, name in said.columns.items()}
    for header in headers:
        name = layout.column_of(header)
        if name in _told(said):
            told.setdefault(folded(header), "")
    own = {folded(header): layout.column_of(header) or "" for header in headers}
    return {
        heading: name
        for heading, name in told.items()
        if heading and (name != own.get(heading, "") or heading in said.kept)
    }


def check(where: str, headers: Sequence[str], layout: Layout, said: Said) -> None:
    """Raise LamplitError `registry.bad-map` where something is said of what is not there."""
    names, shown = ", ".join(layout.columns), _shown(headers)
    wrong = [
        f"{header}={name}"
        for header, name in said.columns.items()
        if header not in headers or (name and name not in layout.columns)
    ]
    wrong += [f"{name}={value}" for name, value in said.fixed.items() if name not in layout.columns]
    if wrong:
        raise LamplitError(
            sheet_problems.BAD_MAP, where=where, given=wrong[0], columns=shown, names=names
        )


def _chosen(where: str, headers: Sequence[str], said: Said) -> dict[str, int]:
    at: dict[str, int] = {}
    for header, name in said.columns.items():
        if name and name in at:
            raise _twice(where, name, headers[at[name]], header)
        if name:
            at[name] = headers.index(header)
    return at


def _kept(headers: Sequence[str], layout: Layout, said: Said) -> dict[str, int]:
    """What was said before of headings that this file has, where its own do not say it."""
    own = {
        layout.column_of(header)
        for header in headers
        if header not in said.columns and folded(header) not in said.kept
    }
    at: dict[str, int] = {}
    for index, header in enumerate(headers):
        name = said.kept.get(folded(header), "")
        taken = name in own or name in _told(said) or name in said.fixed
        if name in layout.columns and header not in said.columns and not taken:
            at.setdefault(name, index)
    return at


def _is_said(header: str, said: Said) -> bool:
    return header in said.columns or folded(header) in said.kept


def _told(said: Said) -> set[str]:
    return {name for name in said.columns.values() if name}


def _nearness(header: str, name: str, layout: Layout) -> int:
    """How much of a heading a word of a column makes up: 0 where none is in it."""
    plain, parts = folded(header), set(re.findall(r"[a-z]+", header.lower()))
    words = (name, *layout.columns[name], *layout.near.get(name, ()))

    def fits(word: str) -> bool:
        # A Latin word has to stand by itself: `id` is not in `width`.
        one = folded(word)
        return one in parts if one.isascii() else one in plain

    return max((len(folded(word)) for word in words if fits(word)), default=0)


def _twice(where: str, name: str, *headers: str) -> LamplitError:
    both = ", ".join(f"`{header}`" for header in headers)
    return LamplitError(sheet_problems.SAME_COLUMN_TWICE, where=where, columns=both, name=name)


def _shown(headers: Sequence[str]) -> str:
    return ", ".join(headers[:20]) + (" …" if len(headers) > 20 else "")
