"""The pieces of a façade that are drawn once and used for every window: panes, badges, styles.

Colours are plain attributes, so that every renderer draws the night; style rules only change
them for a light colour scheme and for paper. On paper each state is a pattern: white pane,
drawn blind, dots, solid black, hatching.
"""

from __future__ import annotations

from lamplit.domain.words import HomeEvent, HomeState
from lamplit.outbound.markup import FONTS
from lamplit.outbound.palette import BADGE, BADGE_INK, DUSK, FRAME, NIGHT, PANE, Scheme

PANE_W, PANE_H = 40, 32
SHEET_MM = (186, 250)
"""What a sheet of A4 or Letter holds inside a browser's usual margins."""
LIT_LOOKS = 4
"""Ways a lit window may look; they differ in curtains only and mean nothing."""

_FRAME_BOX = f'x="-2" y="-2" width="{PANE_W + 4}" height="{PANE_H + 4}" rx="2.5"'
_BOX = f'width="{PANE_W}" height="{PANE_H}" rx="1"'


def symbol_of(state: HomeState, look: int = 0) -> str:
    """The id of a window's drawing."""
    return (
        f"w-{state.word}-{look % LIT_LOOKS}" if state is HomeState.LIVED_IN else f"w-{state.word}"
    )


def badge_of(event: HomeEvent) -> str:
    """The id of an event's badge, 16 wide, centred on 0,0."""
    return f"b-{event.word}"


def definitions() -> str:
    """Everything inside <defs>: gradients, patterns, windows, badges, roof and street pieces."""
    windows = [_lit(look) for look in range(LIT_LOOKS)]
    windows.append(
        _symbol(
            "shine",
            '<ellipse class="glow" cx="20" cy="17" rx="38" ry="32" fill="url(#glow)"/>',
        )
    )
    windows += [_low(), _micro(), _dark(), _unknown()]
    return "<defs>" + _paints() + "".join(windows) + _badges() + _street() + "</defs>"


def _stops(*stops: tuple[float, str, float], name: str = "") -> str:
    return "".join(
        f'<stop{f" class={chr(34)}{name}{number}{chr(34)}" if name else ""} offset="{at}" '
        f'stop-color="{colour}" stop-opacity="{opacity}"/>'
        for number, (at, colour, opacity) in enumerate(stops)
    )


def _paints() -> str:
    sky = _stops(*((k / 3, colour, 1) for k, colour in enumerate(NIGHT.sky)), name="sky")
    wall = _stops((0, NIGHT.wall_top, 1), (1, NIGHT.wall_foot, 1), name="wall")
    return (
        f'<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">{sky}</linearGradient>'
        f'<linearGradient id="wall" x1="0" y1="0" x2="0" y2="1">{wall}</linearGradient>'
        '<linearGradient id="side" x1="0" y1="0" x2="1" y2="0">'
        + _stops(
            (0, "#ffffff", 0.10), (0.12, "#ffffff", 0), (0.88, "#000000", 0), (1, "#000000", 0.28)
        )
        + "</linearGradient>"
        '<radialGradient id="lit" cx="0.5" cy="0.32" r="0.85">'
        + _stops((0, "#fff1c2", 1), (0.45, PANE[HomeState.LIVED_IN], 1), (1, "#eb9c3c", 1))
        + "</radialGradient>"
        '<radialGradient id="glow">'
        + _stops((0, "#ffc766", 0.5), (0.5, "#ffb347", 0.2), (1, "#ffb347", 0))
        + "</radialGradient>"
        '<radialGradient id="halo">'
        + _stops((0, "#fff4d6", 0.85), (0.25, "#ffe2a0", 0.4), (1, "#ffd27a", 0))
        + "</radialGradient>"
        '<linearGradient id="beam" x1="0" y1="0" x2="0" y2="1">'
        + _stops((0, "#ffe7b0", 0.34), (1, "#ffe7b0", 0))
        + "</linearGradient>"
        '<pattern id="blind" width="4" height="4" patternUnits="userSpaceOnUse">'
        '<path class="line" d="M0 1.5H4" stroke="#5f3f14" stroke-width="1.4"/></pattern>'
        '<pattern id="dots" width="8" height="8" patternUnits="userSpaceOnUse">'
        '<circle class="dot" cx="4" cy="4" r="1" fill="#8f9ac6"/></pattern>'
        '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="line" d="M0 0V6" stroke="#4a5068" '
        'stroke-width="2.4"/></pattern>'
    )


def _symbol(name: str, *parts: str) -> str:
    return f'<g id="{name}">' + "".join(parts) + "</g>"


def _frame(state: HomeState) -> str:
    return f'<rect class="frame" {_FRAME_BOX} fill="{FRAME[state]}"/>'


def _mullion(colour: str) -> str:
    return (
        f'<path class="mullion" d="M{PANE_W / 2} 0V{PANE_H}M0 11H{PANE_W}" stroke="{colour}" '
        'stroke-width="1.6" fill="none"/>'
    )


