"""The field half's words: places, people's ties to them, campaigns, tasks, findings.

Every word that is stored is an enum's value, and beside each stands what the screen says.
"""

from __future__ import annotations

from enum import StrEnum

from lamplit.domain.language import Text


class PlaceKind(StrEnum):
    """What a place is. The first five nest; the others hang on a district or a community."""

    DISTRICT = "district"
    COMMUNITY = "community"
    GRID_CELL = "grid_cell"
    BUILDING = "building"
    HOUSEHOLD = "household"
    PUMP_STATION = "pump_station"
    LINE_SPAN = "line_span"
    WORK_SITE = "work_site"
    AID_POINT = "aid_point"


PLACE_TEXT = {
    PlaceKind.DISTRICT: Text("district", "地区"),
    PlaceKind.COMMUNITY: Text("community", "社区"),
    PlaceKind.GRID_CELL: Text("grid cell", "网格"),
    PlaceKind.BUILDING: Text("building", "楼栋"),
    PlaceKind.HOUSEHOLD: Text("household", "户"),
    PlaceKind.PUMP_STATION: Text("pump station", "泵站"),
    PlaceKind.LINE_SPAN: Text("line span", "线路档段"),
    PlaceKind.WORK_SITE: Text("work site", "作业现场"),
    PlaceKind.AID_POINT: Text("aid point", "帮扶点"),
}

PARENTS = {
    PlaceKind.DISTRICT: (PlaceKind.DISTRICT,),
    PlaceKind.COMMUNITY: (PlaceKind.DISTRICT,),
    PlaceKind.GRID_CELL: (PlaceKind.COMMUNITY,),
    PlaceKind.BUILDING: (PlaceKind.COMMUNITY, PlaceKind.GRID_CELL),
    PlaceKind.HOUSEHOLD: (PlaceKind.BUILDING, PlaceKind.COMMUNITY),
    PlaceKind.PUMP_STATION: (PlaceKind.DISTRICT, PlaceKind.COMMUNITY),
    PlaceKind.LINE_SPAN: (PlaceKind.DISTRICT,),
    PlaceKind.WORK_SITE: (PlaceKind.DISTRICT, PlaceKind.COMMUNITY),
    PlaceKind.AID_POINT: (PlaceKind.DISTRICT, PlaceKind.COMMUNITY),
}
"""Under which kinds a place may stand; any place may also stand on its own."""


class Tie(StrEnum):
    """What kind of Assignment it is."""

    CHECK_IN = "check_in"
    ROLE = "role"
    RESPONSIBILITY = "responsibility"
    PAIRING = "pairing"


TIE_TEXT = {
    Tie.CHECK_IN: Text("check-in", "报到"),
    Tie.ROLE: Text("role", "岗位"),
    Tie.RESPONSIBILITY: Text("responsibility", "包保"),
    Tie.PAIRING: Text("pairing", "结对"),
}


class Role(StrEnum):
    """What a person (or, for `paired`, an organisation) is at a place."""

    # check-in and pairing
    PAIRED = "paired"
    HOME = "home"
    # responsibility
    RESPONSIBLE = "responsible"
    # roles in the neighbourhood
    LEADER = "leader"
    VOLUNTEER = "volunteer"
    SENTINEL = "sentinel"
    GROCERY_LEAD = "grocery_lead"
    BUILDING_LEAD = "building_lead"
    GATEKEEPER = "gatekeeper"
    SHOPPER = "shopper"
    DISINFECTOR = "disinfector"
    # roles at the grid and in the office
    INSPECTOR = "inspector"
    DUTY_OFFICER = "duty_officer"
    ANALYST = "analyst"
    PRIVACY_OFFICER = "privacy_officer"
    OPERATOR = "operator"


ROLE_TEXT = {
    Role.PAIRED: Text("paired community", "结对社区"),
    Role.HOME: Text("home community", "居住地社区"),
    Role.RESPONSIBLE: Text("responsible", "包保责任人"),
    Role.LEADER: Text("leader", "负责人"),
    Role.VOLUNTEER: Text("volunteer", "志愿者"),
    Role.SENTINEL: Text("gate sentinel", "哨长"),
    Role.GROCERY_LEAD: Text("grocery lead", "菜长"),
    Role.BUILDING_LEAD: Text("building lead", "楼长"),
    Role.GATEKEEPER: Text("gatekeeper", "守门员"),
    Role.SHOPPER: Text("shopper", "代购员"),
    Role.DISINFECTOR: Text("disinfector", "消杀员"),
    Role.INSPECTOR: Text("inspector", "督察员"),
    Role.DUTY_OFFICER: Text("duty officer", "值班员"),
    Role.ANALYST: Text("analyst", "分析员"),
    Role.PRIVACY_OFFICER: Text("privacy officer", "隐私专员"),
    Role.OPERATOR: Text("operator", "系统管理员"),
}

