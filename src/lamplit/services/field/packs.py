"""Which programme packs this office runs: the shipped ones, and the home's own."""

from __future__ import annotations

from pathlib import Path

from lamplit.programmes import load
from lamplit.programmes.pack import Pack
from lamplit.services.field.office import Office

FORM_PREFIX = "lamplit_"


def own_folder(office: Office) -> Path:
    """The folder of the home's own packs; they take the place of shipped ones of the same name."""
    return office.home.path / "programmes"


def pack_of(office: Office, programme: str) -> Pack:
    """The pack of a programme by name.

    Raises LamplitError `programme.unknown`, or what `programmes.load.load` raises.
    """
    return load.find(programme, (own_folder(office),))


def packs(office: Office) -> dict[str, Pack]:
    """All packs by name."""
    return load.catalogue((own_folder(office),))


def pack_of_form(office: Office, form_id: str) -> Pack | None:
    """The pack whose form has this id; None where there is none."""
    name = form_id.removeprefix(FORM_PREFIX)
    if name == form_id or name not in load.folders((own_folder(office),)):
        return None
    return pack_of(office, name)
