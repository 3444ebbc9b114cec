"""What each role may do, in one table: the door's only source.

An ability holds at the place of the assignment and at everything under it, on the days of the
assignment. Whoever has no assignment has no ability.
"""

from __future__ import annotations

from enum import StrEnum

from lamplit.domain.field import Role, Tie


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
