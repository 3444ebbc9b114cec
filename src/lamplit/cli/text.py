"""The language that this process speaks in its help texts and messages."""

from __future__ import annotations

from lamplit.domain.language import language_of

LANGUAGE = language_of()


def tr(en: str, zh: str) -> str:
    """The text in the language of this process."""
    return zh if LANGUAGE == "zh" else en
