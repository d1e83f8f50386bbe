"""The long proofs in parts that take about the same time, so that each can be run by itself.

python -m tests.support.shards RESULTS.xml …    what `.ci/long` has measured becomes tests/long_proofs.json
"""

import json
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import groupby

from tests.support.scripts import ROOT

MEASURED = ROOT / "tests" / "long_proofs.json"
UNKNOWN = 10.0
"""The seconds of a test of a file that nobody has measured."""
MOST = 40
"""Tests of a file that stay together: they share what they have made."""


def shard(items, which, measured=None):
    """The tests of a part, such as '3/6'; together the parts have each test once.

    Args:
        items: tests, each with a `path` and a `nodeid`.
        which: the part and how many there are.
        measured: seconds of a test by file; by default those in `MEASURED`.
    """
    number, count = map(int, which.split("/"))
    if not 1 <= number <= count:
        raise ValueError(f"--shard {which}: say 1/{count} to {count}/{count}")
    if measured is None:
        measured = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    pieces = []
    for _, of_file in groupby(sorted(items, key=lambda item: item.nodeid), key=lambda item: item.path):
        tests = list(of_file)
        pieces += [tests[k : k + MOST] for k in range(0, len(tests), MOST)]
    times = [(sum(seconds(item, measured) for item in piece), piece) for piece in pieces]
    parts = [(0.0, k, []) for k in range(count)]
    for time, piece in sorted(times, key=lambda each: (-each[0], each[1][0].nodeid)):
        least = min(range(count), key=lambda k: parts[k][:2])
        parts[least] = (parts[least][0] + time, least, [*parts[least][2], *piece])
    return parts[number - 1][2]


def seconds(item, measured):
    return measured.get(item.nodeid.partition("::")[0], UNKNOWN)


def record(*results, into=MEASURED):
    """Take the mean time of a test, file by file, from results in JUnit's format."""
    times, counts = Counter(), Counter()
    for result in results:
        for case in ET.parse(result).iter("testcase"):
            parts = case.get("classname").split(".")
            file = next(
                f"{'/'.join(parts[:k])}.py" for k in range(len(parts), 0, -1) if parts[k - 1].startswith("test_")
            )
            times[file] += float(case.get("time"))
            counts[file] += 1
    known = json.loads(into.read_text()) if into.exists() else {}
    known |= {file: round(times[file] / counts[file], 2) for file in times}
    into.write_text(json.dumps(dict(sorted(known.items())), indent=0) + "\n")


if __name__ == "__main__":
    record(*sys.argv[1:])
