"""Which proof runs where: the quick tests in .ci/run, the long ones in .ci/long, and none in neither."""

import os
import re
import shutil
import subprocess
import tomllib

import pytest

from tests.support.scripts import ROOT
from tests.test_readme import README, blocks

PROGRAMS = ("ruff", "mypy", "lint-imports")
PAGE = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")


def test_ci_runs_the_tests_as_the_readme_says():
    _, command = blocks(README, "sh")[:2]
    assert f"\n({command.strip()})\n" in (ROOT / ".ci" / "run").read_text()


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


@pytest.mark.parametrize("failing", ["-m venv", "pip", "-m pytest", *PROGRAMS, "npm ci", "npm run", None])
def test_ci_fails_where_any_of_its_commands_does(failing, tmp_path):
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    assert ended(".ci/run", failing, tmp_path) == (failing is not None)


@pytest.mark.parametrize("failing", ["-m venv", "pip", "-m pytest", None])
def test_the_long_proofs_fail_where_any_of_its_commands_does(failing, tmp_path):
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    assert ended(".ci/long", failing, tmp_path) == (failing is not None)


@pytest.mark.parametrize(("given", "passed"), [("3/6", "--shard 3/6"), ("-k window", "-k window"), ("", "")])
def test_a_part_of_the_long_proofs_has_a_name(given, passed, tmp_path):
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    stand_ins(tmp_path, '#!/bin/sh\ncase "$*" in *pytest*) echo "ran $*";; esac\n')
    result = run(tmp_path, ".ci/long", *given.split())
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
        for name in ("python3", "python", "pip", "npm", "apt-get", "sudo", "git", *PROGRAMS):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)


def run(folder, script, *arguments):
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run(["bash", folder / script, *arguments], env=environment, check=False, capture_output=True,
                          text=True)  # fmt: skip
