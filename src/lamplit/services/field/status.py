"""How the office stands, on one page: for those who keep it running or work with its readings."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from datetime import date, datetime
from importlib import metadata

from sqlalchemy import func, select

from lamplit import __version__
from lamplit.domain.abilities import Ability
from lamplit.domain.field import CampaignState
from lamplit.domain.jobs import JobState
from lamplit.meters.lake import Lake
from lamplit.services.field import door
from lamplit.services.field.files import rejected
from lamplit.services.field.office import Actor, Office
from lamplit.services.night.snapshots import read_manifest
from lamplit.store import jobs as job_store
from lamplit.store.schema import campaign, inbox


@dataclass(frozen=True, slots=True)
class LastIngest:
    """The newest batch of the lake."""

    batch: int
    source: str
    at: datetime
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Status:
    """Days are local. `night_through` is the last night worked; `unworked` whether readings have
    come since. `set_aside`: submissions that wait for somebody to look at them; `rejected`: files
    of readings some of whose rows could not be read. Sizes and room on the disk are in bytes; a
    corrected meter-day counts twice among `lake_rows` until the lake is compacted.
    """

    version: str
    python: str
    engine: str
    timezone: str
    today: date
    store: str
    first_day: date | None
    last_day: date | None
    night_through: date | None
    unworked: bool
    last_ingest: LastIngest | None
    has_registry: bool
    campaigns_open: int
    set_aside: int
    jobs_waiting: int
    jobs_running: int
    disk_free: int
    disk_total: int
    lake_bytes: int
    lake_files: int
    lake_rows: int
    rejected: int


def status(office: Office, actor: Actor) -> Status:
    """Needs OPERATE or ANALYSE somewhere. Raises LamplitError `door.not-allowed`,
    `night.state-damaged` or `lake.manifest-damaged`.
    """
    with office.read(actor) as tx:
        door.require_one_of(tx, Ability.OPERATE, Ability.ANALYSE)
        opened = select(func.count()).where(campaign.c.state == CampaignState.OPEN.value)
        aside = select(func.count()).where(inbox.c.state == "quarantined")
        open_campaigns, set_aside = tx.conn.scalar(opened), tx.conn.scalar(aside)
        jobs = [row.state for row in job_store.open_jobs(tx.conn)]
        today = tx.today
    disk = shutil.disk_usage(office.home.path)
    lake, night = Lake(office.home), read_manifest(office.home.state_dir)
    span, batches = lake.day_range(), lake.manifest.batches
    last = batches[-1] if batches else None
    files = lake.files()
    return Status(
        version=__version__, python=platform.python_version(),
        engine=f"DuckDB {metadata.version('duckdb')}", timezone=office.home.timezone, today=today,
        store="sqlite" if office.db.is_sqlite else "postgresql",
        first_day=span[0] if span else None, last_day=span[1] if span else None,
        night_through=date.fromisoformat(night.through) if night.through else None,
        unworked=lake.last_batch() > night.batch,
        last_ingest=LastIngest(
            last.id, last.source, datetime.fromisoformat(last.at), dict(last.rows)
        ) if last else None,
        has_registry=office.home.registry_file.exists(),
        campaigns_open=int(open_campaigns or 0), set_aside=int(set_aside or 0),
        jobs_waiting=jobs.count(JobState.WAITING.value),
        jobs_running=jobs.count(JobState.RUNNING.value),
        disk_free=disk.free, disk_total=disk.total,
        lake_bytes=sum(size or 0 for size in lake.sizes(files)), lake_files=len(files),
        lake_rows=sum(file.rows for file in files), rejected=rejected.count(office),
    )  # fmt: skip
