"""A reliability diagram: what was said against how often it was so, as SVG."""

from __future__ import annotations

from collections.abc import Iterator

from lamplit.domain.accuracy import Bin, Reliability
from lamplit.domain.language import Language, Text
from lamplit.outbound.markup import FONTS, safe

SIZE = 360
LEFT, TOP, FOOT, RIGHT = 62, 54, 118, 24
INK, SOFT, GRID, LINE, BAR = "#1b2036", "#4c5370", "#d9d4c6", "#7a3b00", "#8f97c0"

TITLE = {
    "nobody_home": Text("Nobody home that day", "当日无人"),
    "empty_spell": Text("Inside an empty spell of 3 days or more", "处于三天以上的无人期"),
}
SAID = Text("probability said", "给出的概率")
WAS = Text("share that was so", "实际占比")
NUMBERS = Text("ECE {ece:.3f} · Brier {brier:.4f} · {days:,} home-days",
               "ECE {ece:.3f} · Brier {brier:.4f} · {days:,} 户日")  # fmt: skip
DAYS = Text("home-days (log scale)", "户日数（对数）")
DESCRIPTION = Text("{share:.0%} of {days:,} days said {said:.2f} were so",
                   "概率 {said:.2f} 的 {days:,} 天中有 {share:.0%} 属实")  # fmt: skip
NONE = Text("no day has a probability", "没有带概率的日子")


def reliability_svg(reliability: Reliability, language: Language) -> str:
    """The diagram: points with Wilson bars, the diagonal of honesty, days per bin below."""
    title = TITLE[reliability.target].say(language)
    numbers = NUMBERS.say(
        language,
        ece=reliability.ece.value or 0.0,
        brier=reliability.brier.value or 0.0,
        days=reliability.days,
    )
    filled = [entry for entry in reliability.bins if entry.days]
    said = "; ".join(_in_words(entry, language) for entry in filled) or NONE.say(language)
    width, height = LEFT + SIZE + RIGHT, TOP + SIZE + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="{FONTS}">',
        f"<title>{safe(title)}</title><desc>{safe(numbers)}. {safe(said)}</desc>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        _text(LEFT, 24, title, 17, INK, weight=700),
        _text(LEFT, 43, numbers, 13, SOFT),
        *_axes(language),
        *_points(filled),
        *_counts(reliability.bins, language),
        "</svg>",
    ]
    return "".join(parts)


def _in_words(entry: Bin, language: Language) -> str:
    return DESCRIPTION.say(
        language, share=entry.share_true, days=entry.days, said=entry.mean_probability
    )


def _x(value: float) -> float:
    return LEFT + SIZE * value


def _y(value: float) -> float:
    return TOP + SIZE * (1 - value)


def _text(
    x: float,
    y: float,
    text: str,
    size: float,
    fill: str,
    *,
    anchor: str = "start",
    weight: int = 400,
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{fill}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{safe(text)}</text>'
    )


def _axes(language: Language) -> Iterator[str]:
    for tenth in range(0, 11, 2):
        value = tenth / 10
        yield (
            f'<path d="M{_x(0):g} {_y(value):g}H{_x(1):g}M{_x(value):g} {_y(0):g}V{_y(1):g}" '
            f'stroke="{GRID}" fill="none"/>'
        )
        yield _text(_x(0) - 8, _y(value) + 4, f"{value:.1f}", 12, SOFT, anchor="end")
        yield _text(_x(value), _y(0) + 18, f"{value:.1f}", 12, SOFT, anchor="middle")
    yield (
        f'<path d="M{_x(0):g} {_y(0):g}L{_x(1):g} {_y(1):g}" stroke="{SOFT}" '
        'stroke-dasharray="5 5" fill="none"/>'
    )
    yield _text(_x(1), _y(0) + 36, SAID.say(language), 13, INK, anchor="end")
    yield (
        f'<g transform="translate(18 {_y(1):g}) rotate(-90)">'
        + _text(0, 0, WAS.say(language), 13, INK, anchor="end")
        + "</g>"
    )


def _points(filled: list[Bin]) -> Iterator[str]:
    line = []
    for entry in filled:
        assert entry.mean_probability is not None
        assert entry.share_true is not None
        x, y = _x(entry.mean_probability), _y(entry.share_true)
        line.append(f"{x:.1f} {y:.1f}")
        if entry.interval is not None:
            low, high = _y(entry.interval.low), _y(entry.interval.high)
            yield (
                f'<path class="interval" d="M{x:.1f} {low:.1f}V{high:.1f}M{x - 4:.1f} {low:.1f}h8'
                f'M{x - 4:.1f} {high:.1f}h8" stroke="{LINE}" stroke-width="1.4" fill="none"/>'
            )
        yield f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{LINE}"/>'
    if len(line) > 1:
        yield f'<path d="M{"L".join(line)}" stroke="{LINE}" stroke-width="2" fill="none"/>'


def _counts(bins: tuple[Bin, ...], language: Language) -> Iterator[str]:
    """Days in each bin, as bars on a log scale: most days lie at the two ends."""
    floor = TOP + SIZE + FOOT - 18
    most = max((len(str(entry.days)) for entry in bins), default=1)
    for entry in bins:
        if entry.days:
            tall = 46 * _log10(entry.days) / most
            yield (
                f'<rect x="{_x(entry.low) + 2:g}" y="{floor - tall:.1f}" width="{SIZE / 10 - 4:g}" '
                f'height="{tall:.1f}" fill="{BAR}"><title>{entry.days:,}</title></rect>'
            )
    yield _text(_x(0), floor + 14, DAYS.say(language), 11.5, SOFT)


def _log10(days: int) -> float:
    """Height of a bar: 1 day is a third of a decade high, so that it can be seen."""
    from math import log10

    return log10(days) + 0.3
