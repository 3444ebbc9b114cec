"""What can be wrong with places, people, and their ties to places."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

AMBIGUOUS_PLACE = Problem(
    "place.ambiguous",
    Text("the code `{wanted}` is borne by a {kinds}.", "编号“{wanted}”同时属于：{kinds}。"),
    Text(
        "Write the kind before it, as in `building:{wanted}`.",
        "请在前面写明类别，例如“building:{wanted}”。",
    ),
)

WRONG_KIND = Problem(
    "place.wrong-kind",
    Text(
        "`{place}` is a {kind}; what is wanted here is a {wanted}.",
        "“{place}”是{kind}；此处应为{wanted}。",
    ),
    Text("Name another place.", "请改用其他地点。"),
)

ASKS_OF_HOME = Problem(
    "place.asks-of-home",
    Text(
        "what a single home speaks or needs is not kept.",
        "不保存单独一户所用的语言或所需的技能。",
    ),
    Text(
        "Say it of the building or community; give a single door to somebody by hand.",
        "请写在楼栋或社区上；个别住户可直接指派合适的人。",
    ),
)

ASKS_OF_FEW = Problem(
    "place.asks-of-few",
    Text(
        "this place has only {value} homes, so this would be said of single homes.",
        "此处只有 {value} 户，等于写明了个别住户。",
    ),
    Text(
        "Say it of the larger place in which it lies, of 15 homes or more.",
        "请写在其所属、不少于 15 户的上级地点上。",
    ),
)

NOT_WAITING = Problem(
    "place.not-waiting",
    Text(
        "`{place}` is no home that was found in the field and waits to be confirmed.",
        "“{place}”不是待确认的现场新增住户。",
    ),
    Text(
        "Somebody may have settled it meanwhile; list those that wait: lamplit places found PLACE.",
        "可能已有人处理；查看待确认的住户：lamplit places found 地点。",
    ),
    on_pages=Text(
        "Somebody may have settled it meanwhile; look at those that wait, on the place's page.",
        "可能已有人处理；请在该地点的页面查看仍待确认的住户。",
    ),
)

# --- assignments -------------------------------------------------------------------------------

WRONG_ROLE = Problem(
    "assignment.wrong-role",
    Text("`{role}` is not a role that is given in this way.", "“{role}”不能以此方式授予。"),
    Text("The roles here are: {known}.", "可用的岗位为：{known}。"),
)

PAST_DAY = Problem(
    "assignment.past-day",
    Text("{day} is past; today is {today}.", "{day} 已过去；今天是 {today}。"),
    Text(
        "Name today or a later day: who covered what on past days is never rewritten.",
        "请填今天或以后的日期：过去由谁负责的记录不再改写。",
    ),
)

BAD_DATES = Problem(
    "assignment.bad-dates",
    Text("it would end on {ends}, not after {starts}.", "结束日 {ends} 不晚于开始日 {starts}。"),
    Text(
        "The end is the first day no more; leave it out for an open end.",
        "结束日是不再生效的第一天；不定期则留空。",
    ),
)

ALREADY = Problem(
    "assignment.already",
    Text(
        "{person} is {role} at {place} already, from {starts}.",
        "{person} 自 {starts} 起已是 {place} 的{role}。",
    ),
    Text("Withdraw that one first, or leave it as it is.", "请先撤回原有的，或保持不变。"),
)

NOT_RUNNING = Problem(
    "assignment.not-running",
    Text("this assignment was ended as of {ends} ({why}).", "该任职已于 {ends} 结束（{why}）。"),
    Text("Give a new one instead.", "请重新分派。"),
)

LAST_OPERATOR = Problem(
    "assignment.last-operator",
    Text("this is the last operator of {place}.", "这是 {place} 的最后一位系统管理员。"),
    Text(
        "Without one, nobody could make accounts or give roles there. First make somebody else "
        "an operator who has an account of their own.",
        "若撤回，将无人能在此管理账号、授予岗位。请先让另一位有账号的人员担任系统管理员。",
    ),
)

SAME_PERSON = Problem(
    "assignment.same-person",
    Text("{person} can't hand over to themselves.", "{person} 不能移交给自己。"),
    Text("Name the one who takes over.", "请指明接手人。"),
)

# --- check-in ----------------------------------------------------------------------------------

NO_ORGANISATION = Problem(
    "checkin.no-organisation",
    Text(
        "{person} belongs to no organisation, so no community is paired with it.",
        "{person} 未登记所属组织，因此没有结对社区。",
    ),
    Text(
        "Import people with their organisation, or check in to the home community.",
        "请导入含所属组织的人员表，或到居住地社区报到。",
    ),
)

NOT_PAIRED = Problem(
    "checkin.not-paired",
    Text(
        "{place} is not paired with {organisation} today; paired are: {paired}.",
        "{place} 今天未与 {organisation} 结对；已结对的有：{paired}。",
    ),
    Text(
        "Check in to a paired community, or import the pairing first.",
        "请到结对社区报到，或先导入结对关系。",
    ),
)

NOTHING_PAIRED = Problem(
    "checkin.nothing-paired",
    Text(
        "{organisation} has not been paired with a community yet.",
        "{organisation} 尚未与任何社区结对。",
    ),
    Text(
        "Check in where you live for now; once the pairing is imported, this works, too.",
        "可先到居住地社区报到；导入结对关系后，即可在此报到。",
    ),
)

NOT_HOME = Problem(
    "checkin.not-home",
    Text("{person} does not live in {place}.", "{person} 的居住地不在 {place}。"),
    Text(
        "Check in where they live, or correct the home in the people's file.",
        "请到居住地社区报到，或更正人员表中的居住地。",
    ),
)

SIGN_ENDED = Problem(
    "checkin.sign-ended",
    Text(
        "this sign was renewed and doesn't count any more.",
        "这块门岗牌已经更换，旧牌不再有效。",
    ),
    Text(
        "Scan the new sign at the gate, or ask the community's leader where it hangs.",
        "请扫描门口的新门岗牌；找不到时请询问社区负责人。",
    ),
)

NO_SIGN = Problem(
    "checkin.no-sign",
    Text("no gate's sign says “{code}”.", "没有内容为“{code}”的门岗牌。"),
    Text(
        "Scan the sign at the community's gate, or type the code that stands below it. The code of "
        "a door or a meter is not for checking in.",
        "请扫描社区门口的门岗牌，或输入牌下方的编号。住户或电表的码不能用来报到。",
    ),
)

OTHER_SIGN = Problem(
    "checkin.other-sign",
    Text("this sign is that of {sign}, not of {place}.", "这是{sign}的门岗牌，不是{place}的。"),
    Text("Scan the sign at the gate where you are.", "请扫描您所在门口的门岗牌。"),
)
