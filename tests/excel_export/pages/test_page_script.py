"""The script in the package is what its sources make: bundled, checked and tested by node."""

import shutil
import subprocess

import pytest

from tests.support.scripts import ROOT

BUNDLE = ROOT / "excel_export" / "pages" / "assets" / "page.js"


def test_the_bundle_is_what_its_sources_make(tmp_path):
    """In .ci/run esbuild is there; `npm ci` installs it anywhere else."""
    program = ROOT / "node_modules" / ".bin" / "esbuild"
    if not program.exists() or not shutil.which("node"):
        pytest.skip("esbuild is not installed")
    made = tmp_path / "page.js"
    command = ["npm", "run", "--silent", "build", "--", f"--outfile={made}", "--log-level=error"]
    subprocess.run(command, cwd=ROOT, check=True)
    assert made.read_text(encoding="utf-8") == BUNDLE.read_text(encoding="utf-8")


def test_the_licence_of_the_library_stands_in_the_page():
    assert "SPDX-License-Identifier: BSD-3-Clause" in BUNDLE.read_text(encoding="utf-8")
