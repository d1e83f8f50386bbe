"""Do the quick tests notice a fault? Change one place after another, and run the quick tests of its room.

python benchmarks/mutants.py --places 200 --seed 1 --results mutants.jsonl

It works in a copy of the last commit (a git worktree), so nothing here is touched. Stopped, it goes on where it was. A
place that no test noticed is printed with its line; whoever finds that the change makes no difference writes it into
`EQUIVALENT`. The table at the end belongs into tests/README.md.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("excel_export", "spreadsheet_autograd", "excel_classroom", "mnist_adder")
E, PAGES = "tests/excel_export", ("tests/excel_export/browser", "tests/excel_export/page")
ROOMS: dict[str, tuple[str, ...]] = {
    "excel_export/formulas": (
        f"{E}/test_expression.py", f"{E}/test_grid.py", f"{E}/test_functions.py", f"{E}/test_exact_numbers.py",
        f"{E}/test_linear_form.py", f"{E}/test_fills.py", f"{E}/test_operators.py", f"{E}/test_masks.py",
        f"{E}/*/test_page_numbers.py",
    ),
    "excel_export/ops": (
        f"{E}/test_operators.py", f"{E}/test_words.py", f"{E}/test_every_example.py", f"{E}/test_extremes.py",
        f"{E}/test_slopes_at_zero.py", f"{E}/test_masks.py",
    ),
    "excel_export/composites": (
        f"{E}/test_made_of_others.py", f"{E}/test_words.py", f"{E}/test_drawn.py", f"{E}/test_every_example.py",
    ),
    "excel_export/graph": (f"{E}/test_display_names.py", f"{E}/test_labels.py", f"{E}/test_trace.py",
                           f"{E}/test_front_end*.py", f"{E}/test_hostile_names.py"),
    "excel_export/optim": (f"{E}/test_learning_rules*.py", f"{E}/test_adding_a_rule.py", f"{E}/test_training_*.py"),
    "excel_export/compiler": (
        f"{E}/test_trace.py", f"{E}/test_confirm.py", f"{E}/test_front_end*.py", f"{E}/test_*constants.py",
        f"{E}/test_state.py", f"{E}/test_chance.py", f"{E}/test_inner_gradients.py", f"{E}/test_picked*.py",
        f"{E}/test_function_transforms.py", f"{E}/test_limits.py", f"{E}/test_inlining.py", f"{E}/test_layers.py",
        f"{E}/test_used_often.py", f"{E}/test_part.py", f"{E}/test_network_sheet.py", f"{E}/test_training_*.py",
    ),
    "excel_export/views": (f"{E}/test_step_captions.py", f"{E}/test_words.py", f"{E}/test_labels.py",
                           f"{E}/test_lens*.py", f"{E}/test_explain*.py", f"{E}/test_linear_form.py"),
    "excel_export/workbook": (
        f"{E}/test_read.py", f"{E}/test_recalculate.py", f"{E}/test_package.py", f"{E}/test_schema.py",
        f"{E}/test_links.py", f"{E}/test_form_controls.py", f"{E}/test_charts.py", f"{E}/test_merged_cells.py",
        f"{E}/test_hostile_files.py", f"{E}/test_zip_bombs.py", f"{E}/test_travel.py", f"{E}/test_paper.py",
        f"{E}/test_excel_fit.py", f"{E}/test_contrast.py", f"{E}/test_start_screen.py",
    ),
    "excel_export/sheets": (
        f"{E}/test_start_screen.py", f"{E}/test_tabs.py", f"{E}/test_nudge_sheet.py", f"{E}/test_agreement.py",
        f"{E}/test_network_sheet.py", f"{E}/test_explain*.py", f"{E}/test_lens*.py", f"{E}/test_left_open.py",
        f"{E}/test_typed*.py", f"{E}/test_training*.py", f"{E}/test_excel_fit.py", f"{E}/test_shown_digits.py",
    ),
    "excel_export/browser": (f"{E}/browser",),
    "excel_export/page": (f"{E}/page",),
    "excel_export/lessons": (f"{E}/test_lesson_command.py", f"{E}/test_lessons.py", f"{E}/test_assignment.py",
                             f"{E}/test_claims*.py", f"{E}/*/test_texts.py"),
    "excel_export": (
        f"{E}/test_cli.py", f"{E}/test_terminal.py", f"{E}/test_progress_bar.py", f"{E}/test_files.py",
        f"{E}/test_exporter.py", f"{E}/test_report.py", f"{E}/test_load_parameters.py", f"{E}/test_authoring.py",
        f"{E}/test_as_the_user_runs_it.py", f"{E}/test_grid.py",
    ),
    "spreadsheet_autograd": ("tests/spreadsheet_autograd",),
    "excel_classroom/similarity": ("tests/excel_classroom/similarity", "tests/excel_classroom/grading/test_report.py"),
    "excel_classroom/practice": ("tests/excel_classroom/practice",),
    "excel_classroom": ("tests/excel_classroom/grading", "tests/excel_classroom/report"),
    "mnist_adder/data": ("tests/mnist_adder/data",),
    "mnist_adder/network": ("tests/mnist_adder/network",),
    "mnist_adder/report": ("tests/mnist_adder/report",),
    "mnist_adder/training": ("tests/mnist_adder/training",),
    "mnist_adder/workbook": ("tests/mnist_adder/workbook", f"{E}/test_teaching_workbook.py"),
    "mnist_adder": ("tests/mnist_adder",),
    "the pages' script": PAGES,
}  # fmt: skip
"""The first room that a file is in, and its quick tests."""
EQUIVALENT = {
    ("excel_export/compiler/trace/watched.py", "place = (frame.f_code.co_filename, frame.f_code.co", "0 → 1"),
    ("excel_export/composites/tables.py", "norm_type: float = 2.0, scale_grad_by_freq: bool =", "False → True"),
}
"""Changes that make no difference: the file, the first fifty characters of the line, and the change."""

SWAPS: dict[type, tuple[str, str]] = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"), ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="), ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is"), ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"), ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"), ast.FloorDiv: ("//", "*"), ast.Pow: ("**", "*"), ast.And: ("and", "or"), ast.Or: ("or", "and"),
}  # fmt: skip
IN_SCRIPTS = {
    "===": "!==", "!==": "===", "<=": "<", ">=": ">", " < ": " <= ", " > ": " >= ", "&&": "||", "||": "&&",
    " + ": " - ", " - ": " + ", " * ": " / ", " / ": " * ", "true": "false", "false": "true",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One change: what stands from one place of a file to another becomes something else."""

    file: str
    line: int
    start: int
    end: int
    old: str
    new: str

    @property
    def room(self) -> str:
        if self.file.endswith(".js"):
            return "the pages' script"
        return next(room for room in ROOMS if self.file.startswith(f"{room}/"))

    @property
    def change(self) -> str:
        return f"{self.old.strip() or 'return'} → {self.new.strip()}"


