"""Forms: in both languages, with the pack's id and version, and such that phones take them."""

from __future__ import annotations

import csv
import shutil

import pytest
from lxml import etree

from lamplit.programmes.form import media, read_form, xform
from lamplit.programmes.load import SHIPPED, folders, load
from lamplit.programmes.new import write_new

NAMES = sorted(folders())
XF = {
    "x": "http://www.w3.org/2002/xforms",
    "h": "http://www.w3.org/1999/xhtml",
    "e": "http://www.opendatakit.org/xforms/entities",
}


def tree(name: str) -> etree._Element:
    return etree.fromstring(xform(load(SHIPPED / name)).encode())


@pytest.mark.parametrize("name", NAMES)
def test_a_form_carries_the_id_and_version_of_its_pack(name):
    (data,) = tree(name).xpath("//x:instance[not(@id)]/*", namespaces=XF)
    assert (data.get("id"), data.get("version")) == (
        f"lamplit_{name}",
        load(SHIPPED / name).version,
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_text_of_a_form_is_there_in_chinese_and_in_english(name):
    texts = {
        found.get("lang"): {t.get("id") for t in found}
        for found in tree(name).xpath("//x:translation", namespaces=XF)
    }
    assert set(texts) == {"English (en)", "中文 (zh)"}
    assert texts["English (en)"] == texts["中文 (zh)"]
    assert "-" not in tree(name).xpath("//x:itext//x:value/text()", namespaces=XF)
    (default,) = tree(name).xpath("//x:translation[@default]", namespaces=XF)
    assert default.get("lang") == "中文 (zh)"


@pytest.mark.parametrize("name", NAMES)
def test_a_form_updates_the_task_by_the_2024_1_entities_that_work_offline(name):
    root = tree(name)
    (entity,) = root.xpath("//e:*[@dataset] | //*[local-name()='entity'][@dataset]", namespaces=XF)
    assert dict(entity.attrib).items() >= {"dataset": "tasks", "update": "1"}.items()
    assert {"trunkVersion", "branchId", "baseVersion"} <= set(entity.attrib)
    (model,) = root.xpath("//x:model", namespaces=XF)
    assert model.get(f"{{{XF['e']}}}entities-version") == "2024.1.0"
    saved = root.xpath("//x:bind[@e:saveto]/@e:saveto", namespaces=XF)
    assert saved == ["state"]
    sources = root.xpath("//x:instance/@src", namespaces=XF)
    assert sources == ["jr://file-csv/tasks.csv"]


@pytest.mark.parametrize("name", NAMES)
def test_a_form_records_nothing_of_the_device_and_offers_its_own_tasks_only(name):
    root = tree(name)
    preloads = set(root.xpath("//x:bind/@*[local-name()='preload']", namespaces=XF))
    assert preloads <= {"timestamp", "uid"}
    (items,) = root.xpath("//x:itemset[contains(@nodeset, \"'tasks'\")]/@nodeset", namespaces=XF)
    assert f"programme = '{name}'" in items


def test_a_form_is_built_once_and_anew_when_its_files_change(tmp_path):
    folder = tmp_path / "pack"
    write_new(folder)
    first = load(folder)
    assert xform(first) is xform(load(folder))
    text = (folder / "form.md").read_text("utf-8").replace("Is all well?", "How are you?")
    (folder / "form.md").write_text(text, "utf-8")
    assert "How are you?" in xform(load(folder))
    assert "How are you?" not in xform(first)


def test_media_are_the_files_of_its_folder(tmp_path):
    folder = tmp_path / "pack"
    write_new(folder)
    assert media(load(folder)) == {}
    (folder / "media").mkdir()
    (folder / "media" / "card.png").write_bytes(b"\x89PNG")
    (folder / "media" / ".hidden").write_bytes(b"")
    assert media(load(folder)) == {"card.png": folder.resolve() / "media" / "card.png"}


def test_a_form_may_be_a_workbook(tmp_path):
    from openpyxl import Workbook

    folder = tmp_path / "pack"
    write_new(folder)
    book = Workbook()
    book.remove(book.active)
    for line in (folder / "form.md").read_text("utf-8").splitlines():
        cells = [cell.strip() or None for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or set(line) <= set("|- "):
            continue
        sheet = line[1:].split("|")[0].strip()
        if sheet:
            book.create_sheet(sheet)
            cells = cells[1:]
        else:
            cells = [c.strip() or None for c in line.strip()[1:].split("|")[1:-1]]
        book.worksheets[-1].append(cells)
    book.save(folder / "form.xlsx")
    pack = (folder / "pack.yaml").read_text("utf-8").replace("form: form.md", "form: form.xlsx")
    (folder / "form.md").rename(folder / "was.txt")
    (folder / "pack.yaml").write_text(pack, "utf-8")
    loaded = load(folder)
    assert list(loaded.form.questions) == list(read_form(folder / "form.xlsx").questions)
    assert loaded.form.choices_of("well")["help"].zh == "需要帮助"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("java") is None, reason="ODK Validate needs Java")
@pytest.mark.parametrize("name", NAMES)
def test_odk_validate_takes_the_form(name, tmp_path):
    from pyxform.validators.odk_validate import check_xform

    path = tmp_path / f"{name}.xml"
    path.write_text(xform(load(SHIPPED / name)), "utf-8")
    with (tmp_path / "tasks.csv").open("w", newline="") as file:
        csv.writer(file).writerow(["name", "label", "__version", "programme", "state"])
    assert [w for w in check_xform(str(path)) if "error" in w.lower()] == []
