"""Time zones by name, with a helpful word for near misses."""

from __future__ import annotations

import difflib
from functools import cache
from zoneinfo import available_timezones

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import home as problems

SPOKEN = {
    "beijing": "Asia/Shanghai",
    "peking": "Asia/Shanghai",
    "北京": "Asia/Shanghai",
    "北京时间": "Asia/Shanghai",
    "上海": "Asia/Shanghai",
    "武汉": "Asia/Shanghai",
    "wuhan": "Asia/Shanghai",
    "china": "Asia/Shanghai",
    "中国": "Asia/Shanghai",
    "香港": "Asia/Hong_Kong",
    "台北": "Asia/Taipei",
    "gmt+8": "Asia/Shanghai",
    "utc+8": "Asia/Shanghai",
    "bst": "Europe/London",
    "london": "Europe/London",
    "aest": "Australia/Sydney",
}
"""What people say for a zone, and the IANA name that they mean."""


def checked_zone(name: str) -> str:
    """`name` itself, when it is an IANA zone. Raises LamplitError `home.unknown-timezone`."""
    if name in _zones():
        return name
    near = near_zones(name) or ["Asia/Shanghai"]
    raise LamplitError(problems.UNKNOWN_TIMEZONE, name=name, near=", ".join(near))


def near_zones(name: str) -> list[str]:
    """Up to three zones that `name` may have meant, the likeliest first."""
    wanted = name.strip().lower().replace(" ", "_")
    if wanted in SPOKEN:
        return [SPOKEN[wanted]]
    by_lower = {zone.lower(): zone for zone in _zones()}
    if wanted in by_lower:
        return [by_lower[wanted]]
    by_city: dict[str, str] = {}
    for lower, zone in sorted(by_lower.items()):
        by_city.setdefault(lower.rsplit("/", 1)[-1], zone)
    city = wanted.rsplit("/", 1)[-1]
    if city in by_city:
        return [by_city[city]]
    found = [by_lower[m] for m in difflib.get_close_matches(wanted, by_lower, 3, 0.75)]
    by_city |= SPOKEN
    found += [by_city[m] for m in difflib.get_close_matches(city, by_city, 3, 0.75)]
    return list(dict.fromkeys(found))[:3]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
