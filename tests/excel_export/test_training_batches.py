"""Steps on several examples at once, and the loss of examples that no step takes."""

import numpy as np
import pytest
import torch

from excel_export import ExportError, LearningRates, Training, export
from excel_export.authoring import Feed
from excel_export.sheets.training import training
from excel_export.sheets.training.learning_rates import each_step_at, trained_at
from excel_export.sheets.training.training import EACH_STEP
from excel_export.workbook.read import read_all, read_index
from tests.excel_export.test_training_feature import table_row
from tests.support.engines import edit, recalculate
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.sheets import load_sheet
from tests.support.trainings import CASES, MLP, Batches, Line, cases, compare, learned, points

RATE, STEPS = 0.2, 7
CLOSE = {"rtol": 1e-11, "atol": 1e-12}


def in_batches(examples, size, count=STEPS):
    return [[examples[(step * size + k) % len(examples)] for k in range(size)] for step in range(count)]


@pytest.mark.parametrize(
    ("name", "size", "apart"),
    only_quick([("vectors", 2, 1), ("vectors", 3, 0), ("batches", 2, 1), ("pictures", 2, 1)], ("vectors", 2, 1)),
)
def test_batches_and_held_out_examples_are_torchs(name, size, apart, tmp_path):
    case = CASES[name]
    held = case.given[len(case.given) - apart :] if apart else []
    trained = Training(case.examples, batch=size, held_out=held or None, steps=STEPS, learning_rate=RATE)
    rates = LearningRates((0.05,), steps=STEPS)
    export(case.module, case.given[0], tmp_path / "made.xlsx", training=trained, rates=rates)
    path = recalculate(tmp_path / "made.xlsx", "ironcalc", tmp_path).path
    compare(path, case.module, in_batches(case.given, size), RATE, held)
    compare(path, case.module, in_batches(case.given, size), 0.05, what=(each_step_at(1), trained_at(1)))


@pytest.mark.parametrize("engine", ["libreoffice", "formualizer", "formulon", "gnumeric"])
def test_every_engine(engine, tmp_path):
    trained = Training(cases()[:3], batch=2, held_out=cases()[2:], steps=4, learning_rate=RATE)
    export(MLP(), cases()[0], tmp_path / "made.xlsx", training=trained)
    path = recalculate(tmp_path / "made.xlsx", engine, tmp_path).path
    compare(path, MLP(), in_batches(cases()[:3], 2, 4), RATE, cases()[2:])


def test_single_numbers_have_a_sheet_and_one_held_out_example_is_enough(tmp_path):
    trained = Training(
        points(), batch=3, held_out=[(torch.tensor(5.0), torch.tensor(11.0))], steps=4, learning_rate=0.01
    )
    export(Line(), points()[0], tmp_path / "made.xlsx", training=trained)
    held = [(torch.tensor(5.0), torch.tensor(11.0))]
    compare(tmp_path / "made.xlsx", Line(), in_batches(points(), 3, 4), 0.01, held)


def test_what_a_learner_changes_is_followed(tmp_path):
    """Another first example, a number of an example, and one of a held-out example."""
    given, held = cases(), [(torch.tensor([0.5, 0.5]), torch.tensor([1.0]))] * 2
    trained = Training(given, batch=2, held_out=held, steps=4, learning_rate=RATE)
    export(MLP(), given[0], tmp_path / "made.xlsx", training=trained)
    entries = {(entry.key, entry.what): entry.grid for entry in read_index(tmp_path / "made.xlsx")}
    second, other = entries["x", "example 2"], entries["x", "held out 1"]
    top = table_row(tmp_path / "made.xlsx")
    changes = {
        (training.NAME, f"C{top}"): 4,
        (second.sheet, second.at(1).area.replace("$", "")): 0.25,
        (other.sheet, other.at(0).area.replace("$", "")): -1.0,
    }
    path = recalculate(edit(tmp_path / "made.xlsx", changes, tmp_path / "edited.xlsx"), "ironcalc", tmp_path).path
    given[1] = (torch.tensor([0.0, 0.25]), given[1][1])
    held = [(torch.tensor([-1.0, 0.5]), torch.tensor([1.0])), held[1]]
    compare(path, MLP(), [[given[3], given[0]], *in_batches(given, 2, 4)[1:]], RATE, held)
    live = Live(tmp_path / "made.xlsx", tmp_path)
    live.type({(training.NAME, f"C{top}"): 9})
    assert not any(live.errors(sheet) for sheet in live.sheets)


