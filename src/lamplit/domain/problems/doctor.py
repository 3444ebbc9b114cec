"""What `lamplit doctor` may find; what other rooms' problems say already is said in their words."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

OLD_LIBRARY = Problem(
    "doctor.library",
    Text("{name} {found} is installed, and lamplit needs {wanted}.",
         "已安装 {name} {found}，而 lamplit 需要 {wanted}。"),
    Text("Run `pip install --upgrade lamplit` in this environment.",
         "请在此环境中运行 `pip install --upgrade lamplit`。"),
)  # fmt: skip
MEMORY_BEYOND = Problem(
    "doctor.memory-beyond",
    Text("memory_limit is {limit}, and the machine has {whole}.",
         "memory_limit 为 {limit}，而本机内存为 {whole}。"),
    Text("Lower memory_limit in lamplit.toml, so that nothing is stopped for want of memory.",
         "请在 lamplit.toml 中调低 memory_limit，以免进程因内存不足被终止。"),
)  # fmt: skip
LOW_SPACE = Problem(
    "doctor.low-space",
    Text("{free} are free on the disk, and a night may need {need}.",
         "磁盘剩余 {free}，而一次夜间计算可能需要 {need}。"),
    Text("Make room, or move the home to a larger disk; `lamplit lake compact` and `expire` help.",
         "请腾出空间或将主目录移至更大的磁盘；`lamplit lake compact` 与 `expire` 也可释放空间。"),
)  # fmt: skip
NOT_WRITABLE = Problem(
    "doctor.not-writable",
    Text("nothing can be written here ({reason}).", "此处无法写入（{reason}）。"),
    Text("Give the folder to the account that runs lamplit, with `chown` or `chmod u+rwx`.",
         "请用 `chown` 或 `chmod u+rwx` 把该目录交给运行 lamplit 的账号。"),
)  # fmt: skip
OPEN_TO_OTHERS = Problem(
    "doctor.open-to-others",
    Text("any account of this machine can read the home, which says who is at home.",
         "本机任何账号都能读取此主目录，而其中记录了谁在家。"),
    Text("Run `chmod o-rwx {path}`.", "请运行 `chmod o-rwx {path}`。"),
)  # fmt: skip
CLOCK_BACK = Problem(
    "doctor.clock-back",
    Text("the clock says {now}, but {what} was written at {last}.",
         "时钟为 {now}，而{what}写于 {last}。"),
    Text("Set the clock, and let it be kept by NTP, before anybody works in the office.",
         "请先校准时钟并启用 NTP，再开展外勤工作。"),
)  # fmt: skip
DAYS_AHEAD = Problem(
    "doctor.days-ahead",
    Text("the lake has readings of {day}, which is still to come.",
         "湖中有 {day} 的读数，而这一天尚未到来。"),
    Text("See which batch brought them with `lamplit lake stats --json`; check year and clock.",
         "请用 `lamplit lake stats --json` 查看来源批次，并核对年份与时钟。"),
)  # fmt: skip
STALE_DAYS = Problem(
    "doctor.stale-days",
    Text("the last readings are of {last}, {days} days ago.",
         "最后的读数为 {last}，已过 {days} 天。"),
    Text("See whether the export still comes, then run `lamplit ingest`.",
         "请确认采集导出是否正常，再运行 `lamplit ingest`。"),
)  # fmt: skip
MISSING_DAYS = Problem(
    "doctor.missing-days",
    Text("of the last {span} days {count} have no readings at all: {days}.",
         "最近 {span} 天中有 {count} 天没有任何读数：{days}。"),
    Text("Ask for those days' files again and ingest them: they may come late.",
         "请补要这些日期的文件并导入；迟到的数据也可补算。"),
)  # fmt: skip
THIN_DAYS = Problem(
    "doctor.thin-days",
    Text("of the last {span} days {count} have far fewer meters than usual: {days}.",
         "最近 {span} 天中有 {count} 天的电表数明显偏少：{days}。"),
    Text("See `lamplit lake quality --by collector` for those days, and ask for what is missing.",
         "请用 `lamplit lake quality --by collector` 查看这些日期，并补要缺失数据。"),
)  # fmt: skip
NIGHTS_BEHIND = Problem(
    "doctor.nights-behind",
    Text("the nights stand at {through}, and there are readings up to {last}.",
         "夜间计算到 {through}，而读数已到 {last}。"),
    Text("Run `lamplit nightly`.", "请运行 `lamplit nightly`。"),
)  # fmt: skip
LATE_WAITING = Problem(
    "doctor.late-waiting",
    Text("{count} batches came in since the last night.", "上次夜间计算后又到了 {count} 个批次。"),
    Text("Run `lamplit nightly`: what came late is worked in.",
         "请运行 `lamplit nightly`，迟到数据会一并补算。"),
)  # fmt: skip
CUT_OFF = Problem(
    "doctor.night-cut-off",
    Text("a night was cut off after {done} shards.", "一次夜间计算在完成 {done} 个分片后中断。"),
    Text("Run `lamplit nightly`: it goes on from there.",
         "请运行 `lamplit nightly`，会从中断处继续。"),
)  # fmt: skip
OTHER_RULES = Problem(
    "doctor.other-rules",
    Text("the states were worked under other rules or thresholds.",
         "现有状态由另一套规则或阈值算得。"),
    Text("The next `lamplit nightly` works all nights again: leave it the time.",
         "下次 `lamplit nightly` 会全部重算，请预留时间。"),
)  # fmt: skip
