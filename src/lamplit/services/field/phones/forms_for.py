"""Which forms a phone offers: those of the programmes that its owner has to do with now."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Language
from lamplit.domain.problems import openrosa as problems
from lamplit.programmes.form import media, xform
from lamplit.programmes.pack import Pack
from lamplit.services.field.office import Office
from lamplit.services.field.packs import pack_or_none
from lamplit.services.field.phones import phone_doors
from lamplit.services.field.phones.phone import Phone


@dataclass(frozen=True, slots=True)
class Served:
    """One form as a phone downloads it."""

    pack: Pack
    xml: bytes

    @property
    def id(self) -> str:
        """The form's id."""
        return self.pack.form_id

    @property
    def md5(self) -> str:
        """The hash by which a phone knows that it has it already."""
        return md5_of(self.xml)

    def title(self, language: Language) -> str:
        """What the list of forms calls it."""
        return self.pack.title.say(language)

    def about(self, language: Language) -> str:
        """What it is for."""
        return self.pack.about.say(language)

    def uses(self, list_name: str) -> bool:
        """Whether it reads or changes an entity list: a phone gets no list without need."""
        said = (f"/{list_name}.csv", f'dataset="{list_name}"')
        return any(one.encode() in self.xml for one in said)

    def media(self) -> dict[str, Path]:
        """Its files by name."""
        return media(self.pack)


def forms_for(office: Office, phone: Phone) -> list[Served]:
    """The forms of the open campaigns where this person performs, and of the tasks they hold.

    In order of their ids. Raises LamplitError `openrosa.deliver-only`.
    """
    phone.must_carry()
    with office.read(phone.actor) as tx:
        ties = phone_doors.ties_of(tx, phone.person_id)
        found: dict[str, Pack] = {}
        for role, campaigns in phone_doors.met(office, tx, ties).items():
            found |= {pack.name: pack for _, pack in campaigns if role in pack.roles.perform}
        held = {row.programme for row in phone_doors.own_tasks(tx, phone.person_id, ties)}
    for name in held - set(found):
        pack = pack_or_none(office, name)
        if pack is not None:
            found[name] = pack
    return [Served(pack, xform(pack).encode()) for _, pack in sorted(found.items())]


def form_for(office: Office, phone: Phone, form_id: str) -> Served:
    """One of them. Raises LamplitError `openrosa.no-form` where it is none of this person's."""
    for served in forms_for(office, phone):
        if served.id == form_id:
            return served
    raise LamplitError(problems.NO_FORM)


def media_of(office: Office, phone: Phone, form_id: str, name: str) -> Path:
    """A file of a form. Raises LamplitError `openrosa.no-form`."""
    found = form_for(office, phone, form_id).media().get(name)
    if found is None:
        raise LamplitError(problems.NO_FORM)
    return found


def md5_of(content: bytes) -> str:
    """The hash that OpenRosa names files by."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
