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

INTRODUCTION = """# Which functions and networks can be exported

The suites below consist of PyTorch's own samples and of published networks. Each case is exported, a spreadsheet engine
computes the workbook, and every number, including the gradients, is compared with a float64 run of the same module in
PyTorch.

{table}

- **equal**: the loss, every gradient and every intermediate value agree to nine digits.
- **refused**: the exporter writes no workbook and prints one line that says why.
- **wrong**: a number differs. **traceback**: the exporter crashes. Both must stay 0.
- **not run**: the case took more than a minute.
- **complete**: the number of functions, classes or networks with only equal cases; "partly" counts those with both
  equal and other cases.

Cases without a floating-point result or without a gradient are not counted.
{missing}
The operators cover the functions that the lessons, the examples, courses and model libraries use. We do not plan
further operators.

`python docs/make_coverage.py` measures all suites in about half an hour and writes this page. `pytest` runs a sample of
the cases, and `.ci/long` a larger one.
"""

KINDS = {
    "The function has no formula; the error message shows a replacement": "has no formulas",
    "The function has no formula": "is not supported, as nobody has written formulas|custom operator, whose code",
    "PyTorch builds the function from another one that has no formula": "PyTorch makes it of",
    "An argument has a value that is not supported": "decimals are not|an ord below|alpha other|is supported where",
    "The code reads a number out of a tensor, or the size of a result depends on such a number": (
        "^how many elements|: how many elements|is read by|asks for a (plain )?number|number here must not depend"
    ),
    "The sample has no scalar loss, or no gradient reaches its inputs": (
        "must return a scalar loss|loss is a constant|no gradient leaves"
    ),
    "A value is NaN or infinity, which a cell cannot hold": "holds NaN|holds an infinite|the loss is (nan|-?inf)",
    "The type of a tensor has no counterpart in a sheet (sparse, 8 or 16 bits)": (
        "is sparse|casts to narrower|whole numbers of"
    ),
    "PyTorch itself raises an error": "PyTorch cannot run|its data is not allocated",
    "The function draws random numbers that depend on the input": "in training is not supported: it draws",
    "The custom backward pass is not the derivative of the forward pass": "has a backward that is not the derivative",
    "The gradient jumps where two numbers differ only in their last digits": "differ in their last digits",
    "The recorded graph does not give PyTorch's numbers": "is off by",
}
"""Why a case is refused, in a few words, and the pattern by which its error message is recognised."""


def table(measured: Measured) -> str:
    """Return the table of all suites."""
    lines = [
        "| suite | cases | equal | refused | wrong | traceback | not run | complete |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, pairs in measured.items():
        counted = count(pairs)
        cases = sum(counted[status] for status in COLUMNS)
        numbers = " | ".join(f"{counted[key]:,}" for key in COLUMNS)
        lines.append(f"| {suite(name).TITLE} | {cases:,} | {numbers} | {_complete(pairs)} |")
    return "\n".join(lines)


def text(measured: Measured, missing: Mapping[str, int]) -> str:
    """Return the whole page.

    Args:
        measured: the outcomes of each suite.
        missing: how many groups of a suite were not measured.
    """
    lines = [
        f"In the suite “{suite(name).TITLE}”, {n:,} functions or classes were not measured.\n"
        for name, n in missing.items()
        if n
    ]
    parts = [INTRODUCTION.format(table=table(measured), missing="".join(lines)), refusals(measured)]
    for name, pairs in measured.items():
        if hasattr(suite(name), "NETWORKS"):
            equal = list(dict.fromkeys(group for group, outcome in pairs if outcome.status == EQUAL))
            parts.append(f"## {suite(name).TITLE}\n\n{suite(name).INTRODUCTION}\n\n{'; '.join(equal)}.\n")
    return "\n".join(parts).rstrip() + "\n"


def _complete(pairs: list[tuple[str, Outcome]]) -> str:
    statuses: dict[str, set[str]] = defaultdict(set)
    for group, outcome in pairs:
        if outcome.status != NOT_COUNTED:
            statuses[group].add(outcome.status)
    whole = sum(found == {EQUAL} for found in statuses.values())
    partly = sum(EQUAL in found for found in statuses.values()) - whole
    return f"{whole:,} of {len(statuses):,}" + f", partly {partly:,}" * bool(partly)


def refusals(measured: Measured) -> str:
    """Return the section that lists what is refused: a row for each kind of reason, with the functions it concerns."""
    cases: dict[str, int] = defaultdict(int)
    names: dict[str, set[str]] = defaultdict(set)
    for pairs in measured.values():
        for group, outcome in pairs:
            if outcome.status not in (EQUAL, NOT_COUNTED):
                kind = kind_of(outcome.reason)
                cases[kind] += 1
                names[kind].add(group)
    lines = ["| cases | why | functions and networks |", "|---|---|---|"]
    for kind in sorted(cases, key=lambda kind: -cases[kind]):
        of = ", ".join(f"`{name}`" for name in sorted(names[kind], key=str.lower))
        lines.append(f"| {cases[kind]:,} | {_in_a_table(kind)} | {of} |")
    return "## What is refused\n\n" + "\n".join(lines) + "\n"


def kind_of(reason: str) -> str:
    """Return which of the `KINDS` an error message belongs to, or the message without details if it is none of them."""
    message = general(reason)
    return next((kind for kind, pattern in KINDS.items() if re.search(pattern, message)), message)


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
