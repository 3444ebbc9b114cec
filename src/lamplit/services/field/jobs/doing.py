"""What each kind of job does. Each can be run again from the start without harm."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from lamplit.domain.abilities import Ability
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import PlaceKind
from lamplit.domain.jobs import JobKind, Stage
from lamplit.domain.language import Text
from lamplit.domain.problems import jobs as problems
from lamplit.domain.problems import lake as lake_problems
from lamplit.meters.layouts.base import Options
from lamplit.services import registry
from lamplit.services.field import door
from lamplit.services.field.campaigns.evening import close_the_day
from lamplit.services.field.files import imports, incoming, registry_columns
from lamplit.services.field.files.columns import Said, worth_keeping
from lamplit.services.field.files.imports import Kind
from lamplit.services.field.files.sheet import in_pages_words
from lamplit.services.field.files.telling import ToldStep
from lamplit.services.field.jobs.pulse import Pulse
from lamplit.services.field.office import Actor, Office
from lamplit.services.field.places.sync import sync_places
from lamplit.services.field.plans import desk
from lamplit.services.ingest.result import FileResult, IngestReport
from lamplit.services.ingest.run import ingest
from lamplit.services.ingest.watch import Watch
from lamplit.services.night.advance import run_nights
from lamplit.services.registry import RowFault
from lamplit.store import headings
from lamplit.store import places as place_store

Asked = dict[str, Any]
Doing = Callable[[Office, Actor, Asked, Pulse], dict[str, Any]]
Found = TypeVar("Found")
AGAIN_SECONDS = 3.0
MOST_FAULTS = 200


def take_readings(office: Office, actor: Actor, asked: Asked, pulse: Pulse) -> dict[str, Any]:
    """Files into the lake; `asked`: imports, options (of `Options`), dry_run."""
    with office.read(actor) as tx:
        door.require_somewhere(tx, Ability.IMPORT)
    files = _files(office, actor, asked, pulse)
    given = {"timezone": office.home.timezone} | asked.get("options", {})
    options, dry_run = Options(**given), bool(asked.get("dry_run"))

    def run() -> IngestReport:
        watch = Watch()

        def look() -> tuple[Stage, float, str, int]:
            seen = watch.look()
            return Stage(seen.phase), seen.share, seen.name, seen.rows

        pulse.follow(look, watch.interrupt)
        try:
            return ingest(
                office.home.on_this_machine(), files, options, dry_run=dry_run, watch=watch,
                report=lambda done, total, label: pulse.check(),
            )  # fmt: skip
        finally:
            pulse.unfollow()

    report = _when_free(run, pulse)
    # A statement that was cut off looks like a file that can't be read.
    pulse.check()
    with office.begin(actor) as tx:
        for file in report.files:
            tx.log("readings.imported", "file", file.sha256 or file.name, dry_run=dry_run)
    if not dry_run and not report.failed:
        incoming.used_up(office, actor, asked["imports"])
    return {
        "rows": asdict(report.total), "files": [_told_file(file) for file in report.files],
        "unknown_meters": report.unknown_meters, "has_registry": report.registry,
        "seconds": round(report.seconds, 1), "dry_run": dry_run,
    }  # fmt: skip


def take_registry(office: Office, actor: Actor, asked: Asked, pulse: Pulse) -> dict[str, Any]:
    """A registry's plan, or (`apply`: a plan's mark) what the plan says, done.

    `asked`: imports (one), columns, fixed, apply, skip_bad. Raises LamplitError
    `job.changed-meanwhile` where the plan is no longer the one of the mark.
    """
    with office.read(actor) as tx:
        door.require_somewhere(tx, Ability.IMPORT)
        kept = headings.kept(tx.conn, registry_columns.KIND)
    said = Said(asked.get("columns") or {}, asked.get("fixed") or {}, kept)
    [file] = _files(office, actor, asked, pulse)
    pulse.say(Stage.PLANNING, 0.3, file.name)
    with in_pages_words(file):
        sheet = registry_columns.read(file, said)
        meant = registry_columns.meanings(str(file), sheet.headers, said)
        plan = registry.plan_sheet(office.home, file, sheet, meant, said.fixed)
    merge = plan.merge
    counts = {
        "rows": plan.rows, "added": merge.added, "changed": merge.changed, "closed": merge.closed,
        "unchanged": merge.unchanged, "duplicate": plan.checked.duplicates, "refused": plan.bad,
        "meters_serving_several_at_once": merge.at_once,
    }  # fmt: skip
    mark = _mark(asked, [counts, plan.stamp])
    if _applies(asked, mark):
        pulse.say(Stage.WRITING, 0.8, file.name)
        with in_pages_words(file):
            registry.apply_import(office.home, plan, skip_bad=bool(asked.get("skip_bad")))
        with office.begin(actor) as tx:
            learnt = worth_keeping(sheet.headers, registry_columns.LAYOUT, said)
            headings.keep(tx.conn, registry_columns.KIND, learnt, tx.now)
            tx.log(
                "registry.imported", "file", file.name, added=merge.added, changed=merge.changed,
                closed=merge.closed, refused=plan.bad,
            )  # fmt: skip
        incoming.used_up(office, actor, asked["imports"])
    faults = plan.first_faults(MOST_FAULTS)
    return {
        **counts, "columns_left_aside": plan.checked.ignored,
        "names_households": "household_id" in plan.checked.named,
        "faults": _told_faults(faults), "plan": mark, "applied": bool(asked.get("apply")),
    }  # fmt: skip


def take_table(office: Office, actor: Actor, asked: Asked, pulse: Pulse) -> dict[str, Any]:
    """Places, people or their ties: the plan, or what it says, done; as `take_registry` asks."""
    [file] = _files(office, actor, asked, pulse)
    pulse.say(Stage.PLANNING, 0.3, file.name)
    kind, columns, fixed = Kind(asked["table"]), asked.get("columns"), asked.get("fixed")
    with in_pages_words(file):
        plan = imports.plan_import(office, actor, kind, file, columns, fixed)
        mark = _mark(asked, plan.planned.summary)
        if _applies(asked, mark):
            pulse.say(Stage.WRITING, 0.6, file.name)
            imports.apply_import(office, actor, plan, skip_bad=bool(asked.get("skip_bad")))
            incoming.used_up(office, actor, asked["imports"])
    planned, layout = plan.planned, imports.IMPORTERS[kind].layout
    return {
        "table": kind.value, "rows": plan.rows, "added": planned.added, "changed": planned.changed,
        "unchanged": planned.unchanged, "refused": plan.bad,
        "steps": [_told_step(one) for one in plan.told], "columns_left_aside": plan.table.ignored,
        "column_texts": {name: _both(text) for name, text in layout.texts.items()},
        "faults": _told_faults(plan.faults[:MOST_FAULTS]), "plan": mark,
        "applied": bool(asked.get("apply")),
    }  # fmt: skip


def _told_step(step: ToldStep) -> dict[str, Any]:
    return {
        "row": step.row, "what": step.what, "code": step.code, "name": _both(step.name),
        "changes": [
            {
                "column": one.column, "was": _both(one.was) if one.was else None,
                "now": _both(one.now) if one.now else None, "held": one.held,
            }
            for one in step.changes
        ],
    }  # fmt: skip


def sync(office: Office, actor: Actor, asked: Asked, pulse: Pulse) -> dict[str, Any]:
    """The registry's places into the store; `asked`: district, dry_run.

    Without a district, new communities stand under the one district at which who asked may
    import, if it is one: else they would see nothing of what they brought in.
    """
    dry_run = bool(asked.get("dry_run"))
    district = asked.get("district") or _only_district(office, actor)

    def told(done: float, total: float | None) -> None:
        stage = Stage.PLANNING if dry_run else Stage.WRITING
        pulse.say(stage, done / total if total else 0.0, rows=int(done))

    found = sync_places(office, actor, district=district, dry_run=dry_run, report=told)
    return {
        "dry_run": dry_run, "added": dict(found.added), "changed": dict(found.changed),
        "unchanged": dict(found.unchanged),
    }  # fmt: skip


def work_nights(office: Office, actor: Actor, asked: Asked, pulse: Pulse) -> dict[str, Any]:
    """What `lamplit nightly` does: every home's state, then the field office's evening."""
    through = date.fromisoformat(asked["through"]) if asked.get("through") else None
    report = _when_free(
        lambda: run_nights(
            office.home, through, afresh=bool(asked.get("afresh")), job=pulse.job_id,
            progress=lambda what, done, total: pulse.say(
                Stage.NIGHTS, 0.95 * done / total if total else 0.0, rows=done
            ),
        ),
        pulse,
    )  # fmt: skip
    pulse.say(Stage.EVENING, 0.95)
    evening = close_the_day(office, report.through)
    told = asdict(replace(evening, failed={}, swept=[]))
    del told["failed"], told["swept"]
    return {
        "through": report.through, "nights": report.nights, "homes": report.homes,
        "reworked_homes": report.reworked_homes, "reworked_from": report.reworked_from,
        "last_read": report.last_read, "unread": report.unread, "afresh": report.afresh,
        "evening": told | {
            "swept": len(evening.swept),
            "failed": {code: fault.kept() for code, fault in evening.failed.items()},
        },
    }  # fmt: skip


def make_plan(office: Office, actor: Actor, asked: Asked, pulse: Pulse) -> dict[str, Any]:
    """A campaign's plan; `asked`: plan, its id."""
    state = desk.make(office, actor, asked["plan"], pulse)
    return {"plan": asked["plan"], "state": state.value}


