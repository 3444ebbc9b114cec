"""The form of a pack: an XLSForm in, an XForm out.

A form may be Markdown tables (`form.md`, which a reviewer can read), a workbook or a CSV file;
pyxform reads all three. The form's id and version are the pack's, whatever its settings say.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import programmes as problems
from lamplit.programmes.pack import Form, Pack, Question
from lamplit.programmes.said import said

LANGUAGES = {"en": "English (en)", "zh": "中文 (zh)"}
"""The names that label columns carry: `label::中文 (zh)`."""

TASKS = "tasks.csv"
"""The entity list of a person's own tasks, from which each form chooses."""

LARGEST_MEDIA = 5_000_000
"""Bytes of the largest file in a pack's media folder."""

_SELECTS = ("select_one", "select_multiple", "rank")
_SILENT = ("calculate", "start", "end", "today", "begin_group", "end_group", "hidden")
_ROW = re.compile(r"row\s*:\s*(\d+)")
_SHEET = re.compile(r"'(survey|choices|settings|entities)' sheet|\bsheet '?(\w+)'?")


def read_form(path: Path) -> Form:
    """The questions and choices of a form, with both languages of each label.

    Raises LamplitError `programme.form-missing` or `programme.form-invalid`.
    """
    book = _workbook(path)
    lines = _lines(path)
    questions: dict[str, Question] = {}
    for row, cells in enumerate(book.survey or (), start=2):
        question = _question(cells, lines.get(("survey", row), row))
        if question.name and question.type not in ("begin_group", "end_group"):
            questions[question.name] = question
    choices: dict[str, dict[str, Text]] = {}
    for cells in book.choices or ():
        named = choices.setdefault(str(cells.get("list_name", "")), {})
        named[str(cells.get("name", ""))] = _labels(cells)
    return Form(path, questions, choices)


def _question(cells: dict[str, Any], line: int) -> Question:
    kind = str(cells.get("type", "")).split()
    base = kind[0] if kind else ""
    if base in ("begin", "end") and len(kind) > 1:
        base = f"{base}_{kind[1]}"
    name = str(cells.get("name", ""))
    listed = kind[1] if len(kind) > 1 and base.startswith(_SELECTS) else ""
    choice_filter = str(cells.get("choice_filter", ""))
    return Question(name, base, listed, _labels(cells), line, choice_filter)


def _labels(cells: dict[str, Any]) -> Text:
    return Text(*(str(cells.get(f"label::{LANGUAGES[code]}") or "") for code in ("en", "zh")))


def form_complaints(form: Form) -> list[LamplitError]:
    """What is wrong with a form that pyxform does not mind: languages, the task, personal data."""
    book = _workbook(form.path)
    lines = _lines(form.path)
    found = []
    for sheet in ("survey", "choices"):
        for row, cells in enumerate(getattr(book, sheet) or (), start=2):
            where = _where(form.path, sheet, row, lines)
            found += _languages(cells, sheet, where)
    found += _task_complaints(form, book)
    found += [
        LamplitError(
            problems.PERSONAL_DATA,
            where=f"{form.path}, line {q.line}",
            what=said(f"The question {q.name}", f"问题 {q.name}"),
            value=q.type,
        )
        for q in form.questions.values()
        if q.type in ("deviceid", "phonenumber", "username", "email", "subscriberid")
        or q.name in ("name", "full_name", "id_number", "phone")
    ]
    return found


def _languages(cells: dict[str, Any], sheet: str, where: str) -> list[LamplitError]:
    kind = str(cells.get("type", "")).replace(" ", "_")
    silent = sheet == "survey" and (kind in _SILENT or kind.startswith("end_"))
    found = []
    for column in ("label", "hint", "constraint_message", "required_message"):
        said_in = {code: bool(cells.get(f"{column}::{LANGUAGES[code]}")) for code in LANGUAGES}
        wanted = column == "label" and not silent
        if not wanted and not any(said_in.values()):
            continue
        for code, there in said_in.items():
            if not there:
                language = said("English", "英文") if code == "en" else said("Chinese", "中文")
                at = f"{where}, column {column}::{LANGUAGES[code]}"
                found.append(LamplitError(problems.LANGUAGE_MISSING, where=at, which=language))
    return found


def _task_complaints(form: Form, book: Any) -> list[LamplitError]:
    task = form.questions.get("task")
    entities = [row for row in book.entities or () if row.get("list_name") == "tasks"]
    reasons = []
    if task is None or (task.type, task.list_name) != ("select_one_from_file", TASKS):
        reasons.append(
            said("no question task chooses from tasks.csv", "没有从 tasks.csv 选取的 task")
        )
    if not any(str(row.get("entity_id", "")).replace(" ", "") == "${task}" for row in entities):
        reasons.append(said("no entity of the list tasks is updated", "没有更新 tasks 列表的实体"))
    return [LamplitError(problems.FORM_TASK, where=str(form.path), reason=r) for r in reasons]


