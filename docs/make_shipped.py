"""Make anew what ships and what the docs show of it: workbooks/, pages that count, pictures, digests. Before a release.

python docs/make_shipped.py

It takes a quarter of an hour, and needs LibreOffice for the pictures. In between, only the digests change with a sheet:
python -m tests.support.digests
"""

import re
import subprocess
import sys
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).parents[1]
SCRIPTS = ("make_lessons", "make_compatibility", "make_architecture", "make_pictures", "readme_figures")


def commands() -> list[list[str]]:
    """Give what Python is called with: the commands that workbooks/README.md names for its files, then the scripts."""
    page = (ROOT / "workbooks" / "README.md").read_text(encoding="utf-8")
    files = [[*command.split(), "--force"] for command in re.findall(r"`mnist-adder ((?:workbook|page) .+?)`", page)]
    return [
        *(["-m", "mnist_adder", *options] for options in files),
        *([f"docs/{name}.py"] for name in SCRIPTS),
        ["-m", "tests.support.digests"],
    ]


def main() -> None:
    """Run them, one after another; end with the first that fails."""
    for command in tqdm(commands()):
        tqdm.write(f"python {' '.join(command)}")
        ended = subprocess.run([sys.executable, *command], cwd=ROOT, check=False)
        if ended.returncode:
            sys.exit(f"failed, exit code {ended.returncode}: python {' '.join(command)}")


if __name__ == "__main__":
    main()
