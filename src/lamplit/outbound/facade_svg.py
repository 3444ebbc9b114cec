"""A façade as an SVG picture: night sky, roof, windows floor by floor, street, legend.

The file stands on its own (no fonts, scripts or links) and can be put into a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from lamplit.domain.language import Language, Text
from lamplit.domain.words import EVENT_TEXT, STATE_TEXT, HomeState
from lamplit.outbound.facade import (
    FLOOR_UNKNOWN,
    Facade,
    Front,
    Place,
    Unit,
    front_of,
    summary,
    window_text,
)
from lamplit.outbound.facade_parts import (
    PANE_H,
    PANE_W,
    badge_of,
    definitions,
    style,
    symbol_of,
)
from lamplit.outbound.markup import day_text, fit, safe, width, wrap
from lamplit.outbound.palette import NIGHT
from lamplit.outbound.watermark import Watermark

CELL_W, CELL_H = 58, 56
BREAK_H = 26
GUTTER = 40
"""Room for the floor's number inside the wall."""
PILASTER = 16
PLINTH = 64
ROOF = 62
SIDE, SIDE_EMBEDDED = 92, 56
GROUND = 46
LEAST_WIDTH = 480
PANEL_ITEM_W, PANEL_ITEM_H = 196, 38
BEYOND = 700
"""How far sky and street go on to both sides, for a page that is wider than the picture."""
GLOWING = (HomeState.LIVED_IN,)

TITLE = Text("{name}: windows on {day}", "{name}：{day}的灯火")
UNIT = Text("Unit {name}", "{name}单元")
AS_OF = Text("as of {day}", "截至{day}")


@dataclass(frozen=True, slots=True)
class Frame:
    """Where things are, in pixels: the picture, the wall, the top of each row."""

    width: float
    height: float
    wall_x: float
    wall_y: float
    wall_w: float
    wall_h: float
    row_y: tuple[float, ...]
    unit_x: tuple[float, ...]
    ground_y: float
    panel_y: float

    @property
    def plinth_y(self) -> float:
        """The top of the ground floor's band with the entrances."""
        return self.wall_y + self.wall_h - PLINTH


def facade_svg(
    facade: Facade,
    language: Language,
    watermark: Watermark | None = None,
    *,
    embedded: bool = False,
) -> str:
    """The picture as SVG text.

    `embedded` leaves out title, legend and watermark, which the page around it then shows as
    text, and makes the windows focusable: role img would hide focusable windows from assistive
    technology, so an embedded façade is a group of images. Raises `outbound.no-windows`.
    """
    front = front_of(facade)
    heading = [] if embedded else _heading_lines(facade, language)
    notes = (
        [] if embedded else _watermark_lines(watermark, language, picture_width(front, embedded))
    )
    frame = _frame(front, 20 + sum(size * 1.35 for _, size, _ in heading), notes, facade, embedded)
    role = "group" if embedded else "img"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width:g} {frame.height:g}" '
        f'width="{frame.width:g}" height="{frame.height:g}" role="{role}" '
        f'aria-labelledby="facade-title facade-desc" lang="{_lang(language)}">',
        f'<title id="facade-title">{safe(_title(facade, language))}</title>',
        f'<desc id="facade-desc">{safe(summary(facade, language))}</desc>',
        style(None if embedded else (frame.width, frame.height)),
        definitions(),
        *_sky(facade, frame, embedded),
        *_heading(heading),
        *_street_behind(frame),
        *_wall(front, frame, language),
        *(_glow(place, frame) for place in front.places if place.window.state in GLOWING),
        *(_window(facade, place, frame, language, embedded) for place in front.places),
        *_street_front(frame),
    ]
    if not embedded:
        parts += _panel(facade, frame, notes, language)
    return "".join([*parts, "</svg>"])


def _lang(language: Language) -> str:
    return "zh-Hans" if language == "zh" else "en"


def _title(facade: Facade, language: Language) -> str:
    return TITLE.say(language, name=facade.name, day=day_text(facade.as_of, language))


