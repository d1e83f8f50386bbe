"""How fast is the whole network scored, by how many images at a time, in either layout?

python benchmarks/evaluate.py [--images 2000] [--rounds 3] [--device auto]

Random pixels will do: the time does not depend on them. The sizes take turns, and each figure is a median.
"""

import argparse
import statistics
import time

import numpy as np
import torch

from mnist_adder.compute.device import move, pick_device
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.scoring import BATCH_SIZE, evaluate

SIZES = (25, 50, BATCH_SIZE, 250, 500, 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="auto", choices=["auto", "cuda", "mps", "cpu"])
    options = parser.parse_args()
    device = pick_device(options.device)
    draw = np.random.default_rng(0)
    dataset = DigitDataset(
        draw.integers(0, 256, (options.images, 28, 28)), draw.integers(0, 10, options.images), device
    )
    networks = {name: load_checkpoint(bundled_checkpoint("full", "regression"))[0] for name in ("plain", "moved")}
    networks["plain"].to(device)
    move(networks["moved"], device)

    rates: dict[tuple[int, str], list[float]] = {(size, name): [] for size in SIZES for name in networks}
    for _ in range(1 + options.rounds):
        for (size, name), found in rates.items():
            started = time.perf_counter()
            evaluate(networks[name], dataset, batch_size=size)
            found.append(options.images / (time.perf_counter() - started))
    print(f"{device}, {torch.get_num_threads()} CPU threads, PyTorch {torch.__version__}: images/s")
    print(f"{'at a time':>10}{'as loaded':>14}{'channels last':>16}")
    for size in SIZES:
        # The first round warms up.
        plain, moved = (statistics.median(rates[size, name][1:]) for name in networks)
        print(f"{size:>10}{plain:>14,.0f}{moved:>16,.0f}{'  as mnist-adder does' if size == BATCH_SIZE else ''}")


if __name__ == "__main__":
    main()
