"""Digests of sheets: what a person sees, and what the formulas compute, as ten letters a sheet.

After a sentence, a colour or a formula was changed on purpose, `python -m tests.support.digests` writes them anew into
tests/digests.json, in a minute. The workbooks that ship are made once, before a release: `python docs/make_shipped.py`.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.engines import sheet_parts
from tests.support.kinds import ALONE, LESSON, make
from tests.support.lessons import LESSONS
from tests.support.scripts import ROOT

FILE = ROOT / "tests" / "digests.json"
KINDS = [f"slice-regression{ALONE}", *(LESSON + name for name in LESSONS)]
STYLES = "styles, names, charts"
"""What the sheets share: the parts of the file that are no sheets."""


def digests(path: Path) -> dict[str, str]:
    """Give ten letters for each sheet of a workbook, by its name, and ten for all that the sheets share.

    Stored values are left out: another processor computes other last digits.
    """
    with zipfile.ZipFile(path) as package:
        sheets = {part: name for name, part in sheet_parts(package).items()}
        found = {name: hashlib.sha256() for name in [*sheets.values(), STYLES]}
        for part in sorted(package.namelist()):
            content = package.read(part)
            if part in sheets:
                found[sheets[part]].update(re.sub(rb"<v>.*?</v>", b"", content))
            elif not part.startswith("docProps"):
                found[STYLES].update(content)
    return {name: digest.hexdigest()[:10] for name, digest in found.items()}


def kept() -> dict[str, dict[str, str]]:
    """Read the digests of each kind of workbook, by the names of its sheets."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def main() -> None:
    """Make a workbook of each kind, and write the digests of its sheets."""
    with TemporaryDirectory() as folder:
        found = {kind: digests(make(kind, Path(folder)).path) for kind in KINDS}
    FILE.write_text(json.dumps(found, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {FILE}")


if __name__ == "__main__":
    main()
