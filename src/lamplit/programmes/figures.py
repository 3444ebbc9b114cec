"""What a leader's board may count: a closed list, so that every board can be filled."""

from __future__ import annotations

from lamplit.domain.field import Found, Outcome, Severity
from lamplit.domain.language import Text

COUNTS = {
    "enrolled": Text("places enrolled", "纳入地点数"),
    "done": Text("enrollments done", "已办结数"),
    "open": Text("enrollments still open", "未办结数"),
    "reached": Text("enrollments where somebody was reached", "已见面数"),
    "attempted": Text("enrollments tried, nobody reached", "上门未遇数"),
    "untouched": Text("enrollments that nobody has tried", "尚未上门数"),
    "expected_by_now": Text("enrollments that should be done by now", "此刻应办结数"),
    "tasks_due": Text("open tasks whose time has begun", "已到时间的未完成任务数"),
    "tasks_today": Text("tasks of the cadence that begin today", "今日周期任务数"),
    "tasks_today_done": Text("of today's tasks, those performed", "今日周期任务已完成数"),
    "tasks_done": Text("tasks performed", "已完成任务数"),
    "tasks_on_time": Text("tasks performed by their due time", "按时完成任务数"),
    "tasks_overdue": Text("tasks overdue", "逾期任务数"),
    "tasks_over": Text("tasks performed or past their time", "已完成或逾期任务数"),
    "tasks_unclaimed": Text("tasks that nobody has", "无人认领任务数"),
    "uncovered": Text("places that nobody is responsible for", "无人负责地点数"),
    "follow_ups_open": Text("follow-up tasks open", "未完成的后续任务数"),
    "follow_ups_overdue": Text("follow-up tasks overdue", "逾期的后续任务数"),
    "submissions": Text("submissions", "提交数"),
    "findings": Text("findings", "发现数"),
    "findings_open": Text("findings not yet settled", "未处理发现数"),
    "findings_overdue": Text("findings past their time", "超时未处理发现数"),
    "findings_verified": Text("findings verified as settled", "已核实发现数"),
    "points": Text("points", "扣分"),
    "people_active": Text("people who submitted today", "今日活跃人数"),
}
"""Counts that stand alone."""

PREFIXES: dict[str, tuple[str, ...]] = {
    "outcome": tuple(Outcome),
    "found": tuple(Found),
    "severity": tuple(Severity),
    "finding": (),
    "stock_in": (),
    "stock_out": (),
    "stock_left": (),
}
"""Counts with a value after a colon: `outcome:refused`; those of findings and stock take the pack's
own codes: `finding:ill`, `stock_left:mask`."""