def picture_width(front: Front, embedded: bool) -> float:
    """How wide the picture is, in pixels."""
    wall = GUTTER + sum(u.columns for u in front.units) * CELL_W + PILASTER * len(front.units)
    side = SIDE_EMBEDDED if embedded else SIDE
    return max(wall + 2 * side, 330 if embedded else LEAST_WIDTH)


def _heading_lines(facade: Facade, language: Language) -> list[tuple[str, float, str]]:
    """(text, size, class) of each line over the roof."""
    room = picture_width(front_of(facade), embedded=False)
    day = AS_OF.say(language, day=day_text(facade.as_of, language))
    below = " · ".join(part for part in (facade.community_name.strip(), day) if part)
    return [
        *((line, 28, "ink") for line in wrap(facade.name, 28, room - 160)),
        *((line, 16, "ink-soft") for line in wrap(below, 16, room - 120)),
    ]


def _watermark_lines(
    watermark: Watermark | None, language: Language, picture_width: float
) -> list[str]:
    if watermark is None:
        return []
    return wrap(watermark.line(language), 12, picture_width - 48, lines=3)


def _frame(front: Front, heading: float, notes: list[str], facade: Facade, embedded: bool) -> Frame:
    picture = picture_width(front, embedded)
    wall_w = GUTTER + sum(u.columns for u in front.units) * CELL_W + PILASTER * len(front.units)
    wall_x = (picture - wall_w) / 2
    wall_y = heading + ROOF + (30 if embedded else 26)
    row_y, y = [], wall_y + 14
    for row in front.rows:
        row_y.append(y)
        y += BREAK_H if row.kind == "break" else CELL_H
    unit_x, x = [], wall_x + GUTTER
    for unit in front.units:
        unit_x.append(x)
        x += unit.columns * CELL_W + PILASTER
    ground_y = y + PLINTH + 2
    panel_y = ground_y + GROUND
    return Frame(
        width=picture,
        height=panel_y + (0 if embedded else _panel_height(facade, picture, notes)),
        wall_x=wall_x,
        wall_y=wall_y,
        wall_w=wall_w,
        wall_h=ground_y - wall_y,
        row_y=tuple(row_y),
        unit_x=tuple(unit_x),
        ground_y=ground_y,
        panel_y=panel_y,
    )


def _chance(seed: int) -> Iterator[float]:
    """Numbers between 0 and 1, the same for the same seed; only for decoration."""
    while True:
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
        yield seed / 2_147_483_648


def _sky(facade: Facade, frame: Frame, embedded: bool) -> Iterator[str]:
    yield (
        f'<rect class="sky" x="-{BEYOND}" width="{frame.width + 2 * BEYOND:g}" '
        f'height="{frame.ground_y:g}" fill="url(#sky)"/>'
    )
    draw = _chance(crc32(facade.building_id.encode()))
    stars = []
    wide = frame.width + BEYOND
    for _ in range(int(min(240, wide * frame.ground_y / 7_000))):
        x, y, size = next(draw) * wide - BEYOND / 2, next(draw) * frame.ground_y * 0.62, next(draw)
        stars.append(
            f'<circle class="star" cx="{x:.0f}" cy="{y:.0f}" r="{0.5 + size * 0.9:.1f}" '
            f'fill="#fff" opacity="{0.35 + size / 2:.2f}"/>'
        )
    yield '<g aria-hidden="true">' + "".join(stars) + "</g>"
    x, y, size = (frame.width - 40, 36, 0.7) if embedded else (frame.width - 62, 58, 1)
    yield (
        f'<g class="moon" transform="translate({x:g} {y}) scale({size})">'
        '<circle class="glow" r="52" '
        'fill="url(#halo)" opacity="0.35"/><path d="M6 -24A24 24 0 1 0 22 14A20 20 0 0 1 6 -24Z" '
        'fill="#fff3d2"/></g>'
    )
    for layer, tall, step in (("far", 190, 46), ("near", 104, 38)):
        fill = NIGHT.far if layer == "far" else NIGHT.near
        yield f'<path class="{layer}" fill="{fill}" d="{_skyline(draw, frame, tall, step)}"/>'


