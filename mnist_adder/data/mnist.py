"""MNIST: 60,000 training and 10,000 test images, read from a folder or downloaded to it."""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from textwrap import shorten

from excel_export.shared.errors import UserError
from mnist_adder.data.dataset import PixelsAndLabels
from mnist_adder.data.idx import read_idx

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def load_mnist(data_dir: Path) -> tuple[PixelsAndLabels, PixelsAndLabels]:
    """Read MNIST, and download it first if it isn't there.

    Args:
        data_dir: the folder that holds `MNIST/raw`, as torchvision lays it out.

    Returns:
        The training part and the test part, each as pixels, uint8 (N, 28, 28), and labels, uint8 (N,).

    Raises:
        UserError: the files can't be downloaded, or one of them is damaged.
    """
    raw = data_dir / "MNIST" / "raw"
    if not all((raw / name).is_file() for names in FILES.values() for name in names):
        _download(data_dir)
    return _read_part(raw, "train"), _read_part(raw, "test")


def _download(data_dir: Path) -> None:
    from torchvision.datasets import MNIST

    try:
        # torchvision reports its progress on stdout, which is for results.
        with redirect_stdout(sys.stderr):
            MNIST(str(data_dir), download=True)
    except (RuntimeError, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"there is no MNIST in the folder {data_dir}, and it couldn't be downloaded: name a folder with "
            f"--data-dir, or try --data sample ({shorten(reason, 120)})"
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
