"""Which programme packs this office runs: the shipped ones, and the home's own."""

from __future__ import annotations

import time
from pathlib import Path

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems.programmes import UNKNOWN_PROGRAMME
from lamplit.programmes import load
from lamplit.programmes.pack import Pack
from lamplit.services.field.office import Office

FORM_PREFIX = "lamplit_"
FRESH_SECONDS = 2.0
"""For so long a pack is taken as it was read; hundreds of submissions a second ask for it."""

_read: dict[tuple[Path, str], tuple[float, Pack]] = {}


def own_folder(office: Office) -> Path:
    """The folder of the home's own packs; they take the place of shipped ones of the same name."""
    return office.home.path / "programmes"


def pack_of(office: Office, programme: str) -> Pack:
    """The pack of a programme by name.

    Raises LamplitError `programme.unknown`, or what `programmes.load.load` raises.
    """
    folder, now = own_folder(office), time.monotonic()
    kept = _read.get((folder, programme))
    if kept is not None and now - kept[0] < FRESH_SECONDS:
        return kept[1]
    pack = load.find(programme, (folder,))
    _read[folder, programme] = (now, pack)
    return pack


def pack_or_none(office: Office, programme: str) -> Pack | None:
    """A programme's pack; None where it can't be read."""
    try:
        return pack_of(office, programme)
    except LamplitError:
        return None


def to_homes(office: Office, programme: str) -> bool:
    """Whether a programme goes to homes; it may where its pack can't be read."""
    pack = pack_or_none(office, programme)
    return pack is None or pack.to_homes


def packs(office: Office) -> dict[str, Pack]:
    """All packs by name."""
    return load.catalogue((own_folder(office),))


def pack_of_form(office: Office, form_id: str) -> Pack | None:
    """The pack whose form has this id; None where there is none."""
    name = form_id.removeprefix(FORM_PREFIX)
    if name == form_id:
        return None
    try:
        return pack_of(office, name)
    except LamplitError as problem:
        if problem.problem is UNKNOWN_PROGRAMME:
            return None
        raise
