"""The teaching network as one page for a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

import excel_export
from mnist_adder.data.bundled import Digit, hundred_digits
from mnist_adder.network.model import AdderNetwork
from mnist_adder.workbook.teaching_workbook import LEARNING_RATE, arguments

UNSEEN = 30
"""The number of the hundred digits that are kept back."""
DESCRIPTION = "Paint a digit: a small network reads it, and every number of it can be followed, to the loss and back."
"""The sentence that messengers show of the page."""


def write_page(
    network: AdderNetwork,
    digit: Digit,
    number: int,
    path: Path,
    *,
    source: str = "",
    workbook: str = "",
    preview: str = "",
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> excel_export.Report:
    """Write a network that reads a digit and adds a number as an .html page; report.ok: it agrees with PyTorch.

    Args:
        network: the network.
        digit: the picture that it begins with.
        number: the number to add, 0 to 9.
        path: the .html file.
        source: the web address of the source code; '' for none.
        workbook: the same network as a workbook: an address, or a file beside the page; '' for none.
        preview: the whole address of a picture that messengers show of the page; '' for none.
        progress: called with a stage, 'write formulas', and the fraction of it that is done, 0 to 1.

    Raises:
        ExportError: the page's numbers differ from PyTorch's, its engine is not installed, or the file cannot be
            written.
    """
    module, inputs, story = arguments(network, digit, number, with_lessons=False)
    texts = [str(__package__)]
    about = excel_export.About(DESCRIPTION, source, workbook, preview)
    return excel_export.page(
        module, inputs, path, title=story.title, learning_rate=LEARNING_RATE, texts=texts, about=about,
        examples=_examples(), progress=progress,
    )  # fmt: skip


def _examples() -> excel_export.Examples:
    digits = hundred_digits()
    pixels = np.stack([digit.pixels for digit in digits]).reshape(-1, 1, 1, 28, 28)
    numbers = np.array([[7 * k % 10] for k in range(len(digits))])
    labels = np.array([[digit.label] for digit in digits])
    return excel_export.Examples({"pixels": pixels, "number": numbers, "digit": labels}, UNSEEN)
