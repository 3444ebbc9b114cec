"""What marks a home as a demo's: nobody in it exists, its passwords are known, it grows old.

A home so marked is served on loopback only, and every page of it says what it is.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from lamplit.domain.language import Text
from lamplit.services.home import Home, write_atomically

FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody to sign in as; `says` what one sees then."""

    username: str
    password: str
    name: str
    says: Text


@dataclass(frozen=True, slots=True)
class DemoMark:
    """`until`: the last night; the demo's story breaks off on the day after it."""

    until: date
    accounts: tuple[DemoAccount, ...] = ()

    def age(self, today: date) -> int:
        """Days since the story broke off; 0 or less on the day itself."""
        return (today - self.until - timedelta(1)).days


def read(home: Home) -> DemoMark | None:
    """The mark of a home; None where it is no demo's."""
    try:
        told = json.loads((home.path / FILE).read_text("utf-8"))
    except FileNotFoundError:
        return None
    accounts = tuple(
        DemoAccount(**one | {"says": Text(one["says"]["en"], one["says"]["zh"])})
        for one in told["accounts"]
    )
    return DemoMark(date.fromisoformat(told["until"]), accounts)


def write(home: Home, mark: DemoMark) -> None:
    """Mark a home, or mark it anew."""
    told = asdict(mark) | {"until": mark.until.isoformat()}
    write_atomically(home.path / FILE, json.dumps(told, ensure_ascii=False, indent=1))
