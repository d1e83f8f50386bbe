"""A file that can't be read or judged is one line of the report; the others' part of it is whole."""

from __future__ import annotations

import csv
import os
import stat
import time

import pytest

from excel_export.cli import main
from tests.support.sheets_by_hand import one_row_a_step, save


@pytest.fixture
def slow_office(tmp_path, monkeypatch):
    """A LibreOffice that takes too long, and whose child goes on writing into the profile."""
    office = tmp_path / "bin" / "soffice"
    office.parent.mkdir()
    office.write_text(
        '#!/bin/sh\nfor a in "$@"; do case $a in -env:*) profile=${a#*file://};; esac; done\n'
        '( while true; do mkdir -p "$profile/$(date +%N)"; done ) &\nsleep 60\n'
    )
    office.chmod(office.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(office.parent), prepend=os.pathsep)
    monkeypatch.setattr("spreadsheet_autograd.check_in_sandbox.CONVERSION", 1)


@pytest.mark.usefixtures("slow_office")
def test_libreoffice_past_its_time_is_one_line(tmp_path, capsys):
    folder = tmp_path / "handed in"
    folder.mkdir()
    (folder / "late.ods").write_bytes(b"PK")
    save(one_row_a_step(steps=1), folder / "right.xlsx")
    began = time.monotonic()
    assert main(["check", str(folder), "--report", str(tmp_path / "report")]) == 0
    assert time.monotonic() - began < 50
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Error")]
    assert len(lines) == 1
    assert "LibreOffice takes more than 1 seconds" in lines[0]
    with (tmp_path / "report" / "class.csv").open(encoding="utf-8-sig") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert rows["right.xlsx"]["right"] == "8"
    assert "LibreOffice takes more than 1 seconds" in rows["late.ods"]["error"]


def test_a_file_of_an_old_format_in_a_folder_is_named(tmp_path, capsys):
    folder = tmp_path / "handed in"
    folder.mkdir()
    save(one_row_a_step(), folder / "new.xlsx")
    (folder / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    assert main(["check", str(folder)]) == 0
    said = capsys.readouterr()
    assert "old.xls: an old or binary format that isn't read: save it as .xlsx" in said.err
    assert "gradients" in said.out
