"""The writer of files: killed at every line, on full disks, through links, by many at once."""

import errno
import itertools
import multiprocessing
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from excel_export.cli import main
from excel_export.shared import files
from excel_export.shared.errors import UserError
from excel_export.shared.files import replacing, write_together
from tests.support.full_disk import full_disk
from tests.support.long_proofs import only_quick

pytest.importorskip("resource", reason="needs forks and signals as POSIX has them")
FORK = multiprocessing.get_context("fork")
OLD, NEW = b"old" * 100_000, b"new" * 200_000


def write(target: Path, content: bytes) -> None:
    with replacing(target) as file:
        file.write(content[:99])
        file.flush()
        file.write(content[99:])


def in_a_fork(task) -> int:
    """Run the task in another process; its exit code, or the negative number of the signal that ended it."""
    process = FORK.Process(target=task)
    process.start()
    process.join()
    return process.exitcode


def killed(task, line: int) -> bool:
    """Kill a process as it arrives at the given line, of all those it goes through here and in the writer."""

    def run() -> None:
        lines = itertools.count()

        def trace(frame, event, _argument):
            if frame.f_code.co_filename not in (files.__file__, __file__):
                return None
            if event == "line" and next(lines) == line:
                os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        task()
        sys.settrace(None)

    code = in_a_fork(run)
    assert code in (0, -signal.SIGKILL)
    return code != 0


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def assert_alone(target: Path, content: bytes) -> None:
    """The file holds this, and nothing lies beside it."""
    assert target.read_bytes() == content
    assert names(target.parent) == [target.name]


@pytest.mark.parametrize("exists", only_quick([True, False], True))
def test_kill_at_every_line(tmp_path, exists):
    target = tmp_path / "out.xlsx"
    found, left = set(), 0
    for line in itertools.count():
        target.unlink(missing_ok=True)
        if exists:
            write(target, OLD)
        assert names(tmp_path) == ["out.xlsx"] * exists
        if not killed(lambda: write(target, NEW), line):
            break
        found.add(target.read_bytes() if target.exists() else None)
        temporaries = set(names(tmp_path)) - {"out.xlsx"}
        assert len(temporaries) <= 1
        left += len(temporaries)
        write(target, NEW)
        assert names(tmp_path) == ["out.xlsx"]
    assert line > 25
    assert left > 5
    assert found == {OLD if exists else None, NEW}


@pytest.mark.parametrize("every", only_quick([2, 1], 2))
def test_of_files_written_together_the_last_is_new_only_if_all_are(tmp_path, every):
    """Killed at every line, or every second, each is whole, and the last one never names contents that aren't there."""
    targets = [tmp_path / name for name in ("checkpoint", "history", "state")]
    found = set()
    for line in itertools.count(step=every):
        write_together(dict.fromkeys(targets, OLD))
        if not killed(lambda: write_together(dict.fromkeys(targets, NEW)), line):
            break
        found.add(tuple(target.read_bytes() == NEW for target in targets))
        assert all(target.read_bytes() in (OLD, NEW) for target in targets)
    assert found == {(False,) * 3, (True, False, False), (True, True, False), (True,) * 3}
    write_together(dict.fromkeys(targets, NEW))
    assert names(tmp_path) == [target.name for target in targets]


def test_of_files_written_together_none_is_new_if_one_cant_be_written(tmp_path):
    first, folder = tmp_path / "first", tmp_path / "folder"
    first.write_bytes(OLD)
    folder.mkdir()
    with pytest.raises(UserError, match=r"can't write .*folder: it is a folder"):
        write_together({first: NEW, folder: NEW})
    assert first.read_bytes() == OLD
    assert names(tmp_path) == ["first", "folder"]


def test_what_is_left_by_many_dead_runs_goes_and_what_is_not_ours_stays(tmp_path):
    target = tmp_path / "out.xlsx"
    others = [
        ".tmp-0123456789abcdef-other.xlsx", ".tmp-0123456789abcdef-out.xlsx.bak", ".tmp-0123456789-out.xlsx",
        "tmp-0123456789abcdef-out.xlsx", ".tmp-0123456789abcdef-out-xlsx", ".tmp-0123456789ABCDEF-out.xlsx",
    ]  # fmt: skip
    for name in others:
        (tmp_path / name).touch()
    (tmp_path / ".tmp-aaaaaaaaaaaaaaaa-out.xlsx").mkdir()
    (tmp_path / ".tmp-bbbbbbbbbbbbbbbb-out.xlsx").symlink_to(tmp_path / others[0])
    os.mkfifo(tmp_path / ".tmp-cccccccccccccccc-out.xlsx")
    before = names(tmp_path)
    for k in range(5):
        (tmp_path / f".tmp-{k:016x}-out.xlsx").write_bytes(NEW)
    write(target, NEW)
    assert names(tmp_path) == sorted([*before, "out.xlsx"])


