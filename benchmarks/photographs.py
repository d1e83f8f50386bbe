"""What does `mnist-adder predict` read in photographs, and how sure is it?

python benchmarks/photographs.py --data-dir DIR [--count 500] [--network full-regression] [--only lined …]
                                 [--fonts FOLDER …] [--keep DIR]

The photographs are drawn here, from test digits of MNIST, and are read from JPEG files, as the command reads them.
First digits in many conditions: refused means called no digit. Then what is not one digit, where "no digit" is right.
The letters are of fonts from which the judge has not learned: Carlito, which comes with the tests, or those in FOLDER.
"""

import argparse
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from photograph import Scene, crumpled, gradient, photograph, shadow, spot, vignette
from signs import CAPITALS, LIKE_DIGITS, SIGNS, SMALL, blot, glyphs, scribble, shape
from tqdm import tqdm

from mnist_adder.data.mnist import load_mnist
from mnist_adder.data.picture import read_picture
from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
from mnist_adder.network.model import AdderNetwork
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


@dataclass(frozen=True)
class Read:
    """What was read in one photograph.

    Attributes:
        answer: of the network.
        digit: what it shows; None if it isn't one digit.
        doubt: what speaks against one digit.
    """

    answer: Prediction
    digit: int | None
    doubt: str


def read_all(
    model: AdderNetwork, shown: list[list[np.ndarray]], labels: list[int | None], scene: Scene, seed: int, keep: Path
) -> list[Read]:
    """Draw photographs and read them.

    Args:
        model: the network.
        shown: what each photograph shows, light on black, uint8 (28, 28) or finer.
        labels: which digits these are; None for what isn't one digit.
        scene: what else they show.
        seed: of all that is random.
        keep: a folder for the files.
    """
    found = []
    for i, (signs, label) in enumerate(zip(shown, labels, strict=True)):
        draw = np.random.default_rng((seed, i))
        path = keep / f"{i:04d}_{'x' if label is None else label}.jpg"
        path.write_bytes(photograph(signs, scene, draw))
        picture = read_picture(path)
        answer = predict(model, picture.pixels, 0, picture.doubt)
        found.append(Read(answer, label, picture.doubt))
    return found


def no_digits(fonts: list[Path], count: int) -> dict[str, list[np.ndarray]]:
    """Draw what is no digit, by kind, `count` pictures each."""
    draw = np.random.default_rng(1)
    kinds = {"capitals": CAPITALS, "small letters": SMALL, "signs": SIGNS, "like digits: O o I l | /": LIKE_DIGITS}
    found: dict[str, list[np.ndarray]] = {
        name: [ink for font in fonts for ink in glyphs(font, characters).values()] for name, characters in kinds.items()
    }
    found = {name: [signs[i % len(signs)] for i in range(count)] for name, signs in found.items()}
    for name, one in (("scribbles", scribble), ("shapes", shape), ("blots and torn paper", blot)):
        found[name] = [one(draw) for _ in range(count)]
    return found


def share(reads: list[Read], holds: Callable[[Read], bool]) -> str:
    return f"{np.mean([holds(read) for read in reads]):.1%}"


def row(name: str, reads: list[Read]) -> str:
    right = share(reads, lambda read: read.answer.digit == read.digit)
    refused = share(reads, lambda read: read.answer.digit is None) if reads[0].digit is not None else ""
    not_sure = share(reads, lambda read: not read.answer.sure and read.answer.digit is not None)
    wrong = share(reads, lambda read: read.answer.sure and read.answer.digit != read.digit)
    return f"| {name} | {right} | {refused} | {not_sure} | {wrong} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--network", default="full-regression")
    parser.add_argument("--count", type=int, default=500, help="photographs for each condition")
    parser.add_argument("--first", type=int, default=0, help="the first of the test digits that are used")
    parser.add_argument("--only", nargs="*", help="conditions whose names begin so")
    parser.add_argument("--fonts", type=Path, nargs="*", default=[CARLITO], help="folders of fonts for the letters")
    parser.add_argument("--keep", type=Path, help="leave the photographs in this folder")
    options = parser.parse_args()
    images, labels = (part[options.first :][: options.count] for part in load_mnist(options.data_dir)[1])
    model, _ = load_checkpoint(find_checkpoint(options.network))
    fonts = [font for folder in options.fonts for font in sorted(folder.rglob("*.[to]tf"))]

    known, none = [int(label) for label in labels], [None] * len(images)
    jobs = {name: ([[image] for image in images], known, scene) for name, scene in CONDITIONS.items()}
    for name, (digits, scene) in NOT_ONE.items():
        jobs[name] = ([[images[(i + k) % len(images)] for k in range(digits)] for i in range(len(images))], none, scene)
    jobs |= {name: ([[sign] for sign in signs], none, PLAIN) for name, signs in no_digits(fonts, len(images)).items()}
    if options.only:
        jobs = {name: job for name, job in jobs.items() if name.startswith(tuple(options.only))}
    print("| what is photographed | right | refused | not sure | wrong, and sure |\n|---|---|---|---|---|")
    for name, (shown, whats, scene) in tqdm(jobs.items(), disable=None):
        with tempfile.TemporaryDirectory() as folder:
            keep = (options.keep or Path(folder)) / name.replace("/", "")
            keep.mkdir(parents=True, exist_ok=True)
            reads = read_all(model, shown, whats, scene, zlib.crc32(name.encode()), keep)
        print(row(name, reads), flush=True)
        if options.keep:
            for i, read in enumerate(reads):
                if read.answer.digit != read.digit or not (read.answer.sure or read.digit is None):
                    print(f"    {i:04d}: {read.digit} {read.answer} {read.doubt}")


if __name__ == "__main__":
    main()
