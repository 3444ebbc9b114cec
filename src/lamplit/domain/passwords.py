"""Which passwords are taken, by NIST SP 800-63B-4 (2025), section 3.1.1.2.

A password is the only factor here, so it has 15 characters or more; any character counts, all of
Unicode too; no rule of composition, no expiry; and the whole password is compared with a list of
those that are common, expected or of this place.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from lamplit.domain.language import Text

LEAST = 15
MOST = 256
"""Longer ones gain nothing; the standard asks for 64 at least."""

TOO_SHORT = Text("it is too short", "太短")
TOO_LONG = Text("it is too long", "太长")
SAME = Text("it is the old one", "与旧密码相同")
REPEATS = Text("it repeats a short piece", "由短片段重复而成")
RUNS = Text("it is a run of neighbouring keys or letters", "由相邻按键或字母排列而成")
COMMON = Text("many people use it", "使用的人太多")
OF_HERE = Text("it is made of names of this place", "由本处的名称构成")

RUNS_OF_KEYS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789012345678901234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "!@#$%^&*()_+",
)
_COMMON_TEXT = """
    passwordpassword password12345678 password123456789 passw0rdpassw0rd administrator12
    administrator123 administratoradministrator letmeinletmein12 iloveyouiloveyou iloveyouforever
    correcthorsebatterystaple correcthorsebattery thisismypassword
    thisisapassword thisisnotapassword
    mypasswordis1234 changemechangeme changeme12345678 welcomewelcome12 welcome123456789
    qwertyuiop123456 qwerty1234567890 asdfghjkl1234567 trustno1trustno1 sunshinesunshine
    footballfootball basketballbasketball princessprincess dragondragondragon monkeymonkeymonkey
    superman12345678 computercomputer internetinternet woaini1314woaini woaini5201314520
    woaiwojiawoaiwojia woaizhongguo1234 zhongguozhongguo 5201314520131452 1314520131452013
    iamtheadministrator nopasswordneeded defaultpassword1 defaultpassword12 temporarypassword
    temporarypassword1 guestguestguestguest rootrootrootroot testtesttesttest secretsecretsecret
    supersecretpassword masterpassword12 hellohellohello1 helloworldhelloworld abcdefg123456789
    aaaabbbbccccdddd 111122223333444455556666 winterwinter2020 summersummer2020 januaryfebruary
    mondaytuesdaywednesday onetwothreefourfive jesuschristismylord
    maythefourcebewithyou maytheforcebewithyou whatisthepassword idontknowthepassword
    我爱你我爱你我爱你我爱你我爱你 密码密码密码密码密码密码密码密码
"""


KNOWN = frozenset(_COMMON_TEXT.split())
HOUSE_NAMES = ("lamplit", "万家灯火", "password", "密码")
WEAKNESSES = {
    "too_short": TOO_SHORT, "too_long": TOO_LONG, "repeats": REPEATS, "runs": RUNS,
    "common": COMMON, "of_here": OF_HERE,
}  # fmt: skip
"""Each by a name, for the pages, which tell them while somebody types."""


def normal(password: str) -> str:
    """A password in one spelling (NFC), so that it is the same from every keyboard."""
    return unicodedata.normalize("NFC", password)


def weakness(password: str, names: Iterable[str] = ()) -> Text | None:
    """Why a password is not taken; None where it is.

    `names`: what an attacker would try first here: the user's names, the organisation's.

    >>> weakness("four words that rain").en if weakness("four words that rain") else "taken"
    'taken'
    >>> weakness("abcabcabcabcabcabc").en
    'it repeats a short piece'
    """
    plain = normal(password)
    lowered = plain.casefold()
    checks = (
        (len(plain) < LEAST, TOO_SHORT),
        (len(plain) > MOST, TOO_LONG),
        (_repeats(lowered), REPEATS),
        (_is_run(lowered), RUNS),
        (lowered in KNOWN, COMMON),
        (_made_of(lowered, (*HOUSE_NAMES, *names)), OF_HERE),
    )
    return next((text for holds, text in checks if holds), None)


def _repeats(password: str) -> bool:
    """Whether it is one piece of up to 5 characters over and over."""
    return any((password[:n] * len(password))[: len(password)] == password for n in range(1, 6))


def _is_run(password: str) -> bool:
    letters = "".join(c for c in password if not c.isspace())
    return any(letters in run or letters in run[::-1] for run in RUNS_OF_KEYS)


def _made_of(password: str, names: Iterable[str]) -> bool:
    """Whether nothing but names, digits and signs is in it."""
    left = password
    for name in sorted({n.casefold() for n in names if len(n) > 1}, key=len, reverse=True):
        left = left.replace(name, "")
    return left != password and not any(c.isalpha() for c in left)