def test_the_file_of_a_live_run_stays(tmp_path):
    target = tmp_path / "out.xlsx"
    with replacing(target) as slow:
        slow.write(OLD)
        for _ in range(3):
            assert in_a_fork(lambda: write(target, NEW)) == 0
            write(target, NEW)
        assert len(names(tmp_path)) == 2
        assert target.read_bytes() == NEW
    assert_alone(target, OLD)


def test_a_file_that_another_run_takes_for_dead_is_made_anew(tmp_path, monkeypatch):
    target, lock, made = tmp_path / "out.xlsx", files._lock, []

    def lock_late(descriptor):
        made.append(names(tmp_path))
        if len(made) == 1:
            files._sweep(tmp_path, "out.xlsx")
            assert names(tmp_path) == []
        return lock(descriptor) if len(made) != 2 else False

    monkeypatch.setattr(files, "_lock", lock_late)
    write(target, NEW)
    assert len(made) == 3
    assert_alone(target, NEW)


def test_without_locks_files_are_written_and_nothing_is_removed(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr("fcntl.flock", no_locks)
    (tmp_path / ".tmp-0123456789abcdef-out.xlsx").touch()
    write(tmp_path / "out.xlsx", NEW)
    assert names(tmp_path) == [".tmp-0123456789abcdef-out.xlsx", "out.xlsx"]
    assert (tmp_path / "out.xlsx").read_bytes() == NEW


def test_many_at_once_and_some_are_killed(tmp_path):
    """Whoever reads meanwhile finds a whole file, and of those that aren't killed none fails."""
    target, enough, size = tmp_path / "out.xlsx", tmp_path / "enough", 300_000
    write(target, b"0" * size)

    def write_often(letter: bytes) -> None:
        # Until the reader, who may be slow, has seen several; it stops by itself if that never happens.
        until = time.monotonic() + 600
        while not enough.exists() and time.monotonic() < until:
            write(target, letter * size)

    processes = [FORK.Process(target=write_often, args=[bytes([letter])]) for letter in b"abcdef"]
    for process in processes:
        process.start()
    doomed, seen = processes[4:], set()
    while any(process.is_alive() for process in processes):
        content = target.read_bytes()
        assert len(content) == size
        assert content == content[:1] * size
        seen.add(content[:1])
        if len(seen) > 3 and doomed:
            doomed.pop().kill()
        elif len(seen) > 3:
            enough.touch()
    enough.unlink()
    assert [process.exitcode for process in processes[:4]] == [0] * 4
    assert len(seen) > 3
    write(target, b"z" * size)
    assert names(tmp_path) == ["out.xlsx"]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with room for 256 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("size", [250_000, 262_145, 600_000, 5_000_000])
def test_a_full_disk(small_disk, size):
    target = small_disk / "out.xlsx"
    write(target, OLD[:100_000])
    with pytest.raises(OSError, match="No space left on device"):
        write(target, NEW[:1] * size)
    assert_alone(target, OLD[:100_000])
    write(target, NEW[:100_000])
    assert target.read_bytes() == NEW[:100_000]


def test_a_full_disk_stops_an_export_with_one_line(small_disk, capsys):
    source = "import torch, torch.nn as nn\ndef net(): return nn.MSELoss(), (torch.ones(150, 1), torch.zeros(150, 1))"
    (small_disk.parent / "net.py").write_text(source)
    target = small_disk / "out.xlsx"
    target.write_bytes(OLD[:200_000])
    assert main([f"{small_disk.parent}/net.py:net", "-o", str(target), "--overwrite"]) == 1
    assert capsys.readouterr().err == f"Error: {target}: cannot write (No space left on device)\n"
    assert_alone(target, OLD[:200_000])


def test_a_file_larger_than_allowed(tmp_path):
    target = tmp_path / "out.xlsx"
    write(target, OLD)
    with full_disk(400_000), pytest.raises(OSError, match="File too large"):
        write(target, NEW)
    assert_alone(target, OLD)


@pytest.mark.parametrize("step", ["os.fsync", "os.replace", "shutil.copymode"])
@pytest.mark.parametrize("interruption", [OSError(errno.EIO, "I/O error"), KeyboardInterrupt(), FileExistsError()])
def test_an_error_at_any_step_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, step, interruption):
    target = tmp_path / "out.xlsx"
    write(target, OLD)

    def interrupt(*_):
        raise interruption

    monkeypatch.setattr(step, interrupt)
    with pytest.raises(type(interruption)):
        write(target, NEW)
    assert_alone(target, OLD)


