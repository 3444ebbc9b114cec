"""What a role may do, and how a refusal names it."""

from lamplit.domain.abilities import ABILITY_TEXT, Ability


def test_a_refusal_can_name_every_ability_in_both_languages():
    assert set(ABILITY_TEXT) == set(Ability)
    assert all(text.en and text.zh for text in ABILITY_TEXT.values())
