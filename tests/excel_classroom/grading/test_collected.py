"""Whatever a platform gives is collected: a zip, zips in it, workbooks with macros, .ods; within limits."""

import shutil
import stat
import zipfile

import pytest

from excel_classroom.results.collected import UNREADABLE, submissions_in
from excel_export import ExportError
from tests.support.dialects import with_macros
from tests.support.handed_in import fill, formulas, grade, hand_out

NAMES = ["Ada", "Bob", "Cleo"]


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """A class with all blanks filled in."""
    folder = tmp_path_factory.mktemp("class")
    key = hand_out(folder / "out", NAMES)
    key.save(folder / "key.json")
    for name in NAMES:
        fill(folder / "out" / f"{name}.xlsx", key.blanks, formulas(key.blanks))
    return folder, key


def zipped(path, **files):
    """A zip of names with their bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return path


def points(folder, source, *more):
    rows = grade(source, folder / "key.json", source.parent / "grades.csv", *more)
    return {row["student"]: (row["file"], row["percent"], row["remarks"]) for row in rows}


def test_the_zip_of_a_platform_is_graded_as_its_folder(handed_out, tmp_path):
    """Moodle's folders, a student's own zip in one of them, in that a folder; a Mac's shadow files are none."""
    folder, _ = handed_out
    ada, bob, cleo = ((folder / "out" / f"{name}.xlsx").read_bytes() for name in NAMES)
    inner = zipped(tmp_path / "inner.zip", **{"home work/cleo.xlsx": cleo, "__MACOSX/._cleo.xlsx": b"shadow"})
    source = zipped(tmp_path / "sub.zip", **{
        "Ada_11_assignsubmission_file/week3.xlsx": ada, "Bob_12_assignsubmission_file/week3.xlsx": bob,
        "Cleo_13_assignsubmission_file/work.zip": inner.read_bytes(), "__MACOSX/._x": b"shadow",
    })  # fmt: skip
    found = points(folder, source)
    assert found == {
        "Ada": ("Ada_11_assignsubmission_file/week3.xlsx", "100", ""),
        "Bob": ("Bob_12_assignsubmission_file/week3.xlsx", "100", ""),
        "Cleo": ("Cleo_13_assignsubmission_file/work.zip/home work/cleo.xlsx", "100", ""),
    }


def test_whose_a_zip_on_canvas_is_stands_in_its_name(handed_out, tmp_path):
    folder, _ = handed_out
    inner = zipped(tmp_path / "inner.zip", **{"x.xlsx": (folder / "out" / "Ada.xlsx").read_bytes()})
    source = zipped(tmp_path / "sub.zip", **{"bob_901_50010_work.zip": inner.read_bytes()})
    (file, _, remarks) = points(folder, source)["Ada"]
    assert file == "bob_901_50010_work.zip/x.xlsx"
    assert remarks == "it was handed out to Ada, but comes as Bob's"


def test_a_workbook_with_macros_is_read_without_them(handed_out, tmp_path):
    folder, _ = handed_out
    with_macros([folder / "out" / "Ada.xlsx"], tmp_path / "in")
    assert points(folder, tmp_path / "in")["Ada"] == ("Ada.xlsm", "100", "holds macros, which were not run")


def test_ods_without_libreoffice_is_one_line(handed_out, tmp_path, monkeypatch):
    folder, _ = handed_out
    (tmp_path / "in").mkdir()
    shutil.copy(folder / "out" / "Bob.xlsx", tmp_path / "in")
    (tmp_path / "in" / "Ada.ods").write_bytes(b"PK")
    monkeypatch.setenv("PATH", "")
    found = points(folder, tmp_path / "in")
    assert found["Ada"] == ("Ada.ods", "", "an .ods file, and no LibreOffice here to read it: save it as .xlsx")
    assert found["Bob"][1] == "100"


def names_in(source):
    with submissions_in(source) as (files, _):
        return {each.name: each.problem for each in files}


def test_what_is_wrong_with_a_zip_costs_that_zip_only(tmp_path):
    good = zipped(tmp_path / "good.zip", **{"a.xlsx": b"a"}).read_bytes()
    bomb = zipped(tmp_path / "bomb.zip", **{"big.xlsx": bytes(200 << 20)}).read_bytes()
    locked = bytearray(good)
    for at in (good.index(b"PK\x03\x04") + 6, good.index(b"PK\x01\x02") + 8):
        locked[at] |= 1
    nested = good
    for _ in range(5):
        nested = zipped(tmp_path / "n.zip", **{"n.zip": nested}).read_bytes()
    source = zipped(tmp_path / "all.zip", **{
        "x/good.zip": good, "x/bomb.zip": bomb, "x/locked.zip": bytes(locked), "x/cut.zip": good[:30], "n.zip": nested,
    })  # fmt: skip
    found = names_in(source)
    assert found.pop("x/good.zip/a.xlsx") == ""
    assert len(found) == 4
    assert set(found.values()) == {UNREADABLE}


def test_nothing_in_a_zip_decides_where_it_comes(tmp_path):
    source = zipped(
        tmp_path / "evil.zip", **{"../../up.xlsx": b"1", "/etc/abs.xlsx": b"2", "c\\d.xlsx": b"3", "e/": b""}
    )
    with zipfile.ZipFile(source, "a") as package:
        link = zipfile.ZipInfo("link.xlsx")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        package.writestr(link, "/etc/passwd")
    with submissions_in(source) as (files, _):
        assert [each.name for each in files] == ["c/d.xlsx", "etc/abs.xlsx", "link.xlsx", "up.xlsx"]
        assert all(each.path.parent == files[0].path.parent for each in files)
        assert not files[2].path.exists()
        kept = files[0].path
    assert not kept.exists()


def test_a_zip_that_holds_nothing(tmp_path):
    with pytest.raises(ExportError, match="holds no file"), submissions_in(zipped(tmp_path / "empty.zip")):
        pass
    (tmp_path / "no.zip").write_bytes(b"no zip")
    with pytest.raises(ExportError, match="can't be read"), submissions_in(tmp_path / "no.zip"):
        pass
