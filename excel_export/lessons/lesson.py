"""A lesson: a small network, and the questions that a learner answers about it.

A *place* names a number of the workbook: 'neuron.weight[0, 1]', 'grad.neuron.weight[0, 1]', 'loss' (the names of
`read_tensors`), 'after.neuron.weight[0, 1]' (after the one step of learning), 'cross_entropy/probability[0, 2]' (a
helper, which is computed beside the network), or a defined name, such as 'learning_rate'.

The texts of a lesson are in a .toml file beside the Python file that makes its network, in English and other languages.
They contain no number and no cell that depends on the network, but

- `{@place}`: the name of a place for people, such as neuron.weight[0, 1],
- `{place}` or `{place:.6f}`: PyTorch's number. In an answer it is the one after the question's `change`.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from excel_export.authoring import Book, LearningRates, Reference, SheetSpec, Story, Training

Kind = Literal["predict", "change", "explain"]
KINDS: tuple[Kind, ...] = ("predict", "change", "explain")
"""The kinds of questions, in their order."""
Where = str | Callable[[Book], Reference]
"""A place, the name of a sheet, or a function that finds a cell in the finished book."""
Network = tuple[nn.Module, dict[str, torch.Tensor]]
"""A module and its inputs, by argument name."""


@dataclass(frozen=True)
class LessonQuestion:
    """One question of a lesson and its answer: LessonQuestion('predict', 'What is y?', 'y = 7', where='add').

    A place is the name of a number: 'w[0, 1]', 'grad.w', 'loss'.
    """

    do: Kind
    """The learner's task: 'predict', 'change' or 'explain'."""
    ask: str
    """The question: 'What is y?'"""
    answer: str
    """The answer: 'y = 7'."""
    where: Where
    """The place of the number that answers the question. The link leads to the cell of the story that shows it."""
    on: str = ""
    """The sheet that shows best how the number is computed; '' if a sheet of the story does."""
    change: Mapping[str, float] = field(default_factory=dict)
    """The numbers that a learner types before the answer can be seen, by the places of inputs and parameters: {'w':
    1.0}."""
    on_page: tuple[str, str] | None = None
    """The question and the answer as a page says them; None if nothing on a page answers the question."""


@dataclass(frozen=True)
class Misconception:
    """A wrong belief, a cell whose number refutes it, and why: Misconception('A large loss means …', 'loss', …)."""

    claim: str
    """The wrong belief: 'A large loss means a large gradient.'"""
    refuted_by: Where
    """The place of the cell, or a function that finds it."""
    why: str
    """The explanation, for the workbook."""
    why_on_page: str
    """The explanation, for a page."""


