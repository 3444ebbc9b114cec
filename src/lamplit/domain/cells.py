"""Cells that stay text: a spreadsheet runs what begins with = + - @, whoever wrote it there."""

from __future__ import annotations

import re
from typing import Final

FORMULA: Final = "^'*[=+\\-@\t\r\n＝＋－＠]"
"""How a text begins that a spreadsheet might run (some read the wide signs alike), or that looks
like such a text made inert; those are marked once more, so that `as_it_was` is exact. RE2 and
`re` read it alike."""

_RUNS = re.compile(FORMULA)


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe goes before what might run."""
    return f"'{text}" if _RUNS.match(text) else text


def as_it_was(cell: str) -> str:
    """What `inert` was given."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell) else cell
