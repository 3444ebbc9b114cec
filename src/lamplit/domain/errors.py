"""One catalogue of problems: a stable code, what happened, and what to do about it.

A problem is *declared* once, in `lamplit.domain.problems`, beside the others of its room, and
*raised* as a `LamplitError` that says where: file, row, column.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from lamplit.domain.language import Language, Text

FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""How the system calls a disk that is full, or a limit on what may be written to it."""
_WORD = re.compile(r"[a-z]+[ ,.]")
"""How a sentence begins whose first letter may be a capital: not with what stood in a file."""
_PART = re.compile(r", (?:row|line|column) ")
"""What follows a file where a problem says its place in it."""
_SERVERS = re.compile(r"(?<![\w/.:])/(?:[^\s/'\"`]+/)+")
"""The folders of a path of this machine, as they stand in what another program said."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of the catalogue.

    `code` is stable and dotted (`ingest.empty-file`); `says` and `remedy` may hold `{fields}`
    that the raiser fills in. Where the remedy names a command or one of its options, `on_pages` is
    what to do for whoever reads it on a page, and has no command line.
    """

    code: str
    says: Text
    remedy: Text
    on_pages: Text | None = None

    @property
    def page_remedy(self) -> Text:
        """What to do about it, as a page says it."""
        return self.on_pages or self.remedy


class LamplitError(Exception):
    """A problem met: what happened, where, and what to do, with a stable code.

    `where` names the place as precisely as is known: `readings.csv, row 12, column kwh`.
    """

    def __init__(self, problem: Problem, *, where: str = "", **fields: object) -> None:
        self.problem = problem
        self.where = where
        self.fields = fields
        super().__init__(self.describe("en"))

    @property
    def code(self) -> str:
        """The stable code, for scripts and for the reference."""
        return self.problem.code

    def says(self, language: Language) -> str:
        """What happened, and where."""
        said = self.problem.says.say(language, **self.fields)
        return f"{self.where}: {said}" if self.where else said

    def title(self, language: Language) -> str:
        """What happened, and where, as a page says it: a sentence that stands alone, in English
        with a capital. A file goes by its name; the server's folders are nobody's business there.
        """
        said, where = self.problem.says.say(language, **self._page_fields()), _on_page(self.where)
        if where:
            return f"{where}: {said}"
        if language != "en" or not _WORD.match(self.problem.says.en):
            return said
        return said[:1].upper() + said[1:]

    def remedy(self, language: Language) -> str:
        """What to do about it."""
        return self.problem.remedy.say(language, **self.fields)

    def page_remedy(self, language: Language) -> str:
        """What to do about it, for a page: no command, no option, no path of the server."""
        return self.problem.page_remedy.say(language, **self._page_fields())

    def kept(self) -> dict[str, Any]:
        """As it is kept for a page: its code, what happened and what to do, in both languages."""
        return {
            "code": self.code,
            "says": {"en": self.title("en"), "zh": self.title("zh")},
            "remedy": {"en": self.page_remedy("en"), "zh": self.page_remedy("zh")},
        }

    def describe(self, language: Language) -> str:
        """All of it on one line: `[code] where: what. remedy`."""
        return f"[{self.code}] {self.says(language)} {self.remedy(language)}"

    def _page_fields(self) -> dict[str, object]:
        return {name: _without_folders(value) for name, value in self.fields.items()}


def _on_page(where: str) -> str:
    """A place as a page says it: `readings.csv, row 12` of a file, nothing of a folder or store."""
    part = _PART.search(where)
    file, rest = (where[: part.start()], where[part.start() :]) if part else (where, "")
    if "/" not in file:
        return where
    name = PurePath(file).name
    return name + rest if PurePath(name).suffix else rest.removeprefix(", ")


def _without_folders(value: object) -> object:
    if isinstance(value, PurePath):
        return value.name
    if isinstance(value, str | Exception):
        return _SERVERS.sub("", str(value))
    return value
