"""`lamplit labels`: how often the list was right, and what to change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, JsonOption, note, print_json
from lamplit.cli.field import AsOption, day_of, office_and_actor, print_table
from lamplit.cli.text import tr

if TYPE_CHECKING:
    from lamplit.services.field.campaigns.labels import Labels, Share


def register(app: typer.Typer) -> None:
    """Add `labels` to the app."""
    app.command(
        "labels",
        help=tr(
            "What was found at the doors against what the meters said.",
            "上门结果与电表判断的对照。",
        ),
    )(labels)


def labels(
    since: Annotated[
        str | None, typer.Option("--since", metavar="DAY", help=tr("From this day.", "起始日期。"))
    ] = None,
    campaign: Annotated[
        str, typer.Option("--campaign", metavar="C", help=tr("Of one campaign.", "某一行动。"))
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help=tr("Write it as JSON.", "写出 JSON。")),
    ] = None,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply",
            help=tr(
                "Put the probabilities of later sweeps right by it.", "据此校准以后摸排的概率。"
            ),
        ),
    ] = False,
    as_person: AsOption = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Precision, recall, knocks per find, reliability, and thresholds that would do better."""
    import json

    from lamplit.services.field.campaigns import labels as service

    office, actor = office_and_actor(home, as_person)
    found = service.labels(office, actor, since=day_of(since), campaign=campaign)
    told = answer(found)
    if output:
        output.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")
        note(tr(f"Written to {output}.", f"已写入 {output}。"))
    elif as_json:
        print_json(told)
    else:
        _show(found)
    if apply:
        file = service.apply(office, actor, found)
        note(tr(f"Recalibration written to {file}.", f"校准已写入 {file}。"))


def answer(found: Labels) -> dict[str, Any]:
    """All of it as plain data."""
    knocks = found.knocks_per_find
    recall = found.recall
    return {
        "labels": found.labels,
        "unknown": found.unknown,
        "precision": {said: _share(one) for said, one in found.by_said.items()},
        "found": found.confusion,
        "knocks": found.knocks,
        "finds": found.finds,
        "knocks_per_find": None
        if knocks is None
        else {"value": round(knocks[0], 3), **_ends(knocks[1])},
        "recall": None
        if recall is None
        else {
            "picked": recall.picked, "missed": recall.missed, "unflagged": recall.unflagged,
            "value": recall.value, "low": recall.low, "high": recall.high,
        },
        "reliability": [
            {"from": low, "to": high, "said": said, **_share(one)}
            for low, high, said, one in found.bins
        ],
        "thresholds": [
            {"at": one.at, "doors": one.doors, "finds": one.finds, **_share(one.precision)}
            for one in found.thresholds
        ],
        "proposed_threshold": found.proposed.at if found.proposed else None,
        "recalibration": found.knots,
    }  # fmt: skip


def _share(one: Share) -> dict[str, Any]:
    share = None if one.share is None else round(one.share, 4)
    return {"right": one.hits, "of": one.of, "share": share, **_ends(one.interval)}


def _ends(interval: Any) -> dict[str, float | None]:
    if interval is None:
        return {"low": None, "high": None}
    high = None if interval.high == float("inf") else round(interval.high, 4)
    return {"low": round(interval.low, 4), "high": high}


def _show(found: Labels) -> None:
    note(
        tr(
            f"{found.labels:,} labels; {found.unknown:,} visits could not tell.",
            f"标签 {found.labels:,} 个；另有 {found.unknown:,} 次无法判断。",
        )
    )

    def said(one: Share) -> tuple[str, str, str]:
        if one.share is None or one.interval is None:
            return "–", "–", "–"
        ends = f"{one.interval.low:.0%} … {one.interval.high:.0%}"
        return f"{one.hits:,} / {one.of:,}", f"{one.share:.0%}", ends

    heads = (tr("said", "判断"), tr("right", "属实"), tr("share", "占比"), tr("95%", "95% 区间"))
    print_table(heads, [(name, *said(one)) for name, one in found.by_said.items()])
    knocks = found.knocks_per_find
    if knocks:
        note(tr(f"Knocks per find: {knocks[0]:.2f}.", f"每次发现的敲门数：{knocks[0]:.2f}。"))
    recall = found.recall
    if recall and recall.value is not None and recall.low is not None:
        top = recall.high if recall.high is not None else 1.0
        note(
            tr(
                f"Recall of empty homes: {recall.value:.0%} ({recall.low:.0%} … {top:.0%}), from "
                f"{recall.picked:,} doors of chance.",
                f"空置户召回率：{recall.value:.0%}（{recall.low:.0%} … {top:.0%}），"
                f"依据随机走访 {recall.picked:,} 户。",
            )
        )
    if found.proposed:
        now = found.thresholds[0]
        note(
            tr(
                f"A least probability of {found.proposed.at:.2f} would keep "
                f"{found.proposed.doors:,} of {now.doors:,} doors and {found.proposed.finds:,} of "
                f"{now.finds:,} finds.",
                f"若概率下限取 {found.proposed.at:.2f}，保留 {found.proposed.doors:,} / "
                f"{now.doors:,} 户，其中发现 {found.proposed.finds:,} / {now.finds:,}。",
            )
        )
