"""What can be wrong with the store: the database of people, campaigns and the log."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

UNREACHABLE = Problem(
    "store.unreachable",
    Text("the store can't be reached: {reason}.", "无法连接数据库：{reason}。"),
    Text(
        "See that the server runs and that [store] url in lamplit.toml is right; nothing was "
        "written, so the same can be tried again.",
        "请确认数据库正在运行，且 lamplit.toml 中 [store] url 无误；未写入任何内容，可重试。",
    ),
)

NO_DRIVER = Problem(
    "store.no-driver",
    Text("the driver for PostgreSQL is not installed.", "未安装 PostgreSQL 驱动。"),
    Text(
        "Install it with `pip install 'lamplit[postgresql]'`.",
        "请运行 `pip install 'lamplit[postgresql]'` 安装。",
    ),
    on_pages=Text(
        "Ask the operator to install the driver for PostgreSQL.",
        "请系统管理员安装 PostgreSQL 驱动。",
    ),
)

BAD_URL = Problem(
    "store.bad-url",
    Text("`{url}` is not an address of a store.", "“{url}”不是有效的数据库地址。"),
    Text(
        "Write sqlite:///FILE or postgresql://user@host/database.",
        "请写成 sqlite:///文件 或 postgresql://用户@主机/数据库。",
    ),
)

BEHIND = Problem(
    "store.behind",
    Text(
        "the store is at revision {found}, this lamplit needs {wanted}.",
        "数据库版本为 {found}，本程序需要 {wanted}。",
    ),
    Text("Run `lamplit store upgrade`.", "请运行 `lamplit store upgrade`。"),
    on_pages=Text("Ask the operator to bring the store up to date.", "请系统管理员升级存储。"),
)

AHEAD = Problem(
    "store.ahead",
    Text(
        "the store was made by a newer lamplit (revision {found}).",
        "数据库由更新版本的 lamplit 创建（版本 {found}）。",
    ),
    Text("Install that version or a later one.", "请安装该版本或更高版本的 lamplit。"),
)

CHANGED_MEANWHILE = Problem(
    "store.changed-meanwhile",
    Text(
        "this {what} was changed by someone else meanwhile.",
        "此{what}刚被他人修改。",
    ),
    Text("Look at it anew, then decide again.", "请重新查看后再操作。"),
)

NOT_FOUND = Problem(
    "store.not-found",
    Text("there is no {what} `{wanted}`.", "没有{what}“{wanted}”。"),
    Text("Check the code; ids and codes both work.", "请核对编号；内部编号与外部编号均可使用。"),
)

LOG_BROKEN = Problem(
    "store.log-broken",
    Text(
        "the log does not hold in {count} places, the first at entry {first}.",
        "日志有 {count} 处不完整，第一处为第 {first} 条。",
    ),
    Text(
        "Keep a copy of the store as it is, and compare with the last backup and with a head kept "
        "elsewhere.",
        "请原样保留数据库副本，并与最近的备份及另行留存的日志末尾比对。",
    ),
)
