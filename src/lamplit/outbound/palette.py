"""The colours of pictures, and the arithmetic that says whether they can be read.

Night is the default, dusk answers a light colour scheme, and print has no colours at all:
there the pattern of a window says what its light says on a screen.
"""

from __future__ import annotations

from dataclasses import dataclass

from lamplit.domain.words import HomeEvent, HomeState


@dataclass(frozen=True, slots=True)
class Scheme:
    """One lighting of a picture; every value is #rrggbb."""

    sky: tuple[str, str, str, str]
    ink: str
    ink_soft: str
    far: str
    near: str
    wall_top: str
    wall_foot: str
    wall_edge: str
    wall_ink: str
    slab: str
    plinth: str
    pole: str
    tree: str
    ground: str
    panel: str
    panel_ink: str
    panel_soft: str


NIGHT = Scheme(
    sky=("#0a0f26", "#151d45", "#2b2d63", "#62466f"),
    ink="#fbf4e2",
    ink_soft="#d3cfe6",
    far="#1c2250",
    near="#141a3d",
    wall_top="#343b5c",
    wall_foot="#262c49",
    wall_edge="#4d567f",
    wall_ink="#e4e2f0",
    slab="#414a72",
    plinth="#1d2240",
    pole="#5a6391",
    tree="#1f3d44",
    ground="#10142c",
    panel="#0d1228",
    panel_ink="#f3eee0",
    panel_soft="#b9bcd6",
)

DUSK = Scheme(
    sky=("#8fb1e3", "#b7c9ec", "#ecd9d2", "#f8c79c"),
    ink="#141b3c",
    ink_soft="#2b3358",
    far="#b3b9da",
    near="#8f97c0",
    wall_top="#4a5278",
    wall_foot="#3c4366",
    wall_edge="#6b74a0",
    wall_ink="#f6f4fb",
    slab="#5a638c",
    plinth="#2d3355",
    pole="#3c4366",
    tree="#557d78",
    ground="#5b5f7d",
    panel="#faf7f0",
    panel_ink="#1b2036",
    panel_soft="#4c5370",
)

PANE = {
    HomeState.LIVED_IN: "#ffcf70",
    HomeState.LOW: "#a8742f",
    HomeState.MICRO: "#2a3150",
    HomeState.DARK: "#080b18",
    HomeState.UNKNOWN: "#767c93",
}
"""The plain colour of a window by state; the drawing lays light and pattern over it."""

FRAME = {
    HomeState.LIVED_IN: "#7a5a2a",
    HomeState.LOW: "#d6a860",
    HomeState.MICRO: "#98a3cf",
    HomeState.DARK: "#98a3cf",
    HomeState.UNKNOWN: "#c3c7d6",
}
"""Frames outline the panes that would else sink into the wall."""

BADGE = {
    HomeEvent.RETURNED: "#6ee7c8",
    HomeEvent.WENT_DARK: "#ff9daf",
    HomeEvent.FROZEN_HIGH: "#c9b6ff",
    HomeEvent.ROUTINE_BROKEN: "#ffd166",
}
"""Badges differ in shape as well: circle, triangle, square, diamond."""

BADGE_INK = "#10142c"

TERMINAL = {
    HomeState.LIVED_IN: "yellow",
    HomeState.LOW: "dark_orange3",
    HomeState.MICRO: "cyan",
    HomeState.DARK: "bold blue",
    HomeState.UNKNOWN: "bright_black",
}

TERMINAL_EVENT = {
    HomeEvent.NONE: "",
    HomeEvent.RETURNED: "green",
    HomeEvent.WENT_DARK: "magenta",
    HomeEvent.FROZEN_HIGH: "red",
    HomeEvent.ROUTINE_BROKEN: "red",
}


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, 0 (black) to 1 (white).

    Source: WCAG 2.2, definition of relative luminance.
    """
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2); 4.5 for text, 3 for shapes."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
