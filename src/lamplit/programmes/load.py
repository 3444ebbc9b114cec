"""Opens packs: the shipped ones, and an operator's own beside or in place of them."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import programmes as problems
from lamplit.programmes import schema
from lamplit.programmes.build import build
from lamplit.programmes.check import cross_complaints
from lamplit.programmes.form import form_complaints, media_complaints, read_form, xform
from lamplit.programmes.pack import Pack
from lamplit.programmes.said import hint, listed
from lamplit.programmes.yamlmap import Document, read

SHIPPED = Path(__file__).parent / "packs"
"""The folder of the packs that come with lamplit."""

READ = (".yaml", ".md", ".xlsx", ".csv")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Examined:
    """What a look at a folder found: the pack where it could be built, and every complaint."""

    folder: Path
    pack: Pack | None
    complaints: tuple[LamplitError, ...]


def load(folder: Path) -> Pack:
    """The pack in a folder. Its scenarios are not run: `scenarios.run` does that.

    Raises LamplitError, the first of its complaints, where it is not sound.
    """
    return _loaded(folder.resolve(), digest(folder))


@lru_cache(maxsize=128)
def _loaded(folder: Path, seen: str) -> Pack:
    examined = examine(folder, seen)
    if examined.complaints:
        raise examined.complaints[0]
    assert examined.pack is not None  # a pack with nothing to complain of was built
    return examined.pack


def examine(folder: Path, seen: str = "") -> Examined:
    """Everything wrong with a folder's pack.yaml and form, in the order of the files.

    Later checks need what earlier ones read: a pack whose YAML cannot be read has that complaint
    alone.
    """
    try:
        document = read(folder / "pack.yaml")
    except LamplitError as error:
        return Examined(folder, None, (error,))
    found = schema.complaints(document)
    if not found and document.data["name"] != folder.name:
        found.append(_misnamed(document, folder))
    try:
        form = read_form(folder / _form_name(document))
    except LamplitError as error:
        return Examined(folder, None, (*found, error))
    found += [*form_complaints(form), *media_complaints(folder)]
    pack = None
    if not any(where_of(error, document) for error in found):
        try:
            pack = build(document, form, seen or digest(folder))
        except LamplitError as error:
            return Examined(folder, None, (*found, error))
        found += cross_complaints(pack, document)
        try:
            xform(pack)
        except LamplitError as error:
            found.append(error)
    return Examined(folder, pack, tuple(found))


def where_of(error: LamplitError, document: Document) -> bool:
    """Whether a complaint is about the document itself, rather than about the form."""
    return error.where.startswith(str(document.path)) and error.code != "programme.name-mismatch"


def _misnamed(document: Document, folder: Path) -> LamplitError:
    name = document.data["name"]
    where = document.where(("name",))
    return LamplitError(problems.NAME_MISMATCH, where=where, name=name, folder=folder.name)


def _form_name(document: Document) -> str:
    data = document.data if isinstance(document.data, dict) else {}
    name = data.get("form", "form.md")
    # A form outside the folder would not be part of the pack, nor of its digest.
    return Path(name).name if isinstance(name, str) else "form.md"


def catalogue(extra: Iterable[Path] = ()) -> dict[str, Pack]:
    """All packs by name: the shipped ones, then those in each of the extra folders.

    A pack of a later folder takes the place of an earlier one of the same name; a folder that is
    not there holds none. Raises LamplitError where a pack is not sound.
    """
    return {name: load(folder) for name, folder in folders(extra).items()}


def folders(extra: Iterable[Path] = ()) -> dict[str, Path]:
    """The folders of all packs by name, without opening any."""
    found: dict[str, Path] = {}
    for parent in (SHIPPED, *extra):
        inside = sorted(parent.iterdir()) if parent.is_dir() else []
        found |= {path.name: path for path in inside if (path / "pack.yaml").is_file()}
    return found


def find(name: str, extra: Iterable[Path] = ()) -> Pack:
    """The pack called so. Raises LamplitError `programme.unknown`, or what `load` raises."""
    # A name is one entry of a folder and never a way out of it.
    if _NAME.fullmatch(name):
        for parent in (*reversed(tuple(extra)), SHIPPED):
            if (parent / name / "pack.yaml").is_file():
                return load(parent / name)
    known = folders(extra)
    raise LamplitError(
        problems.UNKNOWN_PROGRAMME, name=name, hint=hint(name, known), known=listed(known)
    )


def digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of a pack's files, scenarios left out.

    Files whose size and time of change are as before are not read again.
    """
    files = []
    for inside in ("", "media"):
        if not (folder / inside).is_dir():
            continue
        with os.scandir(folder / inside) as entries:
            for entry in entries:
                if entry.is_file() and (inside or entry.name.endswith(READ)):
                    about = entry.stat()
                    name = f"{inside}/{entry.name}" if inside else entry.name
                    files.append((name, about.st_mtime_ns, about.st_size))
    return _digest(folder, tuple(sorted(files)))


@lru_cache(maxsize=256)
def _digest(folder: Path, files: tuple[tuple[str, int, int], ...]) -> str:
    mark = hashlib.sha256()
    for name, _, size in files:
        mark.update(f"{name}\n{size}\n".encode())
        mark.update((folder / name).read_bytes())
    return mark.hexdigest()
