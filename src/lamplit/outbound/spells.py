"""Spells in pictures: a home's daily kWh with what was found in it, one home or a sheet of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lamplit.domain.language import Language, Text
from lamplit.domain.words import STATE_TEXT, HomeState
from lamplit.outbound.markup import FONTS, day_text, fit, safe

WIDTH, HEIGHT = 640, 190
LEFT, RIGHT, TOP, FOOT = 46, 14, 48, 30
INK, SOFT, GRID = "#1b2036", "#4c5370", "#e2ddd0"
USE, SPELL, SPELL_EDGE, GAP = "#c27a17", "#c9d1ee", "#3c4a8f", "#8a8fa3"

UNIT = Text("kWh a day", "千瓦时/日")
FOUND = Text("{state} {first} to {last}, {days} days", "{state}：{first}至{last}，{days}天")
MORE = Text("{share} likely empty", "无人概率 {share}")
CAPTION = Text(
    "Bars: daily kWh. Shaded: the spell found. Crosses: days not read.",
    "柱：日电量；阴影：检出的无人期；叉号：未读到的日子。",
)


@dataclass(frozen=True, slots=True)
class Spell:
    """One spell: first and last day, both included."""

    first: date
    last: date
    state: HomeState
    probability: float | None = None

    @property
    def days(self) -> int:
        """Its length."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class HomeSpells:
    """A stretch of a home's days from `first` on: kWh (None = not read), and the spells in it."""

    name: str
    first: date
    kwh: Sequence[float | None]
    spells: Sequence[Spell]
    note: str = ""


def spell_svg(home: HomeSpells, language: Language) -> str:
    """One home's picture; bars for days, a shaded band for each spell, crosses for gaps."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" font-family="{FONTS}">'
        f"<title>{safe(home.name)}</title><desc>{safe(_words(home, language))}</desc>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{_drawn(home, language)}</svg>'
    )


def spell_sheet(homes: Sequence[HomeSpells], language: Language, columns: int = 2) -> str:
    """Many homes on one sheet, as SVG, `columns` beside each other."""
    lines = -(-len(homes) // columns)
    width, height = WIDTH * columns, HEIGHT * lines + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="{FONTS}">',
        f"<title>{safe(CAPTION.say(language))}</title>",
        f"<desc>{safe('; '.join(_words(home, language) for home in homes))}</desc>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="13" fill="{SOFT}">'
        f"{safe(CAPTION.say(language))}</text>",
    ]
    for number, home in enumerate(homes):
        down, across = divmod(number, columns)
        place = f"translate({across * WIDTH} {down * HEIGHT + 30})"
        parts.append(f'<g class="home" transform="{place}">{_drawn(home, language)}</g>')
    return "".join([*parts, "</svg>"])


def _words(home: HomeSpells, language: Language) -> str:
    said = [_spell_words(spell, language) for spell in home.spells]
    return f"{home.name}: " + "; ".join(said + ([home.note] if home.note else []))


def _spell_words(spell: Spell, language: Language) -> str:
    text = FOUND.say(
        language,
        state=STATE_TEXT[spell.state].say(language),
        first=day_text(spell.first, language, spell.last),
        last=day_text(spell.last, language),
        days=spell.days,
    )
    if spell.probability is not None:
        text += ", " + MORE.say(language, share=f"{spell.probability:.0%}")
    return text


def _drawn(home: HomeSpells, language: Language) -> str:
    top = max((kwh for kwh in home.kwh if kwh is not None), default=0.0) or 1.0
    below = _words(home, language).removeprefix(f"{home.name}: ")
    room = WIDTH - LEFT - RIGHT
    return "".join(
        [
            f'<text x="{LEFT}" y="20" font-size="15" font-weight="700" fill="{INK}">'
            f"{safe(fit(home.name, 15, room))}</text>",
            f'<text x="{LEFT}" y="37" font-size="12" fill="{SOFT}">'
            f"{safe(fit(below, 12, room))}</text>",
            *_bands(home),
            *_axis(home, top, language),
            *_bars(home, top),
        ]
    )


def _step(home: HomeSpells) -> float:
    return (WIDTH - LEFT - RIGHT) / max(1, len(home.kwh))


def _bands(home: HomeSpells) -> Iterator[str]:
    tall = HEIGHT - TOP - FOOT
    for spell in home.spells:
        begin = max(0, (spell.first - home.first).days)
        end = min(len(home.kwh), (spell.last - home.first).days + 1)
        if end <= begin:
            continue
        x, wide = LEFT + begin * _step(home), (end - begin) * _step(home)
        yield (
            f'<rect class="spell" x="{x:.1f}" y="{TOP}" width="{wide:.1f}" height="{tall}" '
            f'fill="{SPELL}"/><path d="M{x:.1f} {TOP}h{wide:.1f}" stroke="{SPELL_EDGE}" '
            'stroke-width="3"/>'
        )


def _axis(home: HomeSpells, top: float, language: Language) -> Iterator[str]:
    floor = HEIGHT - FOOT
    for share in (0.0, 0.5, 1.0):
        y = floor - share * (floor - TOP - 6)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>'
        yield (
            f'<text x="{LEFT - 5}" y="{y + 4:.1f}" font-size="11" text-anchor="end" '
            f'fill="{SOFT}">{top * share:.1f}</text>'
        )
    yield (
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" font-size="11" text-anchor="end" '
        f'fill="{SOFT}">{safe(UNIT.say(language))}</text>'
    )
    free = 0.0
    for offset in range(len(home.kwh)):
        day = home.first + timedelta(days=offset)
        x = LEFT + offset * _step(home)
        if (day.day == 1 or offset == 0) and x >= free and x < WIDTH - 50:
            yield (
                f'<text x="{x:.1f}" y="{HEIGHT - FOOT + 15}" font-size="11" fill="{SOFT}">'
                f"{safe(day_text(day, language, day))}</text>"
                f'<path d="M{x:.1f} {HEIGHT - FOOT}v4" stroke="{SOFT}"/>'
            )
            free = x + 42


def _bars(home: HomeSpells, top: float) -> Iterator[str]:
    floor, step = HEIGHT - FOOT, _step(home)
    for offset, kwh in enumerate(home.kwh):
        x = LEFT + offset * step
        if kwh is None:
            y = floor - 5
            yield (
                f'<path class="gap" d="M{x + step / 2 - 2:.1f} {y - 2}l4 4m0 -4l-4 4" '
                f'stroke="{GAP}" stroke-width="1" fill="none"/>'
            )
            continue
        tall = max(1.0, max(0.0, kwh) / top * (floor - TOP - 6))
        yield (
            f'<rect class="day" x="{x + step * 0.1:.2f}" y="{floor - tall:.1f}" '
            f'width="{step * 0.8:.2f}" height="{tall:.1f}" fill="{USE}"/>'
        )
