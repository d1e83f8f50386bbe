from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.shards import shard

if TYPE_CHECKING:
    from tests.support.kinds import Made

# Threads that compete for cores are many times slower than one, so each process has one. PyTorch reads it once.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell that starts the tests in the background lets them ignore Ctrl-C, and all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# With PyTorch loaded there are millions of objects. To look through them all for unused cycles, as often as Python does
# by itself, took a third of the time of all tests that read a workbook.
gc.set_threshold(200_000, 20, 100)

# What the tests write need not outlive a power cut. To wait for the disk took a fiftieth of their time.
os.fsync = lambda _: None

FILES_WITH_SLOW_TESTS = pytest.StashKey[dict[Path, bool]]()
CHOOSES_ENGINES = {"test_every_example.py", "test_extremes.py", "test_engines.py", "test_teaching_workbook.py"}
"""The files whose tests choose by themselves which engines are quick."""
OTHER_ENGINES = {"cellrune", "formualizer", "formulon", "gnumeric", "libreoffice"}


def pytest_addoption(parser):
    parser.addoption("--shard", help="only a part of the tests that are chosen: 3/6 is the third of six", default=None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config) -> int:
    """As many as there are cores: xdist itself counts two threads of one core once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Mark as slow what engines other than ironcalc compute, where a file does not choose, and sort slow files first.

    LibreOffice takes seconds to start, formulon to load; a sweep lets each of them compute very many examples at once.
    A long file that begins last keeps one process busy and the others idle.
    """
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        chooses = item.path.name in CHOOSES_ENGINES
        if not chooses and any(isinstance(each, str) and each in OTHER_ENGINES for each in parameters):
            item.add_marker("slow")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    config.stash[FILES_WITH_SLOW_TESTS] = {item.path: item.path in slow for item in items}
    items.sort(key=lambda item: item.path not in slow)
    yield
    if part := config.getoption("--shard"):
        try:
            chosen = {id(item) for item in shard(items, part)}
        except ValueError as error:
            raise pytest.UsageError(str(error)) from error
        config.hook.pytest_deselected(items=[item for item in items if id(item) not in chosen])
        items[:] = [item for item in items if id(item) in chosen]


@pytest.fixture(scope="session")
def common_folder(tmp_path_factory) -> Path:
    """A folder that all of pytest's processes share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session", autouse=True)
def _away_from_the_clone(tmp_path_factory):
    """Fixtures of a file or of all files are made in a folder that nobody keeps."""
    os.chdir(tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Each test works in a folder of its own, so it neither finds nor leaves files in the clone."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def files_with_slow_tests(request) -> dict[Path, bool]:
    """Says of each file whose tests were collected whether some of them are slow."""
    return request.config.stash[FILES_WITH_SLOW_TESTS]


@pytest.fixture(scope="session")
def display() -> None:
    """Skips a test that opens a window where one cannot be opened."""
    from tests.support.window import missing

    if missing():
        pytest.skip(f"without {missing()}")


def pytest_collection_finish():
    """What has been imported and collected stays to the end: no need to look through it for cycles again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def one_core() -> Iterator[None]:
    """Lets this process, and those that it starts, use one core only: then it computes all by itself, in order."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system does not say which cores a process uses")
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)


@pytest.fixture(scope="session")
def made_of(common_folder) -> Callable[[str], Made]:
    """Gives the workbook of a kind, made when first asked for, by any of pytest's processes: see support/kinds.py."""
    from tests.support.kinds import make

    return cache(partial(make, folder=common_folder))
