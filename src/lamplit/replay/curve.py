"""The replay's curve as a picture: homes known, hour by hour, guided and not."""

from __future__ import annotations

from collections.abc import Sequence

from lamplit.domain.language import Language, Text
from lamplit.outbound.markup import FONTS, safe
from lamplit.replay.rival import DAY, Comparison

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 760, 400, 60, 46, 74, 24
TITLE = Text("Empty and returned homes known", "已掌握的空置与返回住户")
GUIDED = Text("with the meters' list", "按电表名单")
UNGUIDED = Text("door by door, no list", "无名单逐户")
THERE = Text("{count} were there to be known", "实有 {count} 户")
DAY_TEXT = Text("day {day}", "第 {day} 天")
STYLE = """
.paper{fill:#fbfaf6}.ink{fill:#1d2433}.soft{fill:#5a6275}.rule{stroke:#d9d5c8}
.a{stroke:#b3541e;fill:none;stroke-width:3}
.b{stroke:#4a5f8c;fill:none;stroke-width:3;stroke-dasharray:7 5}
.at{fill:#b3541e}.bt{fill:#4a5f8c}
@media (prefers-color-scheme:dark){.paper{fill:#12162a}.ink{fill:#f3eee0}.soft{fill:#b9bcd6}
.rule{stroke:#343b5c}.a{stroke:#f2a65a}.b{stroke:#9db4e8}.at{fill:#f2a65a}.bt{fill:#9db4e8}}
"""


def curve_svg(comparison: Comparison, language: Language) -> str:
    """A picture of WIDTH × HEIGHT that a reader of either colour scheme can read."""
    top = max(comparison.wanted, 1)
    days = len(comparison.days)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{safe(TITLE.say(language))}" font-family="{FONTS}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="10"/>',
        _text(LEFT, 34, TITLE.say(language), "ink", 19, "600"),
        _text(LEFT, 56, THERE.say(language, count=f"{comparison.wanted:,}"), "soft", 13),
    ]
    parts += _grid(top, days, language)
    for name, side, says, word in (("b", 2, UNGUIDED, "bt"), ("a", 1, GUIDED, "at")):
        points = [(point[0], point[side]) for point in comparison.curve]
        parts.append(f'<polyline class="{name}" points="{_line(points, top, days)}"/>')
        end = points[len(points) // days]
        x, y = _at(end, top, days)
        said = f"{says.say(language)}: {end[1]:,.0f}"
        parts.append(_text(x + 8, y + 20, said, word, 13, "600"))
    return "\n".join([*parts, "</svg>\n"])


def _grid(top: int, days: int, language: Language) -> list[str]:
    parts = []
    for quarter in range(5):
        x, y = _at((0, top * quarter / 4), top, days)
        parts.append(
            f'<line class="rule" x1="{x:.1f}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(_text(x - 8, y + 4, f"{top * quarter / 4:,.0f}", "soft", 12, anchor="end"))
    for day in range(days):
        x, _ = _at(((day + 0.5) * DAY, 0), top, days)
        said = DAY_TEXT.say(language, day=day + 1)
        parts.append(_text(x, HEIGHT - 16, said, "soft", 13, anchor="middle"))
    return parts


def _at(point: tuple[float, float], top: float, days: int) -> tuple[float, float]:
    x = LEFT + (WIDTH - LEFT - RIGHT) * point[0] / (days * DAY)
    return x, HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * point[1] / top


def _line(points: Sequence[tuple[float, float]], top: float, days: int) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in (_at(p, top, days) for p in points))


def _text(
    x: float, y: float, said: str, word: str, size: int, weight: str = "400", anchor: str = "start"
) -> str:
    return (
        f'<text class="{word}" x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{safe(said)}</text>'
    )
