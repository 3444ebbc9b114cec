"""What must hold between the parts of a pack: its rules, its form, its numbers.

The schema says what each key may hold; this says whether the pack makes sense.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import programmes as problems
from lamplit.programmes.conditions import ALWAYS, Condition, Term, terms, words
from lamplit.programmes.figures import COUNTS, PREFIXES
from lamplit.programmes.pack import Cadence, Pack
from lamplit.programmes.reach import why_never
from lamplit.programmes.said import Said, hint, listed, said
from lamplit.programmes.yamlmap import Document, Key

FINDING, ITEM, FIGURE = said("finding", "发现"), said("item", "物资"), said("figure", "指标")
RULE, WAY, PURPOSE = said("rule", "规则"), said("way", "方式"), said("purpose", "目的")


def cross_complaints(pack: Pack, document: Document) -> list[LamplitError]:
    """Everything that does not fit together in a pack whose parts are each well formed."""
    return [
        *_answers(pack, document),
        *_codes(pack, document),
        *_findings(pack, document),
        *_last_rules(pack, document),
        *_cadences(pack, document),
        *_board(pack, document),
        *_stock(pack, document),
        *_own_tasks(pack),
    ]


def _own_tasks(pack: Pack) -> Iterator[LamplitError]:
    """A form copied from another pack would offer that one's doors, which is to say none."""
    task = pack.form.questions.get("task")
    if task is None:
        return  # told already, of the form
    said_so = task.choice_filter.replace(" ", "").replace('"', "'")
    if f"programme='{pack.name}'" not in said_so:
        yield LamplitError(
            problems.FORM_TASK,
            where=f"{pack.form.path}, line {task.line}",
            reason=said(
                f"the choice_filter of task lacks programme = '{pack.name}'",
                f"task 的 choice_filter 中没有 programme = '{pack.name}'",
            ),
        )


def _conditions(pack: Pack) -> Iterator[tuple[Key, Condition]]:
    """Every condition that looks at answers, with its key."""
    for at, outcome in enumerate(pack.outcomes):
        yield ("outcome", at), outcome.when
    for at, found in enumerate(pack.founds):
        yield ("found", at), found.when
    for at, finding in enumerate(pack.findings):
        yield ("findings", at), finding.when
    for at, follow_up in enumerate(pack.follow_ups):
        yield ("follow_ups", at), follow_up.when
    for at, close in enumerate(pack.closes):
        yield ("closes", at), close.when
    for at, move in enumerate(pack.moves):
        yield ("stock", "moves", at), move.when


def _answers(pack: Pack, document: Document) -> Iterator[LamplitError]:
    for key, condition in _conditions(pack):
        for term in terms(condition):
            if term.name == "answer":
                yield from _answer(pack, document, key, term)
    for at, finding in enumerate(pack.findings):
        if finding.against:
            key = ("findings", at, "against")
            yield from _asked(pack, document, key, finding.against)
    for at, move in enumerate(pack.moves):
        yield from _asked(pack, document, ("stock", "moves", at, "quantity"), move.quantity)


def _asked(pack: Pack, document: Document, key: Key, answer: str) -> Iterator[LamplitError]:
    asked = pack.form.questions
    if answer not in asked:
        known = [q.name for q in asked.values() if q.type not in ("start", "end", "note")]
        yield LamplitError(
            problems.UNKNOWN_ANSWER,
            where=document.where(_nearest(document, key, answer)),
            answer=answer,
            hint=hint(answer, known),
            known=listed(known),
        )


def _answer(pack: Pack, document: Document, key: Key, term: Term) -> Iterator[LamplitError]:
    answer = str(term.value)
    yield from _asked(pack, document, key, answer)
    if answer not in pack.form.questions:
        return
    choices = pack.form.choices_of(answer)
    ((how, wanted),) = term.details
    if not choices or how not in ("is", "is_not", "selected"):
        return
    for choice in words(wanted):
        if choice not in choices:
            yield LamplitError(
                problems.UNKNOWN_CHOICE,
                where=document.where(_nearest(document, key, choice)),
                choice=choice,
                answer=answer,
                list_name=pack.form.questions[answer].list_name,
                hint=hint(choice, choices),
                known=listed(choices),
            )


