"""The long proofs in parts: each test is in one of them, and none takes much longer than another."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.shards import record, shard

COUNTS = {"tests/test_a.py": 130, "tests/test_b.py": 40, "tests/c/test_c.py": 3, "tests/test_d.py": 1}
ITEMS = [SimpleNamespace(nodeid=f"{file}::test[{k}]", path=Path(file)) for file, n in COUNTS.items() for k in range(n)]
TIMES = {"tests/test_a.py": 1.0, "tests/test_b.py": 2.0, "tests/c/test_c.py": 30.0, "tests/test_d.py": 45.0}


def time_of(items):
    return sum(TIMES[item.nodeid.partition("::")[0]] for item in items)


@pytest.mark.parametrize("count", [1, 3, 6])
def test_each_test_is_in_one_part(count):
    parts = [shard(ITEMS, f"{k + 1}/{count}", TIMES) for k in range(count)]
    found = [item.nodeid for part in parts for item in part]
    assert sorted(found) == sorted(item.nodeid for item in ITEMS)


def test_the_parts_take_about_the_same_time():
    times = [time_of(shard(ITEMS, f"{k}/3", TIMES)) for k in (1, 2, 3)]
    assert max(times) - min(times) <= 40


@pytest.mark.parametrize("which", ["0/6", "7/6"])
def test_a_part_that_there_is_not_is_refused(which):
    with pytest.raises(ValueError, match="1/6 to 6/6"):
        shard(ITEMS, which, TIMES)


def test_what_was_measured_is_kept_by_file(tmp_path):
    (tmp_path / "r.xml").write_text(
        '<testsuites><testsuite><testcase classname="tests.test_a" name="x" time="1"/>'
        '<testcase classname="tests.test_a" name="y" time="2"/><testcase classname="tests.c.test_c.TestIt" name="z" '
        'time="7"/></testsuite></testsuites>'
    )
    record(tmp_path / "r.xml", into=tmp_path / "measured.json")
    assert (tmp_path / "measured.json").read_text() == '{\n"tests/c/test_c.py": 7.0,\n"tests/test_a.py": 1.5\n}\n'
