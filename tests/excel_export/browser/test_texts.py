"""What a page says of a network and of a lesson is there in German, and no German text that no page says."""

import re
from functools import cache

import pytest

from excel_export.browser.texts import OWN, Texts
from excel_export.compiler.trace.tracer import trace
from excel_export.composites import all_composites
from excel_export.lessons.catalogue import own_lessons
from excel_export.lessons.numbers import Numbers
from excel_export.ops import all_operators
from excel_export.optim import RULES, hyperparameters
from tests.excel_export.test_operators import Apply
from tests.support.sweep import examples_of
from tests.support.texts import blanks, german, of_call, of_lesson, of_steps, untranslated, unused, written

LESSONS = own_lessons()
LESSON_TEXTS = "excel_export.lessons"
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
each_lesson = pytest.mark.parametrize("name", LESSONS)
each_maker = pytest.mark.parametrize("each", [*all_operators(), *all_composites()], ids=lambda each: each.name)
texts = cache(german)
said = cache(lambda name: of_lesson(LESSONS[name]))


def test_what_stands_in_blanks_is_taken_over():
    found = Texts({"{n} is from {a} and {b}.": "{n} ist aus {a} und {b}.", "So it is.": "So ist es."}, ",")
    assert found.find("0.5 is from x.1 and y and −z. So it is.") == "0,5 ist aus x.1 and y und −z. So ist es."
    assert found.find("0.5 is from x.") is None
    assert found.find("So it is. And more.") is None


def calls_of(each):
    for example in examples_of(each):
        yield from trace(Apply(example.function, *example.inputs), example.inputs).calls


@each_maker
def test_what_is_said_of_calls_is_there_in_german(each):
    for call in calls_of(each):
        assert not untranslated(texts(), *of_call(call))


def of_rules():
    numbers = [text for each in hyperparameters() for text in (each.label, each.words)]
    return [*(each.words for each in RULES.values()), *numbers]


def test_what_is_said_of_learning_rules_is_there_in_german():
    assert not untranslated(texts(), [text for text in of_rules() if len(text) > 2])


@each_lesson
def test_a_lesson_is_there_in_german(name):
    assert not untranslated(texts(LESSON_TEXTS), said(name))
    assert not untranslated(texts(), *of_steps(Numbers(LESSONS[name]).graph))


@each_lesson
def test_a_german_text_has_the_numbers_of_the_english_one(name):
    """It is that of no other text, and what stands in its blanks is what belongs there."""
    for text in said(name):
        numbers = sorted(number.replace(",", "") for number in NUMBER.findall(text))
        other = texts(LESSON_TEXTS).find(text).replace("10 000", "10000")
        assert sorted(number.replace(",", ".") for number in NUMBER.findall(other)) == numbers, text


@pytest.mark.parametrize("package", [OWN, LESSON_TEXTS])
def test_german_texts_have_the_blanks_of_the_english_ones(package):
    for english, other in written(package).items():
        assert blanks(other) == blanks(english), english


def test_no_text_of_the_lessons_is_left_over():
    assert not unused(LESSON_TEXTS, [text for name in LESSONS for text in said(name)])


LABELS = ("output", "input", "filter", "channel", "row", "column", "number", "token", "sample", "head", "place")


@pytest.mark.slow
def test_no_text_of_steps_is_left_over():
    shown = [f"{label} 1" for label in LABELS] + ["part 1 of 2", *of_rules()]
    for each in (*all_operators(), *all_composites()):
        for call in calls_of(each):
            shown += [text for some in of_call(call) for text in some]
    for each in LESSONS.values():
        shown += [text for some in of_steps(Numbers(each).graph) for text in some]
    assert not unused(OWN, shown)
