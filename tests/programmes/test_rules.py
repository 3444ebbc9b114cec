"""Who is enrolled, what answers say, points, stock and boards."""

from __future__ import annotations

import pytest

from lamplit.domain.field import Found, Outcome, PlaceKind, Reason, Role
from lamplit.programmes.load import SHIPPED, catalogue, load
from lamplit.programmes.rules import Facts, Move, draw, enrol, figures, read_answers, score

SWEEP, SITES = load(SHIPPED / "household_sweep"), load(SHIPPED / "worksite_safety")
HOME = PlaceKind.HOUSEHOLD


def reasons(pack, facts, way="") -> tuple[Reason, ...]:
    membership = enrol(pack, facts, way)
    return membership.reasons if membership else ()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(HOME, "dark", 3, 0.6), (Reason.SIGNAL,)),
        (Facts(HOME, "dark", 2, 0.9), ()),
        (Facts(HOME, "dark", 9, 0.59), ()),
        (Facts(HOME, "low", 9, 0.99), ()),
        (Facts(HOME, "lived_in", 9, 1, "returned", 2, 0.5), (Reason.SIGNAL,)),
        (Facts(HOME, "lived_in", 9, 1, "returned", 3, 0.5), ()),
        (
            Facts(HOME, "dark", 9, 1, "went_dark", 0, 1, requested=True),
            (Reason.SIGNAL, Reason.REQUEST),
        ),
        (Facts(PlaceKind.BUILDING, "dark", 9, 1), ()),
    ],
)
def test_a_guided_sweep_takes_the_homes_that_the_signals_point_to(facts, expected):
    assert reasons(SWEEP, facts) == expected


def test_one_in_twenty_of_the_others_is_chosen_by_chance_and_marked():
    lucky = enrol(SWEEP, Facts(HOME, "lived_in", draw=0.049))
    assert lucky is not None
    assert lucky.random
    assert enrol(SWEEP, Facts(HOME, "lived_in", draw=0.05)) is None
    flagged = enrol(SWEEP, Facts(HOME, "dark", 9, 1, draw=0))
    assert flagged is not None
    assert not flagged.random


def test_the_draw_is_even_steady_and_different_in_each_campaign():
    drawn = [draw("campaign", f"place-{n}") for n in range(20_000)]
    assert drawn == [draw("campaign", f"place-{n}") for n in range(20_000)]
    assert all(0 <= one < 1 for one in drawn)
    # Twenty thousand draws of 5 %: 1,000, give or take five standard deviations.
    assert abs(sum(one < 0.05 for one in drawn) - 1000) < 5 * 31
    assert draw("another", "place-1") != draw("campaign", "place-1")


def test_every_door_takes_every_home_and_an_unknown_way_is_an_error():
    assert reasons(SWEEP, Facts(HOME), "every_door") == (Reason.EVERY_DOOR,)
    with pytest.raises(KeyError):
        enrol(SWEEP, Facts(HOME), "no_such_way")


def test_nobody_is_watched_without_consent_not_even_by_chance():
    alone = load(SHIPPED / "living_alone")
    assert reasons(alone, Facts(HOME, lives_alone=True, event="routine_broken", draw=0)) == ()
    assert reasons(alone, Facts(HOME, lives_alone=True, consent=True)) == (Reason.CONSENT,)


def test_care_follows_responsibility():
    care = load(SHIPPED / "building_care")
    assert reasons(care, Facts(HOME, responsible=frozenset({Role.RESPONSIBLE}))) == (
        Reason.RESPONSIBILITY,
    )
    assert reasons(care, Facts(HOME, responsible=frozenset({Role.VOLUNTEER}))) == ()


def test_one_tap_for_no_answer_says_all_there_is():
    reading = read_answers(SWEEP, {"door": "no_answer"})
    assert (reading.outcome, reading.found) == (Outcome.NO_ANSWER, Found.UNKNOWN)
    assert (reading.findings, reading.follow_ups, reading.moves, reading.closes) == ((), (), (), ())


