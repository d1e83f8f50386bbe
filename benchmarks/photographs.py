"""What does `mnist-adder predict` read in photographs, and how sure is it?

python benchmarks/photographs.py --data-dir DIR [--count 300] [--first 0] [--seed 0] [--network full-regression]
                                 [--only lined …] [--fonts FOLDER …] [--keep FOLDER]

The photographs are drawn here, from test digits of MNIST, and are read from JPEG files, as the command reads them.
First digits in many conditions: refused means called no digit. Then what is not one digit, where "no digit" is right.
The letters are of fonts from which the judge has not learned: Carlito, which comes with the tests, or those in FOLDER.
A photograph takes a seventh of a second. With --keep, what was found in them is kept, so that another network can read
it at once. Thresholds must be chosen with another --first, --seed and --fonts than those that are reported.
"""

import argparse
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from photograph import (
    Scene,
    blinds,
    checks,
    crumpled,
    gradient,
    leaves,
    photograph,
    shadow,
    spot,
    vignette,
)
from signs import CAPITALS, LIKE_DIGITS, SIGNS, SMALL, blot, glyphs, scribble, shape
from tqdm import tqdm

from mnist_adder.data.find_digit import FoundDigit
from mnist_adder.data.mnist import load_mnist
from mnist_adder.data.picture import read_picture
from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
from mnist_adder.network.prediction import Prediction, predict

PLAIN = Scene(noise=(1, 4))
COLOURS = ((20, 40, 140), (30, 60, 170), (150, 20, 30), (20, 100, 50), (90, 30, 120))
CHALK = {"ink": ((240, 240, 235), (250, 240, 180)), "paper": ((30, 45, 40), (25, 25, 28), (40, 60, 50))}
PENCIL = {"ink": ((110, 110, 115), (90, 90, 95), (130, 130, 130)), "opacity": (0.6, 0.9), "grain": 0.25}
LINED, SQUARED = ((0.04, 0.12), (0.15, 0.5)), ((0.03, 0.08), (0.15, 0.5))
CONDITIONS = {
    "clean": Scene(),
    "noise": replace(PLAIN, noise=(10, 40)),
    "shadow": replace(PLAIN, light=(shadow,)),
    "dark corners": replace(PLAIN, light=(vignette,)),
    "light from one side": replace(PLAIN, light=(gradient,)),
    "a lamp": replace(PLAIN, light=(spot,)),
    "in a box": replace(PLAIN, around="box", height=(0.25, 0.5)),
    "in a circle": replace(PLAIN, around="circle", height=(0.25, 0.5)),
    "underlined": replace(PLAIN, around="line", height=(0.25, 0.5)),
    "crumpled paper": replace(PLAIN, light=(crumpled,), pen=(0.03, 0.08)),
    "lined paper": replace(PLAIN, ruled=LINED),
    "squared paper": replace(PLAIN, ruled=SQUARED, squared=True),
    "lined paper, seen from the side": replace(PLAIN, ruled=LINED, tilted=0.15, turned=6),
    "pencil": replace(PLAIN, **PENCIL, pen=(0.03, 0.07)),
    "thin pencil": replace(PLAIN, **PENCIL, pen=(0.012, 0.025)),
    "faint pencil": replace(PLAIN, **PENCIL | {"opacity": (0.15, 0.3)}, pen=(0.02, 0.05)),
    "thin and faint pencil": replace(PLAIN, **PENCIL | {"opacity": (0.25, 0.5)}, pen=(0.01, 0.02)),
    "thin pen": replace(PLAIN, pen=(0.012, 0.025)),
    "thick pen": replace(PLAIN, pen=(0.13, 0.2)),
    "colours": replace(PLAIN, ink=COLOURS, paper=((250, 240, 170), (250, 215, 220), (210, 235, 250)), pen=(0.04, 0.08)),
    "chalk": replace(PLAIN, **CHALK),
    "edge of a dark table": replace(PLAIN, table=(1, (0.1, 0.35))),
    "page on a dark table": replace(PLAIN, table=(4, (0.1, 0.35)), pen=(0.03, 0.1)),
    "digit at the edge": replace(PLAIN, at_edge=True),
    "small digit": replace(PLAIN, height=(0.1, 0.14)),
    "out of focus": replace(PLAIN, blur=(4, 9)),
    "moved": replace(PLAIN, moved=20),
    "strong JPEG": replace(PLAIN, quality=8),
    "small picture": replace(PLAIN, size=(120, 90), height=(0.35, 0.7), blur=(0.3, 0.8)),
    "specks": replace(PLAIN, specks=0.03),
}
# Light that falls in patches, as strong as ink: often nothing is found.
PATCHES = {
    "blinds": replace(PLAIN, light=(blinds,)),
    "leaves": replace(PLAIN, light=(leaves,)),
    "checks": replace(PLAIN, light=(checks,)),
}
CARLITO = Path(__file__).parents[1] / "tests" / "support" / "fonts"
NOT_ONE = {
    "two digits": (2, PLAIN),
    "two digits, lined paper": (2, replace(PLAIN, ruled=LINED)),
    "empty page": (0, PLAIN),
    "empty page, noise and shadow": (0, replace(PLAIN, noise=(10, 40), light=(shadow,))),
    "empty page, lined": (0, replace(PLAIN, ruled=LINED)),
    "empty page, squared": (0, replace(PLAIN, ruled=SQUARED, squared=True)),
    "empty page on a dark table": (0, replace(PLAIN, table=(4, (0.03, 0.35)))),
    "empty page, edge of a dark table": (0, replace(PLAIN, table=(1, (0.03, 0.35)))),
}


