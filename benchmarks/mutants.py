"""Do the quick tests notice a fault? Change one place after another, and run the quick tests that reach it.

python benchmarks/mutants.py --sample 200 --seed 41

A copy of the last commit, a git worktree in `--folder`, is what is changed and tried. First the quickest tests that
reach a place try its change, each time by a fork of one process; then, of the changes that survived, all tests of the
files that reach it. Tests of a room are asked once which places they reach. Stopped, it goes on where it was. What no
test noticed is printed with its line; whoever finds that a change makes no difference writes it into mutants.toml, and
says why. The table at the end belongs into tests/README.md.

python benchmarks/mutants.py --seed 41 --change 17 tests/test_names.py      a test of yours, with the change 17 made
"""

from __future__ import annotations

import argparse
import ast
import gc
import importlib
import json
import os
import pkgutil
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter, defaultdict
from contextlib import redirect_stdout, suppress
from pathlib import Path

import pytest
import switched
from switched import Place

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("excel_export", "spreadsheet_autograd", "excel_classroom", "mnist_adder")
TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
PAGES, SCRIPT = "tests/excel_export/pages", "the pages' script"
IMPORTED = (
    "torchvision",
    "torch._dynamo",
    "scipy",
    "openpyxl",
    "ironcalc",
    "hypothesis",
    "jinja2",
    "safetensors.torch",
)
"""What is loaded once for the changes that need a process in which no file of ours was imported."""
FEW, SOME_FILES = 15, 5
"""So many tests try a change at first, and the files, so many at most, that are next to it."""
TO_ASK, AT_FIRST, AFTERWARDS = 1.0, 12.0, 150.0
"""Seconds of a processor: for a file of tests to say what it reaches, and for tests of a change, twice."""
AT_FIRST_SURVIVED, SURVIVED = "survived at first", "survived"


