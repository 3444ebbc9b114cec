"""Whatever is wrong with a pack is said with its file, line, key and cure, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamplit.domain.problems import programmes as problems
from lamplit.programmes.load import examine, find, load
from lamplit.programmes.new import write_new
from lamplit.programmes.scenarios import run_all

DOES_NOT_APPLY = {"programme.unknown", "programme.folder-in-use", "programme.bad-name"}
"""Problems that are of no file; tested below, each on its own."""

# Code: file, what is replaced, by what, what the line complained of holds, what the cure says.
BROKEN = {
    "file-unreadable": ("pack.yaml", "line: volunteering", "line: [volunteering", None, "quotes"),
    "file-unreadable alias": ("pack.yaml", "line: volunteering", "line: *x", "*x", "quotes"),
    "key-twice": (
        "pack.yaml",
        'version: "1"',
        'version: "1"\nname: again',
        "again",
        "one of the two",
    ),
    "unknown-key": ("pack.yaml", "subjects:", "subject:", "subject:", "Did you mean subjects?"),
    "unknown-key comma": (
        "pack.yaml",
        "en: Well check",
        "en: Well, really check",
        "Well, really",
        "needs quotes",
    ),
    "missing-key": ("pack.yaml", "line: volunteering", "", None, "The line of service"),
    "unknown-value": (
        "pack.yaml",
        "severity: major",
        "severity: majr",
        "majr",
        "Did you mean major?",
    ),
    "unknown-value count": (
        "pack.yaml",
        "count: done",
        "count: dome",
        "dome",
        "Did you mean done?",
    ),
    "unknown-value other finding": (
        "pack.yaml",
        "finding:needs_help",
        "finding:needs_hlp",
        "needs_hlp",
        "Did you mean finding:needs_help?",
    ),
    "wrong-shape": ("pack.yaml", "due_hours: 24", "due_hours: soon", "soon", "Hours after"),
    "wrong-shape range": ("pack.yaml", "list_days: 14", "list_days: 400", "400", "deleted"),
    "language-missing": (
        "pack.yaml",
        "{en: Every door, zh: 逐户}",
        "{en: Every door}",
        "Every door",
        "zh: …",
    ),
    "language-missing form": ("form.md", "都好 |", " |", "fine", "label::中文 (zh)"),
    "name-mismatch": ("pack.yaml", "name: pack", "name: another", "another", "same name"),
    "unknown-answer": (
        "pack.yaml",
        "answer: consent",
        "answer: consnt",
        "consnt",
        "Did you mean consent?",
    ),
    "unknown-choice": (
        "pack.yaml",
        "is: answered",
        "is: answerd",
        "answerd",
        "Did you mean answered?",
    ),
    "unknown-code": (
        "pack.yaml",
        "finding: needs_help",
        "finding: needs_hlp",
        "needs_hlp",
        "needs_help?",
    ),
    "code-twice": ("pack.yaml", "{code: refused,", "{code: reached,", "They said no", "unique"),
    "unreachable-finding": (
        "pack.yaml",
        "when: {answer: well, is: help}",
        "when: {all: [{answer: well, is: help}, {answer: well, is: fine}]}",
        "needs_help",
        "some answer meets",
    ),
    "condition": (
        "pack.yaml",
        "{answer: well, given: true}",
        "{answer: well}",
        "well",
        "all:, any: or not:",
    ),
    "condition last": ("pack.yaml", "  - {then: no_answer}\n", "", "refused", "condition"),
    "duration": (
        "pack.yaml",
        '["09:00", "19:00"]',
        '["19:00", "09:00"]',
        "19:00",
        "earlier hour first",
    ),
    "duration tries": ("pack.yaml", "gap_hours: 4", "gap_hours: 168", "168", "fewer attempts"),
    "duration list": (
        "pack.yaml",
        "submission_days: 90",
        "submission_days: 9",
        "list_days",
        "at most 9",
    ),
    "form-missing": ("pack.yaml", "form: form.md", "form: other.md", None, "form.md"),
    "form-invalid": (
        "form.md",
        "select_one well |",
        "select_one nothing |",
        "nothing",
        "row named",
    ),
    "form-task": ("form.md", "| | tasks | ${task} |", "| | homes | ${task} |", None, "entities"),
    "form-task copied": ("form.md", "= 'pack'", "= 'other'", "= 'other'", "programme = 'pack'"),
    "personal-data": (
        "form.md",
        "| | select_one well | well |",
        "| | text | phone |",
        "phone",
        "help",
    ),
    "scenario-failed": (
        "scenarios/two_days.yaml",
        "b: tried",
        "b: reached",
        "b: reached",
        "settle which",
    ),
    "scenario-failed place": (
        "scenarios/two_days.yaml",
        "place: b",
        "place: c",
        "place: c",
        "settle which",
    ),
    "scenario-failed answer": (
        "scenarios/two_days.yaml",
        "well: help",
        "wel: help",
        "wel: help",
        "correct it",
    ),
}


def complaints(folder: Path):
    examined = examine(folder)
    if examined.complaints or examined.pack is None:
        return list(examined.complaints)
    return run_all(examined.pack)


@pytest.fixture
def pack(tmp_path) -> Path:
    folder = tmp_path / "pack"
    write_new(folder)
    return folder


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_pack_says_where_and_how_to_mend_it(name, pack):
    file, old, new, on_line, remedy = BROKEN[name]
    path = pack / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    found = [c for c in complaints(pack) if c.code == f"programme.{name.split()[0]}"]
    assert found, [str(c) for c in complaints(pack)]
    complaint = found[0]
    assert remedy in complaint.remedy("en") + complaint.says("en")
    assert re.search("[\u4e00-\u9fff]", complaint.says("zh") + complaint.remedy("zh"))
    if on_line is not None:
        line = re.search(r"^(.+), line (\d+)", complaint.where)
        assert line, complaint.where
        assert Path(line[1]) == path
        assert on_line in path.read_text("utf-8").splitlines()[int(line[2]) - 1]


def test_a_folder_without_a_pack_and_a_pack_without_scenarios(pack, tmp_path):
    (empty,) = complaints(tmp_path)
    assert (empty.code, "pack.yaml" in empty.says("en")) == ("programme.file-missing", True)
    for scenario in (pack / "scenarios").iterdir():
        scenario.unlink()
    (none,) = complaints(pack)
    assert none.code == "programme.no-scenario"


@pytest.mark.parametrize("name", ["tasks.csv", "two words.png", "large.mp4", "folder"])
def test_media_that_phones_cannot_take_are_refused(name, pack):
    (pack / "media").mkdir()
    if name == "folder":
        (pack / "media" / name).mkdir()
    else:
        size = 5_000_001 if name == "large.mp4" else 1
        (pack / "media" / name).write_bytes(b"x" * size)
    (complaint,) = complaints(pack)
    assert (complaint.code, name in complaint.where) == ("programme.media", True)


def test_every_problem_of_programmes_is_met_in_a_test():
    declared = {v.code for v in vars(problems).values() if type(v).__name__ == "Problem"}
    met = {f"programme.{name.split()[0]}" for name in BROKEN}
    met |= {f"programme.{name}" for name in ("file-missing", "no-scenario", "media")}
    met |= DOES_NOT_APPLY
    assert met == declared


def test_an_unknown_name_tells_which_there_are():
    with pytest.raises(Exception, match=r"programme\.unknown.*Did you mean supplies\?"):
        find("supplys")


@pytest.mark.parametrize("name", ["../packs/supplies", "supplies/../supplies", "", ".", "/etc"])
def test_a_name_is_never_a_way_out_of_the_folder(name):
    with pytest.raises(Exception, match=r"programme\.unknown"):
        find(name)


def test_a_new_pack_wants_an_empty_folder_and_a_plain_name(tmp_path):
    with pytest.raises(Exception, match=r"programme\.bad-name"):
        write_new(tmp_path / "Well Check")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "something").write_text("x")
    with pytest.raises(Exception, match=r"programme\.folder-in-use"):
        write_new(tmp_path / "used")


def test_load_raises_the_first_complaint(pack):
    (pack / "pack.yaml").write_text("format: 2\n")
    with pytest.raises(Exception, match=r"pack\.yaml, line 1, format"):
        load(pack)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"- 1\n- 2\n",
        b"just words\n",
        b"a: !!python/object/apply:os.system [id]\n",
        b"[" * 5000,
        b"a: {b: " * 60 + b"1" + b"}" * 60,
        b"x" * 1_000_001,
        b"format: 1\nname: {a: [}\n",
        "format: １\nname: \u202egnissim\n".encode(),
    ],
)
def test_no_bytes_in_a_pack_do_more_than_be_complained_of(raw, pack):
    (pack / "pack.yaml").write_bytes(raw)
    found = complaints(pack)
    assert found
    assert all(c.code.startswith("programme.") for c in found)


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"no table", b"| survey |\n|---|\n| | |\n"])
def test_no_bytes_in_a_form_do_more_than_be_complained_of(raw, pack):
    (pack / "form.md").write_bytes(raw)
    assert all(c.code.startswith("programme.") for c in complaints(pack))
    assert complaints(pack)


def test_a_form_cannot_be_fetched_from_outside_the_folder(pack):
    text = (pack / "pack.yaml").read_text("utf-8")
    (pack / "pack.yaml").write_text(text.replace("form: form.md", "form: ../form.md"), "utf-8")
    assert "programme.wrong-shape" in {c.code for c in complaints(pack)}


def test_a_file_saved_in_another_encoding_is_told_so_in_both_languages(pack):
    text = (pack / "pack.yaml").read_text("utf-8")
    (pack / "pack.yaml").write_bytes(text.encode("gb18030"))
    (complaint,) = complaints(pack)
    assert "UTF-8: save it so" in complaint.says("en")
    assert "另存为 UTF-8" in complaint.says("zh")
    assert ", line " in complaint.where


@pytest.mark.parametrize("file", ["pack.yaml", "form.md", "scenarios/two_days.yaml"])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_slip_of_the_hand_ends_in_anything_but_complaints(file, data, pack):
    path = pack / file
    text = path.read_text("utf-8")
    lines = text.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    slip = data.draw(st.sampled_from(["gone", "twice", "cut", "indented", "turned", "null"]))
    line = lines[at]
    slipped = {
        "gone": "",
        "twice": line * 2,
        "cut": line[: len(line) // 2] + "\n",
        "indented": "  " + line,
        "turned": line[::-1].strip("\n") + "\n",
        "null": line.split(":")[0] + ": null\n",
    }[slip]
    try:
        path.write_text("".join([*lines[:at], slipped, *lines[at + 1 :]]), "utf-8")
        assert all(c.code.startswith("programme.") for c in complaints(pack))
    finally:
        path.write_text(text, "utf-8")