def _skyline(draw: Iterator[float], frame: Frame, tall: float, step: float) -> str:
    """The outline of neighbouring roofs along the horizon; unlit, as nothing is known of them."""
    tall = min(tall, frame.wall_h * 0.75)
    x, path = -float(BEYOND), f"M-{BEYOND} {frame.ground_y:g}"
    while x < frame.width + BEYOND:
        y = frame.ground_y - tall * (0.45 + 0.55 * next(draw))
        x_end = x + step * (0.6 + 0.8 * next(draw))
        path += f"V{y:.0f}H{x_end:.0f}"
        x = x_end
    return path + f"V{frame.ground_y:g}Z"


def _heading(lines: list[tuple[str, float, str]]) -> Iterator[str]:
    y = 22.0
    for text, size, ink in lines:
        y += size * 1.35
        fill = NIGHT.ink if ink == "ink" else NIGHT.ink_soft
        weight = 700 if ink == "ink" else 400
        yield (
            f'<text class="{ink}" x="28" y="{y - size * 0.3:.0f}" font-size="{size:g}" '
            f'font-weight="{weight}" fill="{fill}">{safe(text)}</text>'
        )


def _street_behind(frame: Frame) -> Iterator[str]:
    yield (
        f'<rect class="ground" x="-{BEYOND}" y="{frame.ground_y:g}" '
        f'width="{frame.width + 2 * BEYOND:g}" '
        f'height="{frame.height - frame.ground_y:g}" fill="{NIGHT.ground}"/>'
    )
    for x, size in ((frame.wall_x - 20, 1.0), (frame.wall_x + frame.wall_w + 22, 1.15)):
        yield f'<use href="#tree" transform="translate({x:g} {frame.ground_y:g}) scale({size})"/>'


def _wall(front: Front, frame: Frame, language: Language) -> Iterator[str]:
    x, y, w, h = frame.wall_x, frame.wall_y, frame.wall_w, frame.wall_h
    yield from _roof(front, frame)
    yield (
        f'<rect class="wall" x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" fill="url(#wall)"/>'
        f'<rect class="shade" x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" fill="url(#side)"/>'
    )
    for row, top in zip(front.rows, frame.row_y, strict=True):
        bottom = top + (BREAK_H if row.kind == "break" else CELL_H) - 2
        dash = ' stroke-dasharray="2 5"' if row.kind == "break" else ""
        yield (
            f'<path class="slab" d="M{x:g} {bottom:g}H{x + w:g}" stroke="{NIGHT.slab}" '
            f'stroke-width="1.2"{dash}/>'
        )
        label = f"<title>{safe(FLOOR_UNKNOWN.say(language))}</title>" if row.kind == "loose" else ""
        yield (
            f'<text class="wall-ink floor" x="{x + GUTTER - 8:g}" y="{(top + bottom) / 2 + 2:g}" '
            f'text-anchor="end" font-size="13" fill="{NIGHT.wall_ink}">{label}{row.label}</text>'
        )
    for left in frame.unit_x[1:]:
        yield (
            f'<rect class="roof" x="{left - PILASTER + 2:g}" y="{y + 4:g}" width="5" '
            f'height="{h - 4:g}" fill="{NIGHT.wall_foot}" stroke="{NIGHT.wall_edge}" '
            'stroke-width="0.8"/>'
        )
    yield (
        f'<rect class="plinth" x="{x - 4:g}" y="{frame.plinth_y + 4:g}" width="{w + 8:g}" '
        f'height="{PLINTH - 4:g}" fill="{NIGHT.plinth}"/>'
    )
    for unit, left in zip(front.units, frame.unit_x, strict=True):
        yield _entrance(unit, left + unit.columns * CELL_W / 2, frame, language)


