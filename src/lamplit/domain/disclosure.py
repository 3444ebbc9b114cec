"""Which counts of homes may be shown to people who may not see single homes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

LEAST_HOMES = 15
"""A cell is shown when at least this many homes are in it (the 15 of the 15/15 rule)."""

Key = TypeVar("Key")


def release(parts: Mapping[Key, int], least: int = LEAST_HOMES) -> dict[Key, int | None]:
    """The parts of a whole with those that must not be shown as None.

    A part under `least` is held back; and as the whole is known, so is the smallest part beside
    it, and the next, until what could be worked out by subtraction holds `least` homes of at
    least two parts. A part of no homes is held back too: "nobody" says something of each home.
    """
    shown: dict[Key, int | None] = dict(parts)
    by_size = sorted(parts, key=lambda key: parts[key])
    homes = 0
    for hidden, key in enumerate(by_size):
        if parts[key] >= least and (hidden == 0 or (hidden > 1 and homes >= least)):
            break
        shown[key] = None
        homes += parts[key]
    return shown
