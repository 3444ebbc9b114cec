"""What a pack's rules say, as pure functions: services call these and keep the results.

    enrol(pack, facts)                  is this place in, and why?
    due_windows(pack, enrolled, day)    what is due that day?               (in calendar.py)
    read_answers(pack, answers)         what did this submission say?
    is_done(pack, enrolled, history)    is this enrollment finished?        (in calendar.py)
    score(pack, findings)               points under the pack's code list
    figures(pack, counts)               the leader's board

Nothing here reads a clock, a file or a database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lamplit.domain.field import Found, Outcome, PlaceKind, Reason, Role, Severity
from lamplit.domain.language import Text
from lamplit.programmes.calendar import (
    Done,
    Enrolled,
    History,
    Signal,
    Visit,
    Window,
    due_windows,
    is_done,
)
from lamplit.programmes.conditions import Answers, Term, answers_hold, holds, met
from lamplit.programmes.pack import FollowUpRule, Holder, Pack

__all__ = [
    "Done",
    "Enrolled",
    "Facts",
    "FigureValue",
    "FollowUp",
    "History",
    "Membership",
    "Move",
    "Raised",
    "Reading",
    "Score",
    "Signal",
    "Visit",
    "Window",
    "draw",
    "due_windows",
    "enrol",
    "figures",
    "is_done",
    "read_answers",
    "score",
]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a place on the evening of the sweep.

    `state` and `event` are the words of `lamplit.domain.words`; `state_days` counts the days that
    the state has held, `event_days_ago` 0 for today. Probabilities run from 0 to 1. `responsible`
    holds the roles that somebody has at the place or above it. `open_findings` are codes of any
    programme. `draw` is this place's number between 0 and 1 in the campaign (see `draw`).
    """

    kind: PlaceKind
    state: str = "unknown"
    state_days: int = 0
    probability: float = 0.0
    event: str = ""
    event_days_ago: int = 0
    event_probability: float = 0.0
    responsible: frozenset[Role] = frozenset()
    consent: bool = False
    lives_alone: bool = False
    registered: bool = False
    requested: bool = False
    open_findings: frozenset[str] = frozenset()
    draw: float = 1.0


@dataclass(frozen=True, slots=True)
class Membership:
    """Why a place is enrolled. `random` is for analysts' eyes only."""

    reasons: tuple[Reason, ...]

    @property
    def random(self) -> bool:
        """Whether chance alone chose the place."""
        return self.reasons == (Reason.RANDOM,)


@dataclass(frozen=True, slots=True)
class Raised:
    """A finding that a submission raises; `unit` is who answers for it, where the form says."""

    code: str
    severity: Severity
    points: int
    text: Text
    due_hours: float | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A task to raise: between `after_hours` and `within_hours` from the submission.

    `finding` is the finding that asks for it; empty where an answer alone does.
    """

    code: str
    text: Text
    role: Role
    after_hours: float
    within_hours: float
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Stock that changes hands: whole units (at least 1) of an item.

    `outside` is the world beyond the books (donors, households' use, loss), `store` the place of
    the task, `carrier` the person who submits, `subject` the place enrolled.
    """

    item: str
    quantity: int
    source: Holder
    target: Holder


