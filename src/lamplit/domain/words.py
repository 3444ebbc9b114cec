"""The field's words: qualities, states and events, with what the screen says for each."""

from __future__ import annotations

from enum import IntEnum

from lamplit.domain.language import Text


class Quality(IntEnum):
    """How a reading came to be. Only ACTUAL is evidence."""

    ACTUAL = 0
    ESTIMATED = 1
    SUBSTITUTED = 2
    MISSING = 3


class HomeState(IntEnum):
    """What the meter says of a home on a day; the number is what the lake stores."""

    UNKNOWN = 0
    DARK = 1
    MICRO = 2
    LOW = 3
    LIVED_IN = 4

    @property
    def word(self) -> str:
        """The word in files and in the API: `lived_in`."""
        return self.name.lower()


class HomeEvent(IntEnum):
    """What happened at a home; NONE where nothing did."""

    NONE = 0
    WENT_DARK = 1
    RETURNED = 2
    FROZEN_HIGH = 3
    ROUTINE_BROKEN = 4

    @property
    def word(self) -> str:
        """The word in files and in the API: `went_dark`, or nothing."""
        return "" if self is HomeEvent.NONE else self.name.lower()


EMPTY_STATES = (HomeState.DARK, HomeState.MICRO)
"""The states that say nobody is there."""

STATE_TEXT = {
    HomeState.UNKNOWN: Text("unknown", "无数据"),
    HomeState.DARK: Text("dark", "零度"),
    HomeState.MICRO: Text("micro", "微电量"),
    HomeState.LOW: Text("low", "低电量"),
    HomeState.LIVED_IN: Text("lived in", "有人居住"),
}

EVENT_TEXT = {
    HomeEvent.NONE: Text("", ""),
    HomeEvent.WENT_DARK: Text("went dark", "转暗"),
    HomeEvent.RETURNED: Text("returned", "返回"),
    HomeEvent.FROZEN_HIGH: Text("frozen high", "恒定偏高"),
    HomeEvent.ROUTINE_BROKEN: Text("routine broken", "作息异常"),
}

QUALITY_TEXT = {
    Quality.ACTUAL: Text("actual", "实测"),
    Quality.ESTIMATED: Text("estimated", "估算"),
    Quality.SUBSTITUTED: Text("substituted", "替代"),
    Quality.MISSING: Text("missing", "缺失"),
}