@dataclass(frozen=True)
class Lesson:
    """A network and questions about it, as `read_lesson` makes it: name 'batch', number 6, minutes 40, …."""

    name: str
    """The name on the command line, such as 'one-neuron'."""
    number: int
    """The position in the course, from 1 on."""
    title: str
    """The heading without the number: 'One neuron'."""
    make: Callable[[], Network]
    """A function that returns the network and its inputs: (module, {'x': tensor})."""
    minutes: int
    """The time that a learner needs, in minutes: 30."""
    before: Sequence[str]
    """The topics that a learner should know before: ['what a gradient is (lesson 1)']."""
    questions: Sequence[LessonQuestion]
    """Four to six questions, in the order of `KINDS`."""
    misconceptions: Sequence[Misconception]
    """Three wrong beliefs."""
    glossary: Mapping[str, str]
    """The meaning of each new word: {'gradient': 'how fast the loss grows with a number'}."""
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The texts of the page in other languages: by language, such as 'de', and by the English text."""
    training: Training | None = None
    """The training that the workbook shows: Training([(x1, target1), (x2, target2)], steps=20); None for none."""
    learning_rate: float = 0.1
    """The rate of the one step that the workbook shows."""
    rates: LearningRates | None = None
    """The learning rates that it compares: LearningRates((0.01, 0.1), steps=20); None for none."""
    sheets: Sequence[SheetSpec[Any]] = ()
    """Further sheets of the lesson, such as a figure."""
    shows: Sequence[str] = ()
    """The names of sheets with a tab in this lesson that are hidden in other workbooks, such as Update."""
    also: Callable[[nn.Module, Mapping[str, torch.Tensor]], Mapping[str, torch.Tensor]] | None = None
    """A function of the float64 module and its inputs that returns further numbers for texts, by name; or None."""
    story: Callable[[], Story] | None = None
    """A function that returns the words on Start, a `Story`; None for those of any network."""

    @property
    def heading(self) -> str:
        """The title with the number, such as 'Lesson 1: One neuron'."""
        return f"Lesson {self.number}: {self.title}"


def read_lesson(
    file: str, make: Callable[[], Network], cells: Mapping[str, Callable[[Book], Reference]] | None = None, **more: Any
) -> Lesson:
    """Return a lesson whose texts are in a .toml file, one_neuron.toml, beside the Python file that makes its network.

    The file has the fields `name` to `glossary` of `Lesson` but `make`, and may have a `heading` in other languages.
    [[questions]] have the fields of `LessonQuestion`, with `page = false` for none on a page, and [[misconceptions]]
    have `claim`, `refuted_by` and `why`. A text of these two is a table: `ask.en` is the English, `ask.de` the German,
    and `ask.page` the English for a page, if it differs.

    Args:
        file: the Python file, `__file__`. The .toml file has the same name.
        make: returns the network and its inputs.
        cells: functions that find cells without a name, by the words that stand in `where` or `refuted_by`:
            {'the loss after the step': find}; None for none.
        more: further fields of `Lesson`: learning_rate=0.05.

    Raises:
        FileNotFoundError: there is no such .toml file.
        KeyError: it has no number, title, questions or misconceptions.
        TypeError: another key is missing or unknown.
    """
    read = tomllib.loads(Path(file).with_suffix(".toml").read_text(encoding="utf-8"))
    heading = {"en": f"Lesson {read['number']}: {read['title']}"} | read.pop("heading", {})
    found, texts = dict(cells or {}), [heading]

    def on_page(text: Mapping[str, str]) -> str:
        texts.append(text)
        return text.get("page", text["en"])

    def question(do: Kind, ask: Mapping[str, str], answer: Mapping[str, str], where: str, page: bool = True,
                 **other: Any) -> LessonQuestion:  # fmt: skip
        shown = (on_page(ask), on_page(answer)) if page else None
        return LessonQuestion(do, ask["en"], answer["en"], found.get(where, where), on_page=shown, **other)

    def misconception(claim: Mapping[str, str], refuted_by: str, why: Mapping[str, str]) -> Misconception:
        return Misconception(on_page(claim), found.get(refuted_by, refuted_by), why["en"], on_page(why))

    questions = [question(**each) for each in read.pop("questions")]
    misconceptions = [misconception(**each) for each in read.pop("misconceptions")]
    translations = {
        language: {text.get("page", text["en"]): text[language] for text in texts if language in text}
        for language in {language for text in texts for language in text} - {"en", "page"}
    }
    return Lesson(
        **read, make=make, questions=questions, misconceptions=misconceptions, translations=translations, **more
    )


def descent(
    module: nn.Module, inputs: Mapping[str, torch.Tensor], steps: int, rate: float,
    kind: Callable[..., torch.optim.Optimizer] = torch.optim.SGD, **numbers: float,
) -> Iterator[tuple[Any, torch.Tensor]]:  # fmt: skip
    """Train a copy of a module; yield the copy and its loss, (copy, tensor(9.0)), `steps` + 1 times.

    The first pair is that before any step, the last that after the last step. It is always the same copy, which the
    next step changes: take a number from it, `copy.w.detach().clone()`, before you ask for the next pair.

    Args:
        module: `module(**inputs)` returns the loss; the module is left as it is.
        inputs: by argument name.
        steps: the number of steps.
        rate: the learning rate.
        kind: the optimizer's class.
        numbers: its other settings, such as momentum=0.9.
    """
    learner = copy.deepcopy(module)
    optimizer = kind(learner.parameters(), lr=rate, **numbers)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = learner(**inputs)
        yield learner, loss.detach()
        loss.backward()
        optimizer.step()
    yield learner, learner(**inputs).detach()
