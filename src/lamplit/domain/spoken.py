"""Languages and dialects that people speak at doors: one code each, however a file names them.

What the table does not know stays as it was written, so any dialect can be named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from lamplit.domain.language import Text

SPOKEN: Final[Mapping[str, Text]] = {
    "zh": Text("Mandarin", "普通话"),
    "en": Text("English", "英语"),
    "yue": Text("Cantonese", "粤语"),
    "wuu": Text("Wu", "吴语"),
    "nan": Text("Southern Min", "闽南语"),
    "cdo": Text("Eastern Min", "闽东语"),
    "hak": Text("Hakka", "客家话"),
    "gan": Text("Gan", "赣语"),
    "hsn": Text("Xiang", "湘语"),
    "bo": Text("Tibetan", "藏语"),
    "ug": Text("Uyghur", "维吾尔语"),
    "mn": Text("Mongolian", "蒙古语"),
    "za": Text("Zhuang", "壮语"),
    "ko": Text("Korean", "朝鲜语"),
    "csl": Text("Chinese sign language", "手语"),
}
"""By the tags of BCP 47."""

_OTHERS: Final[Mapping[str, str]] = {
    "chinese": "zh", "中文": "zh", "汉语": "zh", "国语": "zh", "putonghua": "zh",
    "英文": "en", "广东话": "yue", "白话": "yue", "上海话": "wuu", "温州话": "wuu",
    "闽南话": "nan", "hokkien": "nan", "福州话": "cdo", "客家语": "hak", "湖南话": "hsn",
    "藏文": "bo", "维语": "ug", "蒙语": "mn", "韩语": "ko", "sign language": "csl",
}  # fmt: skip
_BETWEEN = re.compile(r"[,;，；、|/]")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


_CODES: Final = {
    **{_folded(word): code for code, text in SPOKEN.items() for word in (code, text.en, text.zh)},
    **_OTHERS,
}


def spoken_code(text: str) -> str:
    """The code of a language as somebody wrote it; else the text itself, folded."""
    folded = _folded(text)
    return _CODES.get(folded, folded)


def spoken_codes(texts: Iterable[str]) -> list[str]:
    """Their codes, each once, in the order given; what is blank is passed over."""
    return list(dict.fromkeys(code for text in texts if (code := spoken_code(text))))


def spoken_text(code: str) -> Text:
    """What a language is called in both languages of the program."""
    return SPOKEN.get(code) or Text(code, code)


def words_of(cell: str) -> list[str]:
    """The words of a cell that holds several, by `;`, `,`, `、` or `/`."""
    return [word for part in _BETWEEN.split(cell) if (word := part.strip())]
