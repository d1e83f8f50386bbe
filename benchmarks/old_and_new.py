"""How long do exports of small tensors take, by the code of another checkout and by this one?

python benchmarks/old_and_new.py CHECKOUT [--rounds R] [NETWORK …]

300 layers of width 3, a loop of 200 steps, a ResNet-8, a GPT of two layers, thirty small networks, and the first
export of a process that has to take a function apart. Old and new are measured by turns, each in a process of its
own; of several rounds the least counts. Seconds are of the processor; PyTorch is loaded before, and, but for the
last, all else that is loaded once.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LARGE = {
    "300 layers": ("layers", 300), "loop of 200 steps": ("steps of a loop", 200), "ResNet-8": ("ResNet-8", 16),
    "GPT of two layers": ("layers of a GPT", 2),
}  # fmt: skip
SMALL, FIRST = "thirty small networks", "first export"
Times = dict[str, tuple[int, float]]
"""Formulas and seconds, by network."""


def measure(what: str) -> Times:
    """Export what is asked for, and return what it took."""
    import torch
    from growth import SHAPES
    from small_networks import SMALL as NETWORKS

    torch.manual_seed(0)
    if what == FIRST:
        return {what: exported(NETWORKS["LSTM"])}
    for warm_up in ("one neuron", "einsum", "grid_sample"):
        exported(NETWORKS[warm_up])
    if what == SMALL:
        return {name: exported(build) for name, build in NETWORKS.items()}
    shape, n = LARGE[what]
    return {what: exported(lambda: SHAPES[shape][0](n))}


def exported(build) -> tuple[int, float]:
    """Export one network."""
    started = time.process_time()
    from excel_export import export

    loaded = time.process_time() - started
    module, inputs = build()
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        report = export(module, inputs, Path(folder) / "net.xlsx")
        return report.formulas, loaded + time.process_time() - started


def by_turns(what: str, checkouts: list[Path], rounds: int) -> list[Times]:
    """Measure each checkout, and return the least that each took."""
    least: list[Times] = [{} for _ in checkouts]
    for _ in range(rounds):
        for checkout, found in zip(checkouts, least, strict=True):
            environment = os.environ | {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
            command = [sys.executable, __file__, str(checkout), "--measure", what]
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            for name, (formulas, seconds) in json.loads(done.stdout.splitlines()[-1]).items():
                found[name] = formulas, min(seconds, found.get(name, (0, seconds))[1])
    return least


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, help="the other checkout")
    parser.add_argument("networks", nargs="*", help="only those with one of these words in their names")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--each", action="store_true", help="a line for each of the small networks, too")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure)))
        return
    print(f"{'network':<30}{'formulas':>10}{'old':>9}{'new':>9}{'new / old':>11}")
    for what in (*LARGE, SMALL, FIRST):
        if arguments.networks and not any(word in what for word in arguments.networks):
            continue
        old, new = by_turns(what, [arguments.checkout.resolve(), ROOT], arguments.rounds)
        if len(new) == 1 or arguments.each:
            for name in new:
                show(name, new[name][0], old[name][1], new[name][1])
        if len(new) > 1:
            for word, of in (("median", statistics.median), ("worst", max)):
                seconds = [of([second for _, second in times.values()]) for times in (old, new)]
                show(f"{what}: {word}", int(of([count for count, _ in new.values()])), *seconds)


def show(name: str, formulas: int, old: float, new: float) -> None:
    """Print a line."""
    print(f"{name:<30}{formulas:>10,}{old:8.2f}s{new:8.2f}s{new / old:11.2f}", flush=True)


if __name__ == "__main__":
    main()