def _roof(front: Front, frame: Frame) -> Iterator[str]:
    paint = f'class="roof" fill="{NIGHT.wall_top}" stroke="{NIGHT.wall_edge}" stroke-width="1"'
    y = frame.wall_y
    for number, (unit, left) in enumerate(zip(front.units, frame.unit_x, strict=True)):
        middle = left + unit.columns * CELL_W / 2
        yield f'<rect {paint} x="{middle - 22:g}" y="{y - 34:g}" width="44" height="26"/>'
        yield f'<rect {paint} x="{middle - 25:g}" y="{y - 37:g}" width="50" height="5"/>'
        if len(front.rows) <= 12 and unit.columns > 1:
            yield f'<use href="#heater" x="{middle + 28:g}" y="{y - 9:g}"/>'
            yield f'<use href="#heater" x="{middle - 60:g}" y="{y - 9:g}"/>'
        if number == 0:
            yield (
                f'<path class="slab" d="M{middle:g} {y - 37:g}V{y - 58:g}M{middle - 6:g} '
                f'{y - 52:g}H{middle + 6:g}" stroke="{NIGHT.wall_edge}" stroke-width="1.6"/>'
                f'<circle class="glow beacon" cx="{middle:g}" cy="{y - 59:g}" r="2.6" '
                'fill="#ff6b6b"/>'
            )
    yield (
        f'<rect {paint} x="{frame.wall_x - 8:g}" y="{y - 9:g}" width="{frame.wall_w + 16:g}" '
        'height="11" rx="1.5"/>'
    )


def _entrance(unit: Unit, middle: float, frame: Frame, language: Language) -> str:
    y = frame.ground_y
    label = ""
    if unit.name:
        room = unit.columns * CELL_W + PILASTER - 6
        said = UNIT.say(language, name=unit.name) if len(unit.name) <= 4 else unit.name
        label = (
            f'<text class="wall-ink" x="{middle:g}" y="{y - PLINTH + 20:g}" font-size="12.5" '
            f'text-anchor="middle" fill="{NIGHT.wall_ink}">{safe(fit(said, 12.5, room))}</text>'
        )
    return (
        f'<ellipse class="glow" cx="{middle:g}" cy="{y - 16:g}" rx="34" ry="26" '
        'fill="url(#glow)" opacity="0.8"/>'
        f'<rect class="entry" x="{middle - 13:g}" y="{y - 35:g}" width="26" height="35" rx="1.5" '
        'fill="#d79a4c"/>'
        f'<path class="mullion" d="M{middle:g} {y - 35:g}V{y:g}" stroke="#5c3d17" '
        'stroke-width="1.5"/>'
        f'<rect class="roof" x="{middle - 19:g}" y="{y - 40:g}" width="38" height="5" rx="1" '
        f'fill="{NIGHT.wall_top}" stroke="{NIGHT.wall_edge}" stroke-width="0.8"/>{label}'
    )


def _spot(place: Place, frame: Frame) -> tuple[float, float]:
    """The top left of a window's pane."""
    x = frame.unit_x[place.unit] + place.column * CELL_W + (CELL_W - PANE_W) / 2
    return x, frame.row_y[place.row] + 4


def _glow(place: Place, frame: Frame) -> str:
    """Light around a lit window; drawn before all panes, so that it never falls on a dark one."""
    x, y = _spot(place, frame)
    return f'<use href="#shine" x="{x:g}" y="{y:g}"/>'


def _window(facade: Facade, place: Place, frame: Frame, language: Language, focusable: bool) -> str:
    window = place.window
    x, y = _spot(place, frame)
    look = _look(f"{window.unit}/{window.floor}/{window.door}")
    said = safe(window_text(facade, window, language))
    focus = f' tabindex="0" role="img" aria-label="{said}"' if focusable else ""
    door = fit(window.door, 11.5, CELL_W - 2)
    badge = ""
    if window.event:
        badge = f'<use href="#{badge_of(window.event)}" x="{PANE_W - 2}" y="5"/>'
    return (
        f'<g class="win" data-state="{window.state.word}" data-event="{window.event.word}" '
        f'data-row="{place.row}" transform="translate({x:g} {y:g})"{focus}>'
        f'<title>{said}</title><use href="#{symbol_of(window.state, look)}"/>{badge}'
        f'<text class="wall-ink door" x="{PANE_W / 2:g}" y="{PANE_H + 14.5:g}" font-size="11.5" '
        f'text-anchor="middle" fill="{NIGHT.wall_ink}">{safe(door)}</text>'
        f'<rect class="ring" x="-5" y="-5" width="{PANE_W + 10}" height="{PANE_H + 10}" rx="4"/>'
        "</g>"
    )


