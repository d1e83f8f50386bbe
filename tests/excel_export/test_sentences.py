"""A sentence that stands on a sheet is found by searching for it: strings are cut between sentences only."""

import re

import pytest

from tests.support.scripts import ROOT

ROOMS = ("ops", "composites")
CUT = re.compile(r'^(.*(?<!"")(?<![.?!] )")\n\s*f?"(?!"")', re.MULTILINE)
"""Strings that follow each other, the first of which does not end where a sentence ends."""


def test_what_is_cut_within_a_sentence_is_seen():
    assert CUT.findall('words = (\n    "One sentence, cut "\n    "in two."\n)\n') == ['    "One sentence, cut "']
    assert CUT.findall('words = (\n    "One sentence. "\n    f"And {another}."\n)\n') == []
    assert CUT.findall('"""What it is."""\n"text"\n') == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_sentence_is_cut(room):
    files = sorted((ROOT / "excel_export" / room).glob("*.py"))
    assert files
    cut = [f"{path.name}: {line.strip()}" for path in files for line in CUT.findall(path.read_text(encoding="utf-8"))]
    assert not cut, "\n".join(cut)
