"""Which proof runs where: the quick tests in .ci/run, the long ones in .ci/long, and none in neither."""

import os
import re
import shlex
import shutil
import subprocess
import tomllib

import pytest

from tests.support.scripts import ROOT
from tests.test_readme import README, blocks

PROGRAMS = ("ruff", "mypy", "lint-imports")
PAGE = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def gate(tmp_path):
    """A folder with what the scripts of .ci read."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    shutil.copy(ROOT / "README.md", tmp_path)
    return tmp_path


def test_ci_types_the_commands_of_the_readme_the_first_one_twice(gate):
    stand_ins(gate, f'#!/bin/sh\necho "${{0##{gate}/}} $*" >> {gate}/called\n')
    assert run(gate, ".ci/run").returncode == 0
    called = [shlex.split(line.removeprefix("bin/")) for line in (gate / "called").read_text().splitlines()]
    first, second = (
        [shlex.split(part) for part in command.strip().split(" && ")] for command in blocks(README, "sh")[:2]
    )
    start = called.index(first[0])
    assert called[start : start + len(first * 2 + second)] == first * 2 + second
    assert ["git", "status", "--porcelain"] in called[start + len(first * 2 + second) :]


def test_ci_fails_where_the_commands_leave_a_file(gate):
    stand_ins(gate, "#!/bin/sh\n")
    assert run(gate, ".ci/run").returncode == 0
    (gate / "bin" / "git").write_text("#!/bin/sh\necho '?? made.xlsx'\n")
    ended = run(gate, ".ci/run")
    assert ended.returncode == 1
    assert "leave files in the clone: ?? made.xlsx" in ended.stderr


def test_each_test_is_quick_or_long():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    assert [mark.partition(":")[0] for mark in settings["markers"]] == ["slow"]
    assert "-m 'not slow'" in settings["addopts"]
    assert "-m pytest -m slow " in (ROOT / ".ci" / "long").read_text()


@pytest.mark.parametrize(
    ("workflow", "when", "command"), [("ci", "push:", "run"), ("long", "schedule:", "long ${{ matrix.part }}/6")]
)
def test_a_workflow_runs_it(workflow, when, command):
    text = (ROOT / ".github" / "workflows" / f"{workflow}.yml").read_text(encoding="utf-8")
    assert when in text
    assert f"- run: .ci/{command}\n" in text


def test_the_page_lists_the_files_with_long_proofs(files_with_slow_tests):
    """Where all tests are collected, these are all files that there are."""
    table = "\n".join(line for line in PAGE.splitlines() if line.startswith("|"))
    listed = re.findall(r"\]\(([^)]*\.py)\)", table)
    assert len(listed) == len(set(listed))
    found = {str(path.relative_to(ROOT / "tests")): is_slow for path, is_slow in files_with_slow_tests.items()}
    assert {file for file in listed if file in found} == {file for file, is_slow in found.items() if is_slow}


@pytest.mark.parametrize(
    "failing", ["-m venv", "pip", "mnist-adder", "-m pytest", *PROGRAMS, "npm ci", "npm run", None]
)
def test_ci_fails_where_any_of_its_commands_does(failing, gate):
    assert ended(".ci/run", failing, gate) == (failing is not None)


@pytest.mark.parametrize("failing", ["-m venv", "pip", "-m pytest", None])
def test_the_long_proofs_fail_where_any_of_its_commands_does(failing, gate):
    assert ended(".ci/long", failing, gate) == (failing is not None)


@pytest.mark.parametrize(("given", "passed"), [("3/6", "--shard 3/6"), ("-k window", "-k window"), ("", "")])
def test_a_part_of_the_long_proofs_has_a_name(given, passed, gate):
    stand_ins(gate, '#!/bin/sh\ncase "$*" in *pytest*) echo "ran $*";; esac\n')
    result = run(gate, ".ci/long", *given.split())
    ran, last = [line for line in result.stdout.splitlines() if "ran -m pytest" in line]
    assert ran.endswith(f"--junitxml long-proofs.xml {passed}".rstrip())
    assert f"long proofs {given}: ran" in last if "/" in given else "long proofs: ran" in last


def ended(script, failing, folder):
    """Whether a script fails where the programs that it calls do nothing, and one of them fails."""
    pattern = f'*"{failing}"*' if failing else "nothing"
    stand_ins(folder, f'#!/bin/sh\ncase "$0 $*" in {pattern}) exit 1;; esac\n')
    return run(folder, script).returncode != 0


def stand_ins(folder, text):
    """Programs in a folder that stand for those that a script calls."""
    for programs in (folder / "bin", folder / ".venv" / "bin"):
        programs.mkdir(parents=True)
        for name in ("python3", "python", "pip", "npm", "apt-get", "sudo", "git", "mnist-adder", *PROGRAMS):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)


def run(folder, script, *arguments):
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run(["bash", folder / script, *arguments], env=environment, check=False, capture_output=True,
                          text=True)  # fmt: skip
