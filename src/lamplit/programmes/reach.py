"""Whether some answers that a form allows can meet a condition.

The form's own relevance is not solved: what is looked for are conditions that contradict
themselves, such as one single choice being two things at once.
"""

from __future__ import annotations

from itertools import islice, product

from lamplit.programmes.conditions import Condition, Term, answers_hold, holds, terms, words
from lamplit.programmes.pack import Form
from lamplit.programmes.said import Said, said

MOST = 20_000
"""Combinations of answers that are tried before a condition is given the benefit of the doubt."""


def why_never(condition: Condition, form: Form) -> Said | None:
    """Why no answers can meet a condition; None where some can, or where it is not known."""
    asked: dict[str, list[Term]] = {}
    for term in terms(condition):
        asked.setdefault(str(term.value), []).append(term)
    if any(_misnamed(answer, named, form) for answer, named in asked.items()):
        return None  # told elsewhere, as an unknown answer or choice
    options = {answer: _options(answer, named, form) for answer, named in asked.items()}
    size = 1
    for several in options.values():
        size *= len(several)
    for combination in islice(product(*options.values()), MOST):
        answers = dict(zip(options, combination, strict=True))
        if holds(condition, lambda term, given=answers: answers_hold(term, given)):  # type: ignore[misc]
            return None
    if size > MOST:
        return None
    return said(f"it contradicts itself over {', '.join(asked)}", f"{'、'.join(asked)} 自相矛盾")


def _misnamed(answer: str, named: list[Term], form: Form) -> bool:
    if answer not in form.questions:
        return True
    choices = form.choices_of(answer)
    wanted = {w for t in named for how, v in t.details if how in _NAMING for w in words(v)}
    return bool(choices) and not wanted <= set(choices)


_NAMING = ("is", "is_not", "selected")


def _options(answer: str, named: list[Term], form: Form) -> list[str]:
    """Answers to one question that tell its terms apart: each choice, each bound and beside it."""
    question = form.questions[answer]
    choices = list(form.choices_of(answer))
    found = ["", *choices]
    mentioned = [w for t in named for _, value in t.details for w in words(value)]
    if question.several:
        wanted = [w for w in mentioned if w in choices]
        found += [" ".join(pair) for pair in product(wanted, repeat=2)]
        found.append(" ".join(dict.fromkeys(wanted)))
    if not choices:
        found += mentioned
        for word in mentioned:
            try:
                number = float(word)
            except ValueError:
                continue
            found += [str(number - 1), str(number + 1)]
        found.append("something else")
    return list(dict.fromkeys(found))