ROLES_OF = {
    Tie.CHECK_IN: (Role.PAIRED, Role.HOME),
    Tie.PAIRING: (Role.PAIRED,),
    Tie.RESPONSIBILITY: (Role.RESPONSIBLE,),
    Tie.ROLE: tuple(r for r in Role if r not in (Role.PAIRED, Role.HOME, Role.RESPONSIBLE)),
}


class EndReason(StrEnum):
    """Why an assignment ended; one that runs has none."""

    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    COMPLETED = "completed"
    EXPIRED = "expired"
    MISTAKE = "mistake"


END_TEXT = {
    EndReason.HANDED_OVER: Text("handed over", "已移交"),
    EndReason.WITHDRAWN: Text("withdrawn", "已撤回"),
    EndReason.COMPLETED: Text("completed", "已完成"),
    EndReason.EXPIRED: Text("expired", "已到期"),
    EndReason.MISTAKE: Text("entered by mistake", "误录"),
}


class CampaignState(StrEnum):
    """draft → open → closed → expired; `expired` has lost its household-level list."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    EXPIRED = "expired"


CAMPAIGN_TEXT = {
    CampaignState.DRAFT: Text("draft", "草稿"),
    CampaignState.OPEN: Text("open", "进行中"),
    CampaignState.CLOSED: Text("closed", "已结束"),
    CampaignState.EXPIRED: Text("expired", "名单已到期"),
}

CAMPAIGN_MOVES = {
    CampaignState.DRAFT: (CampaignState.OPEN, CampaignState.CLOSED),
    CampaignState.OPEN: (CampaignState.CLOSED,),
    CampaignState.CLOSED: (CampaignState.OPEN, CampaignState.EXPIRED),
    CampaignState.EXPIRED: (),
}


class EnrollmentState(StrEnum):
    """Where an enrollment stands. `resolved` left the list before anyone performed anything."""

    ACTIVE = "active"
    DONE = "done"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


ENROLLMENT_TEXT = {
    EnrollmentState.ACTIVE: Text("active", "进行中"),
    EnrollmentState.DONE: Text("done", "已办结"),
    EnrollmentState.RESOLVED: Text("resolved", "已自行解除"),
    EnrollmentState.WITHDRAWN: Text("withdrawn", "已退出"),
}


class Reason(StrEnum):
    """Why a place was enrolled. `random` is shown to analysts only."""

    SIGNAL = "signal"
    EVERY_DOOR = "every_door"
    RESPONSIBILITY = "responsibility"
    REGISTRATION = "registration"
    REQUEST = "request"
    CONSENT = "consent"
    RANDOM = "random"


class TaskState(StrEnum):
    """A task's state, after FHIR's task status, with `not_executable` for a door that isn't."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    NOT_EXECUTABLE = "not_executable"
    CANCELLED = "cancelled"


TASK_TEXT = {
    TaskState.REQUESTED: Text("unclaimed", "待认领"),
    TaskState.ACCEPTED: Text("taken", "已认领"),
    TaskState.IN_PROGRESS: Text("under way", "办理中"),
    TaskState.COMPLETED: Text("completed", "已完成"),
    TaskState.FAILED: Text("attempted, not reached", "已上门未遇"),
    TaskState.NOT_EXECUTABLE: Text("not executable", "无法办理"),
    TaskState.CANCELLED: Text("cancelled", "已取消"),
}

OPEN_TASKS = (TaskState.REQUESTED, TaskState.ACCEPTED, TaskState.IN_PROGRESS)
PERFORMED_TASKS = (TaskState.COMPLETED, TaskState.FAILED, TaskState.NOT_EXECUTABLE)
"""What a person did at the door; re-generation never touches these."""

_DONE = PERFORMED_TASKS
TASK_MOVES = {
    TaskState.REQUESTED: (TaskState.ACCEPTED, TaskState.IN_PROGRESS, TaskState.CANCELLED, *_DONE),
    TaskState.ACCEPTED: (TaskState.REQUESTED, TaskState.IN_PROGRESS, TaskState.CANCELLED, *_DONE),
    TaskState.IN_PROGRESS: (TaskState.REQUESTED, TaskState.ACCEPTED, TaskState.CANCELLED, *_DONE),
    # A cancelled task that was done on paper all the same is not refused.
    TaskState.CANCELLED: (TaskState.REQUESTED, *_DONE),
    TaskState.FAILED: (TaskState.COMPLETED, TaskState.NOT_EXECUTABLE),
    TaskState.NOT_EXECUTABLE: (TaskState.COMPLETED,),
    TaskState.COMPLETED: (),
}


