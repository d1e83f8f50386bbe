"""What a page says of a network and of a lesson is there in German, and no German text that no page says."""

import re
from functools import cache
from itertools import product

import pytest
import torch
from torch import nn

from excel_export.browser.texts import OWN, Texts
from excel_export.compiler.trace.tracer import trace
from excel_export.composites import all_composites
from excel_export.lessons.catalogue import all_lessons
from excel_export.lessons.lesson_page import texts_packages
from excel_export.lessons.numbers import Numbers
from excel_export.ops import all_operators
from excel_export.optim import RULES, hyperparameters
from mnist_adder.network.model import HEADS, AdderNetwork
from mnist_adder.workbook.tensor_names import NamedAdderLoss
from tests.excel_export.test_operators import Apply
from tests.support.sweep import examples_of
from tests.support.texts import blanks, german, of_call, of_lesson, of_steps, plan_of, untranslated, unused, written

LESSONS = all_lessons()
LESSON_TEXTS, ADDER = "excel_export.lessons", "mnist_adder.workbook"
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
each_lesson = pytest.mark.parametrize("name", LESSONS)
texts = cache(german)
said = cache(lambda name: of_lesson(LESSONS[name]))


def texts_of(name):
    return texts(*texts_packages(LESSONS[name]))


def test_what_stands_in_blanks_is_taken_over():
    found = Texts({"{n} is from {a} and {b}.": "{n} ist aus {a} und {b}.", "So it is.": "So ist es."}, ",")
    assert found.find("0.5 is from x.1 and y and −z. So it is.") == "0,5 ist aus x.1 and y und −z. So ist es."
    assert found.find("0.5 is from x.") is None
    assert found.find("So it is. And more.") is None


def test_names_are_in_the_language_of_the_reader():
    names = {"halved image": "halbiertes Bild", "digit and number": "Ziffer und Zahl", "loss": "Verlust"}
    found = Texts({"From {a} and {b} it makes {y}.": "Aus {a} und {b} entsteht {y}."}, ",", names)
    assert found.find("←  halved image") == "←  halbiertes Bild"
    assert found.find("relu of halved image") == "relu von halbiertes Bild"
    assert found.find("conv1") is None
    said = found.find("From digit and number, conv1.weight and conv1.bias it makes halved image.")
    assert said == "Aus „Ziffer und Zahl“, conv1.weight und conv1.bias entsteht „halbiertes Bild“."


@pytest.mark.parametrize("head", HEADS)
def test_the_names_of_the_teaching_network_are_german(head):
    inputs = {"pixels": torch.zeros(1, 1, 28, 28), "number": torch.tensor([5.0]), "digit": torch.tensor([4])}
    graph = trace(NamedAdderLoss(AdderNetwork("slice", head)), inputs)
    of_people = [value.called for value in graph.values if re.search(r"[a-z] [a-z]", value.called)]
    assert len(of_people) > 10
    assert not untranslated(texts(ADDER), of_people)


def calls_of(each):
    for example in examples_of(each):
        if len(example.inputs) <= 2:  # more than that Apply doesn't take
            yield from trace(Apply(example.function, *example.inputs), example.inputs).calls


def of_rules():
    numbers = [text for each in hyperparameters() for text in (each.label, each.words)]
    return [*(each.words for each in RULES.values()), *numbers]


def test_what_is_said_of_learning_rules_is_there_in_german():
    assert not untranslated(texts(), [text for text in of_rules() if len(text) > 2])


@each_lesson
def test_a_lesson_is_there_in_german(name):
    assert not untranslated(texts_of(name), said(name))
    assert not untranslated(texts(), *of_steps(Numbers(LESSONS[name]).graph))


@pytest.mark.parametrize("head", HEADS)
def test_the_teaching_network_is_there_in_german(head):
    inputs = {"pixels": torch.zeros(1, 1, 28, 28), "number": torch.tensor([5.0]), "digit": torch.tensor([4])}
    graph = trace(NamedAdderLoss(AdderNetwork("slice", head)), inputs)
    assert not untranslated(texts(), *of_steps(graph))


@each_lesson
def test_a_german_text_has_the_numbers_of_the_english_one(name):
    """It is that of no other text, and what stands in its blanks is what belongs there."""
    for text in said(name):
        english = sorted(number.replace(",", "") for number in NUMBER.findall(text))
        other = texts_of(name).find(text).replace("10 000", "10000")
        assert sorted(number.replace(",", ".") for number in NUMBER.findall(other)) == english, text


@pytest.mark.parametrize("package", [OWN, LESSON_TEXTS, ADDER])
def test_german_texts_have_the_blanks_of_the_english_ones(package):
    for english, other in written(package).items():
        assert blanks(other) == blanks(english), english


def test_no_text_of_the_lessons_is_left_over():
    shown = [text for name in LESSONS for text in said(name)]
    assert not unused(LESSON_TEXTS, shown)
    assert unused(ADDER, shown) == ["Backpropagation, number by number"]  # the title of its page


LABELS = ("output", "input", "filter", "channel", "row", "column", "number", "token", "sample", "head", "place")


def in_no_example():
    """What operators say of layers and functions that none of their examples has."""
    image = torch.linspace(-1, 1, 40).reshape(1, 2, 4, 5).double()
    cases = [(nn.ConvTranspose1d(4, 1, 2, bias=False), image[0, :1])]
    for channels, count, bias in product((1, 2), (1, 2), (True, False)):
        for kernel, dilation in ((1, 1), (2, 1), (2, 2), ((4, 5), 1)):
            layer = nn.Conv2d(channels, count, kernel, dilation=dilation, bias=bias)
            cases.append((layer, image[:, :channels]))
        cases.append((nn.Linear(channels, count, bias), image[0, 0, :, :channels]))
    cases += [(lambda x: x @ x.T, image[0, 0, :, :1]), (lambda x: torch.add(x[0], x[1], alpha=2), image[0, 0, 0])]
    for function, x in cases:
        yield from trace(Apply(function, x), (x,)).calls


def test_what_no_example_says_is_there_in_german():
    for call in in_no_example():
        assert not untranslated(texts(), *of_call(call))


@pytest.mark.slow
def test_no_text_of_steps_is_left_over():
    shown = [f"{label} 1" for label in LABELS] + ["part 1 of 2", *of_rules()]
    made = (call for each in (*all_operators(), *all_composites()) for call in calls_of(each))
    for call in (*made, *in_no_example()):
        shown += [text for some in of_call(call) for text in some]
    for each in LESSONS.values():
        graph = Numbers(each).graph
        shown += [step.name for step in plan_of(graph).steps]
        shown += [text for some in of_steps(graph) for text in some]
    assert not unused(OWN, shown)