def places() -> list[Place]:
    """Every change that may be made."""
    listed = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found: list[Place] = []
    for file in listed.split():
        if file.endswith(".py"):
            found += of_python(file)
        elif file.endswith(".js") and "/script/" in file:
            found += of_script(file)
    return found


def of_python(file: str) -> Iterator[Place]:
    text = (ROOT / file).read_text(encoding="utf-8")
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    raw = text.encode()
    tree = ast.parse(text)
    untouched = {id(part) for node in ast.walk(tree) for part in _never_run(node)}

    def at(node: ast.expr, end: bool = False) -> int:
        return (starts[node.end_lineno - 1] + node.end_col_offset) if end else starts[node.lineno - 1] + node.col_offset

    def between(left: ast.expr, right: ast.expr, kind: type) -> Iterator[Place]:
        if kind in SWAPS:
            old, new = SWAPS[kind]
            first, last = at(left, end=True), at(right)
            where = re.search(rb"(?<![\w*/<>=!])" + re.escape(old.encode()) + rb"(?![\w*/=])", raw[first:last])
            if where:
                yield Place(file, left.end_lineno, first + where.start(), first + where.end(), old, new)

    def whole(node: ast.expr, new: str) -> Place:
        first, last = at(node), at(node, end=True)
        return Place(file, node.lineno, first, last, raw[first:last].decode(), new)

    for node in ast.walk(tree):
        if id(node) in untouched:
            continue
        if isinstance(node, ast.Compare):
            for left, kind, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
                yield from between(left, right, type(kind))
        elif isinstance(node, ast.BinOp):
            yield from between(node.left, node.right, type(node.op))
        elif isinstance(node, ast.BoolOp):
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield from between(left, right, type(node.op))
        elif isinstance(node, ast.Constant) and type(node.value) is bool:
            yield whole(node, str(not node.value))
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield whole(node, repr(node.value + 1))
        elif isinstance(node, ast.Return) and node.value and not _is_none(node.value):
            yield whole(node.value, "None")


