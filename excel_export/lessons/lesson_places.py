"""The cell of a place, such as 'grad.neuron.weight[0, 1]', and PyTorch's number for it.

Cells without such a name are found by `styled`, `indexed` and `at_training_step`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

import torch

from excel_export.authoring import LEARNING_RATE, LOSS, STORY, UPDATE, Book, Canvas, Grid, PlacedTensor, Reference
from excel_export.formulas import figure, gradient_name
from excel_export.graph.graph import Graph
from excel_export.lessons.lesson import Where
from excel_export.shared.errors import ExportError
from excel_export.sheets.training.training import EACH_STEP

_PLACE = re.compile(r"([\w./]+?)\s*(?:\[([\d,\s]*)\])?")
_IN_TEXT = re.compile(r"{(@?)([\w./]+(?:\[[\d,\s]*\])?)(?::([^{}]*))?}")
DECIMALS = 4
"""The most decimals of a number in a sentence."""


def find(book: Book, where: Where) -> Reference:
    """Return the cell of a number in a workbook: Network!C7 for 'grad.w[0, 1]'.

    Args:
        book: the workbook.
        where: the name of a number (its index counts from 0); the name of a sheet, 'Training', for its cell A1; or a
            function from the book to the cell, such as `styled` returns.

    Raises:
        ExportError: there is no such name.
    """
    if callable(where):
        return where(book)
    if any(canvas.name == where for canvas in book.canvases):
        return Canvas(where, "").at(1, 1)
    name, index = split(where)
    if name in book.names:
        return book.names[name].at(0)
    grid = _grid(book, name)
    if grid is None or len(index) != len(grid.shape) or any(k >= n for k, n in zip(index, grid.shape, strict=True)):
        raise _unknown(book.graph, where)
    return grid.at(*index)


def called(book: Book, where: Where) -> str:
    """Return what people call a number or sheet: '∂L/∂w[0, 1]' for 'grad.w[0, 1]', 'w after the step' for 'after.w'.

    A sheet is called by its name, 'Training'; a number that a function finds, by its sheet.

    Raises:
        ExportError: there is no such name.
    """
    cell = find(book, where)
    if callable(where) or where == cell.sheet:
        return cell.sheet
    return called_in(book.graph, where, book.names)


def shown_at(book: Book, where: Where) -> Reference:
    """Return the cell in which a sheet of the story shows a number, 'grad.w', 'x[0, 1]'; if none does, that of `find`.

    The sheets of the story are those that explain the network step by step, such as '3 a weight'.

    Raises:
        ExportError: there is no such name.
    """
    cell, story = find(book, where), book.result(STORY)
    return (story.cell_of(cell) if story else None) or cell


def link_words(book: Book, where: Where) -> str:
    """Return the text of a link to a number, its sheet and what people call it: '3 a weight: ∂L/∂w' for 'grad.w'.

    The sheet is that of `shown_at`. For the name of a sheet it is that name, 'Training'.

    Raises:
        ExportError: there is no such name.
    """
    sheet, name = shown_at(book, where).sheet, called(book, where)
    return sheet if name == sheet else f"{sheet}: {name}"


def called_in(graph: Graph, where: str, others: Collection[str] = (LOSS.text, LEARNING_RATE.text)) -> str:
    """Return what people call a number of a network: '∂L/∂w' for 'grad.w'.

    `others` are further names, of cells that are no tensors; they are returned with spaces, 'learning rate'.

    Raises:
        ExportError: there is no such name.
    """
    place, index = split(where)
    if place in others:
        return place.replace("_", " ")
    named = dict(graph.named) | {LOSS.text: graph.loss}
    place, _, helper = place.partition("/")
    in_words: Callable[[str], str] = str
    for beginning, form in (("grad.", gradient_name), ("after.", "{} after the step".format)):
        if place not in named and place.startswith(beginning):
            place, in_words = place.removeprefix(beginning), form
    if place not in named:
        raise _unknown(graph, where)
    value = named[place]
    which = f"[{', '.join(map(str, index))}]" if value.data.size > 1 else ""
    return in_words(f"{helper} of {value.called}{which}" if helper else f"{value.called}{which}")


def _unknown(graph: Graph, where: str) -> ExportError:
    known = ", ".join(name for name, _ in graph.named)
    return ExportError(f"a lesson names '{where}', which is no place of its network; its tensors are: {known}")


def split(place: str) -> tuple[str, tuple[int, ...]]:
    """Return the name of a tensor, and an index.

    Raises:
        ExportError: the text is not of this form.

    Example:
        >>> split("grad.neuron.weight[0, 1]"), split("loss")
        (('grad.neuron.weight', (0, 1)), ('loss', ()))
    """
    found = _PLACE.fullmatch(place)
    if not found:
        raise ExportError(f"a lesson names '{place}', which does not read name[0, 1]")
    return found[1], tuple(int(k) for k in (found[2] or "").split(",") if k.strip())


def fill_in(text: str, book: Book, numbers: Mapping[str, torch.Tensor]) -> str:
    """Return a text of a lesson with numbers and their names: '∂L/∂w is 2.00' for '{@grad.w} is {w:.2f}'.

    `numbers` are {'w': tensor(2.0)}, by the names in the text.

    Raises:
        ExportError: there is no such number.
    """
    return filled(text, lambda place: called(book, place), numbers)


def filled(text: str, called: Callable[[str], str], numbers: Mapping[str, torch.Tensor]) -> str:
    """Return a text in which each `{@name}` is replaced by called(name), and each `{name}` by its number.

    Raises:
        ExportError: there is no such number.

    Example:
        >>> filled("{@w[0]} is {w[0]:.2f}", lambda place: "the weight", {"w": torch.tensor([0.5])})
        'the weight is 0.50'
    """

    def resolved(found: re.Match[str]) -> str:
        wants_cell, place, how = found.groups()
        if wants_cell:
            return called(place)
        return number_words(number(place, numbers), how)

    return _IN_TEXT.sub(resolved, text)


def number(place: str, numbers: Mapping[str, torch.Tensor]) -> float:
    """Return PyTorch's number by its name: 2.0 for 'w[1]', of {'w': tensor([0.5, 2.0])}.

    Raises:
        ExportError: `numbers` has no such tensor or element.
    """
    name, index = split(place)
    try:
        return float(numbers[name][index])
    except (KeyError, IndexError):
        raise ExportError(f"a lesson asks for PyTorch's '{place}'; there are: {', '.join(numbers)}") from None


def number_words(value: float, how: str | None = None) -> str:
    """Return a number as a sentence shows it: with at most four decimals, or in a format such as '.9f'.

    What these would show as 0 has two digits; what is not whole has at most six.

    Example:
        >>> number_words(-0.123456), number_words(0.5, ".3f"), number_words(0.000456), number_words(0.0000123)
        ('−0.1235', '0.500', '0.0005', '0.000012')
    """
    if how:
        return f"{value:{how}}".replace("-", "−")
    # Not 0.0000 for what is small.
    return figure(round(value, DECIMALS) or float(f"{value:.2g}"))


def typed(value: float) -> str:
    """Return a number as one types it, without needless digits.

    Example:
        >>> typed(3.0), typed(0.1)
        ('3', '0.1')
    """
    return f"{value:.15g}"


def _grid(book: Book, name: str) -> Grid | None:
    name, _, helper = name.partition("/")
    beginning, _, rest = name.partition(".")
    tensor = _tensor(book, name)
    if tensor:
        return tensor.helpers.get(helper) if helper else tensor.typed
    tensor = _tensor(book, rest)
    if tensor and beginning == "grad":
        return tensor.grad if tensor.has_grad else None
    updated = book.result(UPDATE) if tensor and beginning == "after" else None
    return updated.after.get(dict(book.graph.named)[rest]) if updated else None


def _tensor(book: Book, name: str) -> PlacedTensor | None:
    return book.tensor(book.graph.loss.name if name == LOSS.text else name)


def styled(sheet: str, style: str, row: int = -1, col: int = -1) -> Callable[[Book], Reference]:
    """Return a function find(book) that returns one of the cells with a style on a sheet, or raises an ExportError.

    Args:
        sheet: the sheet's name, 'Start'.
        style: the style's name, 'result_loss'.
        row: the index of the row among those with such cells, from 0 on; -1 is the last.
        col: the index of the cell among those in the row; -1 is the last.
    """

    def found(book: Book) -> Reference:
        canvas = next((each for each in book.canvases if each.name == sheet), None)
        lines = {} if canvas is None else canvas.cells
        having = [
            (k, sorted(col for col, (_, look) in line.items() if look == style)) for k, line in sorted(lines.items())
        ]
        rows = [(k, cols) for k, cols in having if cols]
        try:
            return Reference(sheet, rows[row][0], rows[row][1][col])
        except IndexError:
            raise ExportError(f"a lesson wants a cell '{style}' of the sheet {sheet}: there is none") from None

    return found


def indexed(key: str, what: str, *index: int) -> Callable[[Book], Reference]:
    """Return a function find(book) that returns the cell of a tensor's element, or raises an ExportError.

    indexed('loss', 'at each training step', 0) finds the loss of the first step.

    Args:
        key: the name of the tensor, such as 'loss'.
        what: the words of the sheet Index for the cells: 'at each training step'; 'value', or 'gradient' for 'grad.w'.
        index: the index of the element, from 0 on; the step comes first if there is a row for each step.
    """

    def found(book: Book) -> Reference:
        for entry in book.entries:
            if (entry.key, entry.what) == (key, what) and all(
                k < n for k, n in zip(index, entry.grid.shape, strict=True)
            ):
                return entry.grid.at(*index)
        raise ExportError(f"a lesson wants {[*index]} of '{key}' {what}: there is none")

    return found


def at_training_step(step: int, key: str = "loss") -> Callable[[Book], Reference]:
    """Return a function find(book) that returns a step's cell on the sheet Training, C7, or raises an ExportError.

    Args:
        step: from 1 on.
        key: the number to find: 'loss'.
    """
    return indexed(key, EACH_STEP, step - 1)


LOSS_AFTER_THE_STEP = styled("Start", "result_loss")
"""Finds the loss after the one step of learning, on Start."""