def test_who_says_no_is_refused_yet_known_to_be_there():
    reading = read_answers(SWEEP, {"door": "answered", "consent": "no"})
    assert (reading.outcome, reading.found) == (Outcome.REFUSED, Found.LIVED_IN)


def test_a_follow_up_names_the_finding_that_asks_for_it():
    reading = read_answers(
        SWEEP, {"door": "answered", "consent": "yes", "living": "living", "needs": "food medicine"}
    )
    (follow_up,) = reading.follow_ups
    assert (follow_up.code, follow_up.finding, follow_up.role) == (
        "bring_supplies",
        "medicine",
        Role.SHOPPER,
    )


def test_eighteen_violations_of_the_day_are_46_points_by_unit_under_a_code_list():
    audits = [
        ("crew_3", "crossed_barrier", "no_barrier no_meeting camera_off", "helmet_strap armband"),
        (
            "contractor",
            "tools_expired",
            "permit_gaps no_rcd no_entry_check",
            "untidy record_gaps extinguisher",
        ),
        ("crew_5", "", "machine_unearthed leader_changed hot_work", "clothing first_aid"),
    ]
    raised = []
    for unit, second, third, general in audits:
        answers = {"visit": "remote", "site": "working", "unit": unit}
        answers |= {"class_b": second, "class_c": third, "class_d": general}
        raised += read_answers(SITES, answers).findings
    found = score(SITES, raised)
    assert (len(raised), found.points, found.value) == (18, 46, 54)
    assert found.by_unit == {"crew_3": 17, "contractor": 18, "crew_5": 11}
    assert (found.band, found.code_list) == ("halt", "worksite_violations@2026.1")
    assert score(SITES, []).band == "exemplary"
    assert score(SITES, raised * 3).value == 0


def test_a_submission_does_not_settle_what_it_finds_again():
    care = load(SHIPPED / "building_care")
    answers = {"contact": "met", "health": "well", "solved": "yes", "difficulty": "medicine"}
    reading = read_answers(care, answers)
    assert "medicine" not in reading.closes
    assert "unwell" in reading.closes


@pytest.mark.parametrize("said", ["", "0", "-3", "2.5", "many", "٣"])
def test_only_whole_quantities_move_stock(said):
    supplies = load(SHIPPED / "supplies")
    answers = {"what": "handed_out", "masks": said, "pairs": "2", "enough": "yes"}
    assert read_answers(supplies, answers).moves == (Move("gloves", 2, "carrier", "subject"),)


def test_stock_balances_are_whole_over_its_whole_way():
    supplies = load(SHIPPED / "supplies")
    balance: dict[str, int] = {}
    for what, masks in [
        ("received", 7000),
        ("taken", 40),
        ("handed_out", 20),
        ("brought_back", 20),
    ]:
        for move in read_answers(supplies, {"what": what, "masks": str(masks)}).moves:
            balance[move.source] = balance.get(move.source, 0) - move.quantity
            balance[move.target] = balance.get(move.target, 0) + move.quantity
    assert balance == {"outside": -7000, "store": 6980, "carrier": 0, "subject": 20}


def test_a_board_shows_counts_and_shares_and_no_share_of_nothing():
    shown = {
        f.code: f for f in figures(SWEEP, {"enrolled": 200, "done": 150, "outcome:refused": 3})
    }
    assert (shown["coverage"].value, shown["coverage"].share) == (150, 0.75)
    assert (shown["refused"].value, shown["refused"].out_of) == (3, None)
    assert figures(SWEEP, {})[0].share is None


def test_every_pack_reads_every_answer_without_failing_and_with_an_outcome():
    for pack in catalogue().values():
        assert read_answers(pack, {}).outcome in Outcome
        for question in pack.form.questions:
            for choice in [*pack.form.choices_of(question), "<&'\"", "1e999"]:
                assert read_answers(pack, {question: choice}).found in Found
