"""Measure which part of PyTorch becomes a workbook, and write docs/coverage.md.

python docs/make_coverage.py                      runs every suite whole, and writes the page
python docs/make_coverage.py torch_nn op_db       runs these, and prints what is not equal; no page
python docs/make_coverage.py op_db --only conv    the functions with this in their name
python docs/make_coverage.py --failing            what was equal once is not run again
python docs/make_coverage.py op_db --quick        only traces: what is refused, in a tenth of the time
python docs/make_coverage.py --page               only writes the page, of what was measured last

A run that was stopped goes on where it was: `runs/coverage/` keeps what is measured, until the exporter's code
changes.
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.coverage import page  # noqa: E402
from tests.support.coverage.forked import LIMIT, judged, warm_up  # noqa: E402
from tests.support.coverage.judge import EQUAL, NOT_COUNTED, TRACEBACK, WRONG  # noqa: E402
from tests.support.coverage.results import Results, count  # noqa: E402
from tests.support.coverage.suites import SUITES, suite  # noqa: E402

KEPT = ROOT / "runs" / "coverage"
SHOWN_EXAMPLES = 8


def run(name: str, results: Results, only: str, failing: bool, limit: float, quick: bool) -> list[str]:
    """Judge what is not known yet, and return the names of the suite's groups."""
    groups = [group for group in suite(name).groups() if only in group.name]
    todo = [group for group in groups if not results.is_known(group.name, failing)]
    bar = tqdm(todo, desc=name, disable=None)
    for group, outcomes in zip(bar, judged(todo, limit, quick), strict=True):
        results.keep(group.name, outcomes)
        bar.set_postfix_str(group.name[-30:])
    return [group.name for group in groups]


def failures(pairs) -> str:
    """What is not equal: the most frequent reason first, each with the cases it is of."""
    by_reason = defaultdict(list)
    for group, outcome in pairs:
        if outcome.status not in (EQUAL, NOT_COUNTED):
            by_reason[outcome.status, page.general(outcome.reason)].append((group, outcome))
    lines = []
    for (status, reason), cases in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        lines.append(f"{len(cases):5} {status}: {reason}")
        shown = [f"{group} [{outcome.what}]" for group, outcome in cases[:SHOWN_EXAMPLES]]
        lines.append(f"          {'; '.join(shown)}{' …' * (len(cases) > SHOWN_EXAMPLES)}")
    return "\n".join(lines)


def main() -> None:
    """Run the suites."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=" ".join(SUITES))
    parser.add_argument("--only", default="", help="a part of the names of what to run")
    parser.add_argument("--failing", action="store_true", help="leave out what was equal when it was last run")
    parser.add_argument("--quick", action="store_true", help="only trace; no page")
    parser.add_argument("--page", action="store_true", help="run nothing, only write the page")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds a case may take")
    options = parser.parse_args()
    if set(options.suites) - set(SUITES):
        parser.error(f"the suites are {', '.join(SUITES)}")
    warm_up()
    measured, missing = {}, {}
    for name in options.suites or SUITES:
        results = Results(KEPT / f"{name}{'.quick' * options.quick}.json")
        if options.page:
            names = [group.name for group in suite(name).groups()]
        else:
            names = run(name, results, options.only, options.failing, options.limit, options.quick)
        measured[name] = results.pairs(names)
        missing[name] = sum(not results.of(group) for group in names)
        if options.suites:
            print(f"\n{suite(name).TITLE}: {dict(count(measured[name]))}\n{failures(measured[name])}")
    print(f"\n{page.table(measured)}")
    broken = [f"{group} [{item.what}]" for pairs in measured.values() for group, item in pairs
              if item.status in (WRONG, TRACEBACK)]  # fmt: skip
    if not (options.suites or options.only or options.quick):
        page.PAGE.write_text(page.text(measured, missing), encoding="utf-8")
        print(f"written: {page.PAGE}")
    if broken:
        sys.exit(f"wrong, or without a reason: {'; '.join(broken)}")


if __name__ == "__main__":
    main()
