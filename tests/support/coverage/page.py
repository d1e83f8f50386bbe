"""The page docs/coverage.md: the table of all suites, and what is refused, with its reason."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tests.support.coverage.judge import EQUAL, NOT_COUNTED, REFUSED, TOO_SLOW, TRACEBACK, WRONG, Outcome
from tests.support.coverage.results import count
from tests.support.coverage.suites import suite

PAGE = Path(__file__).resolve().parents[3] / "docs" / "coverage.md"
Measured = Mapping[str, list[tuple[str, Outcome]]]
COLUMNS = (EQUAL, REFUSED, WRONG, TRACEBACK, TOO_SLOW)
SHOWN = 12

INTRODUCTION = """# What works, measured

Each case is something of PyTorch's that nobody made for this project, or a network as people write them. It is
exported, a spreadsheet engine computes the workbook, and every number, the gradients too, is held against PyTorch's
own run of the same module in float64.

{table}

- **equal**: the loss, every gradient and every intermediate value agree to nine digits.
- **refused**: no workbook is made, and one line says why.
- **wrong**: a number differs. **traceback**: the exporter fails without saying why. Neither may happen.
- **not run**: the case took more than a minute.

Not counted are samples whose result has no floating-point number or no gradient: there is nothing to learn there.

Operators are frozen at what lessons, examples, courses and the model libraries use: the others are refused, each with a
way round. Of networks of courses and libraries, those are kept of which each lets the exporter do what others do not.

This page is made by `python docs/make_coverage.py`, which takes about half an hour. `pytest` runs a sample of some, and
`.ci/long` all.
"""


def table(measured: Measured) -> str:
    """Return the table of all suites."""
    lines = ["| suite | cases | equal | refused | wrong | traceback | not run |", "|---|---|---|---|---|---|---|"]
    for name, pairs in measured.items():
        counted = count(pairs)
        cases = sum(counted[status] for status in COLUMNS)
        lines.append(f"| {suite(name).TITLE} | {cases:,} | {' | '.join(f'{counted[key]:,}' for key in COLUMNS)} |")
    return "\n".join(lines)


def text(measured: Measured, missing: Mapping[str, int]) -> str:
    """Return the whole page.

    Args:
        measured: the outcomes of each suite.
        missing: how many groups of a suite were not measured.
    """
    parts = [INTRODUCTION.format(table=table(measured))]
    parts += [f"Of “{suite(name).TITLE}”, {n:,} were not measured.\n" for name, n in missing.items() if n]
    for name, pairs in measured.items():
        parts.append(section(name, pairs))
    return "\n".join(parts).rstrip() + "\n"


def section(name: str, pairs: list[tuple[str, Outcome]]) -> str:
    """Return what is said of one suite."""
    text = f"## {suite(name).TITLE}\n\n{_summary(pairs)}\n\n{_refused(pairs)}"
    if not hasattr(suite(name), "NETWORKS"):
        return text
    equal = [group for group, outcome in pairs if outcome.status == EQUAL]
    return f"{text.rstrip()}\n\n{suite(name).INTRODUCTION}\n\n" + "\n".join(f"- {each}" for each in equal) + "\n"


def _summary(pairs: list[tuple[str, Outcome]]) -> str:
    counted = [(group, outcome) for group, outcome in pairs if outcome.status != NOT_COUNTED]
    groups = dict.fromkeys(group for group, _ in counted)
    whole = [g for g in groups if all(outcome.status == EQUAL for group, outcome in counted if group == g)]
    some = [g for g in groups if g not in whole and any(o.status == EQUAL for group, o in counted if group == g)]
    return f"{len(whole):,} of {len(groups):,} export in every case, {len(some):,} more in some."


def _refused(pairs: list[tuple[str, Outcome]]) -> str:
    reasons: dict[str, list[str]] = defaultdict(list)
    for group, outcome in pairs:
        if outcome.status not in (EQUAL, NOT_COUNTED):
            reasons[general(outcome.reason)].append(group)
    if not reasons:
        return ""
    lines = ["| cases | refused because | of |", "|---|---|---|"]
    for reason, groups in sorted(reasons.items(), key=lambda item: -len(item[1])):
        names = list(dict.fromkeys(groups))
        of = ", ".join(f"`{name}`" for name in names[:SHOWN]) + f" and {len(names) - SHOWN} more" * (len(names) > SHOWN)
        lines.append(f"| {len(groups):,} | {_in_a_table(reason)} | {of} |")
    return "\n".join(lines) + "\n"


def general(reason: str) -> str:
    """Return a reason without what differs from case to case: lines of code, names of nodes, numbers, shapes."""
    reason = re.sub(r" in \w+\.py, line \d+: .*?,? has no formulas", " has no formulas", reason)
    reason = re.sub(r",? (in )?\w+\.py, line \d+: [^:;]*\)", "", reason)
    reason = re.sub(r": compute the same with other functions, or add .*", "", reason)
    reason = re.sub(r" \(node '[^']*'[^()]*\)", "", reason)
    reason = re.sub(r"'grad\.[^']*'|'[a-p]'", "'…'", reason)
    reason = re.sub(r"\b\d+(\.\d+)?(e[-+]\d+)?\b", "…", reason)
    return re.sub(r"\(…?(, ?…)*,?\)", "(…)", reason)


def _in_a_table(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")[:300]
