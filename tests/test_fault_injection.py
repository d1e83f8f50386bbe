"""Commands that are killed, interrupted, or compete for a file: what is there is whole, and nothing else stays."""

import csv
import json
import os
import random
import signal
import tomllib
from pathlib import Path

import pytest
from safetensors import safe_open

from excel_export.shared.errors import UserError
from excel_export.shared.files import make_directory, write_atomically
from tests.support.forks import Command

resource = pytest.importorskip("resource", reason="needs forks and signals as POSIX has them")
MOMENTS = 20
KILLED = -signal.SIGPROF


def workbook(target: Path, number: int) -> list[str]:
    """A command that writes a small workbook: what is tried is how it writes."""
    return ["workbook", "--from", "conv6", "--number", str(number), "-o", str(target), "--overwrite"]


def spread(seed: int, count: int, seconds: float) -> list[float]:
    """Random moments, one in each of as many equal parts of the time."""
    draw = random.Random(seed)
    return [(k + draw.random()) / count * seconds for k in range(count)]


def temporaries(*folders: Path) -> list[str]:
    return [path.name for folder in folders for path in folder.iterdir() if path.name.startswith(".tmp-")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The bytes that the command writes for the numbers 1 and 2, and how many seconds of the processor it takes."""
    folder = tmp_path_factory.mktemp("made")
    contents = []
    for number in (1, 2):
        done = Command(workbook(folder / "out.xlsx", number), folder).wait()
        assert done.code == 0, done.said
        contents.append((folder / "out.xlsx").read_bytes())
    assert contents[0] != contents[1]
    assert sorted(path.name for path in folder.iterdir()) == ["out.xlsx", "output", "seconds", "temporary"]
    return *contents, done.seconds


@pytest.mark.slow
def test_a_killed_workbook_command_leaves_the_old_file_or_the_new_one(tmp_path, made):
    old, new, seconds = made
    target = tmp_path / "books" / "out.xlsx"
    target.parent.mkdir()
    target.write_bytes(old)
    left = 0
    for moment in spread(0, MOMENTS, seconds):
        ended = Command(workbook(target, 2), tmp_path, moment).wait()
        assert ended.code in (0, KILLED), ended.said
        assert target.read_bytes() in (old, new)
        left += bool(temporaries(target.parent))
    assert left > MOMENTS / 4
    assert Command(workbook(target, 2), tmp_path).wait().code == 0
    assert target.read_bytes() == new
    assert os.listdir(target.parent) == ["out.xlsx"]
    assert os.listdir(tmp_path / "temporary") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "line"),
    [(signal.SIGINT, 130, "Error: stopped by Ctrl-C\n"), (signal.SIGTERM, 143, "Error: stopped by SIGTERM\n")],
)
def test_a_stopped_workbook_command_says_so_and_cleans_up(tmp_path, made, number, code, line):
    old, new, seconds = made
    target = tmp_path / "books" / "out.xlsx"
    target.parent.mkdir()
    stopped = 0
    for moment in spread(number, 6, seconds):
        target.write_bytes(old)
        ended = Command(workbook(target, 2), tmp_path, moment, number).wait()
        if ended.code:
            assert (ended.code, ended.said) == (code, line)
            stopped += 1
        assert target.read_bytes() == new or (ended.code and target.read_bytes() == old)
        assert os.listdir(target.parent) == ["out.xlsx"]
        assert os.listdir(tmp_path / "temporary") == []
    assert stopped >= 3


@pytest.mark.slow
def test_two_workbook_commands_for_one_file(tmp_path, made):
    """One of them wins, and each reports on its own workbook."""
    target = tmp_path / "books" / "out.xlsx"
    target.parent.mkdir()
    for _ in range(3):
        commands = [Command(workbook(target, number), tmp_path / str(number)) for number in (1, 2)]
        for command in commands:
            ended = command.wait()
            assert ended.code == 0, ended.said
            assert "float64 autograd: less than" in ended.said, "compared with the other one's file"
        assert target.read_bytes() in made[:2]
        assert os.listdir(target.parent) == ["out.xlsx"]


@pytest.mark.slow
def test_a_killed_training_leaves_whole_files(tmp_path):
    run = tmp_path / "run"
    arguments = ["train", "--data", "sample", "--preset", "slice", "--epochs", "4", "--batch-size", "1000",
                 "--device", "cpu", "--overwrite", "--out", str(run)]  # fmt: skip
    done = Command(arguments, tmp_path).wait()
    assert done.code == 0, done.said
    names = sorted(os.listdir(run))
    assert len(names) >= 2
    changed = 0
    for moment in spread(1, MOMENTS // 2, done.seconds):
        before = {name: (run / name).read_bytes() for name in os.listdir(run) if name in names}
        ended = Command(arguments, tmp_path, moment).wait()
        assert ended.code in (0, KILLED), ended.said
        left = {name for name in os.listdir(run) if not name.startswith(".tmp-")}
        # Once its first epoch is over, it replaces what was there, and writes last what one could go on with.
        assert left == set(names) or left <= {*names} - {"resume.safetensors"}
        for name in left:
            assert_whole(run / name)
            changed += (run / name).read_bytes() != before.get(name)
    assert changed
    done = Command(arguments, tmp_path).wait()
    assert done.code == 0, done.said
    assert sorted(os.listdir(run)) == names
    # PyTorch keeps a folder for what it compiles there, the same for all runs.
    assert [name for name in os.listdir(tmp_path / "temporary") if not name.startswith("torchinductor_")] == []


def assert_whole(path: Path) -> None:
    if path.suffix == ".safetensors":
        with safe_open(path, framework="pt") as file:
            assert file.metadata()
            assert all(file.get_tensor(name).numel() for name in file.keys())  # noqa: SIM118
    elif path.suffix == ".csv":
        assert path.read_bytes().endswith(b"\n")
        lines = list(csv.reader(path.read_text().splitlines()))
        assert len({len(line) for line in lines}) == 1
        assert [line[0] for line in lines] == ["epoch", *map(str, range(1, len(lines)))]
    elif path.suffix in (".toml", ".json"):
        assert (tomllib if path.suffix == ".toml" else json).loads(path.read_text())
    else:
        pytest.fail(f"no idea whether {path.name} is whole")


def test_a_full_disk_is_one_line_and_leaves_the_old_file(tmp_path):
    target = tmp_path / "net.safetensors"
    write_atomically(target, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))
    try:
        with pytest.raises(UserError, match=r"^can't write .*/net\.safetensors: File too large$"):
            write_atomically(target, b"new" * 200_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["net.safetensors"]


def test_a_directory_is_tried_without_a_trace(tmp_path):
    folder = tmp_path / "deep" / "run"
    make_directory(folder)
    (folder / ".tmp-0123456789abcdef-directory").touch()
    make_directory(folder)
    assert os.listdir(folder) == []