def test_there_are_two_curves(tmp_path):
    trained = Training(cases(), batch=4, held_out=cases()[:1], steps=5)
    export(MLP(), cases()[0], tmp_path / "made.xlsx", training=trained)
    (chart,) = load_sheet(tmp_path / "made.xlsx", training.NAME)._charts
    assert len(chart.series) == 2
    assert "held-out loss" in {cell.value for row in load_sheet(tmp_path / "made.xlsx", training.NAME) for cell in row}


class Nested(MLP):
    """Takes a dict of tensors."""

    def forward(self, batch):
        return super().forward(batch["x"], batch["y"])


def test_one_example_of_nested_tensors_is_held_out(tmp_path):
    given = [{"batch": dict(zip("xy", case, strict=True))} for case in cases()]
    trained = Training(given, held_out=given[:1], steps=2, learning_rate=0.1)
    export(Nested(), given[0], tmp_path / "made.xlsx", training=trained)
    _, _, others = learned(MLP(), in_batches(cases(), 1, 2), 0.1, cases()[:1])
    np.testing.assert_allclose(read_all(tmp_path / "made.xlsx")["held_out", EACH_STEP], others, **CLOSE)


class Settled(MLP):
    """Takes a setting that is no tensor."""

    def forward(self, x, truth, times=1):
        return super().forward(x, truth) * times


def test_an_argument_that_is_no_tensor_is_the_same_for_all(tmp_path):
    given = [{"x": x, "truth": truth, "times": 3} for x, truth in cases()]
    trained = Training(given, batch=2, held_out=given[:2], steps=3, learning_rate=0.1)
    export(Settled(), given[0], tmp_path / "made.xlsx", training=trained)
    _, losses, others = learned(MLP(), in_batches(cases(), 2, 3), 0.3, cases()[:2])
    found = read_all(tmp_path / "made.xlsx")
    np.testing.assert_allclose(found["loss", EACH_STEP], 3 * np.array(losses), **CLOSE)
    np.testing.assert_allclose(found["held_out", EACH_STEP], 3 * np.array(others), **CLOSE)


def test_what_cannot_be_taken_in_batches_is_refused(tmp_path):
    hooked = MLP()
    hooked.register_forward_hook(lambda module, given, result: 2 * result)
    feed = Feed(cases(), (), lambda cells: {})
    for module, examples, batch, words in (
        (MLP(), cases(), 5, "a step takes from 1 to all 4 examples, not 5"),
        (MLP(), cases(), 0, "a step takes from 1 to all 4 examples, not 0"),
        (hooked, cases(), 2, "MLP cannot be trained in batches: it has hooks"),
        (Nested(), [{"batch": dict(zip("xy", case, strict=True))} for case in cases()], 2, "its input 'batch.x' is"),
        (MLP(), feed, 2, "a Feed says itself what a step takes"),
    ):
        first = examples[0] if isinstance(examples, list) else cases()[0]
        with pytest.raises(ExportError, match=words):
            export(module, first, tmp_path / "made.xlsx", training=Training(examples, batch=batch))
    with pytest.raises(ExportError, match="there is no example"):
        export(MLP(), cases()[0], tmp_path / "made.xlsx", training=Training(cases(), held_out=[]))
    wrong = Batches(), CASES["batches"].given
    with pytest.raises(ExportError, match=r"Batches.forward takes|example 1"):
        export(wrong[0], wrong[1][0], tmp_path / "made.xlsx", training=Training(wrong[1], held_out=[(1,)]))
    assert not (tmp_path / "made.xlsx").exists()
