"""What can go wrong with the lake."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

MANIFEST_DAMAGED = Problem(
    "lake.manifest-damaged",
    Text("the lake's manifest can't be read ({cause})", "湖清单无法读取（{cause}）"),
    Text(
        "Restore manifest.json from a backup; the Parquet files beside it are untouched.",
        "请从备份恢复 manifest.json；其旁的 Parquet 文件未受影响。",
    ),
)
NEWER_VERSION = Problem(
    "lake.newer-version",
    Text(
        "the lake was written by a newer lamplit (format {found}; this one knows {known})",
        "该湖由更新版本的 lamplit 写成（格式 {found}，本版本只认识 {known}）",
    ),
    Text("Upgrade lamplit.", "请升级 lamplit。"),
)
LOCKED = Problem(
    "lake.locked",
    Text(
        "another lamplit process (pid {pid}, {what}) is writing to this home",
        "另一个 lamplit 进程（pid {pid}，{what}）正在写入此主目录",
    ),
    Text(
        "Wait for it to end, then run this again; if it hangs, stop that process.",
        "请等它结束后再运行；若它已卡死，请终止该进程。",
    ),
)
FILE_MISSING = Problem(
    "lake.file-missing",
    Text("the lake lacks a file that its manifest lists", "湖中缺少清单所列的文件"),
    Text(
        "Restore the file from a backup, or run `lamplit lake verify` to see all that is missing.",
        "请从备份恢复该文件，或运行 `lamplit lake verify` 查看全部缺失文件。",
    ),
    on_pages=Text(
        "Ask the operator to restore the file from a backup.", "请系统管理员从备份恢复该文件。"
    ),
)
FILE_DAMAGED = Problem(
    "lake.file-damaged",
    Text("a file of the lake is damaged: {cause}", "湖中的文件已损坏：{cause}"),
    Text("Restore the file from a backup.", "请从备份恢复该文件。"),
)
UNREACHED = Problem(
    "lake.address-unreached",
    Text("the lake's address did not do what it was asked: {reason}",
         "湖所在地址未完成请求：{reason}"),
    Text("Look at the network, the store, and the credentials that its client finds; then run "
         "this again. It goes on where it stood (docs/how-to/lake-at-an-address.md).",
         "请检查网络、存储服务及其客户端所用的凭据，然后重新运行；将从中断处继续。"),
)  # fmt: skip
FILE_ALTERED = Problem(
    "lake.file-altered",
    Text("a file of the lake has other bytes than were written", "湖中文件的内容与写入时不同"),
    Text("Restore the file from a backup, and look at the disk that it lay on.",
         "请从备份恢复该文件，并检查其所在磁盘。"),
)  # fmt: skip
NO_DAYS = Problem(
    "lake.no-days",
    Text("there are no readings in the lake yet.", "湖中还没有读数。"),
    Text("Bring some in with `lamplit ingest FILE`.", "请先用 `lamplit ingest 文件` 导入读数。"),
    on_pages=Text("Take some in first, under Readings.", "请先在“读数”中导入。"),
)
BAD_SPAN = Problem(
    "lake.bad-span",
    Text("{first} to {last} is no span of 1 to {most} days.",
         "{first} 至 {last} 不是 1 至 {most} 天的区间。"),
    Text("Name a first and a last day nearer together.", "请指定相距更近的首日与末日。"),
)  # fmt: skip
NO_COLLECTOR = Problem(
    "lake.no-such-collector",
    Text("no meter of the collector `{collector}` was expected in this span.",
         "此区间内没有采集器“{collector}”的电表。"),
    Text("See the list of collectors without naming one.", "请先不指定采集器，查看清单。"),
)  # fmt: skip
NOTHING_BEFORE = Problem(
    "lake.nothing-before",
    Text("nothing can be let go before {day}: the earliest night kept is {first}.",
         "{day} 之前没有可清除的内容：最早保留的夜间状态为 {first}。"),
    Text("Days go up to a night whose states are kept (the end of a month, or of the last week): "
         "name a later day, or run `lamplit nightly` first.",
         "只能清除到某个保留了状态的夜晚（月末或最近一周）："
         "请指定更晚的日期，或先运行 `lamplit nightly`。"),
    on_pages=Text("Days go up to a night whose states are kept (the end of a month, or of the "
                  "last week): name a later day, or work the nights first.",
                  "只能清除到某个保留了状态的夜晚（月末或最近一周）：请指定更晚的日期，或先进行夜间计算。"),
)  # fmt: skip
