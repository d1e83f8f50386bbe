"""Hunt for a random network that goes wrong, as it is exported or after other numbers are typed into it.

    python -m tests.support.random_hunt --count 2000 --seed 1

Each network is exported, and computed twice with other inputs and weights, some of them equal. Every number of the
loss and the gradients is held against PyTorch's. One in twenty is edited on every engine, the others on ironcalc.
"""

import argparse
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from excel_export import ExportError, export
from excel_export.workbook.recalculate import RecalculationError
from tests.support.coverage.judge import OUR_FAULTS, two_passes
from tests.support.edited import differing, edited, hangs_by_a_hair, jittered
from tests.support.engines import available_engines
from tests.support.random_building import overwrites
from tests.support.random_networks import networks

ON_ALL_ENGINES, WHOLE = 20, 5
"""One in so many is edited on every engine; one in so many is a whole workbook, the others two passes."""


def tried(network, inputs, number: int, folder: Path) -> list[str]:
    """Export a network and edit it twice; return how each ended."""
    path = folder / "network.xlsx"
    try:
        export(network, inputs, path) if number % WHOLE == 0 else two_passes(network, inputs, path)
    except (ExportError, RecalculationError) as error:
        if any(text in str(error) for text in OUR_FAULTS):
            return [f"wrong: {error}"]
        return ["overwrites what it needs" if overwrites(network, inputs) else f"refused: {error}"]
    ends = []
    for k in (1, 2):
        other, numbers = jittered(network, inputs, 2 * number + k, ties=k == 2)
        changed = edited(path, other, numbers, folder / f"edited{k}.xlsx")
        for engine in available_engines() if number % ON_ALL_ENGINES == 0 else ["ironcalc"]:
            try:
                wrong = differing(changed, engine, other, numbers, folder)
            except pytest.skip.Exception:
                ends.append(f"too large for {engine}")
                continue
            if wrong and hangs_by_a_hair(other, numbers):
                ends.append("edited, but PyTorch's own result hangs by a hair")
            else:
                ends.append(f"wrong on {engine}, edit {k}: {'; '.join(wrong)}" if wrong else f"equal on {engine}")
    return ends


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--after", type=int, default=0, help="go on after so many that were tried before")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so many")
    options = parser.parse_args()
    ends, number, began = Counter(), 0, time.monotonic()

    @seed(options.seed)
    @settings(max_examples=options.count, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(networks())
    def hunt(case):
        nonlocal number
        if time.monotonic() - began > 60 * options.minutes:
            return
        number += 1
        if number <= options.after:
            return
        network, inputs = case
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = tried(network, inputs, number, Path(folder))
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                found = [f"traceback: {traceback.format_exc().splitlines()[-1]}"]
        for end in found:
            ends[end.split(":")[0]] += 1
            if end.startswith(("wrong", "refused", "traceback")):
                print(f"--- network {number}: {end[:400]}\n{tuple(inputs[0].shape)}\n{network}", flush=True)
        if number % 50 == 0:
            print(number, dict(ends), f"{time.monotonic() - began:.0f} s", flush=True)

    hunt()
    print(number - options.after, "networks:", dict(ends))


if __name__ == "__main__":
    main()
