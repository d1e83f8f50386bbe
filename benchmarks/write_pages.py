"""How much of a processor writing a page takes: the adder, a tiny GPT, the whole network.

python benchmarks/write_pages.py [WORKTREE]     a second checkout is measured by turns with this one
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
CODE = """
import json, sys, time
from pathlib import Path
import excel_export
from excel_export.factories import Factories
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
from mnist_adder.workbook.teaching_page import write_page

def adder(name, out):
    network, _ = load_checkpoint(find_checkpoint(name))
    write_page(network, bundled_digits()[7], 5, out)

def gpt(out):
    module, inputs = Factories().network("examples/tiny_gpt.py:tiny_gpt")
    excel_export.page(module, inputs, out)

found, out = {}, Path(sys.argv[1])
adder("slice-regression", out)
for name, write in {"adder": lambda: adder("slice-regression", out), "tiny GPT": lambda: gpt(out),
                    "whole network": lambda: adder("full-regression", out)}.items():
    begun = time.process_time()
    write()
    found[name] = time.process_time() - begun
print(json.dumps(found))
"""


def seconds(folder: Path, out: Path) -> dict[str, float]:
    command = [sys.executable, "-c", CODE, str(out)]
    given = {"cwd": folder, "env": {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1", "PATH": ""}}
    return json.loads(
        subprocess.run(command, capture_output=True, check=True, text=True, **given).stdout.split("\n")[-2]
    )


def main(folders: list[Path]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        rounds = [[seconds(each, Path(folder) / "page.html") for each in folders] for _ in range(ROUNDS)]
    for name in rounds[0][0]:
        times = [min(each[k][name] for each in rounds) for k in range(len(folders))]
        print(f"{name:15}", *(f"{each:6.2f} s" for each in times), f"{times[0] / times[-1]:5.2f}")


if __name__ == "__main__":
    main([ROOT, *map(Path, sys.argv[1:])])
