"""Time what LibreOffice takes to open teaching workbooks, and to show a changed pixel.

    python3 benchmarks/open.py [--rounds 3] FILE.xlsx [FILE.xlsx …]

The files take turns in one LibreOffice, so that their times can be compared. It needs a Python that has LibreOffice's
own module, uno: that of the system, with the package python3-uno. A change is over once the sheet in view has its new
numbers; LibreOffice computes other sheets when somebody looks at them. What the
screen then takes to be drawn is not in it. Where other programs keep the machine busy, add --cpu: it counts the time
that LibreOffice itself computes.
"""

from __future__ import annotations

import argparse
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

try:
    from uno_desktop import connect, setting
except ModuleNotFoundError:
    sys.exit("this needs LibreOffice's own module: apt install python3-uno, and run it by /usr/bin/python3")

OWN = "my own drawing"
PIXEL = "S18"
"""On the sheet Digits, in the middle of the learner's own drawing."""
CHANGES = 12
SCREENS = {"Start": "B1:D60"}
"""What there is to be seen of a sheet."""

Clock = Callable[[], float]


def measure(desktop, path: Path, clock: Clock) -> dict[str, list[float]]:
    """Open a workbook, change it, and close it without saving; return what was done, each with its seconds."""
    start = clock()
    book = desktop.loadComponentFromURL(path.resolve().as_uri(), "_blank", 0, (setting("MacroExecutionMode", 0),))
    found = {"open": [clock() - start]}
    try:
        pixel = book.Sheets.getByName("Digits").getCellRangeByName(PIXEL)
        _cell(book, "picture").setString(OWN)
        start_sheet = _look_at(book, "Start")
        found["a pixel"] = [_change(pixel, 10.0 + 15 * k, start_sheet, clock) for k in range(CHANGES)]
    finally:
        book.close(True)
    return found


def _cell(book, name: str):
    return book.NamedRanges.getByName(name).getReferredCells().getCellByPosition(0, 0)


def _look_at(book, name: str):
    """Show a sheet, and return the cells that are to be seen of it, with all their numbers."""
    sheet = book.Sheets.getByName(name)
    book.getCurrentController().setActiveSheet(sheet)
    screen = sheet.getCellRangeByName(SCREENS[name])
    screen.getDataArray()
    return screen


def _change(cell, number: float, screen, clock: Clock) -> float:
    start = clock()
    cell.setValue(number)
    screen.getDataArray()
    return clock() - start


def cpu_clock(office: subprocess.Popen) -> Clock:
    """Count the seconds that the processes of LibreOffice's session have computed; on Linux."""
    tick = os.sysconf("SC_CLK_TCK")

    def clock() -> float:
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            if int(fields[3]) == office.pid:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / tick

    return clock


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.xlsx")
    parser.add_argument("--rounds", type=int, default=3, help="how often each file is opened")
    parser.add_argument("--cpu", action="store_true", help="count LibreOffice's own time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as profile:
        pipe = f"open{secrets.token_hex(8)}"
        command = ["soffice", f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--norestore"]
        command.append(f"--accept=pipe,name={pipe};urp;")
        office = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        clock = cpu_clock(office) if options.cpu else time.perf_counter
        desktop = connect(pipe)
        try:
            times: dict[tuple[Path, str], list[float]] = {}
            for _ in range(options.rounds):
                for path in options.files:
                    for what, seconds in measure(desktop, path, clock).items():
                        times.setdefault((path, what), []).extend(seconds)
        finally:
            desktop.terminate()
            office.wait()
    width = max(len(str(path)) for path in options.files)
    print(f"{'':{width}}  {'':20}{'times':>6}{'median':>10}{'longest':>10}")
    for (path, what), seconds in sorted(times.items(), key=lambda item: options.files.index(item[0][0])):
        middle, longest = statistics.median(seconds), max(seconds)
        print(f"{path!s:{width}}  {what:20}{len(seconds):>6}{middle:>8.3f} s{longest:>8.3f} s")


if __name__ == "__main__":
    main()
