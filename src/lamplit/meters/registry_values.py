"""How one cell of a registry file is read: ids, floors, yes and no, dates.

Each reader takes trimmed, non-empty text and gives the value, or raises ValueError.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

TRUE = frozenset(["yes", "y", "true", "t", "1", "是", "有", "对", "√", "✓", "x"])
FALSE = frozenset(["no", "n", "false", "f", "0", "否", "无", "非", "×", "-", "/"])

ROUNDED = r"^\d(\.\d+)?[eE]\+\d+$"
"""`3.30001E+11`: an id that a spreadsheet took for a number, and rounded."""

_DATE = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})(?:日|\D.*)?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_FLOOR = re.compile(r"(b|地下|负|-)?第?(\d{1,3})(?:层|楼|f)?")
_CHINESE_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")}
_EXCEL_EPOCH = date(1899, 12, 30)
_OPEN_END_YEAR = 2200
"""Systems write an open end as 2999-12-31 or 9999-12-31; nobody means it."""


def read_flag(text: str) -> bool:
    """Yes or no in either language."""
    word = text.lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueError(text)


def read_floor(text: str) -> int:
    """A floor from -20 to 200: `12`, `12F`, `12层`, `十二层`, `B1`, `地下一层`."""
    plain = unicodedata.normalize("NFKC", text).lower().replace(" ", "")
    plain = re.sub("[零一二三四五六七八九十]+", lambda m: str(_chinese(m[0])), plain)
    plain = plain.removesuffix(".0")
    match = _FLOOR.fullmatch(plain)
    if match is None:
        raise ValueError(text)
    floor = int(match[2]) * (-1 if match[1] else 1)
    if not -20 <= floor <= 200:
        raise ValueError(text)
    return floor


def _chinese(numeral: str) -> int:
    """十二 is 12, 三十 is 30, 二 is 2, 一二 is 12."""
    if "十" not in numeral:
        return int("".join(str(_CHINESE_DIGITS[c]) for c in numeral))
    tens, _, ones = numeral.partition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        raise ValueError(numeral)
    return (_CHINESE_DIGITS[tens] if tens else 1) * 10 + (_CHINESE_DIGITS[ones] if ones else 0)


def read_day(text: str) -> date | None:
    """A date that begins with its year, or Excel's day number; None for an open end.

    `31/01/2024` is refused, as 02/03/2024 could be read two ways.
    """
    plain = unicodedata.normalize("NFKC", text).removesuffix(".0")
    match = _COMPACT_DATE.fullmatch(plain) or _DATE.fullmatch(plain)
    if match is not None:
        year, month, day = (int(match[i]) for i in (1, 2, 3))
        if year >= _OPEN_END_YEAR:
            return None
        if year < 1900:
            raise ValueError(text)
        return date(year, month, day)
    if re.fullmatch(r"[2-9]\d{4}", plain):
        return _EXCEL_EPOCH + timedelta(days=int(plain))
    raise ValueError(text)
