"""Do the quick tests notice a fault? cosmic-ray changes one place after another; the tests nearest to it are run.

    python -m venv /some/folder && /some/folder/bin/pip install cosmic-ray
    git worktree add ../mutants
    cd ../mutants && /some/folder/bin/python benchmarks/mutants.py --seed 59 --count 40 --python .venv/bin/python

The places are drawn at random from the four packages, so each seed is another sample. Files are changed on disk and
put back: run it in a worktree of its own, where nobody edits. One line is printed for each place; what no test noticed
comes with its change. The tests of each room stand in mutants.toml; of these, the files that speak of the changed
module or function come first.
"""

import argparse
import random
import re
import tomllib
from collections import Counter
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.ast.ast_query import ASTQuery
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_item import MutationSpec, TestOutcome

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("excel_export", "spreadsheet_autograd", "excel_classroom", "mnist_adder")
ROOMS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["rooms"]
NO_FAULT = re.compile(r"Bit|RShift|LShift|Delete|Decorator|Variable")
"""Operators of cosmic-ray that change types, or what no programmer mistakes."""
FILES = 6
"""The most files of tests for one place."""
SECONDS = 150
"""After so long, tests that have not failed are taken to notice nothing."""


def places(path: Path) -> list[MutationSpec]:
    """Return all changes of a file."""
    tree, found = get_ast_from_path(path), []
    names = [name for name in cosmic_ray.plugins.operator_names() if not NO_FAULT.search(name)]
    for name in names:
        operator = cosmic_ray.plugins.get_operator(name)
        if operator.arguments():
            continue
        positions = [(node, *at) for node in ast_nodes(tree) for at in operator().mutation_positions(node)]
        for k, (node, start, end) in enumerate(positions):
            of = ASTQuery(node).get_definition_name()
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


def nearest(place: MutationSpec) -> list[str]:
    """Return the files of tests to run, those first that speak of the module or of the function."""
    path = Path(place.module_path).relative_to(ROOT)
    room = max((room for room in ROOMS if str(path).startswith(room)), key=len)
    found = {file for pattern in ROOMS[room] for file in _tests(pattern)}
    name, function = path.stem, place.definition_name or path.stem

    def nearness(file: Path) -> tuple[int, str]:
        text = file.read_text(encoding="utf-8")
        words = 2 * len(re.findall(rf"\b{function}\b", text)) + len(re.findall(rf"\b{name}\b", text))
        return -(1000 * (file.stem == f"test_{name}") + words), file.name

    everywhere = {file for file in (ROOT / "tests").rglob("test_*.py") if nearness(file)[0] <= -3}
    return [str(file.relative_to(ROOT)) for file in sorted(found | everywhere, key=nearness)[:FILES]]


def _tests(pattern: str) -> list[Path]:
    folder = ROOT / "tests" / pattern
    return [*folder.rglob("test_*.py")] if folder.is_dir() else [*(ROOT / "tests").glob(pattern)]


def main() -> None:
    """Make the changes of a sample, and print what became of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--python", default="python", help="the interpreter that has the tests' packages")
    parser.add_argument("--only", metavar="1/2", default="1/1", help="a share of the sample, for several worktrees")
    given = parser.parse_args()
    share, shares = map(int, given.only.split("/"))
    became = Counter[str]()
    for number, place in [*enumerate(draw(given.seed, given.count), start=1)][share - 1 :: shares]:
        tests = " ".join(nearest(place))
        command = f"{given.python} -m pytest -n 0 -x -q -p no:cacheprovider {tests}"
        result = mutate_and_test([place], command, SECONDS)
        noticed = result.test_outcome == TestOutcome.KILLED and "Timeout" not in result.output
        became["noticed" if noticed else "survived"] += 1
        where = f"{Path(place.module_path).relative_to(ROOT)}:{place.start_pos[0]} {place.operator_name}"
        print(f"{number} {'noticed' if noticed else 'SURVIVED'} {where}", flush=True)
        if not noticed:
            print(f"    tests: {tests}\n{result.diff or result.output}", flush=True)
    print(dict(became))


if __name__ == "__main__":
    main()
