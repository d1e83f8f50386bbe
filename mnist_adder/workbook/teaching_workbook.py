"""A trained network as a teaching workbook."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

import excel_export
from excel_export.authoring import Book, Name, OperandLike, Result, joined
from mnist_adder.data.bundled import Digit, bundled_digits
from mnist_adder.distillation.taught_slice import TaughtSlice
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.model import SHARPNESS, AdderNetwork
from mnist_adder.workbook.digits_sheet import FULL_DIGIT, FULL_SUM, DigitsSheet
from mnist_adder.workbook.tensor_names import NamedAdderLoss
from mnist_adder.workbook.training_sheet import SMALL_DIGITS_SHEET, most_likely, six_rates, thirty_steps
from mnist_adder.workbook.two_heads_sheet import two_heads

# A round rate with which one step lowers the loss of every picture, with its own label and with each false one, for
# both heads and every number to add; but for false labels of a picture that could as well be one digit as another. At
# 0.00003 a step makes the network read another digit in some cases, and the sum's loss leaps.
LEARNING_RATE = 0.00002

_INTRO = (
    "A small neural network reads a digit and adds a number to it. All cells except the yellow ones are live formulas: "
    "change a yellow cell, and the others update.",
)
_HEADS = {
    "regression": "The digit reaches the adder through arg-max, a step function: a small nudge to a score "
    "changes nothing. So the loss on the sum has zero gradient at all numbers before the arg-max, and only the loss on "
    "the digit trains the classifier.",
    "onehot": "The adder reads the ten probabilities of the digit, which change smoothly with every weight. So the "
    "gradient of the sum flows back into the classifier, and both losses train it. (The scores are "
    f"multiplied by {SHARPNESS:g} before softmax, so that the sum does not blend two digits. Where the network is "
    "sure of the digit, little gradient is left.)",
}
_RESULTS: dict[str, dict[str, Result]] = {
    "regression": {
        "The digit it reads": lambda cells: cells["argmax"],
        "The sum it gives": lambda cells: cells["out2"],
    },
    "onehot": {
        "The digit it reads": lambda cells: most_likely(cells["flatten"]),
        "The sum it gives": lambda cells: most_likely(cells["out2"]),
    },
}
_TRUTH: dict[str, Result] = {
    "The true digit": lambda cells: cells["digit"],
    "The true sum": lambda cells: cells["digit"] + cells["number"],
}
FULL_ANSWERS: dict[str, Result] = {
    "The full one reads": lambda cells: FULL_DIGIT,
    "The full one's sum": lambda cells: FULL_SUM,
}
_LOSSES: dict[str, dict[str, Result]] = {
    "regression": {
        "The digit's loss": lambda cells: cells["cross_entropy"],
        "The sum's loss": lambda cells: cells["mse_loss"],
    },
    "onehot": {
        "The digit's loss": lambda cells: cells["cross_entropy"],
        "The sum's loss": lambda cells: cells["cross_entropy_1"],
    },
}


def write_workbook(
    network: AdderNetwork,
    digit: Digit,
    number: int,
    path: Path,
    *,
    taught: TaughtSlice | None = None,
    training: bool = True,
    all_rules: bool = False,
    start: str | None = None,
    stop: str | None = None,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> excel_export.Report:
    """Write a network's forward and backward pass on one digit and one number as a workbook; report.ok if it is right.

    Args:
        network: the network.
        digit: the picture that it begins with.
        number: the number to add, 0 to 9.
        path: the .xlsx file.
        taught: the slice with its full network, if one taught it: the sheets then show its answers, too. None if not.
        training: True for the sheets with thirty steps of learning and six learning rates, if the network is a whole
            slice.
        all_rules: True if these steps may go by any learning rule; False for SGD.
        start: the first layer whose formulas are live, 'conv6'; None for all from the beginning.
        stop: the last such layer; None for all up to the end.
        progress: called with a stage, one of `excel_export.STAGES`, and the fraction of it that is done, 0 to 1.

    Raises:
        UserError: the file cannot be written, or the network does not fit into a workbook.
    """
    # The lessons around the network are for the small one, whole.
    with_lessons = network.preset == "slice" and not (start or stop)
    with_training = with_lessons and training
    module, inputs, story = arguments(network, digit, number, with_lessons=with_lessons, taught=taught)
    if with_training:
        story = replace(story, sheets=[*story.sheets, SMALL_DIGITS_SHEET])
    return excel_export.export(
        module, inputs, path, story=story, learning_rate=LEARNING_RATE, start=start, stop=stop,
        training=thirty_steps(network.head, all_rules) if with_training else None,
        rates=six_rates() if with_training else None,
        progress=progress,
    )  # fmt: skip


def messy_three(name: str) -> tuple[NamedAdderLoss, dict[str, torch.Tensor], excel_export.Story]:
    """Return the arguments of an export, (module, inputs, story), for a picture of a 3 that looks like a 5, and 6.

    `name` is that of a network that ships, size and head: 'slice-onehot'. `inputs` are tensors by argument name.
    """
    return arguments(load_checkpoint(bundled_checkpoint(*name.split("-")))[0], bundled_digits()[7], 6)


def _task(book: Book, learned: str) -> OperandLike:
    digit, number = Name("digit"), Name("number")
    says = "This network reads the digit and adds the number"
    if not {digit.text, number.text} <= set(book.names):
        return f"{says}. {learned}"
    return joined(f"{says}: ", digit, " + ", number, " should give ", digit + number, ".", f" {learned}")


def _taught_words(taught: TaughtSlice) -> str:
    test = taught.test
    return (
        f"It is {taught.words}. Of {test.images:,} test images it reads {test.digit_accuracy:.1%} right, and for "
        f"{test.agreement:.1%} both read the same digit."
    )


def arguments(
    network: AdderNetwork,
    digit: Digit,
    number: int,
    *,
    with_lessons: bool = True,
    taught: TaughtSlice | None = None,
) -> tuple[NamedAdderLoss, dict[str, torch.Tensor], excel_export.Story]:
    """Return the arguments of an export: the module, its inputs ('pixels', 'number', 'digit'), and the author's story.

    Args:
        network: the network.
        digit: the picture and its label.
        number: the number to add, 0 to 9.
        with_lessons: True for the sheet of two heads, which is for the small network only.
        taught: the slice, if a full network taught it; else None.
    """
    pixels = torch.tensor(digit.pixels).double().reshape(1, 1, 28, 28)
    inputs = {"pixels": pixels, "number": torch.tensor([float(number)]), "digit": torch.tensor([digit.label])}
    learned = _taught_words(taught) if taught else "It was trained on MNIST, a set of handwritten digits."
    story = excel_export.Story(
        "Backpropagation, number by number",
        (*_INTRO, *([learned] if taught else []), _HEADS[network.head]),
        _RESULTS[network.head] | (FULL_ANSWERS if taught else {}) | _TRUTH,
        _LOSSES[network.head],
        [
            DigitsSheet(digit, number, taught.teacher if taught else None).sheet,
            *([two_heads(network)] if with_lessons else []),
        ],
        lambda book: _task(book, learned),
    )
    return NamedAdderLoss(network), inputs, story
