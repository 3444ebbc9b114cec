"""Who had this file made, when and for what: a line that travels with every list of doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lamplit.domain.language import Language, Text

LINE = Text(
    "For {who}, {when}{purpose}. Shows single homes: do not pass on, delete when done.",
    "供 {who} 使用，{when}{purpose}。内容涉及具体住户：请勿转发，用后删除。",
)
PURPOSE = Text(", for: {purpose}", "，用途：{purpose}")


@dataclass(frozen=True, slots=True)
class Watermark:
    """Who, when (local clock of the maker), and the stated purpose (may be empty)."""

    who: str
    when: datetime
    purpose: str = ""

    def line(self, language: Language) -> str:
        """The line as it is printed."""
        purpose = PURPOSE.say(language, purpose=self.purpose) if self.purpose else ""
        when = self.when.strftime("%Y-%m-%d %H:%M")
        return LINE.say(language, who=self.who or "?", when=when, purpose=purpose)
