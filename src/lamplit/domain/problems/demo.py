"""What may stand in the way of the demo."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

FOLDER_IN_USE = Problem(
    "demo.folder-in-use",
    Text("{folder} holds files that are not a demo's.", "{folder} 中有不属于演示的文件。"),
    Text("Choose an empty or new folder with -o.", "请用 -o 指定空目录或新目录。"),
)
OTHER_TOWN = Problem(
    "demo.other-town",
    Text(
        "{folder} holds the demo of another town: {homes} homes, {days} days until {until}, "
        "seed {seed}.",
        "{folder} 中是另一座小城的演示：{homes} 户，{days} 天，至 {until}，种子 {seed}。",
    ),
    Text(
        "Choose another folder with -o, or say --replace to make it anew.",
        "请用 -o 指定其他目录，或加 --replace 重新生成。",
    ),
)
TOO_SHORT = Problem(
    "demo.too-short",
    Text(
        "{homes} homes over {days} days are too few to show anything.",
        "{homes} 户、{days} 天太少，看不出什么。",
    ),
    Text(
        "Give --homes as 100 or more, and --days as 28 or more.",
        "请把 --homes 设为 100 或更大，--days 设为 28 或更大。",
    ),
)
