"""The English texts for which there are German ones."""

import json
import re
from importlib.resources import files

from excel_export.browser.memory import Memory, place
from excel_export.browser.texts import OWN, Texts, entries, pattern, sentences
from excel_export.lessons.lesson_page import stops
from excel_export.views.plan import ON_A_PAGE, Plan

FUNCTIONS = {"exp", "ln", "log", "max", "min", "sin", "cos", "tan", "tanh", "sinh", "cosh", "erf", "sign", "trunc",
             "softmax", "round", "prod", "det", "erfinv", "arcsin", "arccos", "arctan", "arsinh", "arcosh", "artanh",
             "sort", "low", "high", "erfc", "sigmoid", "dt"}  # fmt: skip
"""Names in equations that are the same in every language."""


def german(*packages):
    """The German texts of packages, and those of every page."""
    return Texts(entries("de", OWN, *packages), ",", entries("names.de", OWN, *packages))


def of_lesson(lesson):
    """All that its page says beside the network."""
    said = [text for stop in stops(lesson) for text in (stop.changing, stop.ask, stop.answer)]
    return [lesson.heading, *filter(None, said)]


def of_steps(graph):
    """What its steps say, and their equations."""
    plan = plan_of(graph)
    return [part.words for part in plan.parts], [part.math for part in plan.parts]


def plan_of(graph):
    """Its steps as on a page."""
    return Plan(graph, place(graph, Memory()), ON_A_PAGE)


def of_call(call):
    """What an operator says of a call, and its equations."""
    helpers = call.helpers.values()
    words = [call.forward_words, call.backward_words, *(each.words for each in helpers)]
    return list(filter(None, words)), [call.forward_math, call.backward_math, *(each.math for each in helpers)]


def untranslated(texts, words, equations=()):
    """What has no translation; an equation needs one where it has words."""
    with_words = [each for each in equations if set(re.findall(r"[a-z]{2,}", each)) - FUNCTIONS]
    return [each for each in (*words, *with_words) if not texts.find(each)]


def unused(package, texts):
    """The English of a package's file that is in none of the texts."""
    said = {part for text in texts for part in (text, *sentences(text))}
    return [key for key in written(package) if not any(map(pattern(key).fullmatch, said))]


def blanks(text):
    """What stands in its braces, in order of the alphabet."""
    return sorted(re.findall(r"{[^{}]+}", text))


def written(package):
    """A package's file of German texts."""
    return json.loads(files(package).joinpath("texts", "de.json").read_text(encoding="utf-8"))