class Watch:
    """Writes down what becomes of the tests; ends them, or those of a file, after so many seconds of the processor."""

    def __init__(self, said: Path, seconds: float, of_file: float, known: dict[str, float]) -> None:
        self._said = said.open("w", encoding="utf-8")
        self._stop_at, self._of_file, self._known = used() + seconds, of_file, known
        self._began, self._spent = 0.0, Counter[str]()

    def tell(self, **what: object) -> None:
        self._said.write(f"{json.dumps(what)}\n")
        self._said.flush()

    def pytest_collection_finish(self) -> None:
        switched.take()  # what was reached by no test

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._began = used()
        # What does not end is ended: the signal of this limit has no handler.
        most = int(time.process_time() + max(30, 20 * self._known.get(nodeid, 30))) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
        self.tell(began=nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if self._spent[file_of(item.nodeid)] > self._of_file:
            pytest.skip("its file has had its time")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.tell(failed=report.nodeid)

    pytest_collectreport = pytest_runtest_logreport

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        seconds = round(used() - self._began, 3)
        self._spent[file_of(nodeid)] += seconds
        self.tell(test=nodeid, seconds=seconds, reached=switched.take())

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        if used() > self._stop_at:
            item.session.shouldstop = "they have had their time"


class Run:
    """The changes of a sample, and what became of each."""

    def __init__(self, folder: Path, sample: int, seed: int) -> None:
        self.folder, self.copy, plan = folder, folder / "copy", folder / "plan.json"
        if not plan.exists():
            begin(folder, sample, seed)
        planned = json.loads(plan.read_text(encoding="utf-8"))
        self.of, self.places = planned["of"], [Place(*each) for each in planned["places"]]
        self.known = {each["number"]: each for each in read(folder / "results.jsonl")}
        self._tests = read(folder / "reached.jsonl")
        self._seconds = {each["test"]: each["seconds"] for each in self._tests}
        self._failing, self._sound = {each["test"] for each in self._tests if each["failed"]}, set[str]()

    def untried(self, at_import: bool, again: bool) -> list[int]:
        """The changes to make: those of what runs at import only, or the others; again where they survived at first."""
        known = {number: result["what"] for number, result in self.known.items()}
        wanted = AT_FIRST_SURVIVED if again else None
        return [
            k for k in range(len(self.places)) if known.get(k) == wanted and (k in switched.at_import()) == at_import
        ]

    def try_all(self, numbers: list[int], again: bool) -> None:
        """Make changes, and let tests take notice."""
        for number in numbers:
            place, began = self.places[number], used()
            what, by = (self._tried_script if place.file.endswith(".js") else self._tried)(number, again)
            self.known[number] = {"number": number, "what": what, "by": by, "seconds": round(used() - began, 1)}
            append(self.folder / "results.jsonl", self.known[number])
            print(f"{len(self.known)}: {what} {number} {place.file}:{place.line} {place.change} {by}", flush=True)

    def _tried(self, number: int, again: bool) -> tuple[str, str]:
        at_import, related = number in switched.at_import(), self._related(self.places[number])
        for file in [] if at_import else related[: 3 * SOME_FILES if again else SOME_FILES]:
            if again or len(self._reaching(number)) < SOME_FILES:
                self._ask(file)
        reaching = self._reaching(number)
        files = {each["file"] for each in reaching} or (set(related) if at_import else set())
        near = [file for file in related if file in files]
        ranks, few = Counter[str](), list[tuple[int, float, str]]()
        for each in sorted(reaching, key=lambda each: each["seconds"]):
            few.append((ranks[each["file"]], each["seconds"], each["test"]))  # the quickest one of each file first
            ranks[each["file"]] += 1
        # A fork that must import everything reads a few files as wholes. Elsewhere files follow, too: of tests that
        # share what they have made, only the first is known to reach a place.
        tests = [] if at_import or again else [test for *_, test in sorted(few)[:FEW]]
        return self._noticed(number, [*tests, *near[: None if again else SOME_FILES]], again)

    def _tried_script(self, number: int, again: bool) -> tuple[str, str]:
        place = self.places[number]
        path = self.copy / place.file
        text = path.read_text(encoding="utf-8")
        old, new = place.change.split(" → ")
        try:
            path.write_text(text[: place.number] + new + text[place.number + len(old) :], encoding="utf-8")
            for command in ("npm run --silent build", f"node --test {PAGES}/script/*.test.js"):
                if subprocess.run(command, shell=True, cwd=self.copy, check=False, capture_output=True).returncode:
                    return "noticed", command
            before = dict.fromkeys(each["by"] for each in self.known.values() if each["by"].startswith(PAGES))
            return self._noticed(-1, [PAGES] if again else [*before][:FEW] or [PAGES], again)
        finally:
            subprocess.run(["git", "checkout", "-q", "--", "."], cwd=self.copy, check=True)

    def _noticed(self, change: int, tests: list[str], again: bool) -> tuple[str, str]:
        """Say what tests do with a change made: the first one that fails, and passes without it."""
        seconds = AFTERWARDS if again else AT_FIRST
        while tests:
            slow = {test for test, known in self._seconds.items() if known > seconds}
            left_out = [part for test in self._failing | slow for part in ("--deselect", test)]
            lines = self._fork(tests, change, "-x", *left_out, seconds=seconds)
            bad = next((line for line in lines if "failed" in line), None)
            if bad is None:
                break
            test = bad["failed"]
            if change < 0 or test in self._sound or not any("failed" in each for each in self._fork([test], -1)):
                self._sound.add(test)
                return f"noticed{bad.get('how', '')}", test
            self._failing.add(test)
            tests = [each for each in tests if each != test]
        return SURVIVED if again else AT_FIRST_SURVIVED, ""

    def _ask(self, file: str) -> None:
        """Let each quick test of a file say which places it reaches, once."""
        if file in {each["file"] for each in self._tests}:
            return
        lines = self._fork([file], -1, of_file=TO_ASK)
        failed = {line["failed"] for line in lines if "failed" in line}
        for line in [*(each for each in lines if "test" in each), {"test": "", "seconds": 0, "reached": []}]:
            self._tests.append({**line, "file": file, "failed": line["test"] in failed})
            self._seconds[line["test"]] = line["seconds"]
            append(self.folder / "reached.jsonl", self._tests[-1])
        self._failing |= failed

    def _reaching(self, number: int) -> list[dict]:
        return [each for each in self._tests if number in each["reached"]]

    def _related(self, place: Place) -> list[str]:
        """The files of tests of a room, those first that share the rarest words with a place's file."""
        text = (self.copy / place.file).read_text(encoding="utf-8")
        names = {*Path(place.file).stem.split("_"), *re.findall(r"^ *(?:def|class) (\w+)", text, re.MULTILINE)}
        words = {
            str(path.relative_to(self.copy)): {*re.findall(r"[a-z]+|\w+", f"{path.stem} {path.read_text('utf-8')}")}
            for each in TABLES["rooms"][room(place)]
            for named in self.copy.glob(f"tests/{each}")
            for path in (named.rglob("test_*.py") if named.is_dir() else [named])
        }
        holding = Counter(word for of_file in words.values() for word in of_file)
        return sorted(words, key=lambda file: -sum(1 / holding[name] for name in names & words[file]))

    def _fork(
        self, tests: list[str], change: int, *options: str, seconds: float = 60, of_file: float = 1e9
    ) -> list[dict]:
        """Run tests with a change made: a line for each, and one for each that failed or in which the process ended."""
        said = self.folder / "tests.jsonl"
        said.unlink(missing_ok=True)
        if (child := os.fork()) == 0:
            os.setsid()
            output = os.open(self.folder / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            switched.make(change)
            options = ("-q", "-n", "0", "-p", "no:cacheprovider", f"--basetemp={self.folder / 'temporary'}", *options)
            os._exit(pytest.main([*options, *tests], plugins=[Watch(said, seconds, of_file, self._seconds)]))
        until = time.monotonic() + 120 + 10 * seconds
        try:
            while not (ended := os.waitpid(child, os.WNOHANG))[0]:
                time.sleep(0.05)
                if time.monotonic() > until:
                    os.kill(child, signal.SIGKILL)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        lines, code = read(said), os.waitstatus_to_exitcode(ended[1])
        if code not in (0, 1, 2, 5):  # what pytest says where it ran to its end, or was stopped, or ran no test
            at = [line["began"] for line in lines if "began" in line]
            lines.append({"failed": at[-1] if at else tests[0], "how": f", ended by {code}"})
        return lines


def begin(folder: Path, sample: int, seed: int) -> None:
    """Draw the places, and make a copy of the last commit in which they are changed."""
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file in files()}
    trees = {file: ast.parse(text) for file, text in texts.items() if file.endswith(".py")}
    found = [Place(file, *each) for file, tree in trees.items() for each in switched.places(tree)]
    found += [
        Place(file, *each) for file, text in texts.items() if file not in trees for each in switched.in_script(text)
    ]
    chosen = random.Random(seed).sample(found, min(sample, len(found)))
    copy, hook = folder / "copy", folder / "hook" / "sitecustomize.py"
    subprocess.run(["git", "worktree", "add", "-q", "--detach", copy, "HEAD"], cwd=ROOT, check=True)
    if (ROOT / "node_modules").exists():
        (copy / "node_modules").symlink_to((ROOT / "node_modules").resolve())
    hook.parent.mkdir()
    hook.write_text(
        f"import os, pathlib, sys\nsys.path.append({str(Path(__file__).parent)!r})\nimport switched\n"
        f"switched.install(pathlib.Path({str(folder)!r}), os.environ['MUTANTS_TREE'], int(os.environ['MUTANT']))\n",
        encoding="utf-8",
    )
    (folder / "switches.json").write_text(json.dumps(switched.plan(chosen, trees)), encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps({"of": len(found), "places": chosen}), encoding="utf-8")


def files() -> list[str]:
    listed = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    listed = listed.replace("excel_export/ops/_numbers.py", "")  # what operators are tried with
    return [each for each in listed.split() if each.endswith(".py") or (each.endswith(".js") and "/script/" in each)]


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def append(path: Path, line: dict) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(line)}\n")


