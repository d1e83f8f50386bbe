"""Reading back: what is refused, and what survives a spreadsheet program."""

import zipfile

import numpy as np
import openpyxl
import pytest

from excel_export import ExportError, export, read_tensors, verify
from excel_export.workbook.read import read_written
from tests.support.engines import edit, recalculate, strip_values
from tests.support.tiny import Tiny, X


@pytest.fixture
def workbook(tmp_path):
    export(Tiny(), (X,), tmp_path / "tiny.xlsx")
    return tmp_path / "tiny.xlsx"


def test_keys_shapes_and_types(workbook):
    tensors = read_tensors(workbook)
    keys = {"x", "layer.weight", "layer.bias", "layer", "relu", "mse_loss"}
    assert set(tensors) == keys | {f"grad.{key}" for key in keys} | {"loss"}
    assert tensors["layer.weight"].shape == (2, 3)
    assert tensors["loss"].shape == ()
    assert {array.dtype for array in tensors.values()} == {np.dtype(np.float64)}


@pytest.mark.slow
def test_a_file_that_libreoffice_saved_reads_the_same(workbook, tmp_path):
    saved = recalculate(workbook, "libreoffice", tmp_path / "saved").path
    assert verify(saved, Tiny(), (X,)).ok


def test_a_wrong_value_is_found(workbook):
    module = Tiny()
    module.layer.weight.data[1, 2] += 1e-6
    report = verify(workbook, module, (X,))
    assert not report.ok
    assert report.max_error == pytest.approx(1e-6, rel=0.01)
    assert "DO NOT" in str(report)


def test_without_stored_values_every_formula_is_nan_and_not_ok(workbook, tmp_path):
    strip_values(workbook, tmp_path / "resaved.xlsx")
    tensors = read_tensors(tmp_path / "resaved.xlsx")
    assert np.isnan(tensors["relu"]).all()
    assert np.isfinite(tensors["layer.weight"]).all()
    assert verify(tmp_path / "resaved.xlsx", Tiny(), (X,)).max_error == float("inf")


def _no_index(path):
    book = openpyxl.Workbook()
    book.save(path)


def _damaged(path):
    export(Tiny(), (X,), path.with_name("whole.xlsx"))
    edit(path.with_name("whole.xlsx"), {("Tensors", "F6"): "nowhere"}, path)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_bytes(b"not a zip"), "not a workbook that can be read"),
        (lambda path: path.write_bytes(b""), "not a workbook that can be read"),
        (lambda path: zipfile.ZipFile(path, "w").close(), "not a workbook that can be read"),
        (_no_index, "not a workbook that excel_export wrote"),
        (_damaged, "is damaged at"),
    ],
)
def test_refusals(make, words, tmp_path):
    path = tmp_path / "bad.xlsx"
    make(path)
    with pytest.raises(ExportError, match=words) as caught:
        read_tensors(path)
    assert str(path) in str(caught.value)


def test_what_was_just_written_is_read_alike(workbook):
    """By the text of its cells, and by its XML."""
    by_xml, by_text = read_tensors(workbook), read_written(workbook)
    assert by_xml.keys() == by_text.keys()
    assert all(np.array_equal(by_xml[key], by_text[key]) for key in by_xml)
    assert not any(np.isnan(numbers).any() for numbers in by_text.values())


def test_what_is_no_xml_is_not_read_as_written(workbook, tmp_path):
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(workbook) as given, zipfile.ZipFile(broken, "w") as out:
        for name in given.namelist():
            out.writestr(name, given.read(name).replace(b"</sheetData>", b""))
    with pytest.raises(ExportError, match="not a workbook that can be read"):
        read_written(broken)
