"""The words of work that goes on behind the pages: kinds, states, and what is being done."""

from __future__ import annotations

from enum import StrEnum

from lamplit.domain.abilities import Ability
from lamplit.domain.language import Text


class JobKind(StrEnum):
    """What a job does."""

    INGEST = "ingest"
    REGISTRY = "registry"
    TABLE = "table"
    PLACES_SYNC = "places_sync"
    NIGHT = "night"
    PLAN = "plan"


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """What a job is doing just now."""

    WAITING = "waiting"
    """Another writer has the home."""
    CHECKING = "checking"
    READING = "reading"
    MERGING = "merging"
    PLANNING = "planning"
    WRITING = "writing"
    NIGHTS = "nights"
    EVENING = "evening"
    SHARING = "sharing"
    TRIMMING = "trimming"
    LIVING = "living"
    HELPING = "helping"


JOB_TEXT = {
    JobKind.INGEST: Text("take readings in", "导入读数"),
    JobKind.REGISTRY: Text("import the registry", "导入台账"),
    JobKind.TABLE: Text("import a table", "导入表格"),
    JobKind.PLACES_SYNC: Text("bring the registry's places in", "同步台账中的地点"),
    JobKind.NIGHT: Text("work the nights", "夜间计算"),
    JobKind.PLAN: Text("make a plan", "生成排班方案"),
}
STATE_TEXT = {
    JobState.WAITING: Text("waiting", "排队中"),
    JobState.RUNNING: Text("running", "进行中"),
    JobState.DONE: Text("done", "已完成"),
    JobState.FAILED: Text("failed", "失败"),
    JobState.CANCELLED: Text("cancelled", "已取消"),
}
STAGE_TEXT = {
    Stage.WAITING: Text("waiting for another writer", "等待其他写入完成"),
    Stage.CHECKING: Text("checking the file", "校验文件"),
    Stage.READING: Text("reading", "读取"),
    Stage.MERGING: Text("merging into the lake", "合并入湖"),
    Stage.PLANNING: Text("working out what would change", "计算将有的变更"),
    Stage.WRITING: Text("writing", "写入"),
    Stage.NIGHTS: Text("working the nights", "逐夜计算"),
    Stage.EVENING: Text("the field office's evening", "外勤日终处理"),
    Stage.SHARING: Text("sharing the doors out", "分配住户"),
    Stage.TRIMMING: Text("bringing the finish forward", "提前完成时间"),
    Stage.LIVING: Text("living the lists through", "模拟执行"),
    Stage.HELPING: Text("looking for help that is enough", "测算所需帮助"),
}

OPEN_STATES = (JobState.WAITING, JobState.RUNNING)
MAY_RETRY = (JobState.FAILED, JobState.CANCELLED)

WHO_MAY: dict[JobKind, tuple[Ability, ...]] = {
    JobKind.INGEST: (Ability.IMPORT,),
    JobKind.REGISTRY: (Ability.IMPORT,),
    JobKind.TABLE: (Ability.IMPORT,),
    JobKind.PLACES_SYNC: (Ability.IMPORT,),
    JobKind.NIGHT: (Ability.IMPORT, Ability.OPERATE),
    JobKind.PLAN: (Ability.LEAD,),
}
"""One of these, at any place, is needed to ask for a job of the kind."""

LANES: tuple[tuple[JobKind, ...], ...] = (
    tuple(kind for kind in JobKind if kind is not JobKind.PLAN),
    (JobKind.PLAN,),
)
"""Jobs of one lane wait for each other: the lake has one writer. A plan needs nothing of it, and
nobody waits for half a minute of planning until a night is done."""
