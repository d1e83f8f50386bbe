"""The finished workbook is edited before anybody else does it: what is right at first only is refused."""

import numpy as np
import pytest

from excel_export import ExportError, export
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.edits import MOST_NUMBERS, trials
from tests.support.engines import recalculate
from tests.support.spoiled import put, spoiled_by
from tests.support.tiny import Net, Tiny, X


def test_the_report_and_start_say_what_was_tried(tmp_path):
    report = export(Tiny(), (X,), tmp_path / "net.xlsx")
    assert report.tried >= 12
    assert report.edits == 2
    assert f"on {report.tried} other sets of numbers, and after 2 edits of the file" in str(report)
    start = recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path).texts("Start")
    assert any(f"on {report.tried} other sets of" in text and "after 2 edits" in text for text in start)


@pytest.mark.parametrize("what", ["a value", "a gradient", "a step"])
def test_a_formula_that_is_right_at_first_only_is_refused(what, tmp_path):
    """In one cell stands the number of the export instead of the formula."""

    def change(book):
        graph, tensors = book.graph, book.placement.tensors
        weight = next(value for value in graph.of_kind("parameter") if value.name == "layer.weight")
        gradient, step = weight.gradient[1, 0], weight.data[1, 0] - 0.1 * weight.gradient[1, 0]
        put(book, *{
            "a value": (tensors[graph.loss].value.first, graph.loss.data.item()),
            "a gradient": (tensors[weight].grad.at(1, 0), gradient),
            "a step": (book.drawn.after[weight].at(1, 0), step),
        }[what])  # fmt: skip

    with pytest.raises(ExportError, match=r"after an edit, with numbers .*differs from PyTorch's"):
        export(Tiny(), (X,), tmp_path / "net.xlsx", story=spoiled_by(change))
    assert not [*tmp_path.iterdir()]


def test_a_large_network_is_not_edited(tmp_path):
    graph, _ = confirmed_trace(Net(lambda self, x: self.layer(x).square().sum(), size=100), (X.new_ones(1, 100),))
    assert sum(value.data.size for value in graph.values) > MOST_NUMBERS
    assert not trials(graph)
    assert len(trials(graph, thorough=True)) == 2


def test_an_edit_has_the_numbers_of_the_users_own_module():
    module = Tiny()
    graph, _ = confirmed_trace(module, (X,))
    for trial in trials(graph):
        numbers = {value.name: array for value, array in trial.values.items()}
        gradients = {value.name: array for value, array in trial.gradients.items()}
        other = Tiny().double()
        for name, parameter in other.named_parameters():
            parameter.data = parameter.data.new_tensor(numbers[name])
        other(parameter.data.new_tensor(numbers["x"])).backward()
        for name, parameter in other.named_parameters():
            assert np.allclose(parameter.grad.numpy(), gradients[name], atol=1e-12)


def test_a_result_of_the_story_that_is_wrong_is_told(tmp_path):
    """In one cell of the story stands another number than Network's."""

    def change(book):
        canvas = next(canvas for canvas in book.canvases if canvas.name.endswith(" linear layer"))
        row, col = next(
            (row, col)
            for row, cells in canvas.cells.items()
            for col, (_, style) in cells.items()
            if style == "story_result_forward"
        )
        put(book, canvas.at(row, col), 123.0)

    report = export(Tiny(), (X,), tmp_path / "net.xlsx", story=spoiled_by(change))
    assert "is not the network's own number (≠)" in report.note
