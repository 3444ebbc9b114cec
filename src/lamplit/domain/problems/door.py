"""What the door says to those it does not let in."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

NOT_ALLOWED = Problem(
    "door.not-allowed",
    Text(
        "who does this must be allowed to {ability} at this place today.",
        "此操作需要今天在该地点具有“{ability}”权限。",
    ),
    Text(
        "Ask the place's leader for a role or a responsibility there.",
        "请联系该地点负责人授予岗位或包保责任。",
    ),
)

NOT_ENROLLED = Problem(
    "door.not-enrolled",
    Text("this home is in no open campaign that you named.", "该户不在您所指的进行中的行动之内。"),
    Text(
        "Homes open only within an open campaign, for its purpose.",
        "只有在进行中的行动内、为其所述目的，才能查看住户。",
    ),
)

WRONG_PURPOSE = Problem(
    "door.wrong-purpose",
    Text("`{purpose}` is no purpose of this campaign.", "“{purpose}”不是该行动的目的。"),
    Text("Its purposes are: {known}.", "其目的为：{known}。"),
)

KNOCK_FIRST = Problem(
    "door.knock-first",
    Text(
        "what the meters say of this home is told once its visit is done: some doors of this "
        "campaign were drawn by chance, and nobody who knocks knows which.",
        "该户的电表情况在走访办结后才会显示：本行动的部分住户是随机抽取的，上门的人并不知道是哪些。",
    ),
    Text(
        "Knock first. Afterwards you can read it, and tell the residents.",
        "请先上门走访，办结后即可查看，并告知住户。",
    ),
)

NOTHING_KNOWN = Problem(
    "door.nothing-known",
    Text("no readings are known of this home.", "没有该户的读数。"),
    Text("Ask an analyst to look at the data's quality.", "请分析员查看数据质量。"),
)

TOO_FEW_HOMES = Problem(
    "aggregate.too-few-homes",
    Text("figures of fewer than {least} homes are not shown.", "少于 {least} 户的数字不予显示。"),
    Text("Ask about a larger area.", "请查询更大的范围。"),
)

BAD_PERIOD = Problem(
    "aggregate.bad-period",
    Text("{first} to {last} is no period to add up.", "{first} 至 {last} 不是可汇总的时段。"),
    Text(
        "Give whole months that are over, 24 at most, the first before the last.",
        "请给出已结束的整月，最多 24 个月，先后有序。",
    ),
)

NO_RECEIPT = Problem(
    "feedback.not-found",
    Text("there is no feedback with this receipt.", "没有此回执对应的反馈。"),
    Text(
        "Check each letter of the receipt. Half a year after it was answered a word is deleted.",
        "请逐字核对回执。反馈在答复半年后删除。",
    ),
)

EMPTY_FEEDBACK = Problem(
    "feedback.empty",
    Text("there is nothing in it.", "内容为空。"),
    Text(
        "Write what you want to say, up to {most} characters.", "请写下您想说的话，最多 {most} 字。"
    ),
)

PURPOSE_NEEDED = Problem(
    "door.purpose-needed",
    Text("a list of homes is opened for a stated purpose only.", "查看住户名单须说明目的。"),
    Text("Say in `purpose` what it is for; it is logged.", "请在 purpose 中说明用途，将记入日志。"),
)
