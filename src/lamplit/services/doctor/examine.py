"""The checks in order, and what each says.

A check looks and changes nothing. It gives facts, and findings that are the catalogue's problems:
grave where something is lost, wrong or about to be, else a warning. A check that itself fails is a
finding too, so that one damaged file does not hide the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.services.doctor import data, machine
from lamplit.services.home import Home

OK, WARNING, PROBLEM = "ok", "warning", "problem"


@dataclass(slots=True)
class Check:
    """What one check came to. `facts`: name → what was seen, for people and programs alike."""

    name: str
    facts: dict[str, Any] = field(default_factory=dict)
    problems: list[LamplitError] = field(default_factory=list)
    warnings: list[LamplitError] = field(default_factory=list)

    @property
    def level(self) -> str:
        """`ok`, `warning` or `problem`."""
        return PROBLEM if self.problems else WARNING if self.warnings else OK


CHECKS: dict[str, tuple[Text, Callable[[Check, Home, datetime, bool], None]]] = {
    "versions": (Text("versions", "版本"), machine.versions),
    "settings": (Text("settings", "设置"), machine.settings),
    "space": (Text("disk space", "磁盘空间"), machine.space),
    "permissions": (Text("permissions", "权限"), machine.permissions),
    "engine": (Text("engine", "引擎"), machine.engine),
    "store": (Text("store", "数据库"), machine.store),
    "clock": (Text("clock", "时钟"), machine.clock),
    "lake": (Text("lake", "湖"), data.lake),
    "days": (Text("days", "日期"), data.days),
    "nights": (Text("nights", "夜间计算"), data.nights),
}
"""Check → what it is called, and how it is made (check, home, now in UTC, deep)."""


def examine(home: Home, now: datetime, *, deep: bool = False) -> list[Check]:
    """All checks of a home as of `now` (UTC). `deep` also reads every file of the lake."""
    found = []
    for name, (_, look) in CHECKS.items():
        check = Check(name)
        try:
            look(check, home, now, deep)
        except LamplitError as error:
            check.problems.append(error)
        found.append(check)
    return found
