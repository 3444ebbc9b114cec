"""A link to what one may not see: a plain sentence, and nothing of the home on page or line."""

from __future__ import annotations

from typing import Any

import pytest
from rig import Rig, World, goto
from sqlalchemy import select

from lamplit.replay.neighbourhood.cast import VOLUNTEER
from lamplit.services.field.office import CLI
from lamplit.store.schema import person, place, place_code, task

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def theirs(shared_world: World) -> Any:
    """A home in a community where the volunteer has no part, and a task that another has."""
    with shared_world.office.read(CLI) as tx:
        me = tx.conn.scalar(select(person.c.id).where(person.c.code == VOLUNTEER))
        home = tx.conn.execute(
            select(place, place_code.c.code.label("word"))
            .join(place_code, place_code.c.place_id == place.c.id)
            .where(place.c.kind == "household", place.c.building_id == at("B6"))
            .order_by(place.c.code)
        ).first()
        other = tx.conn.execute(
            select(task.c.id, place.c.code)
            .join(place, place.c.id == task.c.place_id)
            .where(place.c.kind == "household", task.c.owner_id != me)
        ).first()
    return home, other


def at(code: str) -> Any:
    return select(place.c.id).where(place.c.code == code).scalar_subquery()


NOT_ON_LIST = "This door is not on your list any more"
WAYS = (
    ("/analysis/home/{home.id}", "must be allowed to see a campaign's doors at this place today"),
    ("/places/{home.id}", "must be allowed to see a campaign's doors at this place today"),
    ("/facade/{home.community_id}?building=B6", "must be allowed to see the area's figures"),
    ("/phone/door/{task.id}", NOT_ON_LIST),
    ("/phone/form/{task.id}", NOT_ON_LIST),
)


@pytest.mark.parametrize(("way", "told"), WAYS)
def test_who_follows_it_reads_a_sentence_and_nothing_of_the_home(
    way: str, told: str, shared_rig: Rig, theirs: Any
) -> None:
    home, task = theirs
    page = shared_rig.page_as("volunteer", width=360, language="en")
    heard: list[Any] = []

    def hear(response: Any) -> None:
        heard.append(response)

    page.on("response", hear)
    goto(page, way.format(home=home, task=task))
    page.get_by_text(told).wait_for()
    # Neither by its number, nor by what opens its door, nor by where it is.
    answers = "\n".join(one.text() for one in heard if "/api/" in one.url)
    assert '"username"' in answers, "nothing was heard"
    assert task.id not in answers
    for secret in (home.code, home.word, "Qingsong", "青松苑"):
        assert secret not in answers
        assert secret not in page.locator("#app").inner_html()
    assert page.locator("canvas, form.questions").count() == 0
    assert page.get_by_role("link", name="Fill in").count() == 0