Job = tuple[list[list[np.ndarray]], list[int | None], Scene]


def all_jobs(options: argparse.Namespace) -> dict[str, Job]:
    """List by name what is photographed, light on black, uint8 (28, 28) or finer; which digits these are; and how."""
    images, labels = (part[options.first :][: options.count] for part in load_mnist(options.data_dir)[1])
    count, known = len(images), [int(label) for label in labels]
    none: list[int | None] = [None] * count
    jobs: dict[str, Job] = {
        name: ([[image] for image in images], known, scene) for name, scene in (CONDITIONS | PATCHES).items()
    }
    for name, (digits, scene) in NOT_ONE.items():
        jobs[name] = ([[images[(i + k) % count] for k in range(digits)] for i in range(count)], none, scene)
    fonts = [font for folder in options.fonts for font in sorted(folder.rglob("*.[to]tf"))]
    for name, signs in no_digits(fonts, count, options.seed).items():
        jobs[name] = ([[sign] for sign in signs], none, PLAIN)
    return {name: job for name, job in jobs.items() if not options.only or name.startswith(tuple(options.only))}


def no_digits(fonts: list[Path], count: int, seed: int) -> dict[str, list[np.ndarray]]:
    """Draw what is no digit, by kind, `count` pictures each."""
    draw = np.random.default_rng(1 + seed)
    kinds = {"capitals": CAPITALS, "small letters": SMALL, "signs": SIGNS, "like digits: O o I l | /": LIKE_DIGITS}
    found: dict[str, list[np.ndarray]] = {
        name: [ink for font in fonts for ink in glyphs(font, characters).values()] for name, characters in kinds.items()
    }
    found = {name: [signs[i % len(signs)] for i in range(count)] for name, signs in found.items()}
    for name, one in (("scribbles", scribble), ("shapes", shape), ("blots and torn paper", blot)):
        found[name] = [one(draw) for _ in range(count)]
    return found


def find_all(shown: list[list[np.ndarray]], scene: Scene, seed: int) -> list[FoundDigit]:
    """Draw photographs, and look for the digit in each."""
    with tempfile.TemporaryDirectory() as folder:
        path, found = Path(folder) / "photograph.jpg", []
        for i, signs in enumerate(shown):
            path.write_bytes(photograph(signs, scene, np.random.default_rng((seed, i))))
            found.append(read_picture(path))
        return found


def found_once(keep: Path | None, name: str, find: Callable[[], list[FoundDigit]]) -> list[FoundDigit]:
    """Find digits, or take those that an earlier call kept in a folder."""
    if keep is None:
        return find()
    path = keep / f"{name.replace('/', '')}.npz"
    if not path.exists():
        keep.mkdir(parents=True, exist_ok=True)
        found = find()
        np.savez_compressed(path, pixels=[one.pixels for one in found], doubts=[one.doubt for one in found])
    with np.load(path) as kept:
        return [FoundDigit(pixels, str(doubt)) for pixels, doubt in zip(kept["pixels"], kept["doubts"], strict=True)]


def row(name: str, answers: list[Prediction], digits: list[int | None]) -> str:
    both = list(zip(answers, digits, strict=True))
    right = np.mean([answer.digit == digit for answer, digit in both])
    refused = np.mean([answer.digit is None for answer in answers])
    not_sure = np.mean([not answer.sure and answer.digit is not None for answer in answers])
    wrong = sum(answer.sure and answer.digit != digit for answer, digit in both)
    said = "" if digits[0] is None else f"{refused:.1%}"
    return f"| {name} | {len(both)} | {right:.1%} | {said} | {not_sure:.1%} | {wrong} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--network", default="full-regression")
    parser.add_argument("--count", type=int, default=300, help="photographs for each condition")
    parser.add_argument("--first", type=int, default=0, help="the first of the test digits that are used")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random")
    parser.add_argument("--only", nargs="*", help="conditions whose names begin so")
    parser.add_argument("--fonts", type=Path, nargs="*", default=[CARLITO], help="folders of fonts for the letters")
    parser.add_argument("--keep", type=Path, help="a folder for what was found")
    options = parser.parse_args()
    model, _ = load_checkpoint(find_checkpoint(options.network))
    print("| what is photographed | photographs | right | refused | not sure | wrong, and sure |")
    print("|---|---|---|---|---|---|")
    for name, (shown, digits, scene) in tqdm(all_jobs(options).items(), disable=None):
        seed = zlib.crc32(name.encode()) + options.seed
        found = found_once(options.keep, name, partial(find_all, shown, scene, seed))
        print(row(name, predict(model, found, 0), digits), flush=True)


if __name__ == "__main__":
    main()
