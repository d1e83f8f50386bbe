"""What a process that reads a stranger's file can do to the machine: read that file, and compute."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openpyxl
import pytest

from excel_export.shared import locked_in, sandbox
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.libreoffice import OPEN, PIPE, PIPES, as_xlsx

ROOT = Path(__file__).resolve().parents[1]
HARMLESS = ["read its file", "start a thread", "import"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")


@pytest.fixture
def given(tmp_path, monkeypatch):
    """A file, and another one beside it."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(sandbox, "open_access", set())
    monkeypatch.setattr(sandbox, "_is_required", False)
    (tmp_path / "given.xlsx").write_text("given")
    (tmp_path / "other.xlsx").write_text("other")
    return tmp_path / "given.xlsx"


def attacked(given):
    return sandbox.run_job("tests.support.attack", "attack", given, other=str(given.with_name("other.xlsx")))["done"]


@linux
def test_it_reads_its_file_and_nothing_else(given):
    done = attacked(given)
    if sandbox.open_access:
        pytest.skip(f"this kernel leaves {sandbox.open_access}")
    assert done == HARMLESS
    assert given.read_text() == "given"
    assert sorted(path.name for path in given.parent.iterdir()) == ["given.xlsx", "other.xlsx"]
    assert not sandbox.warning()


AS_LIBREOFFICE = """
import json, os, sys
from pathlib import Path
from spreadsheet_autograd import libreoffice
from tests.support.attack import attack
given, other = map(Path, sys.argv[1:])
execv = os.execv
def instead(program, command):
    os.execv = execv
    print(json.dumps(attack(given, seconds=1, other=str(other))["done"]))
os.execv = instead
libreoffice._become(given.parent, ["/usr/lib/libreoffice/program/soffice.bin"])
"""


@linux
def test_libreoffice_writes_into_its_own_folder_and_reaches_nothing(given):
    own, other = given.parent / "own", given.with_name("other.xlsx")
    own.mkdir()
    (own / "given.ods").write_text("given")
    with socket.socket(socket.AF_UNIX) as service:
        service.bind(str(given.with_name("service")))
        service.listen()
        command = [sys.executable, "-c", AS_LIBREOFFICE, own / "given.ods", other]
        done = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    if json.loads((own / OPEN).read_text()):
        pytest.skip("this kernel leaves something")
    within = ["read its file", "list a folder", "write", "write into its file", "make a socket with a file's name"]
    assert [each for each in done if each != "start a thread"] == within
    assert other.read_text() == "other"
    assert sorted(path.name for path in given.parent.iterdir()) == ["given.xlsx", "other.xlsx", "own", "service"]


@linux
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_reads_a_sheet_all_the_same_and_leaves_nothing(tmp_path):
    sheet = openpyxl.Workbook()
    sheet.active.append([3, "=A1*2"])
    sheet.save(tmp_path / "a.xlsx")
    before = {*PIPES.glob(PIPE)}
    copy = openpyxl.load_workbook(as_xlsx(tmp_path / "a.xlsx", tmp_path)).active
    assert [cell.value for cell in copy[1]] == [3, "=A1*2"]
    assert {*PIPES.glob(PIPE)} <= before


@linux
@pytest.mark.parametrize("is_required", [False, True])
def test_libreoffice_is_not_started_where_it_must_be_locked_in_and_cannot(given, monkeypatch, is_required):
    folder = given.parent
    office, started = folder / "soffice", folder / "started"
    office.write_text(f"#!/bin/sh\ntouch {started}\n")
    office.chmod(0o700)
    (folder / "sitecustomize.py").write_text(
        "from excel_export.shared import locked_in\nlocked_in.lock_in = lambda *kept: ['files']\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{folder}:{ROOT}")
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    if is_required:
        sandbox.require()
    words = "cannot keep LibreOffice from files: --sandbox required" if is_required else "LibreOffice can't read"
    with pytest.raises(ExportError, match=words):
        as_xlsx(given.rename(folder / "given.ods"), folder)
    assert started.exists() != is_required
    assert sandbox.open_access == {"files"}


@linux
def test_it_imports_what_is_installed_beside_our_packages(given, monkeypatch):
    """As by `pip install --user`, where they lie in no folder of Python's own."""
    installed = given.parent / "installed"
    installed.mkdir()
    for name in ("excel_export", "tests"):
        (installed / name).symlink_to(ROOT / name)
    (installed / "installed_beside_us.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(installed))
    done = attacked(given)
    if sandbox.open_access:
        pytest.skip(f"this kernel leaves {sandbox.open_access}")
    assert done == [*HARMLESS, "import what is installed"]


@linux
def test_libraries_are_read_where_they_lie(given):
    """As those of conda, in no folder of the system's; a file that is mapped for another reason opens none."""
    maps = given.parent / "maps"
    maps.write_text(
        "7f00-7f01 r-xp 00000000 fd:01 12 /opt/conda/lib/libstdc++.so.6\n"
        "7f02-7f03 r-xp 00000000 fd:01 13 /home/me/secret.so\n7f04-7f05 rw-p 00000000 00:00 0\n"
    )
    assert locked_in._folders_of_libraries(maps) == {Path("/opt/conda/lib")}
    assert locked_in._folders_of_libraries() & {*Path("/usr/lib").glob("*"), Path("/lib"), Path("/usr/lib")}


def test_an_import_that_fails_is_said_so(given):
    with pytest.raises(sandbox.NotGraded, match=r"cannot import or read what it needs \(.*not_installed_anywhere"):
        sandbox.run_job("tests.support.attack", "importing", given)


@linux
def test_the_attacks_do_harm_where_nothing_is_taken_away(given, monkeypatch):
    """So the test above can fail."""
    (given.parent / "sitecustomize.py").write_text(
        "from excel_export.shared import locked_in\nlocked_in.lock_in = lambda readable: ['files']\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{given.parent}:{ROOT}")
    done = attacked(given)
    assert {"write", "read another file", "run a program", "run a program from a fork", "open a socket"} <= {*done}
    assert sandbox.warning().endswith("from files")


def test_where_a_process_cannot_be_locked_in_a_file_can_be_refused(given, monkeypatch):
    (given.parent / "sitecustomize.py").write_text(
        "from excel_export.shared import locked_in\nlocked_in.lock_in = lambda readable: ['files', 'programs']\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{given.parent}:{ROOT}")
    sandbox.require()
    with pytest.raises(sandbox.NotGraded, match="cannot keep a process from files and programs: --sandbox required"):
        attacked(given)


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_another_system_says_what_it_leaves(system, monkeypatch):
    monkeypatch.setattr(locked_in.sys, "platform", system)
    assert locked_in.lock_in([]) == ["files", "programs", "the network"]


def test_what_is_ended_by_ctrl_c_is_not_tried_again(given):
    """A file that takes too long is tried once more without some sheets; one that was stopped is not."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sandbox.run_job, "tests.support.attack", "waiting", given)
        while not sandbox._running:
            time.sleep(0.01)
        sandbox.end_all()
        with pytest.raises(sandbox.NotGraded, match=r"^was stopped$") as raised:
            waiting.result()
    assert not isinstance(raised.value, sandbox.TooHeavy)
