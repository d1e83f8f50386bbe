"""The teaching network as one page for a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import excel_export
from mnist_adder.data.bundled import Digit
from mnist_adder.network.model import AdderNetwork
from mnist_adder.workbook.teaching_workbook import LEARNING_RATE, arguments


def write_page(
    network: AdderNetwork,
    digit: Digit,
    number: int,
    path: Path,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> excel_export.Report:
    """Write the page of a network that reads a digit and adds a number.

    Args:
        network: the network.
        digit: the picture that it begins with.
        number: the number to add.
        path: the .html file.
        progress: as `excel_export.page` takes it.

    Raises:
        ExportError: as `excel_export.page`.
    """
    module, inputs, story = arguments(network, digit, number, with_lessons=False)
    texts = [str(__package__)]
    return excel_export.page(
        module, inputs, path, title=story.title, learning_rate=LEARNING_RATE, texts=texts, progress=progress
    )
