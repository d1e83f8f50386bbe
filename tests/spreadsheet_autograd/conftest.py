"""What the tests of sheets that somebody built share."""

from __future__ import annotations

import pytest

from spreadsheet_autograd.worker import check_here, compare_here


@pytest.fixture
def in_this_process(monkeypatch, one_core):
    """Let the command check files here: a process of its own takes seconds to start, and other tests start one."""

    def check_file(path, loss="", claims=(), of=(), seconds=300, *, with_content=False, edits=None):
        return check_here(path, loss, claims, of, with_content=with_content, edits=edits)

    def run_job(module, do, path, seconds, *, network, loss, cells=(), **job):
        return compare_here(path, network, loss, cells=cells)

    monkeypatch.setattr("spreadsheet_autograd.check_in_sandbox.check_file", check_file)
    monkeypatch.setattr("spreadsheet_autograd.check_in_sandbox.run_job", run_job)
