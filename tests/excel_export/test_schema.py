"""The workbooks against the published schema of the format, by a validator that is not ours."""

import re
import zipfile

import pytest
from openxml_audit import OpenXmlValidator

from mnist_adder.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.digits import bundled_digits
from mnist_adder.model import HEADS
from mnist_adder.workbook import write_workbook


def findings(path) -> list[str]:
    """What the validator finds, but for the order in which openpyxl writes the settings of a font."""
    errors = OpenXmlValidator(max_errors=0).validate(path).errors
    errors = [error for error in errors if error.severity.name == "ERROR"]
    texts = [f"{error.part_uri}: {error.path}: {error.description}" for error in errors]
    return [text for text in texts if not re.search(r"styles\.xml.*/fonts?\[\d+\].*Unexpected element", text)]


@pytest.fixture(scope="module", params=HEADS)
def workbook(request, tmp_path_factory):
    network, _ = load_checkpoint(bundled_checkpoint("slice", request.param))
    path = tmp_path_factory.mktemp("schema") / "slice.xlsx"
    write_workbook(network, bundled_digits()[7], 5, path)
    return path


def test_the_teaching_workbook_is_valid(workbook):
    assert findings(workbook) == []


def test_a_broken_copy_is_found(workbook, tmp_path):
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(broken, "w") as new:
        for part in old.namelist():
            new.writestr(part, old.read(part).replace(b"<sheetData>", b"<sheetDatum/><sheetData>"))
    assert findings(broken)