def xform(pack: Pack) -> str:
    """The pack's XForm as XML, its id and version those of the pack.

    Built once per state of the pack's files. Raises LamplitError `programme.form-invalid`.
    """
    return _built(pack.form.path, pack.form_id, pack.version, pack.title, pack.digest)


@lru_cache(maxsize=64)
def _built(path: Path, form_id: str, version: str, title: Text, _digest: str) -> str:
    from pyxform.builder import create_survey_element_from_dict
    from pyxform.xls2json import workbook_to_json

    book = _workbook(path)
    given = dict((book.settings or [{}])[0])
    settings = {
        **given,
        "form_id": form_id,
        "version": version,
        "form_title": f"{title.zh} · {title.en}",
        "default_language": LANGUAGES["zh"],
    }
    book.settings = [settings]
    book.settings_header = [dict.fromkeys(settings)]
    try:
        plain = workbook_to_json(book, form_name="data", warnings=[])
        survey = create_survey_element_from_dict(plain)
        return str(survey.to_xml(validate=False, pretty_print=True, warnings=[]))
    except Exception as error:  # pyxform's own errors, and what it trips over on the way
        raise _invalid(path, str(error) or type(error).__name__) from error


def media(pack: Pack) -> dict[str, Path]:
    """The files of the pack's media folder, by the name that a form's manifest gives them."""
    folder = pack.folder / "media"
    if not folder.is_dir():
        return {}
    kept = (p for p in sorted(folder.iterdir()) if p.is_file() and not p.name.startswith("."))
    return {path.name: path for path in kept}


_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def media_complaints(folder: Path) -> list[LamplitError]:
    """What of a pack's media a phone could not take, or would take for something else."""
    found = []
    inside = sorted((folder / "media").iterdir()) if (folder / "media").is_dir() else []
    for path in (p for p in inside if not p.name.startswith(".")):
        reason = None
        if not path.is_file() or not _PLAIN_NAME.fullmatch(path.name):
            reason = said("its name is not plain, or it is no file", "文件名不规范，或不是文件")
        elif path.name in (TASKS, "households.csv"):
            reason = said("phones know a list of this name", "与手机上的列表同名")
        elif path.stat().st_size > LARGEST_MEDIA:
            most = LARGEST_MEDIA // 1_000_000
            reason = said(f"it is over {most} MB", f"超过 {most} MB")
        if reason:
            problem = problems.MEDIA
            found.append(LamplitError(problem, where=str(path), name=path.name, reason=reason))
    return found


def _workbook(path: Path) -> Any:
    from pyxform.xls2json_backends import get_xlsform

    if not path.is_file():
        raise LamplitError(problems.FORM_MISSING, where=str(path.parent), name=path.name)
    try:
        return get_xlsform(path)
    except Exception as error:  # odd tables trip pyxform's readers in ways of their own
        raise _invalid(path, str(error) or type(error).__name__) from error


def _invalid(path: Path, message: str) -> LamplitError:
    """The problem that pyxform found, at the line of the row that it names."""
    row, sheet = _ROW.search(message), _SHEET.search(message)
    named = (sheet[1] or sheet[2]) if sheet else "survey"
    where = _where(path, named, int(row[1]), _lines(path)) if row else str(path)
    return LamplitError(problems.FORM_INVALID, where=where, reason=" ".join(message.split()))


def _where(path: Path, sheet: str, row: int, lines: dict[tuple[str, int], int]) -> str:
    line = lines.get((sheet, row))
    return f"{path}, line {line}" if line else f"{path}, sheet {sheet}, row {row}"


def _lines(path: Path) -> dict[tuple[str, int], int]:
    """The line of the file on which each row of each sheet stands; empty for a workbook.

    Rows are counted as a spreadsheet does: the header is row 1.
    """
    if path.suffix != ".md" or not path.is_file():
        return {}
    found: dict[tuple[str, int], int] = {}
    sheet, row = "", 0
    for at, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        inner = line.strip()
        if not inner.startswith("|") or re.fullmatch(r"[|\-]+", inner):
            continue
        cells = [cell.strip() for cell in inner.strip("|").split("|")]
        first = inner[1:].split("|")[0].strip()
        if first:
            sheet, row = first.lower(), 0
            cells = cells[1:]
        if any(cells):
            row += 1
            found[(sheet, row)] = at
    return found
