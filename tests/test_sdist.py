"""What is handed out as a source distribution: the packages whole, and no tests without what they need."""

import tarfile
from pathlib import Path

from setuptools import build_meta

from tests.support.scripts import ROOT


def test_it_holds_the_packages_whole_and_no_tests(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with tarfile.open(tmp_path / build_meta.build_sdist(str(tmp_path))) as package:
        names = {str(Path(*Path(name).parts[1:])) for name in package.getnames()}
    assert not {name for name in names if name.startswith("tests")}
    for folder in ("mnist_adder", "excel_export", "spreadsheet_autograd", "excel_classroom"):
        files = [file for file in (ROOT / folder).rglob("*") if file.is_file() and "__pycache__" not in file.parts]
        assert {str(file.relative_to(ROOT)) for file in files} <= names
