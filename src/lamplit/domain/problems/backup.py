"""What can keep a home from being backed up, or be wrong with the copy."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

EXISTS = Problem(
    "backup.exists",
    Text("this is there already.", "该位置已存在。"),
    Text(
        "Name a folder that is not there yet: a backup never writes over another.",
        "请给出尚不存在的目录名：备份从不覆盖已有的备份。",
    ),
)

NO_PARENT = Problem(
    "backup.no-folder",
    Text("there is no folder {folder} to put it in.", "没有上级目录 {folder}。"),
    Text("Make it, or mount the disk that it is on.", "请新建该目录，或挂载其所在的磁盘。"),
)

INSIDE = Problem(
    "backup.inside",
    Text("this lies in the home itself.", "该位置在主目录之内。"),
    Text(
        "Name a folder elsewhere, best on another disk.",
        "请给出主目录之外的位置，最好在另一块磁盘上。",
    ),
)

NO_ROOM = Problem(
    "backup.no-room",
    Text(
        "{size} are to be fetched, and {free} are free here.",
        "需取回 {size}，而此处仅剩 {free}。",
    ),
    Text(
        "Free some space, or name a folder on another disk. Nothing was fetched.",
        "请腾出空间，或改用其他磁盘上的目录。尚未取回任何内容。",
    ),
)

PHOTOS_MISSING = Problem(
    "backup.photos-missing",
    Text("{count} photos that the store names are not there.", "数据库所记的 {count} 张照片缺失。"),
    Text(
        "They are missing in the home too; look for an older backup that has them.",
        "主目录中同样缺失；请在更早的备份中查找。",
    ),
)

STORE_DAMAGED = Problem(
    "backup.store-damaged",
    Text("the copy of the store is damaged: {reason}.", "数据库副本已损坏：{reason}。"),
    Text(
        "The store itself may be: keep the last good backup, and check the disk.",
        "数据库本身可能已损坏：请保留上一份完好的备份，并检查磁盘。",
    ),
)
