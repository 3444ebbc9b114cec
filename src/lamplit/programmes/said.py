"""Parts of a message that differ by language, for the fields of a Problem.

`{reason:en}` and `{reason:zh}` in a Problem's texts pick the language of a Said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from lamplit.domain.language import Text


@dataclass(frozen=True, slots=True)
class Said:
    """One phrase in both languages, chosen by the format's specification."""

    text: Text

    def __format__(self, language: str) -> str:
        return self.text.zh if language == "zh" else self.text.en


def said(en: str, zh: str) -> Said:
    """A phrase in both languages."""
    return Said(Text(en, zh))


def hint(word: object, known: Iterable[str]) -> Said:
    """`Did you mean …? ` where one of the known words is near; else nothing."""
    near = get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return said(f"Did you mean {near[0]}? ", f"是否为 {near[0]}？") if near else said("", "")


def listed(known: Iterable[object], most: int = 40) -> str:
    """Words with commas between, at most so many; `–` where there is none."""
    words = [str(word) for word in known]
    more = ", …" if len(words) > most else ""
    return ", ".join(words[:most]) + more or "–"