def _nearest(document: Document, key: Key, word: str) -> Key:
    """The key under `key` that holds the word, so that the line is the one to be corrected."""
    under = [k for k in document.lines if k[: len(key)] == key]
    for candidate in sorted(under, key=lambda k: -len(k)):
        if str(_value(document, candidate)) == word:
            return candidate
    return key


def _value(document: Document, key: Key) -> object:
    value = document.data
    for part in key:
        value = value[part]
    return value


def _codes(pack: Pack, document: Document) -> Iterator[LamplitError]:
    groups: tuple[tuple[Said, Key, Iterable[str]], ...] = (
        (FINDING, ("findings",), (f.code for f in pack.findings)),
        (RULE, ("follow_ups",), (f.code for f in pack.follow_ups)),
        (RULE, ("done",), (d.code for d in pack.done)),
        (ITEM, ("stock", "items"), (i.code for i in pack.items)),
        (FIGURE, ("board",), (f.code for f in pack.board)),
        (WAY, ("enrol",), (w.name for w in pack.ways)),
        (PURPOSE, ("purposes",), (p.code for p in pack.purposes)),
    )
    for kind, key, codes in groups:
        seen: set[str] = set()
        for at, code in enumerate(codes):
            if code in seen:
                where = document.where((*key, at))
                yield LamplitError(problems.CODE_TWICE, where=where, kind=kind, code=code)
            seen.add(code)
    known = {f.code for f in pack.findings}
    for key, code in _finding_names(pack):
        if code not in known:
            yield _unknown(document, _nearest(document, key, code), FINDING, code, known)


def _finding_names(pack: Pack) -> Iterator[tuple[Key, str]]:
    """Every place where a pack names one of its own findings."""
    for key, condition in _conditions(pack):
        for term in terms(condition):
            if term.name == "finding":
                yield from ((key, code) for code in term.values())
    for at, close in enumerate(pack.closes):
        yield from ((("closes", at, "findings"), code) for code in close.findings)


def _unknown(
    document: Document, key: Key, kind: Said, code: str, known: Iterable[str]
) -> LamplitError:
    names = sorted(known)
    return LamplitError(
        problems.UNKNOWN_CODE,
        where=document.where(key),
        kind=kind,
        code=code,
        hint=hint(code, names),
        known=listed(names),
    )


def _findings(pack: Pack, document: Document) -> Iterator[LamplitError]:
    for at, finding in enumerate(pack.findings):
        key: Key = ("findings", at)
        given = document.data["findings"][at]
        if ("when" in given) == ("choice_of" in given):
            yield LamplitError(
                problems.CONDITION,
                where=document.where(key),
                reason=said(
                    "it wants either when: or choice_of:", "when: 与 choice_of: 应恰有其一"
                ),
            )
            continue
        reason = why_never(finding.when, pack.form)
        if reason:
            yield LamplitError(
                problems.UNREACHABLE_FINDING,
                where=document.where(key),
                code=finding.code,
                reason=reason,
            )


def _last_rules(pack: Pack, document: Document) -> Iterator[LamplitError]:
    """An outcome and a label are always found: the last rule, and it alone, has no condition."""
    lists = (
        ("outcome", [rule.when for rule in pack.outcomes]),
        ("found", [rule.when for rule in pack.founds]),
    )
    for name, conditions in lists:
        for at, condition in enumerate(conditions):
            last = at == len(conditions) - 1
            if (condition == ALWAYS) != last:
                yield LamplitError(
                    problems.CONDITION,
                    where=document.where((name, at)),
                    reason=said(
                        "the last rule, and no other, goes without when:",
                        "仅最后一条规则不写 when:",
                    ),
                )


def _cadences(pack: Pack, document: Document) -> Iterator[LamplitError]:
    for at, cadence in enumerate(pack.cadence):
        for what, value, reason, wanted in _unfit(cadence, document.data["cadence"][at]):
            yield LamplitError(
                problems.DURATION,
                where=document.where(("cadence", at, what)),
                what=what,
                value=value,
                reason=reason,
                wanted=wanted,
            )
    if pack.list_days > pack.submission_days:
        yield LamplitError(
            problems.DURATION,
            where=document.where(("expiry", "list_days")),
            what="list_days",
            value=pack.list_days,
            reason=said("the list would outlive the answers", "名单保留得比回答更久"),
            wanted=said(
                f"at most {pack.submission_days}, the submission_days",
                f"不超过 submission_days（{pack.submission_days}）",
            ),
        )


