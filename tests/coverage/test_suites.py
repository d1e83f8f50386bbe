"""The suites of docs/coverage.md: a sample of two of them at every push, and of each among the slow tests.

`docs/make_coverage.py` runs them whole.
"""

import re

import pytest

from tests.support.coverage import page
from tests.support.coverage.forked import judged, warm_up
from tests.support.coverage.judge import EQUAL, NOT_COUNTED, REFUSED
from tests.support.coverage.results import count
from tests.support.coverage.sample import sampled
from tests.support.coverage.suites import suite
from tests.support.long_proofs import only_quick

MOST = {"torch_nn": 1, "functions": 3, "op_db": 2, "module_db": 2, "real_networks": 1, "course_networks": 1}
QUICK = {"torch_nn": (18, 7), "real_networks": (7, 2)}
"""One in how many groups is tried, and how many cases are right today. It may rise."""
LONG = {"torch_nn": (3, 46), "functions": (12, 23), "op_db": (12, 60), "module_db": (8, 22), "real_networks": (3, 3),
        "course_networks": (4, 13)}  # fmt: skip
SAMPLES = {"quick": QUICK, "long": LONG}
PATIENCE = 1200
"""Seconds that a case may take: the machine may be busy."""


def outcomes_of(groups):
    warm_up()
    pairs = zip(groups, judged(groups, PATIENCE), strict=True)
    return [(group.name, outcome) for group, outcomes in pairs for outcome in outcomes]


def faults(outcomes):
    fine = (EQUAL, REFUSED, NOT_COUNTED)
    return [f"{name} [{item.what}] {item.status}: {item.reason}" for name, item in outcomes if item.status not in fine]


@pytest.mark.parametrize(
    ("sample", "name"),
    only_quick([(each, name) for each in SAMPLES for name in SAMPLES[each]], *(("quick", name) for name in QUICK)),
)
def test_a_sample_is_equal_or_refused(sample, name):
    one_in, least = SAMPLES[sample][name]
    outcomes = outcomes_of(sampled(suite(name).groups(), one_in, MOST[name]))
    assert not faults(outcomes)
    refused = [f"{name} [{item.what}]: {item.reason}" for name, item in outcomes if item.status == REFUSED]
    assert count(outcomes)[EQUAL] >= least, "\n".join(refused)


def test_a_refusal_belongs_to_one_kind():
    assert page.kind_of("operator 'tan' in syntax.py, line 9: f(x), has no formulas: write y").startswith(
        "The function has no formula"
    )
    assert page.kind_of("operator 'round': decimals are not supported: write …").startswith("An argument")
    assert page.kind_of("a new reason with 17 numbers") == "a new reason with … numbers"


def test_the_page_lists_each_refusal_once():
    text = page.PAGE.read_text(encoding="utf-8")
    suites, refused = text.split("## What is refused")
    of_suites = [line.split(" | ")[3] for line in suites.splitlines() if line.count(" | ") == 7][1:]
    of_kinds = re.findall(r"^\| ([\d,]+) \|", refused, re.MULTILINE)
    assert len(of_suites) == 6
    assert sum(int(number) for number in of_suites) == sum(int(number) for number in of_kinds)


def test_the_page_names_no_line_of_ours():
    reason = "a number is read by item() in case.py, line 97: return self.weighed(f(*args)); use torch.where"
    assert page.general(reason) == "a number is read by item(…); use torch.where"
    reason = "operator 'lshift' in syntax.py, line 9: \"<<\": lambda i: f(i << 1)[:, None], has no formulas: write 2**k"
    assert page.general(reason) == "operator 'lshift' has no formulas: write …**k"
    assert ".py, line" not in page.PAGE.read_text(encoding="utf-8")
