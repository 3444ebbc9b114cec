"""Text made safe and made to fit: names come from other people's files."""

from __future__ import annotations

import re
from datetime import date, datetime
from html import escape
from unicodedata import east_asian_width

from lamplit.domain.language import Language

FONTS = (
    "'Noto Sans SC','Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',"
    "'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
)
"""Chinese faces first: they hold Latin letters too, and Latin faces hold no Chinese."""

# What XML 1.0 forbids, and the marks that would turn the order of the text around them.
_FORBIDDEN = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")


def clean(text: str) -> str:
    """The text on one line, without characters that XML forbids or that reorder others."""
    return " ".join(_FORBIDDEN.sub("", text).split())


def safe(text: str) -> str:
    """The text for markup, in an element or in a quoted attribute."""
    return escape(clean(text), quote=True)


def width(text: str, size: float) -> float:
    """About how wide the text is in pixels at a font size; errs on the wide side."""
    return size * sum(_advance(letter) for letter in text)


def _advance(letter: str) -> float:
    if east_asian_width(letter) in "WF":
        return 1.0
    return 0.68 if letter.isupper() or letter in "mw@%" else 0.54


def fit(text: str, size: float, room: float) -> str:
    """The text, cut with an ellipsis if it is wider than `room` pixels."""
    text = clean(text)
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def wrap(text: str, size: float, room: float, lines: int = 2) -> list[str]:
    """The text broken into at most `lines` lines of `room` pixels; the last is cut to fit.

    Breaks at spaces where there are any, else anywhere, as Chinese does.
    """
    rest = clean(text)
    done: list[str] = []
    while rest and len(done) < lines - 1 and width(rest, size) > room:
        cut = len(rest)
        while cut > 1 and width(rest[:cut], size) > room:
            cut -= 1
        space = rest.rfind(" ", 0, cut + 1)
        cut = space if space > cut // 2 else cut
        done.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*done, fit(rest, size, room)] if rest or not done else done


def day_text(day: date, language: Language, near: date | None = None) -> str:
    """`22 Jan` or `1月22日`; with its year unless that is the year of `near`."""
    if language == "zh":
        short = f"{day.month}月{day.day}日"
        return short if near and near.year == day.year else f"{day.year}年{short}"
    short = f"{day.day} {_MONTHS[day.month - 1]}"
    return short if near and near.year == day.year else f"{short} {day.year}"


def moment_text(at: datetime, language: Language) -> str:
    """`22 Jan, 18:05` or `1月22日 18:05`, as the pages write it; `at` in the office's zone."""
    return f"{day_text(at, language, at)}{', ' if language == 'en' else ' '}{at:%H:%M}"
