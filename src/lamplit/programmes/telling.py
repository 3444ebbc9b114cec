"""A pack told in plain words, and as plain data, for the command line and the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lamplit.domain.field import (
    OUTCOME_TEXT,
    PLACE_TEXT,
    ROLE_TEXT,
    SERVICE_LINE_TEXT,
    SEVERITY_TEXT,
    Role,
)
from lamplit.domain.language import Language, Text
from lamplit.domain.words import EVENT_TEXT
from lamplit.programmes.conditions import terms
from lamplit.programmes.pack import Cadence, FollowUpRule, Pack

_SILENT = ("start", "end", "today", "calculate", "note", "begin_group", "end_group")

_EVERY = {
    "once": Text("once, within {days}", "一次，{days}内"),
    "daily": Text("daily", "每天"),
    "weekly": Text("weekly, within {days}", "每周，{days}内"),
    "monthly": Text("monthly, within {days}", "每月，{days}内"),
    "signal": Text("after {events}, within {hours}", "{events}后 {hours}内"),
}
_HOURS = Text(
    "{every}, between {opens:%H:%M} and {closes:%H:%M}; at most {tries}",
    "{every}，{opens:%H:%M} 至 {closes:%H:%M}；最多 {tries}",
)
_ENTERABLE = Text("; missed ones stay enterable for {days}", "；漏办的 {days}内可补录")
_DAYS = (Text("{n:g} day", "{n:g} 天"), Text("{n:g} days", "{n:g} 天"))
_TIMES = (Text("{n:g} hour", "{n:g} 小时"), Text("{n:g} hours", "{n:g} 小时"))
_TRIES = (Text("{n:g} try", "{n:g} 次"), Text("{n:g} tries", "{n:g} 次"))
_RANDOM = Text(", and {share:.0%} of the others by chance", "，另随机抽取其余的 {share:.0%}")
_FINDING = Text(
    "{code}: {text} ({severity}, {points} points)", "{code}：{text}（{severity}，{points} 分）"
)
_FOLLOW_UP = Text("{text}: {role}, within {hours:g} hours", "{text}：{role}，{hours:g} 小时内")
_KEPT = Text(
    "the list of places for {list_days} days after the close, the answers for {submission_days}",
    "结束后地点名单保留 {list_days} 天，回答保留 {submission_days} 天",
)

_HEADINGS = {
    "about": Text("What for", "用途"),
    "line": Text("Line of service", "服务类别"),
    "enrols": Text("Enrols", "纳入"),
    "due": Text("Due", "到期"),
    "who": Text("Who", "由谁"),
    "asks": Text("Asks", "询问"),
    "outcomes": Text("Outcomes", "结果"),
    "findings": Text("Findings", "发现"),
    "follow_ups": Text("Follow-ups", "后续任务"),
    "done": Text("Done when", "办结条件"),
    "stock": Text("Stock", "物资"),
    "kept": Text("Kept", "保留期限"),
    "standing": Text("Standing", "现状"),
}


def told(pack: Pack, language: Language) -> str:
    """A summary that a person can read, in one language."""
    lines = [f"{pack.title.say(language)}  ({pack.name} {pack.version})", ""]
    for name, entries in _sections(pack, language):
        if entries:
            lines.append(_HEADINGS[name].say(language))
            lines += [f"  {entry}" for entry in entries] + [""]
    return "\n".join(lines).rstrip()


def _sections(pack: Pack, language: Language) -> list[tuple[str, list[str]]]:
    def say(text: Text, /, **fields: object) -> str:
        return text.say(language, **fields)

    kinds = ", ".join(sorted(say(PLACE_TEXT[kind]) for kind in pack.subjects))
    enrols = [
        f"{way.name}: {say(way.text)}"
        + (say(_RANDOM, share=way.random_share) if way.random_share else "")
        for way in pack.ways
    ]
    questions = [q for q in pack.form.questions.values() if q.type not in _SILENT]
    return [
        ("about", [say(pack.about)]),
        ("line", [say(SERVICE_LINE_TEXT[pack.line])]),
        ("enrols", [kinds, *enrols]),
        ("due", [say(cadence_text(cadence)) for cadence in pack.cadence]),
        ("who", [", ".join(say(ROLE_TEXT[role]) for role in pack.roles.perform)]),
        ("asks", [say(question.labels) for question in questions]),
        ("outcomes", [", ".join(dict.fromkeys(say(OUTCOME_TEXT[r.then]) for r in pack.outcomes))]),
        (
            "findings",
            [
                say(
                    _FINDING,
                    code=f.code,
                    text=say(f.text),
                    severity=say(SEVERITY_TEXT[f.severity]),
                    points=f.points,
                )
                for f in pack.findings
            ],
        ),
        (
            "follow_ups",
            [
                say(
                    _FOLLOW_UP, text=say(f.text), role=_role(f.role, language), hours=f.within_hours
                )
                for f in pack.follow_ups
            ],
        ),
        ("done", [say(rule.text) for rule in pack.done]),
        ("stock", [f"{say(item.text)} ({say(item.unit)})" for item in pack.items]),
        ("kept", [say(_KEPT, list_days=pack.list_days, submission_days=pack.submission_days)]),
        ("standing", [f"{s.state}: {say(s.text)}" for s in pack.standing]),
    ]


def _role(role: Role, language: Language) -> str:
    return ROLE_TEXT[role].say(language)


def cadence_text(cadence: Cadence) -> Text:
    """When a task is due, in a sentence."""

    def said(language: Language) -> str:
        every = _EVERY[cadence.every].say(
            language,
            days=_some(_DAYS, cadence.days, language),
            hours=_some(_TIMES, cadence.hours, language),
            events=_events(cadence, language),
        )
        tries = _some(_TRIES, cadence.attempts.most, language)
        hours = _HOURS.say(
            language, every=every, opens=cadence.opens, closes=cadence.closes, tries=tries
        )
        if not cadence.enterable_days:
            return hours
        days = _some(_DAYS, cadence.enterable_days, language)
        return hours + _ENTERABLE.say(language, days=days)

    return Text(said("en"), said("zh"))


def _some(one_or_more: tuple[Text, Text], number: float, language: Language) -> str:
    one, more = one_or_more
    return (one if number == 1 else more).say(language, n=number)


def _events(cadence: Cadence, language: Language) -> str:
    named = {event.word: text for event, text in EVENT_TEXT.items()}
    said = [named[word].say(language) for word in sorted(cadence.events)]
    return ("或" if language == "zh" else " or ").join(said)


def plain(pack: Pack) -> dict[str, Any]:
    """A pack as plain data: what a screen needs to list and explain it. Rules are left out."""
    return {
        "name": pack.name,
        "version": pack.version,
        "form_id": pack.form_id,
        "title": _both(pack.title),
        "task": _both(pack.task),
        "about": _both(pack.about),
        "script": _both(pack.script),
        "line": str(pack.line),
        "subjects": sorted(pack.subjects),
        "purposes": [{"code": p.code, "text": _both(p.text)} for p in pack.purposes],
        "roles": {name: list(map(str, held)) for name, held in asdict(pack.roles).items()},
        "claim": {"lease_hours": pack.lease_hours, "most": pack.most_claims},
        "ways": [
            {"way": w.name, "text": _both(w.text), "random_share": w.random_share}
            for w in pack.ways
        ],
        "cadence": [
            {"every": c.every, "subjects": sorted(c.subjects), "text": _both(cadence_text(c))}
            for c in pack.cadence
        ],
        "outcomes": list(dict.fromkeys(str(rule.then) for rule in pack.outcomes)),
        "code_list": pack.code_list,
        "findings": [
            {
                "code": f.code,
                "severity": str(f.severity),
                "points": f.points,
                "text": _both(f.text),
                "due_hours": f.due_hours,
            }
            for f in pack.findings
        ],
        "follow_ups": [_follow_up(rule) for rule in pack.follow_ups],
        "done": [{"code": rule.code, "text": _both(rule.text)} for rule in pack.done],
        "score": asdict(pack.score) if pack.score else None,
        "items": [asdict(item) for item in pack.items],
        "board": [asdict(figure) for figure in pack.board],
        "expiry": {"list_days": pack.list_days, "submission_days": pack.submission_days},
        "standing": [asdict(s) for s in pack.standing],
        "digest": pack.digest,
    }


def _both(text: Text) -> dict[str, str]:
    return asdict(text)


def _follow_up(rule: FollowUpRule) -> dict[str, Any]:
    """A task that findings raise; without `findings` it is raised by an answer alone."""
    named = [code for term in terms(rule.when) if term.name == "finding" for code in term.values()]
    return {
        "code": rule.code,
        "text": _both(rule.text),
        "role": str(rule.role),
        "after_hours": rule.after_hours,
        "within_hours": rule.within_hours,
        "findings": list(dict.fromkeys(named)),
    }
