"""List what pages say that has no German yet: in lessons, in the teaching network, of learning rules.

python docs/lacks_german.py
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from excel_export.compiler.trace.tracer import trace  # noqa: E402
from excel_export.graph.graph import Graph  # noqa: E402
from excel_export.lessons.catalogue import all_lessons  # noqa: E402
from excel_export.lessons.lesson_numbers import LessonNumbers  # noqa: E402
from excel_export.lessons.lesson_page import stops, texts_of  # noqa: E402
from excel_export.optim import RULES, hyperparameters  # noqa: E402
from excel_export.pages.tensor_arrays import Memory, place  # noqa: E402
from excel_export.pages.texts import OWN, Texts, TextsOf, entries  # noqa: E402
from excel_export.views.plan import ON_A_PAGE, Plan  # noqa: E402
from mnist_adder.network.model import HEADS, AdderNetwork  # noqa: E402
from mnist_adder.workbook.tensor_names import NamedAdderLoss  # noqa: E402

FUNCTIONS = {"exp", "ln", "log", "max", "min", "sin", "cos", "tan", "tanh", "sinh", "cosh", "erf", "sign", "trunc",
             "softmax", "round", "prod", "det", "arcsin", "arccos", "arctan", "arcosh", "artanh",
             "sort", "low", "high", "sigmoid", "dt"}  # fmt: skip
"""Names in equations that are the same in every language."""


def german(*texts: TextsOf) -> Texts:
    """The German of packages or texts, and that of every page."""
    return Texts(entries("de", OWN, *texts), ",", entries("names.de", OWN, *texts))


def lacking(texts: Texts, said: Iterable[str], equations: Iterable[str] = ()) -> list[str]:
    """What has no German; an equation needs one where it has words."""
    with_words = [each for each in equations if set(re.findall(r"[a-z]{2,}", each)) - FUNCTIONS]
    return [each for each in (*said, *with_words) if not texts.find(each)]


def lacks_german() -> Iterator[str]:
    """Each text without German, once."""
    of_rules = [each.words for each in RULES.values()]
    of_rules += [text for each in hyperparameters() for text in (each.label, each.words) if len(text) > 2]
    found = lacking(german(), of_rules)
    for lesson in all_lessons().values():
        said = [text for stop in stops(lesson) for text in (stop.changing, stop.ask, stop.answer) if text]
        found += lacking(german(*texts_of(lesson)), [lesson.heading, *said])
        found += lacking(german(), *_of_steps(LessonNumbers(lesson).graph))
    inputs = {"pixels": torch.zeros(1, 1, 28, 28), "number": torch.tensor([5.0]), "digit": torch.tensor([4])}
    for head in HEADS:
        graph = trace(NamedAdderLoss(AdderNetwork("slice", head)), inputs)
        of_people = [value.called for value in graph.values if re.search(r"[a-z] [a-z]", value.called)]
        found += lacking(german("mnist_adder.workbook"), of_people)
        found += lacking(german(), *_of_steps(graph))
    yield from dict.fromkeys(found)


def _of_steps(graph: Graph) -> tuple[list[str], list[str]]:
    """What its steps say, and their equations."""
    parts = Plan(graph, place(graph, Memory()), ON_A_PAGE).parts
    return [part.words for part in parts], [part.math for part in parts]


if __name__ == "__main__":
    for text in lacks_german():
        print(f"no German: {text}")
