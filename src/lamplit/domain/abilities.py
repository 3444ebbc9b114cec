"""What each role may do, in one table: the door's only source.

An ability holds at the place of the assignment and at everything under it, on the days of the
assignment. Whoever has no assignment has no ability.
"""

from __future__ import annotations

from enum import StrEnum

from lamplit.domain.field import Role, Tie
from lamplit.domain.language import Text


class Ability(StrEnum):
    """One thing that a person may be allowed to do at a place."""

    SEE_AREA = "see_area"
    """Aggregates of the place, under the 15/15 rule."""
    SEE_PEOPLE = "see_people"
    """Who covers what; names and duties of people who are assigned there."""
    SEE_DOORS = "see_doors"
    """The doors of a campaign: place, task, outcome, not the evidence."""
    PERFORM = "perform"
    """Claim, visit, submit."""
    REVEAL = "reveal"
    """Open one home's evidence, with a purpose, in an open campaign."""
    REVEAL_CURVE = "reveal_curve"
    """Open one home's load curve, with a purpose."""
    ASSIGN = "assign"
    """Assign people and tasks, hand over, withdraw."""
    LEAD = "lead"
    """Open and close campaigns, run the sweep, plan."""
    ANALYSE = "analyse"
    """See states over the city, labels, random picks, thresholds."""
    IMPORT = "import"
    """Bring in places, people, readings."""
    MANAGE_STOCK = "manage_stock"
    """Receive and hand out supplies."""
    AUDIT = "audit"
    """See who opened what and why; verify the log."""
    OPERATE = "operate"
    """Accounts, tokens, settings, health."""


ABILITY_TEXT = {
    Ability.SEE_AREA: Text("see the area's figures", "查看区域汇总"),
    Ability.SEE_PEOPLE: Text("see people and coverage", "查看人员与包保"),
    Ability.SEE_DOORS: Text("see a campaign's doors", "查看行动的住户"),
    Ability.PERFORM: Text("visit", "走访"),
    Ability.REVEAL: Text("open a home's evidence", "查看住户依据"),
    Ability.REVEAL_CURVE: Text("open a home's load curve", "查看住户用电曲线"),
    Ability.ASSIGN: Text("assign people and tasks", "安排人员与任务"),
    Ability.LEAD: Text("lead campaigns", "负责行动"),
    Ability.ANALYSE: Text("analyse", "分析"),
    Ability.IMPORT: Text("import", "导入"),
    Ability.MANAGE_STOCK: Text("manage supplies", "管理物资"),
    Ability.AUDIT: Text("audit", "隐私稽核"),
    Ability.OPERATE: Text("operate", "运行维护"),
}
"""What a refusal says that somebody may not do."""

_FIELD = frozenset({Ability.SEE_AREA, Ability.SEE_DOORS, Ability.PERFORM, Ability.REVEAL})
_STOCK = _FIELD | {Ability.MANAGE_STOCK}

ABILITIES: dict[Role, frozenset[Ability]] = {
    # Checking in alone opens no door: a member is given a role or a responsibility first.
    Role.PAIRED: frozenset({Ability.SEE_AREA}),
    Role.HOME: frozenset({Ability.SEE_AREA}),
    Role.RESPONSIBLE: _FIELD,
    Role.LEADER: frozenset(
        {
            Ability.SEE_AREA,
            Ability.SEE_PEOPLE,
            Ability.SEE_DOORS,
            Ability.PERFORM,
            Ability.REVEAL,
            Ability.ASSIGN,
            Ability.LEAD,
            Ability.MANAGE_STOCK,
        }
    ),
    Role.VOLUNTEER: _FIELD,
    Role.SENTINEL: frozenset({Ability.SEE_AREA, Ability.PERFORM}),
    Role.GROCERY_LEAD: _STOCK,
    Role.BUILDING_LEAD: _FIELD | {Ability.SEE_PEOPLE},
    Role.GATEKEEPER: frozenset({Ability.SEE_AREA, Ability.PERFORM}),
    Role.SHOPPER: _FIELD,
    Role.DISINFECTOR: frozenset({Ability.SEE_AREA, Ability.PERFORM}),
    Role.INSPECTOR: frozenset({Ability.SEE_AREA, Ability.SEE_DOORS, Ability.PERFORM}),
    Role.DUTY_OFFICER: frozenset(
        {
            Ability.SEE_AREA,
            Ability.SEE_PEOPLE,
            Ability.SEE_DOORS,
            Ability.PERFORM,
            Ability.ASSIGN,
            Ability.LEAD,
        }
    ),
    Role.ANALYST: frozenset(
        {
            Ability.SEE_AREA,
            Ability.ANALYSE,
            Ability.REVEAL,
            Ability.REVEAL_CURVE,
            Ability.IMPORT,
            Ability.SEE_DOORS,
        }
    ),
    Role.PRIVACY_OFFICER: frozenset({Ability.SEE_AREA, Ability.AUDIT, Ability.SEE_PEOPLE}),
    Role.OPERATOR: frozenset(
        {Ability.SEE_AREA, Ability.SEE_PEOPLE, Ability.IMPORT, Ability.ASSIGN, Ability.OPERATE}
    ),
}

ACTIVE_TIES = (Tie.ROLE, Tie.RESPONSIBILITY, Tie.CHECK_IN)


def roles_with(ability: Ability) -> tuple[Role, ...]:
    """The roles that have an ability."""
    return tuple(role for role, held in ABILITIES.items() if ability in held)
