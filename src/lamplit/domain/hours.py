"""The hours in which somebody can be asked: read from what people write, and written again.

`{"mon": [["18:00", "21:00"]], …}`, as a person's `hours` are kept; an end of 24:00 is midnight.
"""

from __future__ import annotations

import re
import unicodedata

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Hours = dict[str, list[list[str]]]

_CHINESE = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_SPANS = {
    "daily": range(7), "every day": range(7), "每天": range(7), "每日": range(7),
    "weekdays": range(5), "工作日": range(5), "平日": range(5),
    "weekend": range(5, 7), "weekends": range(5, 7), "周末": range(5, 7),
}  # fmt: skip
_TIME = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|到|至|to)\s*(\d{1,2}):(\d{2})")
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|(?:周|星期)?[一二三四五六日天]"
_RANGE = re.compile(rf"({_DAY})(?:\s*(?:-|到|至|to)\s*({_DAY}))?")


def read_hours(text: str) -> Hours | None:
    """Hours from `mon-fri 18:00-21:00; sat 9:00-17:00` or `周一至周五 18:00-21:00；周六 …`.

    Times without days hold daily; None for `any` (不限). Raises ValueError for anything else, and
    where a span ends before it begins.
    """
    plain = unicodedata.normalize("NFKC", text).lower().replace("—", "-").replace("–", "-")
    plain = plain.strip()
    if plain in ("any", "不限", "任意", "全天", "随时"):
        return None
    hours: Hours = {}
    days: list[int] = list(range(7))
    for part in re.split(r"[;\n。]", plain.replace("、", ",")):
        if not part.strip():
            continue
        spans = [_span(match) for match in _TIME.finditer(part)]
        said = _TIME.sub(" ", part).strip(" ,")
        days = _days(said) if said else list(range(7))
        if not spans:
            raise ValueError(text)
        for day in days:
            hours.setdefault(DAYS[day], []).extend(spans)
    if not hours:
        raise ValueError(text)
    return {day: sorted(hours[day]) for day in DAYS if day in hours}


def write_hours(hours: Hours) -> str:
    """The hours as `read_hours` reads them: one part for each day."""
    return "; ".join(
        f"{day} " + ", ".join(f"{start}-{end}" for start, end in spans)
        for day, spans in hours.items()
    )


def _span(match: re.Match[str]) -> list[str]:
    hour, minute, to_hour, to_minute = (int(part) for part in match.groups())
    start, end = hour * 60 + minute, to_hour * 60 + to_minute
    if minute > 59 or to_minute > 59 or not 0 <= start < end <= 24 * 60:
        raise ValueError(match[0])
    return [f"{hour:02}:{minute:02}", f"{to_hour:02}:{to_minute:02}"]


def _days(said: str) -> list[int]:
    if said in _SPANS:
        return list(_SPANS[said])
    days: list[int] = []
    for part in re.split(r"[,\s]+(?!-|到|至|to\b)", said):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise ValueError(said)
        first = _day(match[1])
        last = _day(match[2]) if match[2] else first
        days += range(first, last + 1) if first <= last else [*range(first, 7), *range(last + 1)]
    return sorted(set(days))


def _day(word: str) -> int:
    return _CHINESE[word[-1]] if word[-1] in _CHINESE else DAYS.index(word[:3])
