"""What a process that reads a stranger's file can do to the machine: read that file, and compute."""

import sys
from pathlib import Path

import pytest

from excel_export.shared import locked_in, sandbox

ROOT = Path(__file__).resolve().parents[1]
HARMLESS = ["read its file", "start a thread", "import"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")


@pytest.fixture
def given(tmp_path, monkeypatch):
    """A file, and another one beside it."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(sandbox, "open_to_it", set())
    (tmp_path / "given.xlsx").write_text("given")
    (tmp_path / "other.xlsx").write_text("other")
    return tmp_path / "given.xlsx"


def attacked(given):
    return sandbox.ask("tests.support.attack", "attack", given, other=str(given.with_name("other.xlsx")))["done"]


@linux
def test_it_reads_its_file_and_nothing_else(given):
    done = attacked(given)
    if sandbox.open_to_it:
        pytest.skip(f"this kernel leaves {sandbox.open_to_it}")
    assert done == HARMLESS
    assert given.read_text() == "given"
    assert sorted(path.name for path in given.parent.iterdir()) == ["given.xlsx", "other.xlsx"]
    assert not sandbox.warning()


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
    if sandbox.open_to_it:
        pytest.skip(f"this kernel leaves {sandbox.open_to_it}")
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
        sandbox.ask("tests.support.attack", "importing", given)


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
    monkeypatch.setattr(sandbox, "_is_required", True)
    with pytest.raises(sandbox.NotGraded, match="cannot keep a process from files and programs: --sandbox required"):
        attacked(given)


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_another_system_says_what_it_leaves(system, monkeypatch):
    monkeypatch.setattr(locked_in.sys, "platform", system)
    assert locked_in.lock_in([]) == ["files", "programs", "the network"]
