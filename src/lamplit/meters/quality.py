"""The words that sources use for the quality of a reading."""

from __future__ import annotations

from typing import Final

from lamplit.domain.words import Quality

WORDS: Final = {
    Quality.ACTUAL: (
        "", "a", "actual", "act", "valid", "ok", "good", "normal", "measured", "real", "true",
        "0", "实测", "实际", "正常", "有效", "采集", "实抄", "抄表",
    ),
    Quality.ESTIMATED: (
        "e", "est", "estimate", "estimated", "1", "估算", "估抄", "估计", "估读", "估算值",
    ),
    Quality.SUBSTITUTED: (
        "s", "f", "sub", "subst", "substitute", "substituted", "final substitute", "edited",
        "interpolated", "2", "替代", "替换", "补采估算", "补全", "插补", "人工修正", "拟合",
    ),
    Quality.MISSING: (
        "m", "n", "missing", "null", "none", "no data", "invalid", "3", "缺失", "缺数", "无数据",
        "无效", "漏抄", "失败",
    ),
}  # fmt: skip
"""Words by what they mean, in lower case. What is not here is not taken for evidence."""

UNKNOWN_MEANS: Final = Quality.ESTIMATED
"""A word that nobody here knows is no evidence: it is read as an estimate, with its raw code."""

NULL_WORDS: Final = (
    "", "null", "none", "nan", "na", "n/a", "#n/a", "-", "--", "---", "/", "\\n", "nil", "missing",
    "无", "空", "缺失", "无数据", "—", "——",
)  # fmt: skip
"""What stands in a cell for "no value", in lower case; never a zero."""


def quality_sql(cell: str) -> str:
    """The Quality (UTINYINT) of a text cell; NULL counts as actual."""
    word = f"lower(trim({cell}))"
    whens = " ".join(
        f"WHEN {word} IN ({_literals(words)}) THEN {int(quality)}"
        for quality, words in WORDS.items()
    )
    return (
        f"CAST(CASE WHEN {cell} IS NULL THEN 0 {whens} ELSE {int(UNKNOWN_MEANS)} END AS UTINYINT)"
    )


def known_word(word: str) -> bool:
    """Whether a quality word is one of ours."""
    return any(word.strip().lower() in words for words in WORDS.values())


def null_sql(cell: str) -> str:
    """A text cell trimmed, or NULL where it says that there is no value."""
    empty = f"lower(trim({cell})) IN ({_literals(NULL_WORDS)})"
    return f"(CASE WHEN {empty} THEN NULL ELSE trim({cell}) END)"


def _literals(words: tuple[str, ...]) -> str:
    return ", ".join("'" + w.replace("'", "''") + "'" for w in words)
