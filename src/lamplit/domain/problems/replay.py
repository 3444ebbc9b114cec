"""What may stand in the way of the replay."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

TOO_SMALL = Problem(
    "replay.too-small",
    Text(
        "{homes} homes and {people} people are too few for the story.",
        "{homes} 户、{people} 人太少，无法演完整个故事。",
    ),
    Text(
        "Give --homes as 40 or more, and --people as 16 or more.",
        "请把 --homes 设为 40 或更大，--people 设为 16 或更大。",
    ),
)
STORE_IN_USE = Problem(
    "replay.store-in-use",
    Text(
        "The store at {where} holds people already; the replay begins with an empty one.",
        "{where} 的存储中已有人员；重演须从空存储开始。",
    ),
    Text(
        "Name a new database with --store-url, or leave it out for one in the folder.",
        "请用 --store-url 指定新的数据库，或省略它以使用目录内的存储。",
    ),
)
