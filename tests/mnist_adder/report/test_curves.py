import itertools

import pytest

from mnist_adder.report.learning_curves import curves_plot, panels, spread_apart
from mnist_adder.report.plot import DARK, LIGHT
from mnist_adder.training.history import History, read_history
from tests.support.reports import HISTORY, texts


def test_the_panels_show_losses_and_mistakes(tmp_path):
    (tmp_path / "history.csv").write_text(HISTORY)
    assert panels(read_history(tmp_path / "history.csv")) == {
        "Loss": {"train": [2.5, 0.25, 0.125], "test": [2.25, 0.5, 0.25]},
        "Digits read wrongly": {"train": [50, 25, 12.5], "test": [25, 12.5, 6.25]},
        "Sums given wrongly": {"train": [75, 50, 25], "test": [50, 25, 12.5]},
    }


def test_held_out_images_come_between_the_others():
    columns = {
        f"{split}_{metric}": [0.25]
        for split in ("train", "test", "held_out")
        for metric in ("loss", "digit_accuracy", "sum_accuracy")
    }
    shown = panels(History([1], columns, 1.0))
    assert [list(lines) for lines in shown.values()] == 3 * [["train", "held_out", "test"]]
    assert shown["Sums given wrongly"]["held_out"] == [75]


def test_the_curves_are_the_history(tmp_path):
    (tmp_path / "history.csv").write_text(HISTORY)
    history = read_history(tmp_path / "history.csv")
    figure = curves_plot(history).figure(LIGHT)
    for axes, (heading, lines) in zip(figure.axes, panels(history).items(), strict=True):
        assert axes.get_title("left") == heading
        assert [list(line.get_ydata()) for line in axes.lines] == list(lines.values())
        assert [list(line.get_xdata()) for line in axes.lines] == [history.epochs] * 2
        colours = [LIGHT.train, LIGHT.test]
        assert [line.get_color() for line in axes.lines] == [text.get_color() for text in axes.texts] == colours
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "log", "log"]
    assert texts(figure)[:2] == ["training\n0.125", "test\n0.25"]
    assert texts(figure)[2:4] == ["training\n12.5 %", "test\n6.25 %"]


@pytest.mark.parametrize("accuracy", [[1.0], [1.0, 1.0], [0.9, 1.0]])
def test_curves_without_a_mistake_have_no_logarithm(accuracy):
    names = [f"{split}_{column}" for split in ("train", "test") for column in ("digit_accuracy", "sum_accuracy")]
    losses = {"train_loss": [1.0] * len(accuracy), "test_loss": [0.0] * len(accuracy)}
    history = History(list(range(1, 1 + len(accuracy))), dict.fromkeys(names, accuracy) | losses, 1.0)
    figure = curves_plot(history).figure(DARK)
    assert {axes.get_yscale() for axes in figure.axes} == {"linear"}


@pytest.mark.parametrize("splits", [("train", "test"), ("train", "held_out", "test")])
def test_labels_of_lines_that_end_together_lie_apart_and_within_the_picture(splits):
    names = [f"{split}_{column}" for split in splits for column in ("loss", "digit_accuracy", "sum_accuracy")]
    figure = curves_plot(History([1, 2], {name: [0.1, 0.9] for name in names}, 1.0)).figure(LIGHT)
    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.texts]
        assert not any(first.overlaps(second) for first, second in itertools.combinations(boxes, 2))
        for box in boxes:
            assert figure.bbox.contains(*box.min)
            assert figure.bbox.contains(*box.max)
            assert box.x0 > axes.transData.transform((2, 1))[0]
            assert box.y0 > axes.bbox.y0


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ([0.5, 0.9], [0.5, 0.9]),
        ([0.5, 0.5], [0.42, 0.58]),
        ([0.5, 0.5, 0.5], [0.34, 0.5, 0.66]),
        ([0.2, 0.5, 0.54], [0.2, 0.44, 0.6]),
        ([0.0, 0.0, 0.9], [0.08, 0.24, 0.9]),
    ],
)
def test_labels_move_as_little_as_may_be(heights, expected):
    assert spread_apart(heights) == pytest.approx(expected)
