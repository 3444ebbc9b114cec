"""A small working pack to start from."""

from __future__ import annotations

import re
from importlib.resources import as_file, files
from pathlib import Path

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import programmes as problems

NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")


def write_new(folder: Path) -> list[Path]:
    """Write a small pack that passes its checks into a new folder, named after the folder.

    Returns the files written. Raises LamplitError `programme.bad-name` or
    `programme.folder-in-use`.
    """
    name = folder.resolve().name
    if not NAME.fullmatch(name):
        raise LamplitError(problems.BAD_NAME, name=name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LamplitError(problems.FOLDER_IN_USE, folder=str(folder))
    written = []
    with as_file(files("lamplit.programmes").joinpath("template")) as template:
        for source in sorted(p for p in template.rglob("*") if p.is_file()):
            target = folder / source.relative_to(template)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(source.read_text("utf-8").replace("NAME", name), "utf-8")
            written.append(target)
    return written
