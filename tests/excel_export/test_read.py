"""Reading back: what is refused, and what survives a spreadsheet program."""

import zipfile

import numpy as np
import openpyxl
import pytest

from excel_export import ExportError, export, read_tensors, verify
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
