"""Trains the judge, which says whether a picture shows a digit: mnist_adder/network/judge.safetensors.

pip install hershey-fonts matplotlib
python benchmarks/train_judge.py --data-dir DIR --fonts FOLDER ... -o judge.safetensors

It learns from the training digits of MNIST, as they are and written again with other pens, and from what `signs.py`
draws. FOLDER has fonts as .ttf or .otf; those of matplotlib are always among them. The judge that ships learned from
those of the Debian packages fonts-breip, -bwht, -comic-neue, -ecolier-court, -femkeklaver, -humor-sans, -jura, -kristi,
-rufscript, -sjfonts and -tomsontalks, and of the Python packages font-amatic-sc and font-intuitive.
On one thread it takes some minutes, about half of them to draw.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
import safetensors.torch
import torch
import torch.nn.functional as F
from PIL import Image
from scipy import ndimage
from signs import CAPITALS, SIDE, SIGNS, SMALL, blot, glyphs, hershey, scribble, shape
from tqdm import tqdm

from mnist_adder.compute.device import keep_freed_memory
from mnist_adder.data.augment import augment_images, draw_augmentations
from mnist_adder.data.dataset import normalise
from mnist_adder.data.mnist import load_mnist
from mnist_adder.data.mnist_like import mnist_like
from mnist_adder.network.judge import NO_DIGIT, Judge

STYLES = ("futural", "futuram", "cursive", "rowmans", "rowmand", "scripts", "scriptc", "timesr", "timesi", "greek",
          "greeks", "cyrillic", "mathlow", "mathupp", "symbolic", "markers")  # fmt: skip
DIGITS = "123456789"  # a 0 of a font may be an O


def turned(ink: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Turn, shear and stretch a picture a little."""
    angle, shear = np.radians(draw.normal(0, 6)), draw.normal(0, 0.15)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ [[1, 0], [shear, 1]]
    matrix *= np.exp(draw.normal(0, 0.1, (2, 1)))
    middle = (SIDE - 1) / 2
    return ndimage.affine_transform(ink, matrix, middle - matrix @ [middle, middle], order=1)


def seen(ink: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Give a picture, (SIDE, SIDE), as `predict` sees it: found in a photograph, or made small as it is."""
    if draw.random() < 0.3:
        small = Image.fromarray(ink).resize((28, 28), Image.Resampling.BOX)
        return np.asarray(small)
    strokes = ink > draw.uniform(60, 160)
    if (width := draw.normal(0, 1.5)) > 0.7:
        strokes = ndimage.distance_transform_edt(~strokes) <= width
    return mnist_like(strokes if strokes.any() else ink > 0)


def written_again(digit: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Write a digit along the middle of its strokes with another pen."""
    large = np.asarray(Image.fromarray(np.pad(digit, 2)).resize((96, 96), Image.Resampling.BICUBIC)) > 100
    inside = ndimage.distance_transform_edt(large)
    middle = large & (inside == ndimage.maximum_filter(inside, 5))
    return mnist_like(ndimage.distance_transform_edt(~middle) <= draw.uniform(1, 7)) if middle.any() else digit


def drawn(options: argparse.Namespace, draw: np.random.Generator) -> Iterator[tuple[np.ndarray, int]]:
    """Give what is drawn, uint8 (28, 28), each with its class."""
    folders = [Path(matplotlib.get_data_path(), "fonts", "ttf"), *options.fonts]
    fonts = [font for folder in folders for font in sorted(folder.rglob("*.[to]tf"))]
    letters = CAPITALS + SMALL + SIGNS
    sets = [glyphs(font, letters + DIGITS) for font in fonts if not font.name.startswith(("LastResort", "STIXSiz"))]
    sets += [hershey(style, letters + (DIGITS if style in STYLES[:7] else ""), draw) for style in STYLES]
    for characters in tqdm(sets, "letters and signs"):
        for character, ink in characters.items():
            for _ in range(options.each):
                yield seen(turned(ink, draw), draw), int(character) if character in DIGITS else NO_DIGIT
    for _ in tqdm(range(1500 * options.each), "scribbles, shapes, blots"):
        for one in (scribble, shape, blot):
            yield seen(one(draw), draw), NO_DIGIT


def of_digits(images: np.ndarray, labels: np.ndarray, draw: np.random.Generator) -> Iterator[tuple[np.ndarray, int]]:
    """Give digits written again, each with its class, and pairs and pieces of digits, which are none."""
    for i in tqdm(draw.integers(0, len(images), 48000), "digits"):
        yield written_again(images[i], draw), int(labels[i])
    for i, k in tqdm(draw.integers(0, len(images), (6000, 2)), "pairs of digits"):
        pair = np.concatenate((images[i][:, 3:-3], images[k][:, 3:-3]), axis=1)
        yield mnist_like(np.asarray(Image.fromarray(pair).resize((176, 112))) > 100), NO_DIGIT


def train(judge: Judge, pixels: torch.Tensor, classes: torch.Tensor, epochs: int, rate: float, augment: float) -> None:
    size, generator = 250, torch.Generator().manual_seed(0)
    steps = epochs * (len(pixels) // size)
    optimizer = torch.optim.AdamW(judge.parameters(), rate, weight_decay=0.05, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps)
    judge.train()
    with tqdm(total=steps, desc="learning") as bar:
        for _ in range(epochs):
            for chosen in torch.randperm(len(pixels), generator=generator).split(size)[: len(pixels) // size]:
                draws = augment * draw_augmentations(size, generator)
                with torch.autocast("cpu", torch.bfloat16):
                    logits = judge(normalise(augment_images(pixels[chosen].float()[:, None], draws)))
                loss = F.cross_entropy(logits.float(), classes[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                bar.update()
                bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--fonts", type=Path, nargs="*", default=[], help="folders of fonts")
    parser.add_argument("--each", type=int, default=4, help="how often each letter is drawn")
    parser.add_argument("-o", "--output", type=Path, default=Path("judge.safetensors"))
    options = parser.parse_args()
    keep_freed_memory()
    torch.manual_seed(0)
    started = time.process_time()
    images, labels = load_mnist(options.data_dir)[0]
    made = [*drawn(options, np.random.default_rng(0)), *of_digits(images, labels, np.random.default_rng(0))]
    pixels = torch.from_numpy(np.concatenate((images, np.stack([picture for picture, _ in made]))))
    classes = torch.tensor([*labels.tolist(), *(kind for _, kind in made)])
    counts = f"{(classes < NO_DIGIT).sum():,} digits and {(classes == NO_DIGIT).sum():,} others"
    print(f"{counts}, drawn in {time.process_time() - started:.0f} s of the processor", flush=True)
    judge = Judge().to(memory_format=torch.channels_last)
    train(judge, pixels, classes, 6, rate=0.004, augment=0.7)
    # In the end, pictures that are more like those that it will see.
    train(judge, pixels, classes, 3, rate=0.002, augment=0.2)
    judge.to(memory_format=torch.contiguous_format)
    options.output.write_bytes(safetensors.torch.save(judge.state_dict()))
    parameters = sum(parameter.numel() for parameter in judge.parameters())
    print(f"{parameters:,} parameters, trained after {time.process_time() - started:.0f} s of the processor")


if __name__ == "__main__":
    main()
