"""The language that a caller reads, from Accept-Language (RFC 9110)."""

from __future__ import annotations

from starlette.requests import Request

from lamplit.domain.language import Language


def language_of(request: Request) -> Language:
    """The best of Chinese and English for the caller; Chinese where it does not say."""
    wishes: list[tuple[float, Language]] = []
    for part in request.headers.get("accept-language", "")[:500].split(","):
        tag, _, weight = part.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        if primary in ("zh", "en", "*"):
            wishes.append((_quality(weight), "en" if primary == "en" else "zh"))
    best = max(wishes, key=lambda wish: wish[0], default=(0.0, "zh"))
    return best[1] if best[0] > 0 else "zh"


def _quality(weight: str) -> float:
    try:
        return float(weight.strip().removeprefix("q=")) if weight else 1.0
    except ValueError:
        return 0.0