def _look(name: str) -> int:
    """A number for a lit window's curtains: the same for a door each time, mixed between doors."""
    return (crc32(name.encode("utf-8", "replace")) * 2_654_435_761 >> 17) & 0xFFFF


def _street_front(frame: Frame) -> Iterator[str]:
    y = frame.ground_y
    yield (
        f'<path class="slab" d="M-{BEYOND} {y + 16:g}H{frame.width + BEYOND:g}" '
        f'stroke="{NIGHT.slab}" '
        'stroke-width="1" opacity="0.6"/>'
    )
    room = frame.wall_x
    left, right = room * 0.36, frame.width - room * 0.36
    yield f'<use href="#lamp" transform="translate({left:g} {y + 6:g})"/>'
    yield f'<use href="#lamp" transform="translate({right:g} {y + 6:g}) scale(-1 1)"/>'


def legend_items(facade: Facade, language: Language) -> list[tuple[str, str, int]]:
    """(id of the drawing, what it means, how many) for each state, and each event that occurs."""
    states = [
        (symbol_of(state), STATE_TEXT[state].say(language), count)
        for state, count in facade.by_state().items()
    ]
    events = [
        (badge_of(event), EVENT_TEXT[event].say(language), count)
        for event, count in facade.by_event().items()
    ]
    return states + events


def _panel_columns(picture_width: float) -> int:
    return max(1, int((picture_width - 40) // PANEL_ITEM_W))


def _panel_height(facade: Facade, picture_width: float, notes: list[str]) -> float:
    items = len(legend_items(facade, "en"))
    lines = -(-items // _panel_columns(picture_width))
    return 28 + lines * PANEL_ITEM_H + 17 * len(notes) + 14


def _panel(facade: Facade, frame: Frame, notes: list[str], language: Language) -> Iterator[str]:
    yield (
        f'<rect class="panel" y="{frame.panel_y:g}" width="{frame.width:g}" '
        f'height="{frame.height - frame.panel_y:g}" fill="{NIGHT.panel}"/>'
    )
    columns = _panel_columns(frame.width)
    for number, (drawing, label, count) in enumerate(legend_items(facade, language)):
        line, column = divmod(number, columns)
        x, y = 28 + column * PANEL_ITEM_W, frame.panel_y + 26 + line * PANEL_ITEM_H
        yield _panel_item(drawing, label, count, x, y)
    y = frame.height - 10 - 17 * (len(notes) - 1)
    for line, text in enumerate(notes):
        yield (
            f'<text class="panel-soft watermark" x="28" y="{y + 17 * line - 4:g}" font-size="12" '
            f'fill="{NIGHT.panel_soft}">{safe(text)}</text>'
        )


def _panel_item(drawing: str, label: str, count: int, x: float, y: float) -> str:
    place = f"translate({x:g} {y:g}) scale(0.75)"
    if drawing.startswith("b-"):
        place = f"translate({x + 15:g} {y + 12:g})"
    number = f"{count:,}"
    after = x + 42 + max(20, width(number, 14.5) + 8)
    return (
        f'<g class="key"><use href="#{drawing}" transform="{place}"/>'
        f'<text class="panel-ink" x="{x + 42:g}" y="{y + 17:g}" font-size="14.5" '
        f'fill="{NIGHT.panel_ink}"><tspan font-weight="700">{number}</tspan>'
        f'<tspan x="{after:.0f}">{safe(label)}</tspan></text></g>'
    )