_LOOKS = (
    "",
    '<path class="decor" d="M0 0H9C9 12 6 22 2 32H0ZM40 0H31C31 12 34 22 38 32H40Z" '
    'fill="#b5611f" opacity="0.5"/>',
    '<path class="decor" d="M20 0V7M14 12C14 8 17 7 20 7S26 8 26 12Z" stroke="#8a5316" '
    'fill="#8a5316" opacity="0.6"/>',
    '<path class="decor" d="M27 32V26H35V32ZM31 26C27 22 28 17 29 15C31 18 31 22 31 26C32 21 34 19 '
    '37 18C37 22 34 25 31 26Z" fill="#6f4a1c" opacity="0.65"/>',
)


def _lit(look: int) -> str:
    return _symbol(
        symbol_of(HomeState.LIVED_IN, look),
        _frame(HomeState.LIVED_IN),
        f'<rect class="pane white" {_BOX} fill="url(#lit)"/>',
        _LOOKS[look],
        _mullion("#8a5f24"),
    )


def _low() -> str:
    return _symbol(
        symbol_of(HomeState.LOW),
        _frame(HomeState.LOW),
        f'<rect class="pane white" {_BOX} fill="{PANE[HomeState.LOW]}"/>',
        f'<rect class="clear" y="21" width="{PANE_W}" height="11" fill="#e0a24a"/>',
        f'<rect width="{PANE_W}" height="21" fill="url(#blind)"/>',
        f'<path class="mullion" d="M0 21.5H{PANE_W}" stroke="#5f3f14" stroke-width="1.8"/>',
    )


def _micro() -> str:
    return _symbol(
        symbol_of(HomeState.MICRO),
        _frame(HomeState.MICRO),
        f'<rect class="pane white" {_BOX} fill="{PANE[HomeState.MICRO]}"/>',
        f'<rect width="{PANE_W}" height="{PANE_H}" fill="url(#dots)"/>',
        '<circle class="glow" cx="31" cy="25" r="7" fill="url(#glow)"/>',
        '<circle class="spark" cx="31" cy="25" r="2.4" fill="#ffb347"/>',
    )


def _dark() -> str:
    return _symbol(
        symbol_of(HomeState.DARK),
        _frame(HomeState.DARK),
        f'<rect class="pane black" {_BOX} fill="{PANE[HomeState.DARK]}"/>',
        '<path class="sheen" d="M5 32L21 0H28L12 32ZM30 32L40 11V19L34 32Z" fill="#7f8cc0" '
        'opacity="0.13"/>',
        _mullion("#262d4a"),
    )


def _unknown() -> str:
    return _symbol(
        symbol_of(HomeState.UNKNOWN),
        _frame(HomeState.UNKNOWN),
        f'<rect class="pane white" {_BOX} fill="{PANE[HomeState.UNKNOWN]}"/>',
        f'<rect width="{PANE_W}" height="{PANE_H}" fill="url(#hatch)"/>',
        '<circle class="disc" cx="20" cy="16" r="9.5" fill="#e8eaf2"/>',
        '<text class="ask" x="20" y="21" text-anchor="middle" font-size="14" font-weight="700" '
        'fill="#1b2036">?</text>',
    )


def _badges() -> str:
    shapes = {
        HomeEvent.RETURNED: (
            '<circle r="9" {paint}/>',
            "M5 3.5V-0.5A3 3 0 0 0 2 -3.5H-4.5M-1.5 -6.5L-4.8 -3.5L-1.5 -0.5",
        ),
        HomeEvent.WENT_DARK: (
            '<path d="M-10 -8H10L0 10Z" {paint}/>',
            "M0 -5V3M-3.2 -0.4L0 3L3.2 -0.4",
        ),
        HomeEvent.FROZEN_HIGH: (
            '<rect x="-8" y="-8" width="16" height="16" rx="2" {paint}/>',
            "M-4.5 -2.5H4.5M-4.5 2.5H4.5",
        ),
        HomeEvent.ROUTINE_BROKEN: (
            '<path d="M0 -10.5L10.5 0L0 10.5L-10.5 0Z" {paint}/>',
            "M0 -5V1.2M0 4.2V4.6",
        ),
    }
    paint = 'class="badge" fill="{}" stroke="' + BADGE_INK + '" stroke-width="1.6"'
    return "".join(
        _symbol(
            badge_of(event),
            shape.format(paint=paint.format(BADGE[event])),
            f'<path class="badge-ink" d="{glyph}" fill="none" stroke="{BADGE_INK}" '
            'stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>',
        )
        for event, (shape, glyph) in shapes.items()
    )


