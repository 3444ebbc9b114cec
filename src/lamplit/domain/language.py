"""Texts in the two languages that every screen speaks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in English and in simplified Chinese; both may hold `{named}` fields."""

    en: str
    zh: str

    @classmethod
    def either(cls, en: str | None, zh: str | None) -> Text | None:
        """What may be said in one language alone, each falling back on the other; None for none."""
        return cls(en or zh or "", zh or en or "") if en or zh else None

    def say(self, language: Language, **fields: object) -> str:
        """The text in `language` with its fields filled in; a field may be a Text itself."""
        template = self.zh if language == "zh" else self.en
        if not fields:
            return template
        said = {k: v.say(language) if isinstance(v, Text) else v for k, v in fields.items()}
        return template.format(**said)


def language_of(environ: Mapping[str, str] | None = None) -> Language:
    """The reader's language: `LAMPLIT_LANG`, else the locale, else English."""
    env = os.environ if environ is None else environ
    for name in ("LAMPLIT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = env.get(name, "").lower()
        if value:
            return "zh" if value.startswith("zh") else "en"
    return "en"
