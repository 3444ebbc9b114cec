"""Work sites of two days: audited, some violations put right; one a day that nobody got to."""

from __future__ import annotations

from pathlib import Path

from lamplit.domain.field import FindingState, PlaceKind, Reason
from lamplit.domain.language import Text
from lamplit.replay.chance import chance
from lamplit.replay.neighbourhood.cast import (
    DISTRICT,
    DUTY,
    INSPECTORS,
    TODAY,
    UNITS,
    YESTERDAY,
)
from lamplit.replay.neighbourhood.hood import DAY, Hood
from lamplit.replay.stage import FILES, Row, bring
from lamplit.services.field.campaigns import campaigns, enrol
from lamplit.services.field.files.imports import Kind
from lamplit.services.field.tasks import findings

SITES = "SITES"
WORK = (
    Text("Cable trench, Riverside Road", "滨河路电缆沟开挖"),
    Text("Transformer change, Building 3", "3号楼配变更换"),
    Text("Pole 17, North Line", "城北线17号杆"),
    Text("Ring main unit, East Gate", "东门环网柜检修"),
    Text("Tower 812, foundation", "812号塔基础加固"),
    Text("Low-voltage rewiring, Old Market", "老集市低压改造"),
    Text("Substation fence, Cuihu", "翠湖变电站围栏"),
)
SEEN = (
    ("class_c", "no_barrier"), ("class_d", "helmet_strap"), ("class_b", "tools_expired"),
    ("class_d", "untidy"), ("class_a", "leader_absent"), ("class_c", "no_rcd"),
)  # fmt: skip
EVERY = 3
"""So many sites have one violation among them."""


def tell(hood: Hood, folder: Path) -> None:
    """Put both days on the timeline. The last site of each is left: one overdue, one still due."""
    hood.at(YESTERDAY, 6.0, _begin, hood)
    half = hood.scale.sites // 2
    for day, numbers in ((YESTERDAY, range(half)), (TODAY, range(half, hood.scale.sites))):
        hood.at(day, 6.5, _register, hood, folder, list(numbers))
        for step, number in enumerate(numbers[:-1]):
            hood.at(day, 8.0 + step * 0.75, _audit, hood, number)
    hood.at(YESTERDAY, 17.5, _put_right, hood, 0)
    hood.at(YESTERDAY, 19.0, _verify, hood)
    hood.at(TODAY, 9.2, _put_right, hood, 1)


def _code(number: int) -> str:
    return f"WS{number + 1:03d}"


def _begin(hood: Hood) -> None:
    officer = hood.as_(DUTY)
    campaigns.create(
        hood.office, officer, code=SITES, programme="worksite_safety", place=DISTRICT,
        purpose="safety_audit", name=Text("Work sites of the week", "本周作业现场督察"),
        starts=hood.days.day(YESTERDAY * DAY), deadline=hood.days.day((TODAY + 2) * DAY),
    )  # fmt: skip
    campaigns.open_campaign(hood.office, officer, SITES)


def _register(hood: Hood, folder: Path, numbers: list[int]) -> None:
    rows: list[Row] = []
    for n in numbers:
        name, lap = WORK[n % len(WORK)], n // len(WORK) + 1
        tail = f" ({lap})" if lap > 1 else ""
        rows.append(
            {
                "kind": PlaceKind.WORK_SITE.value, "code": _code(n), "parent": DISTRICT,
                "name_zh": name.zh + tail, "name_en": name.en + tail,
            }
        )  # fmt: skip
    bring(hood.office, folder / FILES, Kind.PLACES, rows, name="sites")
    hood.learn()
    ids = [hood.places[_code(n)] for n in numbers]
    enrol.enrol_places(hood.office, hood.as_(DUTY), SITES, ids, reason=Reason.REGISTRATION)


def _audit(hood: Hood, number: int) -> None:
    seed = hood.scale.seed
    inspector = INSPECTORS[number % len(INSPECTORS)]
    unit = UNITS[int(chance(seed, "unit", number) * len(UNITS))][0]
    remote = chance(seed, "remote", number) < 0.6
    answers = {"visit": "remote" if remote else "on_site", "site": "working", "unit": unit}
    if number % EVERY == 1:
        question, code = SEEN[number // EVERY % len(SEEN)]
        answers[question] = code
    _send(hood, inspector, number, answers, 5.0 if remote else 18.0)


def _send(hood: Hood, who: str, number: int, answers: dict[str, str], took: float) -> None:
    campaign = _id(hood)
    found = hood.open_task(campaign, hood.places[_code(number)])
    if found is None:
        return
    minute = hood.days.minute(hood.clock()) - took
    hood.submit(
        who, "worksite_safety", answers | {"task": found.id, "task_state": "completed"},
        task_id=found.id, minute=minute, took=took,
    )  # fmt: skip


def _id(hood: Hood) -> str:
    return campaigns.status(hood.office, hood.as_(DUTY), SITES).id


def _put_right(hood: Hood, which: int) -> None:
    """An inspector sees that one is put right; the officer has taken the next in hand."""
    officer = hood.as_(DUTY)
    open_ = findings.findings(hood.office, officer, SITES, FindingState.OPEN)
    for one in open_[which : which + 1]:
        _move(hood, INSPECTORS[0], one.id, FindingState.RESOLVED, "单位已整改，附照片")
    for one in open_[which + 1 : which + 2]:
        _move(hood, DUTY, one.id, FindingState.IN_HAND, "已通知单位，限时整改")


def _verify(hood: Hood) -> None:
    for one in findings.findings(hood.office, hood.as_(DUTY), SITES, FindingState.RESOLVED):
        _move(hood, DUTY, one.id, FindingState.VERIFIED, "现场核实")


def _move(hood: Hood, who: str, finding: str, to: FindingState, note: str) -> None:
    findings.move(hood.office, hood.as_(who), finding, to, note=note)
