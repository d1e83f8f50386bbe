"""German texts say what the English ones say, and none is of a text that no page says any more."""

import json
import re
from functools import cache
from importlib.resources import files
from itertools import product

import pytest
import torch
from torch import nn

from docs.lacks_german import german, lacking
from excel_export.compiler.trace.tracer import trace
from excel_export.composites import all_composites
from excel_export.lessons.catalogue import all_lessons
from excel_export.lessons.lesson_numbers import LessonNumbers
from excel_export.lessons.lesson_page import stops, texts_of
from excel_export.ops import all_operators
from excel_export.optim import RULES, hyperparameters
from excel_export.pages.tensor_arrays import Memory, place
from excel_export.pages.texts import OWN, Texts, pattern, sentences
from excel_export.views.plan import ON_A_PAGE, Plan
from tests.excel_export.test_operators import Apply
from tests.support.cases import examples_of

LESSONS = all_lessons()
PACKAGES = [OWN, "excel_export.lessons", "mnist_adder.workbook"]
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
each_lesson = pytest.mark.parametrize("name", LESSONS)


@cache
def said(name):
    """All that the page of a lesson says beside the network."""
    shown = [text for stop in stops(LESSONS[name]) for text in (stop.changing, stop.ask, stop.answer)]
    return [LESSONS[name].heading, *filter(None, shown)]


def test_what_stands_in_blanks_is_taken_over():
    found = Texts({"{n} is from {a} and {b}.": "{n} ist aus {a} und {b}.", "So it is.": "So ist es."}, ",")
    assert found.find("0.5 is from x.1 and y and −z. So it is.") == "0,5 ist aus x.1 and y und −z. So ist es."
    assert found.find("0.5 is from x.") is None
    assert found.find("So it is. And more.") is None


def test_names_are_in_the_language_of_the_reader():
    names = {"halved image": "halbiertes Bild", "digit and number": "Ziffer und Zahl", "loss": "Verlust"}
    found = Texts({"From {a} and {b} it makes {y}.": "Aus {a} und {b} entsteht {y}."}, ",", names)
    assert found.find("←  halved image") == "←  halbiertes Bild"
    assert found.find("relu of halved image") == "relu (halbiertes Bild)"
    assert found.name("conv1 · halved image − loss") == "conv1 · halbiertes Bild − Verlust"
    assert found.find("sum of squares of conv1") == "sum (squares (conv1))"
    assert found.find("conv1") is None
    # A sentence that is new is no name, though it has an "of".
    assert found.find("up or down: the sign of it counts") is None
    assert found.find("it is no more than a part of it") is None
    said = found.find("From digit and number, conv1.weight and conv1.bias it makes halved image.")
    assert said == "Aus „Ziffer und Zahl“, conv1.weight und conv1.bias entsteht „halbiertes Bild“."


def test_what_has_no_german_is_listed():
    """A sentence that is new shows in English until somebody translates it: no test fails for want of it."""
    found = Texts({"It adds.": "Es addiert.", "y = a + rest": "y = a + Rest"}, ",")
    assert lacking(found, ["It adds.", "It takes."], ["y = a + rest", "y = a + new", "y = max(a)"]) == [
        "It takes.", "y = a + new",
    ]  # fmt: skip


@each_lesson
def test_a_german_text_has_the_numbers_of_the_english_one(name):
    """It is that of no other text, and what stands in its blanks is what belongs there."""
    texts = german(*texts_of(LESSONS[name]))
    for text in said(name):
        english = sorted(number.replace(",", "") for number in NUMBER.findall(text))
        other = (texts.find(text) or text).replace("10 000", "10000")
        assert sorted(number.replace(",", ".") for number in NUMBER.findall(other)) == english, text


def written(package):
    return json.loads(files(package).joinpath("texts", "de.json").read_text(encoding="utf-8"))


def test_german_texts_have_the_blanks_of_the_english_ones():
    for texts in (*map(written, PACKAGES), *(lesson.translations["de"] for lesson in LESSONS.values())):
        for english, other in texts.items():
            assert blanks(other) == blanks(english), english


def blanks(text):
    """What stands in its braces, in order of the alphabet."""
    return sorted(re.findall(r"{[^{}]+}", text))


def unused(package, texts):
    """The English of a package's file that is in none of the texts."""
    parts = {part for text in texts for part in (text, *sentences(text))}
    return [key for key in written(package) if not any(map(pattern(key).fullmatch, parts))]


def test_no_text_of_the_lessons_is_left_over():
    shown = [text for name in LESSONS for text in said(name)]
    assert not unused("excel_export.lessons", shown)
    assert unused("mnist_adder.workbook", shown) == ["Backpropagation, number by number"]  # the title of its page


LABELS = (
    "output", "input", "filter", "map", "row", "column", "number", "token", "sample", "head", "place", "time step",
)  # fmt: skip


def of_rules():
    numbers = [text for each in hyperparameters() for text in (each.label, each.words)]
    return [*(each.words for each in RULES.values()), *numbers]


def of_call(call):
    """What an operator says of a call, and its equations."""
    helpers = call.helpers.values()
    words = [call.forward_words, call.backward_words, *(each.words for each in helpers)]
    return [*filter(None, words), call.forward_math, call.backward_math, *(each.math for each in helpers)]


def calls_of(each):
    for example in examples_of(each):
        if len(example.inputs) <= 2:  # more than that Apply doesn't take
            yield from trace(Apply(example.function, *example.inputs), example.inputs).calls


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


def test_no_text_of_steps_is_left_over():
    """An English text that is rewritten takes its German along; else pages show it in English."""
    shown = [f"{label} 1" for label in LABELS] + ["part 1 of 2", *of_rules()]
    made = (call for each in (*all_operators(), *all_composites()) for call in calls_of(each))
    for call in (*made, *in_no_example()):
        shown += of_call(call)
    for each in LESSONS.values():
        graph = LessonNumbers(each).graph
        plan = Plan(graph, place(graph, Memory()), ON_A_PAGE)
        shown += [step.name for step in plan.steps]
        shown += [text for part in plan.parts for text in (part.words, part.math)]
    assert not unused(OWN, shown)