class Outcome(StrEnum):
    """What came of knocking. `reached` spoke with somebody, or saw that nobody lives there."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


OUTCOME_TEXT = {
    Outcome.REACHED: Text("reached", "已见面"),
    Outcome.NO_ANSWER: Text("no answer", "无人应答"),
    Outcome.REFUSED: Text("refused", "拒绝"),
    Outcome.UNREACHABLE: Text("unreachable", "无法到达"),
}


class Found(StrEnum):
    """What was found of a home: the label that says whether its state was right."""

    EMPTY = "empty"
    LIVED_IN = "lived_in"
    RETURNED = "returned"
    NOT_A_HOME = "not_a_home"
    UNKNOWN = "unknown"


FOUND_TEXT = {
    Found.EMPTY: Text("nobody lives there now", "目前无人居住"),
    Found.LIVED_IN: Text("lived in", "有人居住"),
    Found.RETURNED: Text("people came back", "人员已返回"),
    Found.NOT_A_HOME: Text("not a home", "非住宅"),
    Found.UNKNOWN: Text("not known", "不详"),
}


class Severity(StrEnum):
    """How grave a finding is."""

    NOTE = "note"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


SEVERITY_TEXT = {
    Severity.NOTE: Text("note", "提示"),
    Severity.MINOR: Text("minor", "一般"),
    Severity.MAJOR: Text("major", "严重"),
    Severity.CRITICAL: Text("critical", "危急"),
}


class FindingState(StrEnum):
    """open → in_hand → resolved → verified; or dismissed, with a reason."""

    OPEN = "open"
    IN_HAND = "in_hand"
    RESOLVED = "resolved"
    VERIFIED = "verified"
    DISMISSED = "dismissed"


FINDING_TEXT = {
    FindingState.OPEN: Text("open", "待处理"),
    FindingState.IN_HAND: Text("in hand", "处理中"),
    FindingState.RESOLVED: Text("resolved", "已处理"),
    FindingState.VERIFIED: Text("verified", "已核实"),
    FindingState.DISMISSED: Text("dismissed", "已排除"),
}

FINDING_MOVES = {
    FindingState.OPEN: (FindingState.IN_HAND, FindingState.RESOLVED, FindingState.DISMISSED),
    FindingState.IN_HAND: (FindingState.OPEN, FindingState.RESOLVED, FindingState.DISMISSED),
    FindingState.RESOLVED: (FindingState.VERIFIED, FindingState.OPEN),
    FindingState.VERIFIED: (),
    FindingState.DISMISSED: (FindingState.OPEN,),
}


class ServiceLine(StrEnum):
    """The four lines of service: what lamplit may be used for."""

    EXTENDED_SUPPLY = "extended_supply"
    GUIDANCE = "guidance"
    VOLUNTEERING = "volunteering"
    EMERGENCY = "emergency"


SERVICE_LINE_TEXT = {
    ServiceLine.EXTENDED_SUPPLY: Text("extended supply service", "延伸保障服务"),
    ServiceLine.GUIDANCE: Text("information and guidance", "宣传引导服务"),
    ServiceLine.VOLUNTEERING: Text("community volunteering", "社区志愿服务"),
    ServiceLine.EMERGENCY: Text("emergency response", "应急攻坚服务"),
}


class InboxState(StrEnum):
    """What became of the raw bytes of a submission."""

    RECEIVED = "received"
    PROCESSED = "processed"
    QUARANTINED = "quarantined"


class Step(StrEnum):
    """How far a home's door opens: a colour alone, the evidence's sentence, the load curve."""

    COLOUR = "colour"
    EVIDENCE = "evidence"
    CURVE = "curve"


STEP_TEXT = {
    Step.COLOUR: Text("colour", "颜色"),
    Step.EVIDENCE: Text("evidence", "依据"),
    Step.CURVE: Text("load curve", "用电曲线"),
}


class PlanState(StrEnum):
    """planning → ready → applied → superseded; or failed, with a problem.

    A plan is a proposal until it is applied. One that was in force before can be applied again.
    """

    PLANNING = "planning"
    READY = "ready"
    APPLIED = "applied"
    FAILED = "failed"
    SUPERSEDED = "superseded"


PLAN_TEXT = {
    PlanState.PLANNING: Text("being made", "生成中"),
    PlanState.READY: Text("ready", "待启用"),
    PlanState.APPLIED: Text("in force", "已启用"),
    PlanState.FAILED: Text("failed", "失败"),
    PlanState.SUPERSEDED: Text("superseded", "已被取代"),
}


def may_move_task(before: TaskState, after: TaskState) -> bool:
    """Whether a task may go from one state to the other."""
    return after in TASK_MOVES[before]
