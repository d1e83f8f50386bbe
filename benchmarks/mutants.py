"""Do the quick tests notice a fault? cosmic-ray changes one place after another; the tests that reach it are run.

    git worktree add ../mutants && cd ../mutants
    python3 -m venv .venv && .venv/bin/pip install -e '.[test]' cosmic-ray pytest-cov
    .venv/bin/python -m pytest --cov=. --cov-context=test --cov-report= --junitxml=results.xml
    .venv/bin/python benchmarks/mutants.py --seed 59 --count 40

The first run, of ten minutes, measures which test reaches which line and how long each test takes. The places are drawn
at random from the four packages, so each seed is another sample. Files are changed on disk and put back: run it in a
worktree of its own, where nobody edits. One line is printed for each place, with the test that failed or, if none did,
the change. Root measures with --ignore tests/excel_export/test_files.py, which gives up root's rights.
"""

import argparse
import ast
import random
import re
import shlex
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import cosmic_ray.plugins
import coverage
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.ast.ast_query import ASTQuery
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_item import MutationSpec, TestOutcome

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("excel_export", "spreadsheet_autograd", "excel_classroom", "mnist_adder")
NO_FAULT = re.compile(r"Bit|RShift|LShift|Delete|Decorator|Variable")
"""Operators of cosmic-ray that change types, or what no programmer mistakes."""
TESTS = 300
"""The most tests for one place."""
WHOLE = ("tests/test_digests.py", "tests/excel_classroom/grading/test_marks.py")
"""Tests that coverage does not see at a place: they share a workbook, or run the grader in a process of its own."""
SECONDS = 240
"""After so long, tests that have not failed are taken to notice nothing."""


def places(path: Path) -> list[MutationSpec]:
    """Return all changes of a file, but for those in the examples of operators, which are tests themselves."""
    tree, found = get_ast_from_path(path), []
    names = [name for name in cosmic_ray.plugins.operator_names() if not NO_FAULT.search(name)]
    for name in names:
        operator = cosmic_ray.plugins.get_operator(name)
        if operator.arguments():
            continue
        positions = [(node, *at) for node in ast_nodes(tree) for at in operator().mutation_positions(node)]
        for k, (node, start, end) in enumerate(positions):
            of = ASTQuery(node).get_definition_name()
            if of != "cases":
                found.append(MutationSpec(str(path), name, k, start, end, definition_name=of))
    return found


def draw(seed: int, count: int) -> list[MutationSpec]:
    """Return `count` changes: each in a file drawn by its length, at any of its places alike."""
    chance = random.Random(seed)
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    sizes, found = [path.stat().st_size for path in paths], list[MutationSpec]()
    while len(found) < count:
        by_place: dict[tuple[int, int], list[MutationSpec]] = {}
        for place in places(*chance.choices(paths, sizes)):
            by_place.setdefault(place.start_pos, []).append(place)
        if by_place:
            found.append(chance.choice(by_place[chance.choice(sorted(by_place))]))
    return found


class Reached:
    """Which tests reach a place, by the data of coverage with a context for each test."""

    def __init__(self, data_file: Path, results: Path) -> None:
        self._data = coverage.CoverageData(str(data_file))
        self._data.read()
        self._seconds = {
            f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}": float(case.get("time", 0))
            for case in ET.parse(results).iter("testcase")
            if case.find("failure") is None and case.find("error") is None
        }

    def tests(self, place: MutationSpec) -> list[str]:
        """Return the tests that reach a place; of what an import runs, those of its file.

        First comes the quickest case of each test function, then the next one of each; last come those of `WHOLE`.

        A test is named as pytest names it: ['tests/excel_export/test_grid.py::test_a_row[3]'].
        """
        path = Path(place.module_path).relative_to(ROOT)
        files = (file for file in self._data.measured_files() if Path(file).match(str(path)))
        lines = self._data.contexts_by_lineno(next(files, ""))
        here = range(place.start_pos[0], place.end_pos[0] + 1)
        if not any(_body_of(node) & {*here} for node in ast.walk(ast.parse(Path(place.module_path).read_bytes()))):
            here = range(1, max(lines, default=0) + 1)
        reached = {context.split("|")[0] for line in here for context in lines.get(line, ())}
        cases, order = Counter[str](), list[tuple[int, float, str]]()
        for test in sorted(reached & self._seconds.keys(), key=lambda test: (self._seconds[test], test)):
            function = test.partition("[")[0]
            order.append((cases[function], self._seconds[test], test))
            cases[function] += 1
        return [*[test for *_, test in sorted(order)[:TESTS]], *WHOLE]


def _body_of(node: ast.AST) -> set[int]:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    return {*range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)}


def main() -> None:
    """Make the changes of a sample, and print what became of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument(
        "--coverage", type=Path, default=ROOT / ".coverage", help="its data, perhaps of another worktree"
    )
    parser.add_argument("--results", type=Path, default=ROOT / "results.xml", help="of the same run")
    parser.add_argument("--only", metavar="1/2", default="1/1", help="a share of the sample, for several worktrees")
    given = parser.parse_args()
    share, shares = map(int, given.only.split("/"))
    became, reached = Counter[str](), Reached(given.coverage, given.results)
    for number, place in [*enumerate(draw(given.seed, given.count), start=1)][share - 1 :: shares]:
        tests = reached.tests(place)
        command = shlex.join([sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "-p", "no:cacheprovider", *tests])
        result = mutate_and_test([place], command, SECONDS)
        output = result.output or ""
        outcome = "SURVIVED" if result.test_outcome != TestOutcome.KILLED else "noticed"
        if output == "timeout":
            outcome = output
        became[outcome] += 1
        where = f"{Path(place.module_path).relative_to(ROOT)}:{place.start_pos[0]} {place.operator_name}"
        print(f"{number} {outcome} {where} ({len(tests)} tests)", flush=True)
        failed = re.search(r"^(?:FAILED|ERROR) .*", output, re.MULTILINE)
        print(failed[0] if failed else result.diff or output, flush=True)
    print(dict(became))


if __name__ == "__main__":
    main()
