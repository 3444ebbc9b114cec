"""What can be wrong with one field of a request, by the kind that the check of it names.

A sentence follows the field's path (`body.person`), so it begins with its verb. Fields in braces
are what the check itself says of the rule, never what was sent.
"""

from __future__ import annotations

from dataclasses import dataclass

from lamplit.domain.language import Text


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A kind of fault that a check of our own finds."""

    kind: str
    says: Text


NUL = FieldFault("text_nul", Text("holds a NUL character", "含有空字符（NUL）"))
NO_UNICODE = FieldFault(
    "text_no_unicode", Text("holds text that is no Unicode", "含有无效的 Unicode 文本")
)
DAY_OR_INSTANT = FieldFault(
    "day_or_instant",
    Text(
        "is neither a day (2020-03-01) nor a moment with its offset (2020-03-01T18:00:00+08:00)",
        "既不是日期（2020-03-01），也不是带时差的时刻（2020-03-01T18:00:00+08:00）",
    ),
)
FAR_YEAR = FieldFault(
    "far_year", Text("is not in the years 1900 to 2200", "不在 1900 至 2200 年之间")
)
OWN = (NUL, NO_UNICODE, DAY_OR_INSTANT, FAR_YEAR)

NOT_AS_ASKED = Text("is not as it should be", "不符合要求")
"""Of a kind that has no words here."""

_TEXT = Text("is no text", "不是文本")
_WHOLE = Text("is no whole number", "不是整数")
_NUMBER = Text("is no number", "不是数值")
_YES_NO = Text("is neither true nor false", "不是 true 或 false")
_DAY = Text("is no day like 2020-03-01", "不是 2020-03-01 这样的日期")
_MOMENT = Text(
    "is no moment like 2020-03-01T18:00:00+08:00", "不是 2020-03-01T18:00:00+08:00 这样的时刻"
)
_LIST = Text("is no list", "不是列表")
_OBJECT = Text("is no object with named fields", "不是含有字段的对象")
_CHOICE = Text("is none of {expected}", "不是以下各项之一：{expected}")

SAYS: dict[str, Text] = {
    "missing": Text("is missing", "缺失"),
    "extra_forbidden": Text("is not known here", "不是此处认识的字段"),
    "json_invalid": Text("is where it stops being JSON", "处起不是有效的 JSON"),
    "string_type": _TEXT,
    "string_unicode": NO_UNICODE.says,
    "string_too_short": Text("is shorter than {min_length} characters", "少于 {min_length} 个字符"),
    "string_too_long": Text("is longer than {max_length} characters", "超过 {max_length} 个字符"),
    "string_pattern_mismatch": Text(
        "is not in the form that is asked for here", "不符合此处要求的格式"
    ),
    "too_short": Text("has fewer than {min_length} entries", "少于 {min_length} 项"),
    "too_long": Text("has more than {max_length} entries", "超过 {max_length} 项"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": Text("is too large a number", "数值过大"),
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": Text("is no finite number", "不是有限的数值"),
    "greater_than": Text("is not more than {gt}", "应大于 {gt}"),
    "greater_than_equal": Text("is less than {ge}", "应不小于 {ge}"),
    "less_than": Text("is not less than {lt}", "应小于 {lt}"),
    "less_than_equal": Text("is more than {le}", "应不大于 {le}"),
    "bool_type": _YES_NO,
    "bool_parsing": _YES_NO,
    "literal_error": _CHOICE,
    "enum": _CHOICE,
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_object_invalid": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "timezone_aware": Text("says no offset, like +08:00", "没有注明时差（如 +08:00）"),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "value_error": NOT_AS_ASKED,
    "assertion_error": NOT_AS_ASKED,
    **{fault.kind: fault.says for fault in OWN},
}
"""By the kinds of pydantic's errors, and by our own."""
