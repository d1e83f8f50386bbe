import numpy as np

from mnist_adder.report.all_answers import Answers, worst_mistakes
from mnist_adder.report.plot import LIGHT, percent
from mnist_adder.report.worst_mistakes import mistakes_plot


def test_the_mistakes_are_the_images_with_their_words(answers, sample):
    chosen = worst_mistakes(answers, 9)
    pixels = sample[1].pixels[chosen, 0].numpy()
    figure = mistakes_plot(answers, chosen, pixels).figure(LIGHT)
    for axes, i, image in zip(figure.axes, chosen, pixels, strict=False):
        assert (axes.images[0].get_array() == image).all()
        assert axes.get_title("center").strip() == f"{answers.digit[i]}, read as {answers.read[i]}"
        assert axes.texts[0].get_text() == f"{percent(float(answers.probability[i]), 0)} sure"
    assert sum(bool(axes.images) for axes in figure.axes) == 9


def test_without_a_mistake_it_says_so():
    digits = np.arange(10)
    perfect = Answers(digits, digits, np.ones(10), np.zeros(10), np.ones((10, 10), dtype=bool))
    plot = mistakes_plot(perfect, [], np.zeros((0, 28, 28)))
    assert plot.alt == plot.caption == "No digit was read wrongly."
    assert [text.get_text() for text in plot.figure(LIGHT).texts] == ["No digit was read wrongly."]
