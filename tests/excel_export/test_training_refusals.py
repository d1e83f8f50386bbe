"""What cannot be trained is refused in one line, before anything is written."""

from __future__ import annotations

import re

import pytest
import torch

from excel_export import ExportError, LearningRates, Training, export
from excel_export.authoring import Column, Feed, Name, Setting
from excel_export.compiler.place import limits
from tests.support.many_sheets import many_sheets
from tests.support.trainings import MLP, Scaled, cases, train

X, ONE = torch.ones(2), torch.ones(1)


@pytest.mark.parametrize(
    ("words", "examples", "more"),
    [
        ("there is no example", [], {}),
        ("example 2 is a Tensor", [(X, ONE), X], {}),
        ("example 2: MLP.forward takes", [(X, ONE), (X,)], {}),
        ("example 2: 'x' is 3 of float64, but 2 of float64", [(X, ONE), (torch.ones(3), ONE)], {}),
        ("example b: 'x' is 2 of int64", {"a": (X, ONE), "b": (X.long(), ONE)}, {}),
        ("example 2: 'x' holds an infinite", [(X, ONE), (X / 0, ONE)], {}),
        ("on the examples of the training", [(torch.ones(3), ONE)], {}),
        ("at least one step", cases(), {"steps": 0}),
        ("a learning rate is a number from 0 to 1,000,000, not -1", cases(), {"learning_rate": -1}),
        ("a learning rate is", cases(), {"learning_rate": float("nan")}),
        ("a learning rate is", cases(), {"rates": LearningRates((2e6,))}),
        ("a learning rate is", cases(), {"learning_rate": 1_000_000.5}),
        ("no learning rate", cases(), {"rates": LearningRates(())}),
        ("at least one step", cases(), {"rates": LearningRates(steps=0)}),
        ("no tensor 'sigmoid'; there are: x, truth", cases(),
         {"columns": [Column("s", "s", lambda step: step.value("sigmoid"), "loss")]}),
        ("no column 'sigmoid'; there are: example, place, s", cases(),
         {"columns": [Column("s", "s", lambda step: step.recent("sigmoid"), "loss")]}),
        ("the same key: example, place, place", cases(),
         {"columns": [Column("place", "s", lambda step: step.column("example"), "loss")]}),
        ("'Loss' has the name of something else: loss", cases(), {"settings": [Setting("Loss", Name("loss"), 1, "")]}),
        ("takes no tensor 'y'", Feed([(X, ONE)], [], lambda step: {"y": 1.0}), {}),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(words, examples, more, tmp_path):
    with pytest.raises(ExportError, match=re.escape(words)):
        train(MLP(), examples, tmp_path / "made.xlsx", **more)
    assert not list(tmp_path.iterdir())


def test_another_setting_is_refused(tmp_path):
    examples = [(*cases()[0], ONE[0], times) for times in (1, 2)]
    with pytest.raises(ExportError, match="example 2: 'times' is another than in the first"):
        export(Scaled(), examples[0], tmp_path / "made.xlsx", training=Training(examples))


def test_learning_rates_want_examples(tmp_path):
    with pytest.raises(ExportError, match="which examples"):
        export(MLP(), cases()[0], tmp_path / "made.xlsx", rates=LearningRates())


def test_what_is_too_large_is_refused_before_it_is_written(tmp_path, monkeypatch):
    with many_sheets(20, 5_000), pytest.raises(ExportError, match="too large to unroll its training"):
        train(MLP(), cases(), tmp_path / "made.xlsx")
    monkeypatch.setattr(limits, "MOST_CELLS", 1000)
    with pytest.raises(ExportError, match=r"30 steps of training would fill .* more than 1,000 are too many"):
        train(MLP(), cases(), tmp_path / "made.xlsx")
    with pytest.raises(ExportError, match=r"60 steps of training would fill"):
        train(MLP(), cases(), tmp_path / "made.xlsx", steps=2, rates=LearningRates((1, 2)))
