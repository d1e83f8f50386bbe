"""The bar on the terminal moves on, whatever the process that works is doing, and leaves nothing behind."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import textwrap
import threading
import time

import pytest

from excel_export.shared.progress_bar import Pace
from excel_export.shared.terminal import stages

PARTS = {"first": 1.0, "second": 3.0, "third": 6.0}


def test_it_moves_on_within_a_stage_and_waits_for_the_next():
    pace = Pace(PARTS, 0)
    pace.hear("first", 0, 0)
    pace.hear("second", 0, 20)
    shown = [pace.done(20 + seconds) for seconds in (0, 10, 20, 40, 80, 160)]
    assert shown[0] == pytest.approx(0.1)
    assert shown == sorted(set(shown)), "it never stands still"
    assert 0.15 < shown[2] < 0.25, "at the pace of the first stage, a third of the second is done in twenty seconds"
    assert shown[-1] < 0.4
    pace.hear("third", 0, 180)
    assert pace.done(180) == pytest.approx(0.4)


def test_it_shows_the_share_that_is_done_and_never_goes_back():
    pace = Pace(PARTS, 0)
    pace.hear("second", 0.5, 1)
    assert pace.done(1) == pytest.approx((1 + 3 * 0.5) / 10)
    before = pace.done(1.5)
    pace.hear("second", 0.1, 1.5)
    assert pace.done(1.5) == before
    pace.hear("not a stage", 0, 2)
    assert pace.done(3) == before


def test_where_there_is_no_terminal_there_is_no_bar(capfd):
    with stages(PARTS) as progress:
        progress("first", 0)
        time.sleep(1.5)
    assert capfd.readouterr() == ("", "")


def on_a_terminal(code: str) -> str:
    """Run Python in a terminal of 100 columns, and return all that it shows."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    command = [sys.executable, "-c", textwrap.dedent(code)]
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, start_new_session=True)
    os.close(its)
    read: list[bytes] = []

    def listen() -> None:
        while True:
            try:
                data = os.read(ours, 4096)
            except OSError:  # nobody has the terminal open
                return
            read.append(data)

    listener = threading.Thread(target=listen)
    listener.start()
    process.wait(600)
    listener.join(600)
    os.close(ours)
    return b"".join(read).decode()


@pytest.mark.skipif(os.name == "nt", reason="a terminal of POSIX")
class TestOnATerminal:
    @pytest.mark.slow
    def test_it_moves_while_python_is_held_still(self):
        shown = on_a_terminal("""
            import ctypes
            from excel_export.shared.terminal import stages
            with stages({"one": 1, "two": 9}) as progress:
                progress("one", 0)
                progress("two", 0)
                ctypes.PyDLL(None).usleep(4_000_000)  # holds the lock that Python runs under
            print("the end")
        """)
        percent = [int(number) for number in re.findall(r"two +\|[^|]*\| +(\d+) %", shown)]
        assert len(set(percent)) > 2
        assert percent == sorted(percent)
        assert re.search(r"\r +\rthe end", shown), "the bar is wiped out"

    @pytest.mark.slow
    @pytest.mark.parametrize("ending", ["raise SystemExit(1)", "os.kill(os.getpid(), signal.SIGKILL)"])
    def test_it_ends_with_the_process_however_that_ends(self, ending):
        # Where it did not, it would hold the terminal open, and there would be no end of reading.
        shown = on_a_terminal(f"""
            import os, signal, time
            from excel_export.shared.terminal import stages
            with stages({{"one": 1}}) as progress:
                progress("one", 0)
                time.sleep(2)
                {ending}
        """)
        assert "one" in shown
        assert "Traceback" not in shown

    def test_what_takes_no_time_shows_no_bar(self):
        shown = on_a_terminal("""
            from excel_export.shared.terminal import stages
            with stages({"one": 1}) as progress:
                progress("one", 0)
            print("the end")
        """)
        assert shown == "the end\r\n"
