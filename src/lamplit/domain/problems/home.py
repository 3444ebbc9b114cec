"""What can be wrong with a home folder, its settings, or the disk under it."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

NOT_FOUND = Problem(
    "home.not-found",
    Text("there is no lamplit home here.", "此处没有 lamplit 主目录。"),
    Text(
        "Make one with `lamplit init {path}`, or name another with --home or LAMPLIT_HOME.",
        "请用 `lamplit init {path}` 新建，或用 --home 或 LAMPLIT_HOME 另行指定。",
    ),
    on_pages=Text(
        "Ask the operator: the home may have been moved.", "请联系系统管理员：主目录可能已移走。"
    ),
)

EXISTS = Problem(
    "home.exists",
    Text("a lamplit home is already here.", "此处已有 lamplit 主目录。"),
    Text(
        "Use it as it is, or choose another folder; a home is never overwritten.",
        "可直接使用，或另选一个目录；已有的主目录不会被覆盖。",
    ),
)

NOT_A_FOLDER = Problem(
    "home.not-a-folder",
    Text("this is a file, not a folder.", "这是文件，不是目录。"),
    Text("Name a folder; it need not exist yet.", "请给出目录名；目录可以尚不存在。"),
)

ADDRESS = Problem(
    "home.address",
    Text("this is an address, and a home is a folder.", "这是网络地址，而主目录必须是文件夹。"),
    Text(
        "Name a folder: a home is kept whole by one lock and by renames. What is bulky of it, the "
        "readings and the nights, can lie at an address: `lake` in its lamplit.toml.",
        "请给出文件夹：主目录靠文件锁与原子改名保持完整。其中体积大的部分（读数与夜间状态）"
        "可存放在网络地址：见 lamplit.toml 中的 `lake`。",
    ),
)

ADDRESS_TAKEN = Problem(
    "home.address-taken",
    Text(
        "another home's readings are at this address: {name} lies there.",
        "此地址已存放另一主目录的读数：其中有 {name}。",
    ),
    Text(
        "Give each home an address of its own, in `lake` of its lamplit.toml. Only where the other "
        "home is no more and this one stands in for it, as after a restore, remove {name} there "
        "(docs/how-to/lake-at-an-address.md).",
        "请在 lamplit.toml 的 `lake` 中为每个主目录设置各自的地址。仅当另一主目录已不复存在、"
        "由本主目录接替（例如恢复备份之后）时，才可删除该处的 {name}"
        "（见 docs/how-to/lake-at-an-address.md）。",
    ),
)

ADDRESS_LOST = Problem(
    "home.address-lost",
    Text(
        "this home's mark is missing at its address: {name}.",
        "该地址缺少本主目录的标记：{name}。",
    ),
    Text(
        "Look whether `lake` in lamplit.toml is the address that the readings are at, and what has "
        "been removed there. If they have moved, move {name} too; if all is there but the mark, "
        "put an empty file of that name (docs/how-to/lake-at-an-address.md).",
        "请核对 lamplit.toml 中的 `lake` 是否为读数所在地址，以及该处删除了什么。"
        "若读数已迁移，请一并迁移 {name}；若仅缺标记，请补一个同名空文件"
        "（见 docs/how-to/lake-at-an-address.md）。",
    ),
)

ADDRESS_DIFFERS = Problem(
    "home.address-differs",
    Text(
        "this is not the manifest that this home put there last: another copy of the home's folder "
        "has run since, or this one is an older one (there it counts {there}, here {here}).",
        "此处的清单不是本主目录最近一次放置的：主目录的另一份副本此后运行过，或本目录是较早的副本"
        "（该处计数为 {there}，本目录为 {here}）。",
    ),
    Text(
        "Nothing was changed. Find out which copy is the true one, and let no other run. To take "
        "over what is at the address, copy lake/manifest.json and state/manifest.json from there "
        "over those of this home, and empty its tmp/copies. Only where this home is the true one, "
        "remove the two there (docs/how-to/lake-at-an-address.md).",
        "未作任何改动。请查明哪一份副本为准，并停用其余副本。若以该地址的内容为准，请将该处的 "
        "lake/manifest.json 与 state/manifest.json 复制到本主目录的相应位置，并清空 tmp/copies；"
        "仅当以本主目录为准时，才可删除该处的这两个文件（见 docs/how-to/lake-at-an-address.md）。",
    ),
)

UNKNOWN_TIMEZONE = Problem(
    "home.unknown-timezone",
    Text("`{name}` is not a time zone's name.", "“{name}”不是时区名。"),
    Text(
        "Give an IANA name, such as {near}.",
        "请使用 IANA 时区名，例如 {near}。",
    ),
)

BAD_TOML = Problem(
    "home.bad-toml",
    Text("the settings can't be read: {reason}.", "无法读取设置：{reason}。"),
    Text(
        "Correct that line; text values stand in quotes, and the file is saved as UTF-8.",
        "请改正该行；文本值须加引号，文件须存为 UTF-8。",
    ),
)

UNKNOWN_SETTING = Problem(
    "home.unknown-setting",
    Text("there is no setting named `{name}`.", "没有名为“{name}”的设置。"),
    Text(
        "Perhaps {near} is meant; the settings are {known}.",
        "或许应为 {near}；可用的设置有：{known}。",
    ),
)

BAD_SETTING = Problem(
    "home.bad-setting",
    Text("`{value}` won't do for {name}.", "{name} 不能取值“{value}”。"),
    Text("It takes {wanted}.", "应为：{wanted}。"),
)

NO_PERMISSION = Problem(
    "home.no-permission",
    Text("the system refused access: {reason}.", "系统拒绝访问：{reason}。"),
    Text(
        "Check who owns the file or folder, or choose a place that you may write to.",
        "请检查该文件或目录的属主，或换一个可写的位置。",
    ),
)

DISK_FULL = Problem(
    "home.disk-full",
    Text("the disk is full: {reason}.", "磁盘已满：{reason}。"),
    Text(
        "Free some space and begin again; the home is as it was before.",
        "请腾出空间后重新开始；主目录仍保持原状。",
    ),
)

NO_SUCH_FILE = Problem(
    "home.no-such-file",
    Text("no such file or folder.", "没有这个文件或目录。"),
    Text("Check the spelling and the folder you are in.", "请检查拼写以及当前所在目录。"),
)

OUT_OF_MEMORY = Problem(
    "home.out-of-memory",
    Text("the work did not fit into the memory allowed.", "可用内存不足以完成此操作。"),
    Text(
        "Raise memory_limit in lamplit.toml, or take fewer files or days at a time.",
        "请在 lamplit.toml 中调高 memory_limit，或减少每次处理的文件或天数。",
    ),
)