def _never_run(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that a user's numbers never meet: annotations, and what operators are tried with."""
    parts = [getattr(node, name, None) for name in ("annotation", "returns")]
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        parts += node.body
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Example", "Extreme"):
        parts.append(node)
    if isinstance(node, ast.FunctionDef) and (
        node.name == "cases" or any(getattr(each, "attr", "") == "examples" for each in node.decorator_list)
    ):
        parts.append(node)
    for part in parts:
        if part is not None:
            yield from ast.walk(part)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def of_script(file: str) -> Iterator[Place]:
    text = (ROOT / file).read_text(encoding="utf-8")
    # What is no code is blanked out, so that places stay where they are.
    code = re.sub(
        r"/\*.*?\*/|//[^\n]*|'[^'\n]*'|\"[^\"\n]*\"", lambda found: " " * len(found[0]), text, flags=re.DOTALL
    )
    signs = "|".join(rf"\b{sign}\b" if sign.isalpha() else re.escape(sign) for sign in IN_SCRIPTS)
    for found in re.finditer(rf"{signs}|(?<![\w.#])\d+(?:\.\d+)?(?![\w.%])", code):
        old = found[0]
        new = IN_SCRIPTS.get(old) or f"{float(old) + 1:g}"
        first, last = (len(text[:k].encode()) for k in found.span())
        yield Place(file, text.count("\n", 0, found.start()) + 1, first, last, old, new)


def line_of(place: Place) -> str:
    return (ROOT / place.file).read_text(encoding="utf-8").splitlines()[place.line - 1].strip()


class Copy:
    """A copy of the last commit, in which places are changed and tests run."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._seconds, self._failing = folder, seconds, set[str]()
        subprocess.run(["git", "worktree", "add", "-q", "--detach", folder, "HEAD"], cwd=ROOT, check=True)
        if (ROOT / "node_modules").exists():
            (folder / "node_modules").symlink_to((ROOT / "node_modules").resolve())

    def close(self) -> None:
        subprocess.run(["git", "worktree", "remove", "--force", self._folder], cwd=ROOT, check=True)

    def notices(self, place: Place) -> str:
        """Say what the tests of its room do once a place is changed: the test that fails, 'survived', 'too slow', …

        A test that fails without the change, too, says nothing, and is left out from then on.
        """
        while True:
            with_change = self._tried(place)
            if "/" not in with_change:
                return with_change or "survived"
            if not self._first_failure([with_change]):
                return with_change
            self._failing.add(with_change)

    def _tried(self, place: Place) -> str:
        file = self._folder / place.file
        raw = file.read_bytes()
        try:
            file.write_bytes(raw[: place.start] + place.new.encode() + raw[place.end :])
            if place.file.endswith(".js"):
                build = ["npm", "run", "--silent", "build"]
                if subprocess.run(build, cwd=self._folder, check=False, capture_output=True).returncode:
                    return "it cannot be built"
                scripts = [str(each) for each in self._folder.glob(f"{E}/*/script/*.test.js")]
                if subprocess.run(["node", "--test", *scripts], check=False, capture_output=True).returncode:
                    return "a test of the script"
            near, others = self._files(place)
            return self._first_failure(near) or self._first_failure(others)
        finally:
            subprocess.run(["git", "checkout", "-q", "--", "."], cwd=self._folder, check=True)

    def _files(self, place: Place) -> tuple[list[str], list[str]]:
        """The test files of its room: those that name the changed file or what it is about, and the others."""
        found = sorted({file for each in ROOMS[place.room] for name in self._folder.glob(each)
                        for file in (name.rglob("test_*.py") if name.is_dir() else [name])})  # fmt: skip
        stem = Path(place.file).stem.strip("_")
        near = [file for file in found if re.search(rf"\b{stem}\b", file.read_text(encoding="utf-8"))]
        return [str(file) for file in near], [str(file) for file in found if file not in near]

    def _first_failure(self, tests: list[str]) -> str:
        """The first test that fails; '' where none does, or 'too slow'."""
        if not tests:
            return ""
        left_out = [part for test in self._failing for part in ("--deselect", test)]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "-n", "0", "-p", "no:cacheprovider", *left_out]
        environment = {**os.environ, "PYTHONPATH": str(self._folder), "OMP_NUM_THREADS": "1",
                       "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
        with subprocess.Popen([*command, *tests], cwd=self._folder, env=environment, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, start_new_session=True) as process:  # fmt: skip
            try:
                said, _ = process.communicate(timeout=self._seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                return "too slow"
        if process.returncode in (0, 5):  # 5: all that was chosen is slow
            return ""
        failed = re.search(r"^(?:FAILED|ERROR) (\S+?(?:\[.*?\])?)(?: - .*)?$", said, re.MULTILINE)
        return failed[1] if failed else "too early to name a test"


def table(known: dict[Place, str]) -> str:
    """By room: how many places were changed, and of how many changes the tests took notice."""
    lines = ["| room | places | noticed | equivalent | too slow | survived |", "|---|---|---|---|---|---|"]
    for room in [*sorted({place.room for place in known}), "all"]:
        of_room = {place: what for place, what in known.items() if room in (place.room, "all")}
        equivalent = sum((place.file, line_of(place)[:50], place.change) in EQUIVALENT for place in of_room)
        slow = sum(what == "too slow" for what in of_room.values())
        survived = sum(what == "survived" for what in of_room.values()) - equivalent
        noticed = len(of_room) - survived - equivalent - slow
        lines.append(f"| {room} | {len(of_room)} | {noticed} | {equivalent} | {slow} | {survived} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="of files that begin like this")
    parser.add_argument("--seconds", type=float, default=900, help="how long the tests of a place may take")
    parser.add_argument("--results", type=Path, default=Path("mutants.jsonl"))
    options = parser.parse_args()
    found = [place for place in places() if place.file.startswith(options.only)]
    chosen = random.Random(options.seed).sample(found, min(options.places, len(found)))
    known: dict[Place, str] = {}
    if options.results.exists():
        for line in options.results.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            known[Place(**told["place"])] = told["what"]
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder) / "copy", options.seconds)
        try:
            for number, place in enumerate(chosen, start=1):
                if place not in known:
                    known[place] = copy.notices(place)
                    with options.results.open("a", encoding="utf-8") as results:
                        results.write(json.dumps({"place": asdict(place), "what": known[place]}) + "\n")
                print(f"{number}/{len(chosen)} {known[place]}: {place.file}:{place.line}  {place.change}", flush=True)
        finally:
            copy.close()
    print(f"\nOf {len(found):,} places, {len(chosen)} by chance (seed {options.seed}):\n")
    print(table({place: known[place] for place in chosen}))
    for place in chosen:
        if known[place] == "survived":
            print(f"\n{place.file}:{place.line}  {place.change}\n    {line_of(place)}")


if __name__ == "__main__":
    main()
