"""What can be wrong with a file that comes in parts, and with work behind the pages."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

FILE_TOO_LARGE = Problem(
    "incoming.too-large",
    Text("{name} has {size} bytes; {most} are taken at most.",
         "{name} 有 {size} 字节；最多接收 {most} 字节。"),
    Text("Divide it, pack it (.gz, .zst), or raise [web] max_upload in lamplit.toml.",
         "请拆分或压缩（.gz、.zst），或在 lamplit.toml 中调高 [web] max_upload。"),
)  # fmt: skip

NO_ROOM = Problem(
    "incoming.no-room",
    Text("the disk has no room for {size} bytes.", "磁盘空间不足以存放 {size} 字节。"),
    Text("Ask the operator to make room, then send it again: what came stays.",
         "请联系管理员腾出空间后重新发送；已收到的部分会保留。"),
)  # fmt: skip

TOO_MANY = Problem(
    "incoming.too-many",
    Text("{most} files of yours are still waiting to be sent or read.",
         "您已有 {most} 个文件等待发送或读取。"),
    Text("Finish or drop some of them first.", "请先完成或放弃其中一些。"),
)  # fmt: skip

PART_SIZE = Problem(
    "incoming.part-size",
    Text("part {number} has {found} bytes where {wanted} were expected.",
         "第 {number} 段为 {found} 字节，应为 {wanted} 字节。"),
    Text("Cut the file into pieces of `part_bytes`, numbered from 0; only the last is shorter.",
         "请按 `part_bytes` 切分文件，从 0 起编号；只有最后一段可以更短。"),
)  # fmt: skip

NO_PART = Problem(
    "incoming.no-such-part",
    Text("the file has no part {number}.", "该文件没有第 {number} 段。"),
    Text("It has the parts 0 to {last}.", "其分段为 0 至 {last}。"),
)

PART_BROKEN = Problem(
    "incoming.part-broken",
    Text("part {number} did not arrive as it was sent.", "第 {number} 段在传输中损坏。"),
    Text("Send it again.", "请重新发送该段。"),
)

PART_CONFLICT = Problem(
    "incoming.part-conflict",
    Text("part {number} came before, with other bytes.", "第 {number} 段此前已收到，但内容不同。"),
    Text("The file was changed meanwhile: drop this import and begin it anew.",
         "文件在此期间已被改动：请放弃本次导入并重新开始。"),
)  # fmt: skip

NOT_WHOLE = Problem(
    "incoming.not-whole",
    Text("{missing} parts of {name} have not come yet.", "{name} 还有 {missing} 段未收到。"),
    Text("Send them first; the import lists which.", "请先补发；缺少的分段见该导入的清单。"),
)

WRONG_HASH = Problem(
    "incoming.wrong-hash",
    Text("{name} is not the file that was announced: its SHA-256 is another.",
         "{name} 与所声明的文件不符：SHA-256 不同。"),
    Text("Begin the import anew with the file as it is now.", "请以当前文件重新开始导入。"),
)  # fmt: skip

IN_USE = Problem(
    "incoming.already-in-use",
    Text("a job is reading this file.", "有后台任务正在读取该文件。"),
    Text("Cancel the job first, or wait for its end.", "请先取消该后台任务，或等待其结束。"),
)

JOB_ENDED = Problem(
    "job.already-ended",
    Text("the job has ended.", "该后台任务已结束。"),
    Text("Ask for a new one.", "请新建后台任务。"),
)

JOB_GOES_ON = Problem(
    "job.not-open-again",
    Text("only a job that failed or was cancelled can be tried again.",
         "只有失败或已取消的后台任务可以重试。"),
    Text("Wait for its end, or ask for a new one.", "请等待其结束，或新建后台任务。"),
)  # fmt: skip

JOB_LOST = Problem(
    "job.lost",
    Text("the server that worked on it ended midway.", "执行该后台任务的服务进程中途结束。"),
    Text("Try again: what was done by then is not done twice.", "请重试：已完成的部分不会重复。"),
)

JOB_FAULT = Problem(
    "job.fault",
    Text("a fault in lamplit ended the job ({fault}).",
         "lamplit 自身出错，后台任务中止（{fault}）。"),
    Text("Try again; if it happens again, tell the operator the job's number.",
         "请重试；若再次发生，请将后台任务编号告知系统管理员。"),
)  # fmt: skip

DISK_FULL = Problem(
    "job.disk-full",
    Text("the disk is full.", "磁盘已满。"),
    Text("Make room, then try again: nothing was left half written.",
         "请腾出空间后重试：没有留下写了一半的内容。"),
)  # fmt: skip

PLAN_CHANGED = Problem(
    "job.changed-meanwhile",
    Text("what this import would change is no longer what the plan said.",
         "此导入将引起的变更已与先前的计划不同。"),
    Text("Read the new plan, then apply that one.", "请查看新计划后再应用。"),
)  # fmt: skip