def test_the_content_is_on_the_disk_before_the_name_and_then_the_name(tmp_path, monkeypatch):
    done, sync, replace = [], os.fsync, os.replace

    def note_sync(descriptor):
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else os.fstat(descriptor).st_size)
        sync(descriptor)

    def note_replace(*names):
        done.append("rename")
        replace(*names)

    monkeypatch.setattr("os.fsync", note_sync)
    monkeypatch.setattr("os.replace", note_replace)
    write(tmp_path / "out.xlsx", NEW)
    assert done == [len(NEW), "rename", "folder"]


@pytest.fixture
def powerless_folder():
    """A folder in which this process, though it may be root's, has the rights of an ordinary user."""
    folder = Path(tempfile.mkdtemp())
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    folder.chmod(0o700)
    if is_root:
        os.seteuid(0)
    shutil.rmtree(folder)


@pytest.mark.parametrize(("which", "mode"), [("", 0o500), ("out.xlsx", 0o444)], ids=["folder", "file"])
def test_what_may_not_be_written_is_not_replaced(powerless_folder, which, mode):
    target = powerless_folder / "out.xlsx"
    write(target, OLD)
    (powerless_folder / which).chmod(mode)
    with pytest.raises(PermissionError, match="Permission denied"):
        write(target, NEW)
    assert_alone(target, OLD)


def test_a_folder_that_may_not_be_listed_is_no_obstacle(powerless_folder):
    powerless_folder.chmod(0o300)
    write(powerless_folder / "out.xlsx", NEW)
    assert (powerless_folder / "out.xlsx").read_bytes() == NEW


@pytest.mark.parametrize("mode", [0o640, 0o600, 0o666, 0o755])
def test_permissions_are_kept(tmp_path, mode):
    target = tmp_path / "out.xlsx"
    write(target, OLD)
    target.chmod(mode)
    with replacing(target) as file:
        assert Path(file.name).stat().st_mode & 0o777 == mode
    assert target.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_permissions_of_any_other(tmp_path, umask):
    before = os.umask(umask)
    try:
        write(tmp_path / "out.xlsx", NEW)
    finally:
        os.umask(before)
    assert (tmp_path / "out.xlsx").stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path, exists):
    (tmp_path / "there").mkdir()
    (tmp_path / "here").mkdir()
    real, link = tmp_path / "there" / "real.xlsx", tmp_path / "here" / "link.xlsx"
    link.symlink_to("../there/real.xlsx")
    if exists:
        write(real, OLD)
    assert killed(lambda: write(link, NEW), 30)
    write(link, NEW)
    assert os.readlink(link) == "../there/real.xlsx"
    assert real.read_bytes() == NEW
    assert names(tmp_path / "there") == ["real.xlsx"]
    assert names(tmp_path / "here") == ["link.xlsx"]


def test_what_cannot_be_replaced_is_refused(tmp_path):
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "to_folder.xlsx").symlink_to(tmp_path / "folder.xlsx")
    (tmp_path / "loop.xlsx").symlink_to(tmp_path / "loop.xlsx")
    (tmp_path / "nowhere.xlsx").symlink_to(tmp_path / "none" / "real.xlsx")
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe.xlsx")
    before = names(tmp_path)
    for name, words in {
        "folder.xlsx": "is a folder", "to_folder.xlsx": "is a folder", "": "is a folder",
        "loop.xlsx": "symbolic links", "nowhere.xlsx": "no folder .*none", "none/out.xlsx": "no folder .*none",
        "file/out.xlsx": "no folder .*file", "pipe.xlsx": "no ordinary file", "x" * 256: "name too long",
    }.items():  # fmt: skip
        with pytest.raises(OSError, match=f"(?i){words}"):
            write(tmp_path / name, NEW)
    assert names(tmp_path) == before
    assert (tmp_path / "pipe.xlsx").is_fifo()


ODD = ["x" * 255, "é" * 127, "漢" * 85, "x" + "🙂" * 63, "-rf", "a b\nc", "[a-z]*.xlsx", "(a|b)+\\d.xlsx", "%s{0}$HOME",
       "...", ".hidden", "'\"", os.fsdecode(b"\xff\xfe.xlsx"), os.fsdecode(b"\xc3" * 255), "a.", "~"]  # fmt: skip


@pytest.mark.parametrize("name", ODD, ids=range(len(ODD)))
def test_odd_names(tmp_path, name):
    target = tmp_path / name
    assert killed(lambda: write(target, NEW), 30)
    assert len(names(tmp_path)) == 1
    assert len(os.fsencode(names(tmp_path)[0])) < 144
    write(target, NEW)
    assert_alone(target, NEW)