DOING: dict[JobKind, Doing] = {
    JobKind.INGEST: take_readings,
    JobKind.REGISTRY: take_registry,
    JobKind.TABLE: take_table,
    JobKind.PLACES_SYNC: sync,
    JobKind.NIGHT: work_nights,
    JobKind.PLAN: make_plan,
}


def _only_district(office: Office, actor: Actor) -> str | None:
    with office.read(actor) as tx:
        held = place_store.by_ids(tx.conn, door.require_anywhere(tx, Ability.IMPORT))
    districts = [one.id for one in held.values() if one.kind is PlaceKind.DISTRICT]
    return districts[0] if len(districts) == 1 else None


def _files(office: Office, actor: Actor, asked: Asked, pulse: Pulse) -> list[Path]:
    """Where the files that came in lie, each checked."""
    return [
        incoming.checked(
            office, actor, one, lambda share, name: pulse.say(Stage.CHECKING, 0.0, name)
        )
        for one in asked["imports"]
    ]


def _when_free(run: Callable[[], Found], pulse: Pulse) -> Found:
    """What `run` gives, as soon as no other writer (a command, another server) has the home."""
    while True:
        try:
            return run()
        except LamplitError as fault:
            if fault.code != lake_problems.LOCKED.code:
                raise
        pulse.say(Stage.WAITING)
        pulse.pause(AGAIN_SECONDS)


def _mark(asked: Asked, plan: object) -> str:
    """What tells one plan of one file from another."""
    text = repr((asked["imports"], asked.get("columns"), asked.get("fixed"), plan))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _applies(asked: Asked, mark: str) -> bool:
    if not asked.get("apply"):
        return False
    if asked["apply"] != mark:
        raise LamplitError(problems.PLAN_CHANGED)
    return True


def _told_file(file: FileResult) -> dict[str, Any]:
    return {
        "name": file.name, "layout": file.layout, "why": _both(file.why),
        "batch": file.batch or None, "seen_before": file.seen_before or None,
        "rows": asdict(file.rows), "meters": file.meters, "day_min": file.day_min,
        "day_max": file.day_max, "reasons": file.reasons,
        "notes": [_both(note) for note in file.notes],
        "problem": file.error.kept() if file.error else None,
    }  # fmt: skip


def _told_faults(faults: Sequence[RowFault]) -> list[dict[str, Any]]:
    return [
        {
            "row": one.row, "column": one.column, "code": one.problem.code, "value": one.value,
            "says": {"en": one.says("en"), "zh": one.says("zh")},
            "remedy": _both(one.problem.page_remedy),
        }
        for one in faults
    ]  # fmt: skip


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