def _street() -> str:
    """A street lamp (foot at 0,0, arm to the right), a tree, a solar water heater for the roof."""
    lamp = (
        '<path class="glow" d="M26 -92L-6 0H62Z" fill="url(#beam)"/>'
        '<ellipse class="glow" cx="28" cy="0" rx="42" ry="7" fill="url(#halo)" opacity="0.5"/>'
        '<path class="pole" d="M-2.5 0L-1.5 -80C-1.5 -96 12 -100 22 -98L22 -95C13 -97 2 -94 2 -80'
        f'L2.5 0Z" fill="{NIGHT.pole}"/>'
        '<circle class="glow" cx="27" cy="-94" r="24" fill="url(#halo)"/>'
        '<path class="bulb" d="M19 -98H33L36 -93H17Z" fill="#fff0c9"/>'
    )
    tree = (
        f'<g class="tree" fill="{NIGHT.tree}"><path d="M-2 0L-1.2 -26H1.2L2 0Z"/>'
        '<circle cy="-34" r="14"/><circle cx="-11" cy="-26" r="10"/><circle cx="11" cy="-27" '
        'r="10.5"/></g>'
    )
    heater = (
        f'<g class="roof" fill="{NIGHT.wall_top}" stroke="{NIGHT.wall_edge}" stroke-width="1">'
        '<path d="M0 0L6 -12H24L18 0Z"/><rect x="5" y="-16" width="22" height="5" rx="2.5"/></g>'
    )
    return _symbol("lamp", lamp) + _symbol("tree", tree) + _symbol("heater", heater)


def style(sheet: tuple[float, float] | None = None) -> str:
    """The <style> element: fonts, dusk for a light scheme, paper, focus, and gentle motion.

    `sheet` is the picture's size where it stands alone: it is then scaled to one sheet of paper,
    which a tower would else run over; a page around a picture has rules of its own.
    """
    fitted = ""
    if sheet:
        tall = min(SHEET_MM[1], SHEET_MM[0] * sheet[1] / sheet[0])
        # Physical units: browsers take no share of the page's height from a picture alone.
        fitted = f"@media print{{svg:root{{width:{SHEET_MM[0]}mm;height:{tall:.0f}mm}}}}"
    return f"<style>{_BASE}{_dusk(DUSK)}{_PRINT}{fitted}{_MOTION}</style>"


_BASE = (
    f"text{{font-family:{FONTS}}}"
    ".door,.floor{font-variant-numeric:tabular-nums}"
    ".win{outline:none}.ring{fill:none;stroke:none}"
    ".win:hover .ring{stroke:#fff;stroke-width:2}"
    ".win:focus .ring,.win:focus-visible .ring{stroke:#fff;stroke-width:3.5}"
)


def _dusk(scheme: Scheme) -> str:
    rules = [f".sky{k}{{stop-color:{colour}}}" for k, colour in enumerate(scheme.sky)]
    rules += [
        f".wall0{{stop-color:{scheme.wall_top}}}.wall1{{stop-color:{scheme.wall_foot}}}",
        f".ink{{fill:{scheme.ink}}}.ink-soft{{fill:{scheme.ink_soft}}}",
        f".far{{fill:{scheme.far}}}.near{{fill:{scheme.near}}}",
        f".wall-ink{{fill:{scheme.wall_ink}}}.slab{{stroke:{scheme.slab}}}",
        f".plinth{{fill:{scheme.plinth}}}.pole{{fill:{scheme.pole}}}.tree{{fill:{scheme.tree}}}",
        f".roof{{fill:{scheme.wall_top};stroke:{scheme.wall_edge}}}",
        f".ground{{fill:{scheme.ground}}}.panel{{fill:{scheme.panel}}}",
        f".panel-ink{{fill:{scheme.panel_ink}}}.panel-soft{{fill:{scheme.panel_soft}}}",
        ".star{display:none}.moon{opacity:0.55}",
    ]
    return "@media screen and (prefers-color-scheme:light){" + "".join(rules) + "}"


_PRINT = (
    "@media print{"
    ".sky,.wall,.panel,.ground,.roof{fill:#fff}"
    ".wall,.roof,.plinth{stroke:#000;stroke-width:1}.plinth{fill:#fff}.slab{stroke:#bbb}"
    ".glow,.star,.moon,.far,.near,.pole,.tree,.decor,.sheen,.spark,.clear,.shade,.bulb{display:none}"
    ".ink,.ink-soft,.wall-ink,.panel-ink,.panel-soft,.ask{fill:#000}"
    ".frame{fill:#000}.white,.disc{fill:#fff}.black{fill:#000}"
    ".mullion,.line{stroke:#000}.black~.mullion{stroke:#fff;stroke-width:1}.dot{fill:#000;r:1.6px}"
    ".badge{fill:#fff;stroke:#000}.badge-ink{stroke:#000}.entry{fill:#fff;stroke:#000}"
    "}"
)

_MOTION = (
    "@media screen and (prefers-reduced-motion:no-preference){"
    "@keyframes twinkle{50%{opacity:0.25}}@keyframes breathe{50%{opacity:0.55}}"
    ".star:nth-child(3n){animation:twinkle 5s ease-in-out infinite}"
    ".star:nth-child(3n+1){animation:twinkle 7s ease-in-out 2s infinite}"
    ".beacon{animation:breathe 3s ease-in-out infinite}"
    "}"
)
