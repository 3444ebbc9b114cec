"""The closed vocabulary of conditions: it reads, it judges, and it never runs anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplit.programmes.conditions import (
    ALWAYS,
    COMPARISONS,
    All,
    AnyOf,
    BadConditionError,
    Not,
    Term,
    answers_hold,
    holds,
    met,
    parse,
    terms,
    words,
)

NAMES = st.sampled_from(["door", "needs", "days"])
WORDS = st.sampled_from(["yes", "no", "ill", "food", "3", "10.5", ""])
COMPARED = st.one_of(
    st.tuples(st.sampled_from(["is", "is_not", "selected"]), st.one_of(WORDS, st.lists(WORDS))),
    st.tuples(st.sampled_from(["at_least", "at_most"]), st.integers(-5, 20)),
    st.tuples(st.just("between"), st.tuples(st.integers(-5, 5), st.integers(5, 20)).map(list)),
    st.tuples(st.just("given"), st.booleans()),
)
TESTS = st.builds(lambda name, how: {"answer": name, how[0]: how[1]}, NAMES, COMPARED)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=8,
)
ANSWERS = st.dictionaries(NAMES, st.one_of(st.text(max_size=8), WORDS, st.just("ill food")))


def judged(data, answers) -> bool:
    return holds(parse(data, "answers"), lambda term: answers_hold(term, answers))


def judge_of(answers):
    return lambda term: answers_hold(term, answers)


@given(CONDITIONS, ANSWERS)
def test_every_condition_that_reads_comes_to_true_or_false_on_any_answers(data, answers):
    assert judged(data, answers) in (True, False)


@given(CONDITIONS, ANSWERS)
def test_not_turns_a_condition_around(data, answers):
    assert judged({"not": data}, answers) is not judged(data, answers)


@given(st.lists(CONDITIONS, min_size=1, max_size=3), ANSWERS)
def test_any_is_not_all_of_the_nots(parts, answers):
    none = {"not": {"all": [{"not": part} for part in parts]}}
    assert judged({"any": parts}, answers) is judged(none, answers)


@given(CONDITIONS, ANSWERS)
def test_what_made_a_condition_hold_are_tests_of_it_that_hold(data, answers):
    condition = parse(data, "answers")
    reasons = met(condition, judge_of(answers))
    assert set(reasons) <= set(terms(condition))
    assert all(answers_hold(term, answers) for term in reasons)
    if reasons:
        assert holds(condition, judge_of(answers))


@given(CONDITIONS, ANSWERS)
def test_answers_that_a_condition_does_not_name_change_nothing(data, answers):
    assert judged(data, answers) is judged(data, {**answers, "another": "ill"})


@pytest.mark.parametrize(
    ("how", "wanted", "said", "expected"),
    [
        ("is", "yes", "yes", True),
        ("is", ["a", "b"], "b", True),
        ("is", 3, "3", True),
        ("is", "yes", "", False),
        ("is_not", "yes", "", True),
        ("is_not", ["a", "b"], "b", False),
        ("selected", "ill", "food ill", True),
        ("selected", "ill", "illness", False),
        ("selected", ["x", "ill"], "ill", True),
        ("at_least", 3, "3", True),
        ("at_least", 3, "2.9", False),
        ("at_least", 3, "many", False),
        ("at_least", 3, "", False),
        ("at_most", 3, "nan", False),
        ("at_most", 3, "inf", False),
        ("between", [1, 3], "3", True),
        ("between", [1, 3], "3.1", False),
        ("given", True, " ", False),
        ("given", False, "", True),
    ],
)
def test_an_answer_is_compared(how, wanted, said, expected):
    assert judged({"answer": "q", how: wanted}, {"q": said}) is expected


def test_an_empty_all_holds_always():
    assert holds(ALWAYS, lambda _: False)
    assert not holds(AnyOf(()), lambda _: True)
    assert holds(Not(AnyOf(())), lambda _: True)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({}, ()),
        ("yes", ()),
        ({"all": []}, ("all",)),
        ({"all": [{}]}, ("all", 0)),
        ({"any": [{"answer": "q", "is": 1}], "answer": "q"}, ()),
        ({"answer": "q"}, ()),
        ({"answer": "q", "is": 1, "is_not": 2}, ()),
        ({"answer": "q", "between": [3, 1]}, ("between",)),
        ({"answer": "q", "between": [1]}, ("between",)),
        ({"answer": "q", "probability": 1}, ("probability",)),
        ({"finding": "ill"}, ()),
        ({"not": {"state": "dark"}}, ("not",)),
    ],
)
def test_what_is_no_condition_is_refused_with_its_place(data, key):
    with pytest.raises(BadConditionError) as refused:
        parse(data, "answers")
    assert refused.value.key == key
    assert f"{refused.value.reason:zh}" != f"{refused.value.reason:en}" != ""


def test_truths_and_numbers_become_the_words_of_a_form():
    assert words([True, 3, "x"]) == ("true", "3", "x")
    assert words(1.5) == ("1.5",)


def test_conditions_can_be_compared_and_kept_in_sets():
    one = parse({"all": [{"answer": "q", "is": ["a", "b"]}]}, "answers")
    assert one == All((Term("answer", "q", (("is", ("a", "b")),)),))
    assert len({one, one}) == 1
    assert all(how in COMPARISONS for t in terms(one) for how, _ in t.details)
