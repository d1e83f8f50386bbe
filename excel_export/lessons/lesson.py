"""What a lesson is: a small network, and what a learner should find out about it.

A *place* names a number of the workbook: 'neuron.weight[0, 1]', 'grad.neuron.weight[0, 1]', 'loss' (the names of
`read_tensors`), 'after.neuron.weight[0, 1]' (after the one step of learning), 'cross_entropy/probability[0, 2]' (a
helper, which is worked out on the side), or a defined name, such as 'learning_rate'.

Its texts stand in a .toml file beside the Python file that makes its network, in English and other languages. They hold
no typed number or cell that depends on the network. In them stands

- `{@place}`: what people call it, such as neuron.weight[0, 1],
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
"""The kinds of questions, in the order in which they come."""
Where = str | Callable[[Book], Reference]
"""A place, the name of a sheet, or a function that finds a cell in the finished book."""
Network = tuple[nn.Module, dict[str, torch.Tensor]]
"""A module and its inputs, by argument name."""


@dataclass(frozen=True)
class LessonQuestion:
    """One question, and what a good answer says."""

    do: Kind
    ask: str
    answer: str
    where: Where
    """The number that answers it, or shows it best. The link leads to the cell of the story that shows it."""
    on: str = ""
    """The sheet on which one sees how it comes about, where no sheet of the story shows it as well."""
    change: Mapping[str, float] = field(default_factory=dict)
    """What a learner types before the answer can be seen: numbers by the places of inputs and parameters. The sheet
    says into which cells, and how to undo it."""
    on_page: tuple[str, str] | None = None
    """The question and its answer as a page says them; None where nothing on a page answers it."""


@dataclass(frozen=True)
class Misconception:
    """What many believe, and the cell that shows that it is not so."""

    claim: str
    refuted_by: Where
    why: str
    why_on_page: str


@dataclass(frozen=True)
class Lesson:
    """A network, and questions about it."""

    name: str
    """On the command line: 'one-neuron'."""
    number: int
    """Its place in the course, from 1 on."""
    title: str
    make: Callable[[], Network]
    minutes: int
    before: Sequence[str]
    """What one should know before."""
    questions: Sequence[LessonQuestion]
    """Four to six, in the order of `KINDS`."""
    misconceptions: Sequence[Misconception]
    """Three."""
    glossary: Mapping[str, str]
    """Every new word, with its meaning."""
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By language, such as 'de', what a page says of it, by the English."""
    training: Training | None = None
    learning_rate: float = 0.1
    """Of the one step that the workbook shows."""
    rates: LearningRates | None = None
    sheets: Sequence[SheetSpec[Any]] = ()
    """Sheets of its own, such as a figure."""
    shows: Sequence[str] = ()
    """Sheets that are hidden in other workbooks, such as Update. Links lead to sheets with a tab only."""
    also: Callable[[nn.Module, Mapping[str, torch.Tensor]], Mapping[str, torch.Tensor]] | None = None
    """Computes further numbers for the texts from the module and its inputs, in float64: each has a name and
    no cell."""
    story: Callable[[], Story] | None = None
    """Gives the words on Start, where they are not the usual ones."""

    @property
    def heading(self) -> str:
        """Its title, with its number."""
        return f"Lesson {self.number}: {self.title}"


def read_lesson(
    file: str, make: Callable[[], Network], cells: Mapping[str, Callable[[Book], Reference]] | None = None, **more: Any
) -> Lesson:
    """Return a lesson whose texts stand beside the Python file that makes its network.

    Args:
        file: the Python file, `__file__`; the texts are in the .toml file of that name. Each text has its English under
            `en`, what a page says instead under `page` where it differs, and other languages, such as `de`.
        make: makes the network and its inputs.
        cells: what the texts call cells that are no places, and what finds each.
        more: further fields of `Lesson`.
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
    """Train a copy of a module as PyTorch does; yield it, and its loss, before each step and after the last.

    Args:
        module: `module(**inputs)` returns the loss.
        inputs: by argument name.
        steps: how many.
        rate: the learning rate.
        kind: the optimizer.
        numbers: its other settings.
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