@dataclass(frozen=True, slots=True)
class Reading:
    """What one submission says."""

    outcome: Outcome
    found: Found
    findings: tuple[Raised, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    moves: tuple[Move, ...] = ()
    closes: tuple[str, ...] = ()
    """Codes of findings raised before that this submission settles."""

    @property
    def points(self) -> int:
        """Points of the findings raised."""
        return sum(finding.points for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Score:
    """Points under a code list: `value` is base - points, never under the floor."""

    value: int
    points: int
    band: str
    code_list: str
    by_unit: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FigureValue:
    """One figure of the board; `share` (0 to 1) where it has a denominator that is not 0."""

    code: str
    text: Text
    value: int
    out_of: int | None = None
    share: float | None = None


def draw(campaign_id: str, place_id: str) -> float:
    """A place's number in [0, 1) in a campaign: the same on every machine and at every re-run."""
    digest = hashlib.sha256(f"{campaign_id}\n{place_id}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56)


def enrol(pack: Pack, facts: Facts, way: str = "") -> Membership | None:
    """Whether a place belongs to a campaign, and why; None where it does not.

    `way` names one of the pack's ways of enrolling, by default the first. Raises KeyError where
    the pack has no such way.
    """
    chosen = pack.way(way)
    if facts.kind not in pack.subjects:
        return None
    if holds(chosen.when, lambda term: _fact_holds(term, facts)):
        reasons = (_REASONS[t.name] for t in met(chosen.when, lambda t: _fact_holds(t, facts)))
        return Membership(tuple(dict.fromkeys(reasons)))
    if facts.draw < chosen.random_share:
        return Membership((Reason.RANDOM,))
    return None


_REASONS = {
    "kind": Reason.EVERY_DOOR,
    "state": Reason.SIGNAL,
    "event": Reason.SIGNAL,
    "every_place": Reason.EVERY_DOOR,
    "responsible": Reason.RESPONSIBILITY,
    "consent": Reason.CONSENT,
    "lives_alone": Reason.CONSENT,
    "registered": Reason.REGISTRATION,
    "requested": Reason.REQUEST,
    "open_finding": Reason.REQUEST,
}


def _fact_holds(term: Term, facts: Facts) -> bool:
    match term.name:
        case "state":
            held = facts.state_days >= (term.detail("for_days") or 0)
            return facts.state in term.values() and held and _probable(term, facts.probability)
        case "event":
            within = term.detail("within_days")
            recent = within is None or facts.event_days_ago < within
            sure = _probable(term, facts.event_probability)
            return facts.event in term.values() and recent and sure
        case "every_place":
            return bool(term.value)
        case "kind" | "responsible" | "open_finding":
            return bool(_held(term.name, facts) & set(term.values()))
        case _:
            return getattr(facts, term.name) is term.value


def _probable(term: Term, probability: float) -> bool:
    return probability >= (term.detail("probability") or 0)


def _held(name: str, facts: Facts) -> set[str]:
    """What a place has of the facts that a test names by their words."""
    if name == "kind":
        return {str(facts.kind)}
    if name == "responsible":
        return {str(role) for role in facts.responsible}
    return set(facts.open_findings)


def read_answers(pack: Pack, answers: Answers) -> Reading:
    """What a submission says: outcome, label, findings, follow-ups, stock, what it settles.

    `answers` maps each question's name (without its groups) to its text as in the XForm; several
    choices stand apart by spaces. Answers that no rule names change nothing.
    """

    def say(term: Term) -> bool:
        return answers_hold(term, answers)

    outcome = next((r.then for r in pack.outcomes if holds(r.when, say)), Outcome.UNREACHABLE)
    found = next((r.then for r in pack.founds if holds(r.when, say)), Found.UNKNOWN)
    raised = tuple(
        Raised(
            rule.code,
            rule.severity,
            rule.points,
            rule.text,
            rule.due_hours,
            answers.get(rule.against, "").strip() if rule.against else "",
        )
        for rule in pack.findings
        if holds(rule.when, say)
    )
    signs = _Signs(answers, frozenset(f.code for f in raised), outcome, found)
    return Reading(
        outcome,
        found,
        raised,
        tuple(f for rule in pack.follow_ups if (f := _follow_up(rule, signs))),
        _moves(pack, answers),
        _closed(pack, signs),
    )


@dataclass(frozen=True, slots=True)
class _Signs:
    """What an answer has led to so far; follow-ups and closings look at it."""

    answers: Answers
    findings: frozenset[str]
    outcome: Outcome
    found: Found

    def hold(self, term: Term) -> bool:
        match term.name:
            case "finding":
                return bool(self.findings & set(term.values()))
            case "outcome":
                return self.outcome in term.values()
            case "found":
                return self.found in term.values()
            case _:
                return answers_hold(term, self.answers)


def _follow_up(rule: FollowUpRule, signs: _Signs) -> FollowUp | None:
    if not holds(rule.when, signs.hold):
        return None
    named = [t for t in met(rule.when, signs.hold) if t.name == "finding"]
    finding = next((c for t in named for c in t.values() if c in signs.findings), "")
    return FollowUp(rule.code, rule.text, rule.role, rule.after_hours, rule.within_hours, finding)


def _moves(pack: Pack, answers: Answers) -> tuple[Move, ...]:
    found = []
    for rule in pack.moves:
        said = answers.get(rule.quantity, "").strip()
        # A quantity that is no whole number moves nothing; the form's constraint keeps it out.
        quantity = int(said) if said.isascii() and said.isdigit() else 0
        if quantity > 0 and holds(rule.when, lambda term: answers_hold(term, answers)):
            found.append(Move(rule.item, quantity, rule.source, rule.target))
    return tuple(found)


def _closed(pack: Pack, signs: _Signs) -> tuple[str, ...]:
    codes: list[str] = []
    for rule in pack.closes:
        if holds(rule.when, signs.hold):
            codes += rule.findings or [f.code for f in pack.findings]
    # What this same submission finds again is not settled by it.
    return tuple(c for c in dict.fromkeys(codes) if c not in signs.findings)


def score(pack: Pack, findings: Iterable[Raised]) -> Score:
    """The score of a subject or a unit under the pack's code list, by the findings against it.

    A pack without a `score:` starts from 0 and has no bands: `value` is then 0 or less.
    """
    listed = tuple(findings)
    points = sum(finding.points for finding in listed)
    by_unit: dict[str, int] = {}
    for finding in listed:
        by_unit[finding.unit] = by_unit.get(finding.unit, 0) + finding.points
    if pack.score is None:
        return Score(-points, points, "", pack.code_list, by_unit)
    value = max(pack.score.floor, pack.score.base - points)
    band = next((b.code for b in pack.score.bands if value >= b.least), "")
    return Score(value, points, band, pack.code_list, by_unit)


def figures(pack: Pack, counts: Mapping[str, int]) -> tuple[FigureValue, ...]:
    """The board's figures from counts by name (`enrolled`, `finding:ill`, …); absent ones are 0."""
    shown = []
    for figure in pack.board:
        value = counts.get(figure.count, 0)
        if not figure.out_of:
            shown.append(FigureValue(figure.code, figure.text, value))
            continue
        out_of = counts.get(figure.out_of, 0)
        share = value / out_of if out_of else None
        shown.append(FigureValue(figure.code, figure.text, value, out_of, share))
    return tuple(shown)
