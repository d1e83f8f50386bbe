"""Ctrl-C and SIGTERM: one line and an exit code, whatever a library makes of them."""

import os
import signal
import threading

import click
import pytest

from excel_export.shared.errors import ExportError
from excel_export.shared.terminal import run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
STOPS = [(signal.SIGINT, 130, "Error: stopped by Ctrl-C\n"), (signal.SIGTERM, 143, "Error: stopped by SIGTERM\n")]


@pytest.mark.parametrize(("number", "code", "line"), STOPS)
@pytest.mark.parametrize("becomes", [None, TypeError, ExportError, click.UsageError, SystemExit])
def test_a_signal_is_one_line_whatever_becomes_of_it(capsys, number, code, line, becomes):
    @click.command()
    def work() -> None:
        try:
            os.kill(os.getpid(), number)
        except KeyboardInterrupt:
            if becomes:
                raise becomes("another error") from None
            raise
        pytest.fail("nothing happened")

    before = [signal.getsignal(number) for number, _, _ in STOPS]
    assert run(work, "work", []) == code
    assert capsys.readouterr() == ("", line)
    assert [signal.getsignal(number) for number, _, _ in STOPS] == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_is_ignored_stays_so(number):
    @click.command()
    def work() -> None:
        os.kill(os.getpid(), number)

    before = signal.signal(number, signal.SIG_IGN)
    try:
        assert run(work, "work", []) == 0
    finally:
        signal.signal(number, before)


def test_another_thread_may_run_a_command():
    codes = []
    thread = threading.Thread(target=lambda: codes.append(run(click.Command("work"), "work", [])))
    thread.start()
    thread.join()
    assert codes == [0]
