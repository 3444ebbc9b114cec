"""What can be wrong with a campaign's plans."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

NO_DOORS = Problem(
    "plan.no-doors",
    Text("campaign `{campaign}` has no open doors to plan.", "行动“{campaign}”没有待走访的住户。"),
    Text(
        "Run its sweep, or enroll places; doors that somebody is at now are left to them.",
        "请先纳入住户；正在办理中的住户不参与排班。",
    ),
)
NOBODY = Problem(
    "plan.nobody",
    Text("nobody may go to the doors of `{campaign}`.", "没有人可以走访“{campaign}”的住户。"),
    Text("Give people a role or a responsibility there first.", "请先在该处授予岗位或包保责任。"),
)
NOT_THERE = Problem(
    "plan.not-there",
    Text("{person} has no role at any of these doors.", "{person} 在这些住户处没有岗位。"),
    Text(
        "Give a role or a responsibility there first, or leave the name out.",
        "请先授予该处岗位或包保责任，或去掉此人。",
    ),
)
UNDER_WAY = Problem(
    "plan.already-under-way",
    Text("a plan for `{campaign}` is being made.", "“{campaign}”的排班方案正在生成。"),
    Text("Wait for it; it takes half a minute or so.", "请稍候，约需半分钟。"),
)
NOT_IN_STATE = Problem(
    "plan.not-in-state",
    Text("this plan is {state}; it can't be applied.", "该方案处于“{state}”状态，无法启用。"),
    Text(
        "Apply one that is ready, or one that was in force before; or make a new one.",
        "请启用“待启用”的方案或此前启用过的方案，或重新生成。",
    ),
)
STOPPED = Problem(
    "plan.stopped",
    Text(
        "whoever was making this plan stopped before it was done.",
        "生成该方案的程序在完成前已停止。",
    ),
    Text("Make a new one.", "请重新生成。"),
)
FAULT = Problem(
    "plan.fault",
    Text("making this plan failed: {reason}.", "生成方案失败：{reason}。"),
    Text("Try again; if it fails once more, report it.", "请重试；若再次失败，请上报。"),
)