def file_of(test: str) -> str:
    return test.partition("::")[0]


def used() -> float:
    """The seconds of a processor that this process has had, and those that it waited for."""
    return sum(os.times()[:4])


def load_all() -> None:
    """Import every module, those of the tests, too, so that no fork does."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages([package], f"{package}."):
            if not module.name.endswith("__main__"):
                with suppress(ImportError):
                    importlib.import_module(module.name)
    with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing):
        pytest.main(["--collect-only", "-q", "-n", "0", "-p", "no:cacheprovider"])
    gc.freeze()


def room(place: Place) -> str:
    if place.file.endswith(".js"):
        return SCRIPT
    return next(room for room in TABLES["rooms"] if place.file.startswith(f"{room}/"))


def table(run: Run) -> tuple[str, float]:
    """By room: how many places were changed, and of how many changes the tests took notice; and that share of all."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    equivalent = {(each["file"], each["line"], each["change"]) for each in TABLES["equivalent"]}
    for number, result in sorted(run.known.items()):
        place = run.places[number]
        line = (run.copy / place.file).read_text(encoding="utf-8").splitlines()[place.line - 1].strip()
        is_equivalent = any((place.file, place.change) == (of, change) and line.startswith(begins)
                            for of, begins, change in equivalent)  # fmt: skip
        what = "noticed" if "noticed" in result["what"] else "equivalent" if is_equivalent else SURVIVED
        for each in (room(place), "~all"):
            counts[each].update([what, "places"])
        if what == SURVIVED:
            print(f"{number}: {result['what']}, {place.file}:{place.line}  {place.change}\n    {line}")
    columns = ("places", "noticed", "equivalent", SURVIVED)
    rows = [
        ("room", *columns),
        ("---",) * 5,
        *((each, *(of[c] for c in columns)) for each, of in sorted(counts.items())),
    ]
    total = counts["~all"]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows).replace("~", ""), total["noticed"] / max(
        1, total["places"] - total["equivalent"]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the copy and the results are; by default a temporary one")
    parser.add_argument("--table", action="store_true", help="try nothing: the table of what was tried")
    parser.add_argument("--change", type=int, help="run tests of yours with the change of this number made; -1 is none")
    options, tests = parser.parse_known_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = (options.folder or Path(tempfile.gettempdir()) / f"mutants-{options.seed}").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(folder, options.sample, options.seed)
    tree = str(run.copy if options.change is None else ROOT)
    os.chdir(tree)
    sys.path.insert(0, tree)
    os.environ |= {"PYTHONPATH": f"{tree}{os.pathsep}{folder / 'hook'}", "MUTANTS_TREE": tree, "OMP_NUM_THREADS": "1"}
    switched.install(folder, tree, -1 if options.change is None else options.change)
    if options.change is not None:
        return pytest.main(["-n", "0", *tests])
    if not options.table:
        for module in IMPORTED:
            with suppress(ImportError):
                importlib.import_module(module)
        for again in (False, True):
            if inside := run.untried(False, again):
                load_all()
                run.try_all(inside, again)
                # What runs at import needs a process without imports; this one is in another folder by now.
                os.execv(sys.executable, [sys.executable, str(Path(__file__).resolve()), *sys.argv[1:]])
            run.try_all(run.untried(True, again), again)
    rows, share = table(run)
    print(f"\nOf {run.of:,} places {len(run.known)} by chance (seed {options.seed}), noticed: {share:.0%}\n\n{rows}")
    return int(share < 0.85)


if __name__ == "__main__":
    sys.exit(main())