def _unfit(cadence: Cadence, data: dict[str, object]) -> Iterator[tuple[str, object, Said, Said]]:
    """What of a rhythm cannot be meant: key, value, reason, what is wanted."""
    if cadence.opens >= cadence.closes:
        reason = said("it ends before it begins", "结束早于开始")
        yield "between", data["between"], reason, said("the earlier hour first", "较早的时刻在前")
    window = {"once": 366, "daily": 1, "weekly": 7, "monthly": 28, "signal": 1}[cadence.every]
    if cadence.days > window:
        reason = said("the next one would begin before it ends", "下一次会在结束前开始")
        yield (
            "within_days",
            cadence.days,
            reason,
            said(f"at most {window}", f"不超过 {window} 的值"),
        )
    waits = (cadence.attempts.most - 1) * cadence.attempts.gap_hours
    hours = cadence.hours if cadence.every == "signal" else 24 * cadence.days
    if waits > hours + 24 * cadence.enterable_days:
        reason = said("so many attempts do not fit in", "时限内容不下这么多次尝试")
        most = said("fewer attempts or a smaller gap", "更少的次数或更短的间隔")
        yield "attempts", f"{cadence.attempts.most} × {cadence.attempts.gap_hours} h", reason, most
    yield from _misplaced(cadence, data)


_BELONGS = {
    "within_hours": ("signal",),
    "events": ("signal",),
    "on": ("daily", "weekly"),
    "day": ("monthly",),
    "within_days": ("once", "weekly", "monthly"),
}
_NEEDED = {"once": ("within_days",), "signal": ("within_hours", "events"), "monthly": ("day",)}


def _misplaced(
    cadence: Cadence, data: dict[str, object]
) -> Iterator[tuple[str, object, Said, Said]]:
    for key, rhythms in _BELONGS.items():
        if key in data and cadence.every not in rhythms:
            reason = said(f"{cadence.every} does not use it", f"{cadence.every} 不使用它")
            yield (
                key,
                data[key],
                reason,
                said(f"it with {listed(rhythms)} only", f"用于 {listed(rhythms)} 的值"),
            )
    for key in _NEEDED.get(cadence.every, ()):
        if key not in data:
            reason = said(f"{cadence.every} needs it", f"{cadence.every} 需要它")
            yield key, "–", reason, said(f"{key}:", f"{key}:")


def _board(pack: Pack, document: Document) -> Iterator[LamplitError]:
    declared = {
        "finding": [f.code for f in pack.findings],
        "stock_in": [i.code for i in pack.items],
        "stock_out": [i.code for i in pack.items],
        "stock_left": [i.code for i in pack.items],
    }
    for at, figure in enumerate(pack.board):
        for key, count in (("count", figure.count), ("out_of", figure.out_of)):
            if count and not _counted(count, declared):
                known = [*COUNTS, *(f"{name}:…" for name in PREFIXES)]
                of_own = [f"{p}:{code}" for p, codes in declared.items() for code in codes]
                yield LamplitError(
                    problems.UNKNOWN_VALUE,
                    where=document.where(("board", at, key)),
                    value=count,
                    hint=hint(count, [*COUNTS, *of_own]),
                    known=listed(known, most=60),
                )


def _counted(count: str, declared: dict[str, list[str]]) -> bool:
    prefix, colon, code = count.partition(":")
    if not colon:
        return count in COUNTS
    return code in (declared.get(prefix) or PREFIXES.get(prefix, ()))


def _stock(pack: Pack, document: Document) -> Iterator[LamplitError]:
    known = {item.code for item in pack.items}
    for at, move in enumerate(pack.moves):
        key: Key = ("stock", "moves", at)
        if move.item not in known:
            yield _unknown(document, (*key, "item"), ITEM, move.item, known)
        if move.source == move.target:
            yield LamplitError(
                problems.CONDITION,
                where=document.where(key),
                reason=said("it moves from a place to itself", "流转的起点与终点相同"),
            )
        if pack.form.questions.get(move.quantity) and (
            pack.form.questions[move.quantity].type != "integer"
        ):
            yield LamplitError(
                problems.CONDITION,
                where=document.where((*key, "quantity")),
                reason=said(
                    f"{move.quantity} is not asked as an integer",
                    f"{move.quantity} 不是 integer 型",
                ),
            )
