"""The house is enforced: sizes, imports, both languages, and what may not be said."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import lamplit
from lamplit.cli.app import COMMANDS
from lamplit.domain.language import Text
from lamplit.domain.problems import catalogue

ROOT = Path(__file__).resolve().parents[2]
# Migrations are generated and then frozen: nobody splits or edits them.
SOURCES = sorted(p for p in (ROOT / "src").rglob("*.py") if p.parent.name != "versions")
HEAVY = ("duckdb", "pyspark", "pyarrow", "numpy", "lxml", "openpyxl", "pandas")

LARGEST_MODULE, LONGEST_FUNCTION = 500, 60

NEVER = {
    "a word that judges people": re.compile(r"suspicious|可疑"),
    "a path of one machine": re.compile(r"(?<![\w.~])/(home|root|Users|work)/\w"),
    "work put off": re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"),
}


def modules() -> list[str]:
    """The names of all modules of the package."""
    found = pkgutil.walk_packages(lamplit.__path__, "lamplit.")
    return sorted(m.name for m in found if not m.name.endswith("__main__"))


@cache
def trees() -> list[tuple[Path, ast.Module]]:
    return [(path, ast.parse(path.read_text("utf-8"))) for path in SOURCES]


def test_no_module_is_over_500_lines():
    sizes = {path: len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    large = {p.name: n for p, n in sizes.items() if n > LARGEST_MODULE}
    assert large == {}


def test_no_two_files_of_tests_share_a_name():
    # Without packages, pytest takes two of one name for one module, and refuses to collect.
    names = [p.name for p in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_no_function_is_over_60_lines():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_the_domain_uses_the_standard_library_only():
    foreign = []
    for path, tree in trees():
        if "domain" not in path.parts:
            continue
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            foreign += [
                f"{path.name}: {name}"
                for name in names
                if name.split(".")[0] not in sys.stdlib_module_names
                and not name.startswith("lamplit.domain")
            ]
    assert foreign == []


def test_help_and_the_whole_tree_of_commands_load_no_engine():
    code = (
        "import sys; from lamplit.cli.app import build, run; run(['--help']); build();"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("problem", catalogue().values(), ids=lambda p: p.code)
def test_a_problem_has_a_dotted_code_both_languages_and_the_same_fields(problem):
    assert re.fullmatch(r"[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*)+", problem.code)
    for text in (problem.says, problem.remedy, problem.page_remedy):
        assert text.en.strip()
        assert text.zh.strip()
    said = fields(problem.says.en) | fields(problem.remedy.en)
    assert said == fields(problem.says.zh) | fields(problem.remedy.zh)
    page = problem.page_remedy
    assert fields(page.en) == fields(page.zh)
    if problem.on_pages:
        assert fields(page.en) <= said, "the raiser gives no other fields"


AT_THE_COMMAND_LINE = ("demo.", "doctor.", "replay.", "score.", "town.", "web.")
"""Problems of rooms that only commands enter; `web.`: how the server is started. Whether one of
them names a command is for whoever sits at one."""
A_COMMAND = re.compile(
    rf"lamplit (?:{'|'.join(COMMANDS)})\b|(?<![\w-])--?[a-z]"
    r"|\bcommand\b|命令|\b(?:pip|apt) install|\bch(?:mod|own)\b"
)


@pytest.mark.parametrize("problem", catalogue().values(), ids=lambda p: p.code)
def test_no_page_tells_anybody_to_run_a_command(problem):
    if problem.code.startswith(AT_THE_COMMAND_LINE):
        return
    for text in (problem.says, problem.page_remedy):
        for said in (text.en, text.zh):
            assert not A_COMMAND.search(said), said
    if problem.on_pages:
        of_the_shell = A_COMMAND.search(problem.remedy.en) or "docs/" in problem.remedy.en
        assert of_the_shell, "one wording would do for both"


def test_no_note_that_pages_show_names_an_option():
    told = {
        f"{path.name}: {part.value}"
        for path in SOURCES
        if not {"cli", "problems", "replay", "outbound", "town"} & set(path.parts)
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Text"
        for part in ast.walk(call)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
        if A_COMMAND.search(part.value)
    }
    assert told == set()


def test_every_table_that_people_save_is_made_inert():
    # What writes rows for programs to read, and says beside it why its cells are left alone.
    data = {
        "services/field/phones/phone_lists.py", "services/ingest/excel.py", "town/build.py",
        "town/files.py", "replay/stage.py", "replay/neighbourhood/small.py",
    }  # fmt: skip
    room = ROOT / "src" / "lamplit"
    writing = re.compile(r"csv\.(writer|DictWriter)\(|CSVWriter\(")
    live = {
        path.relative_to(room).as_posix()
        for path in SOURCES
        if writing.search(path.read_text("utf-8"))
        and "lamplit.domain.cells import" not in path.read_text("utf-8")
    }
    assert live == data


def test_nothing_is_deleted_but_what_the_store_page_lists():
    page = (ROOT / "docs/reference/store.md").read_text("utf-8")
    section = page.split("## What is let go of")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]]
            for line in section.splitlines() if line.startswith("| `")]  # fmt: skip
    listed = {row[0].strip("`"): re.findall(r"`([\w.]+)`", row[3]) for row in rows}
    deleted, texts, raw = set(), set(), set()
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
                raw |= {
                    f"{path.name}: {m}" for m in re.findall(r"(?i)\bdelete from \w+", node.value)
                }
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "delete":
                deleted.add(ast.unparse(node.args[0]))
    assert deleted == set(listed)
    # The engine's own tables of rows on their way into the lake.
    assert raw == {"group.py: DELETE FROM slots", "group.py: DELETE FROM registers"}
    assert {kind for kinds in listed.values() for kind in kinds} <= texts
    # What keeps something of people says so in the log, whatever else is machinery.
    silent = {table for table, kinds in listed.items() if not kinds}
    assert silent == {"import_heading", "place_outline", "idempotency", "throttle", "setup_link"}


def test_the_store_page_names_every_table_and_the_days_that_the_program_keeps_them():
    from lamplit.services.field.access import once, setup, throttle
    from lamplit.services.field.files import incoming
    from lamplit.services.field.jobs import jobs
    from lamplit.services.field.privacy import feedback
    from lamplit.store.schema import metadata

    page = (ROOT / "docs/reference/store.md").read_text("utf-8")
    assert [name for name in metadata.tables if f"`{name}`" not in page] == []
    for table, kept in (
        ("job", jobs.KEEP), ("import_part", incoming.KEEP), ("idempotency", once.KEEP),
        ("throttle", throttle.KEEP), ("setup_link", setup.LIVES), ("feedback", feedback.KEEP),
    ):  # fmt: skip
        row = next(line for line in page.splitlines() if line.startswith(f"| `{table}` |"))
        assert re.search(rf"\b{kept.days} days?\b", row), table


def test_every_problem_of_the_catalogue_can_happen():
    others = [p.read_text("utf-8") for p in SOURCES if "problems" not in p.parts]
    named = {word for source in others for word in re.findall(r"\w+", source)}
    unused = []
    for path in SOURCES:
        if path.parent.name != "problems":
            continue
        module = importlib.import_module(f"lamplit.domain.problems.{path.stem}")
        unused += [
            f"{path.stem}.{name}"
            for name, value in vars(module).items()
            if type(value).__name__ == "Problem" and name not in named
        ]
    assert unused == []


def texts() -> dict[str, Text]:
    """Every Text that a module holds, alone or in a dict, list or tuple."""
    found = {}
    for name in modules():
        for attribute, value in vars(importlib.import_module(name)).items():
            inside = value.values() if isinstance(value, dict) else value
            several = inside if isinstance(value, dict | list | tuple) else (value,)
            for at, text in enumerate(several):
                if isinstance(text, Text):
                    found[f"{name}.{attribute}[{at}]"] = text
    return found


SILENT = {
    "EVENT_TEXT": "no event has no name",
    "CHECK_COLUMNS": "the column of the marks has no head",
}
"""The texts that say nothing on purpose: the first of these, and no other."""


def test_no_text_lacks_a_language_or_a_field_and_none_is_empty():
    wrong = [
        where
        for where, text in texts().items()
        if fields(text.en) != fields(text.zh) or not (text.en.strip() and text.zh.strip())
    ]
    assert [one for one in wrong if not re.search(rf"\.({'|'.join(SILENT)})\[0\]$", one)] == []


def test_every_text_of_the_command_line_is_given_in_both_languages():
    wrong = []
    for path, tree in trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr"):
                continue
            literal = [ast.unparse(a) for a in node.args]
            chinese = bool(re.search(r"[\u3001-\u303f\u4e00-\u9fff]", "".join(literal[1:])))
            english = bool(literal and re.search(r"[^\s'\"f]", literal[0]))
            if len(literal) != 2 or not chinese or not english:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {literal}")
    assert wrong == []


@pytest.mark.parametrize("what", NEVER)
def test_nothing_says(what):
    own = {Path(__file__).resolve()}
    files = [*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
    files += [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), ROOT / "Makefile"]
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files
        if path.resolve() not in own
        for match in NEVER[what].finditer(path.read_text("utf-8"))
    ]
    assert found == []


def fields(template: str) -> set[str]:
    """The names of the `{fields}` in a template."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}
