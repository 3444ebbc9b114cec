"""The phone's light form and ODK Web Forms come to the same with the same answers.

Each programme's form is gone through many times with answers by chance, some of which break a rule;
what is asked, in which words, what is wrong with it, and what is sent must be alike, in both
languages. Times and the submission's own id differ by nature.
"""

from __future__ import annotations

import random
import re
from xml.etree import ElementTree

import pytest

from clients.form_client import Filled, LightClient, WebFormsClient
from lamplit.programmes.form import xform
from lamplit.programmes.load import catalogue

TASK = "9f7f4ae2-9d4c-4d7f-8a52-a4f2f7f4ae21"
HOME = "1b671a64-40d5-491e-99b0-da01ff1f3341"
TIMES = 12
ROUNDS = 8
LANGUAGES = ("English (en)", "中文 (zh)")
OWN = ("instanceID", "started", "ended", "start", "end")
TYPED = {
    "text": ("", "后天再来", "<b>&\"'", "  two  spaces ", "x" * 400),
    "whole": ("0", "3", "7", "61", "1258", "-1"),
    "decimal": ("0", "1.5", "-2", "20000"),
    "day": ("2026-02-03", "2030-12-31"),
    "moment": ("2026-02-03T08:00:00.000+08:00",),
}


def lists(programme: str) -> dict[str, bytes]:
    """The phone's lists: one task, one home."""
    columns = ("name", "label", "__version", "__trunkVersion", "__branchId", "programme", "state",
               "mine", "household", "unit", "floor", "door")  # fmt: skip
    row = (TASK, "3 – 1 – 502", "4", "4", "b1", programme, "accepted", "yes", HOME, "1", "5", "502")
    table = "\n".join([",".join(columns), ",".join(row)]) + "\n"
    home = f"name,label,__version\n{HOME},3 – 1 – 502,2\n"
    return {"tasks.csv": table.encode(), "households.csv": home.encode()}


def answered(form: str, media: dict[str, bytes], chance: random.Random) -> dict[str, str]:
    """Answers as somebody gives them who goes from question to question."""
    given = {path: row for path, row in chosen(form).items() if row}
    light = LightClient.ready()
    for _ in range(ROUNDS):
        shown = light.fill(form, given, media)
        fresh = [path for path in shown.relevant if path not in given]
        if not fresh:
            break
        for path in fresh:
            given[path] = said(shown, path, chance)
    return {path: value for path, value in given.items() if value}


def chosen(form: str) -> dict[str, str]:
    """The questions that choose from the phone's lists, and what they are answered with."""
    found = {}
    for body in re.finditer(r'<select1[^>]*ref="([^"]+)".*?</select1>', form, re.DOTALL):
        if "instance('tasks')" in body[0]:
            found[body[1]] = TASK
        if "instance('households')" in body[0]:
            found[body[1]] = HOME
    return found


def said(shown: Filled, path: str, chance: random.Random) -> str:
    kind = shown.kinds[path]
    if kind in ("one", "many"):
        values = list(shown.choices[path])
        count = 1 if kind == "one" else chance.randint(0, min(3, len(values)))
        return " ".join(sorted(chance.sample(values, count), key=values.index))
    return chance.choice(TYPED.get(kind, ("",)))


def told(xml: str) -> list[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """What is sent, element by element, without what differs by nature."""
    found = []
    for element in ElementTree.fromstring(xml).iter():
        name = element.tag.rpartition("}")[2]
        if name in OWN:
            continue
        own = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
        # A browser has no copy of a list, and so no branch of its own (see test_form_clients).
        kept = sorted((k, v) for k, v in own.items() if k not in ("trunkVersion", "branchId"))
        found.append((name, (element.text or "").strip(), tuple(kept)))
    return found


@pytest.mark.parametrize("programme", sorted(catalogue()))
def test_the_same_answers_are_asked_for_judged_and_sent_alike(programme: str) -> None:
    form, media, chance = xform(catalogue()[programme]), lists(programme), random.Random(programme)
    light, larger, asked = LightClient.ready(), WebFormsClient.ready(), set()
    for turn in range(TIMES):
        language = LANGUAGES[turn % 2]
        answers = answered(form, media, chance)
        mine = light.fill(form, answers, media, language=language)
        theirs = larger.fill(form, answers, media, language=language)
        ours = [path for path in theirs.relevant if path not in chosen(form)]
        assert mine.relevant == ours, answers
        assert sorted(mine.invalid) == sorted(set(theirs.invalid) - set(chosen(form))), answers
        assert mine.labels == {path: theirs.labels[path].strip() for path in ours}, answers
        assert mine.choices == {p: theirs.choices[p] for p in ours if p in theirs.choices}, answers
        assert told(mine.xml) == told(theirs.xml), answers
        asked |= set(mine.relevant)
    assert len(asked) > 2
