"""What docs/compatibility.md counts and promises is so: the counts by the file, the protocol by an engine."""

import importlib.util
import re

import pytest

from tests.support.live import Live
from tests.support.scripts import ROOT

TEXT = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
_SPEC = importlib.util.spec_from_file_location("compatibility", ROOT / "docs/make_compatibility.py")
PAGE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(PAGE)


@pytest.mark.slow
def test_the_counts_are_those_of_the_workbook_that_ships():
    counted = {name: len(found) for name, found in PAGE.things(PAGE.WORKBOOK).items()}
    listed = re.findall(r"^\| ([a-z][^|(]*?) \| ([\d,]+) \| ", TEXT, re.MULTILINE)
    (kept_by_all,) = re.findall(r"^\| ([^|]*\(\d[^|]*) \| \| all", TEXT, re.MULTILINE)
    listed += re.findall(r"([a-z][a-z, ]*) \(([\d,]+)\)", kept_by_all)
    assert {name: int(number.replace(",", "")) for name, number in listed} == counted


def test_the_protocol_for_excel_says_what_an_engine_shows(tmp_path):
    live = Live(ROOT / "workbooks" / "lessons" / "01-one-neuron.xlsx", tmp_path)
    lines = re.findall(r"^\| \d+ \| (.*?) \| `(\w+)` is ([\d.]+) \|$", TEXT, re.MULTILINE)
    assert len(lines) == 4
    for do, name, number in lines:
        typed = re.search(r"Go to `(\w+)` and type `([\d.]+)`", do)
        if typed:
            live.type({typed[1]: float(typed[2])})
        assert live.value(name) == pytest.approx(float(number), abs=1e-12), do
