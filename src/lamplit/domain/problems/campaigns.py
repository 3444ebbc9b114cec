"""What can be wrong with campaigns, tasks, submissions, findings and stock."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

CODE_TAKEN = Problem(
    "campaign.code-taken",
    Text("there is already a campaign `{campaign}`.", "已有行动“{campaign}”。"),
    Text("Choose another code.", "请换一个编号。"),
)

NO_PURPOSE = Problem(
    "campaign.no-purpose",
    Text("a campaign needs a stated purpose.", "行动必须声明目的。"),
    Text("Take one that the programme allows: {known}.", "请选用方案允许的目的：{known}。"),
)

BAD_PARAMETER = Problem(
    "campaign.bad-parameter",
    Text("`{name}` = `{value}` is not possible here.", "“{name}”不能为“{value}”。"),
    Text("It wants {wanted}.", "应为：{wanted}。"),
)

BAD_DATES = Problem(
    "campaign.bad-dates",
    Text(
        "the deadline {deadline} is not after the start {starts}.",
        "截止时间 {deadline} 不晚于开始日期 {starts}。",
    ),
    Text("Give a later deadline.", "请填写更晚的截止时间。"),
)

NOT_IN_STATE = Problem(
    "campaign.not-in-state",
    Text(
        "campaign `{campaign}` is {state}; this can't be done then.",
        "行动“{campaign}”处于“{state}”状态，无法执行此操作。",
    ),
    Text(
        "A draft can be opened, an open one closed, a closed one reopened.",
        "草稿可开启，进行中的可结束，已结束的可重新开启。",
    ),
)

TASK_TAKEN = Problem(
    "task.taken",
    Text("somebody else has this task.", "该任务已由他人认领。"),
    Text("Take the next one, or ask the leader to reassign it.", "请选下一项，或请负责人改派。"),
)

TASK_NOT_YOURS = Problem(
    "task.not-yours",
    Text("this task is not yours.", "该任务不属于您。"),
    Text("Claim it first.", "请先认领。"),
)

TASK_MOVE = Problem(
    "task.move",
    Text(
        "a task that is {state} can't be made so.",
        "任务处于“{state}”状态，无法执行此操作。",
    ),
    Text("Look at it anew.", "请重新查看该任务。"),
)

TASK_ROLE = Problem(
    "task.role",
    Text("this task is for: {roles}.", "该任务面向：{roles}。"),
    Text("Ask the leader for that role at this place.", "请向负责人申请该地点的相应岗位。"),
)

TASK_TOO_MANY = Problem(
    "task.too-many",
    Text("{held} tasks are already claimed; {most} at once is the most.",
         "已认领 {held} 项任务，同时最多 {most} 项。"),
    Text("Finish or release some first.", "请先完成或释放部分任务。"),
)  # fmt: skip

TASK_NOT_COVERING = Problem(
    "task.not-covering",
    Text(
        "{person} has no role at {count} of these doors.",
        "{person} 在其中 {count} 户没有岗位。",
    ),
    Text(
        "Give a role or a responsibility there first, then assign.",
        "请先授予该处岗位或包保责任，再派单。",
    ),
)

TASK_REASON = Problem(
    "task.reason",
    Text("a reason is needed.", "需要填写原因。"),
    Text("Say in a few words why.", "请简要说明原因。"),
)

UNDO_NOTHING = Problem(
    "task.nothing-to-undo",
    Text(
        "nothing of yours on this task can be undone any more.",
        "该任务上没有可撤销的本人操作。",
    ),
    Text(
        "Within {minutes} minutes one's own last act can be undone; a visit is corrected by "
        "sending it again.",
        "本人最近一次操作可在 {minutes} 分钟内撤销；走访记录请重新提交以更正。",
    ),
)

PLACE_KIND = Problem(
    "campaign.place-kind",
    Text("{count} of these places are of no kind that `{programme}` enrolls, or lie elsewhere.",
         "其中 {count} 个地点不属于方案“{programme}”可纳入的类型，或不在范围内。"),
    Text("Enroll places of its kinds within the campaign's place.",
         "请纳入行动范围内、类型相符的地点。"),
)  # fmt: skip

NO_READINGS = Problem(
    "campaign.no-readings",
    Text("this campaign enrolls by the meters, and no night has run yet.",
         "该行动依据电表纳入，但尚未运行夜间判别。"),
    Text("Run `lamplit ingest` and `lamplit nightly` first.",
         "请先运行 `lamplit ingest` 和 `lamplit nightly`。"),
    on_pages=Text("Take readings in and work the nights first, under Readings.",
                  "请先在“读数”中导入读数，并进行夜间计算。"),
)  # fmt: skip

FORM_BROKEN = Problem(
    "submit.unreadable",
    Text("these bytes are no submission: {reason}.", "无法读取该提交：{reason}。"),
    Text(
        "It was kept; look at it in `lamplit inbox list`.",
        "原始内容已保留，可用 `lamplit inbox list` 查看。",
    ),
    on_pages=Text(
        "It was kept, and can be looked at among what was set aside.",
        "原始内容已保留，可在“搁置的记录”中查看。",
    ),
)

TOO_LARGE = Problem(
    "submit.too-large",
    Text("{bytes} bytes are more than a submission may have ({most}).",
         "{bytes} 字节，超过提交上限 {most}。"),
    Text("Send photos as attachments, smaller ones.", "照片请作为附件发送，并缩小尺寸。"),
)  # fmt: skip

CONFLICT = Problem(
    "submit.conflict",
    Text(
        "another submission with the same instance id but other content is there already.",
        "已有相同实例编号但内容不同的提交。",
    ),
    Text("Compare the two in the inbox, then discard one.", "请在收件箱比较两份后舍弃其一。"),
)

UNKNOWN_FORM = Problem(
    "submit.unknown-form",
    Text("no programme has the form `{form}`.", "没有方案使用表单“{form}”。"),
    Text("Install the programme, then retry it from the inbox.", "请安装该方案后在收件箱重试。"),
)

NO_TASK = Problem(
    "submit.no-task",
    Text(
        "it names no task, and no place of an open campaign, that is known here.",
        "未指明已知的任务或进行中行动内的地点。",
    ),
    Text("Look at its answers in the inbox.", "请在收件箱查看其回答。"),
)

STRANGER = Problem(
    "submit.stranger",
    Text(
        "its author never had a role or a responsibility at this place.",
        "提交人从未在该地点担任岗位或包保责任。",
    ),
    Text(
        "Retry it from the inbox if it is right, else discard it.",
        "如属实请在收件箱重试，否则舍弃。",
    ),
)

FAULT = Problem(
    "submit.fault",
    Text("working it in failed: {reason}.", "处理失败：{reason}。"),
    Text("It was kept; retry it from the inbox, or report it.", "已保留；请重试或上报。"),
)

INBOX_SETTLED = Problem(
    "inbox.settled",
    Text("this entry is not waiting to be settled.", "该条目无需处理。"),
    Text("Only quarantined entries are settled.", "仅隔离的条目需要处理。"),
)

INBOX_GONE = Problem(
    "inbox.gone",
    Text("what was sent is not kept any more: its time was up.",
         "原文保留期限已到，已删除。"),
    Text("Ask who sent it.", "请询问提交人。"),
)  # fmt: skip

FINDING_MOVE = Problem(
    "finding.move",
    Text("a finding that is {before} can't become {after}.",
         "“{before}”的发现不能变为“{after}”。"),
    Text("Resolve it before it is verified.", "核实前须先处理。"),
)  # fmt: skip

FINDING_ROLE = Problem(
    "finding.own-work",
    Text("who resolved a finding does not verify it.", "处理人不得自行核实。"),
    Text("Let somebody else with a verifying role look.", "请由其他有核实岗位的人员核实。"),
)

STOCK_SHORT = Problem(
    "stock.short",
    Text("{holder} has {left} of {item}, not {wanted}.",
         "{holder} 现有 {item} {left}，不足 {wanted}。"),
    Text("Receive some first, or reverse a wrong move.", "请先入库，或冲正错误的流转。"),
)  # fmt: skip

STOCK_MOVE = Problem(
    "stock.bad-move",
    Text("{reason}.", "{reason}。"),
    Text("A move takes a whole number of an item from one holder to another.",
         "流转须为整数数量，从一方到另一方。"),
)  # fmt: skip

LABELS_FEW = Problem(
    "labels.too-few",
    Text("{count} labels are too few to calibrate; {least} are needed.",
         "标签仅 {count} 个，不足以校准，至少需要 {least} 个。"),
    Text("Wait for more visits.", "请等待更多走访结果。"),
)  # fmt: skip
