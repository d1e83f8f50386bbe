"""Training of any module on any examples, recalculated: torch's SGD, whatever a learner changes."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from openpyxl import load_workbook
from torch import nn

from excel_export import LearningRates, Training, export
from excel_export.authoring import SUM, TRAINING_RATE, Choice, Column, Curve, Curves, Feed, Group, Name, Setting, table
from excel_export.compiler.place import placement
from excel_export.sheets.training import rate_steps, training, training_steps
from excel_export.sheets.training.learning_rates import each_step_at, trained_at
from excel_export.sheets.training.training import AFTER_TRAINING, EACH_STEP
from excel_export.workbook.read import read_all, read_index
from tests.excel_export.test_schema import findings
from tests.support.cells import cell as place
from tests.support.cells import named_cell
from tests.support.engines import Value, edit, recalculate
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.package_rules import faults
from tests.support.sheets import load_sheet
from tests.support.trainings import CASES, MLP, Case, Line, Scaled, by_turns, cases, compare, on_rates, points, train

CLOSE = {"rtol": 1e-9, "atol": 1e-9}
STEPS, RATE, RATES = 7, 0.2, (0.03, 0.3)


@pytest.fixture(scope="module", params=only_quick(CASES, "vectors", "numbers"))
def case(request) -> Case:
    return CASES[request.param]


@pytest.fixture(scope="module")
def made(case, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("training") / "made.xlsx"
    report = export(
        case.module, case.given[0], path, training=Training(case.examples, STEPS, RATE), rates=LearningRates(RATES)
    )
    assert report.ok
    return path


def one_by_one(path: Path, module: nn.Module, steps: list, rate: float, what=(EACH_STEP, AFTER_TRAINING)) -> None:
    compare(path, module, [[inputs] for inputs in steps], rate, what=what, close=CLOSE["rtol"])


def compare_all(path: Path, case: Case, steps: list, rate: float, rates: Sequence[float], more: list) -> None:
    one_by_one(path, case.module, steps, rate)
    for k, each in enumerate(rates, start=1):
        one_by_one(path, case.module, more, each, (each_step_at(k), trained_at(k)))


def test_every_step_is_torchs(case, made, tmp_path):
    path = recalculate(made, "ironcalc", tmp_path).path
    compare_all(path, case, by_turns(case.given, STEPS), RATE, RATES, by_turns(case.given, 30))


@pytest.mark.parametrize("case", only_quick(CASES, "numbers"), indirect=True)
def test_the_file_is_sound(made):
    assert faults(made) == []
    assert findings(made) == []


@pytest.mark.slow
def test_names_that_a_spreadsheet_reads_in_its_own_way(tmp_path):
    """To MATCH, * is anything and a is A; and a text may look like a formula or like XML."""
    names = ("ab", "a*", "AB", "a?", "=1+1", '<b> & "c"', "12", 12)
    examples = {name: (torch.tensor([float(k), 1.0]), torch.tensor([0.5])) for k, name in enumerate(names)}
    train(MLP(), examples, tmp_path / "made.xlsx", steps=len(names))
    path = recalculate(tmp_path / "made.xlsx", "ironcalc", tmp_path).path
    one_by_one(path, MLP(), [*examples.values()], 0.1)
    assert faults(tmp_path / "made.xlsx") == []


def test_the_mean_is_over_a_pass(case, made):
    found = read_all(made)
    losses, means = found["loss", EACH_STEP], found["loss_mean", EACH_STEP]
    for k in range(STEPS):
        assert means[k] == pytest.approx(losses[max(0, k - len(case.given) + 1) : k + 1].mean(), rel=1e-12)


def table_row(path: Path) -> int:
    """The row of the first step."""
    column = load_workbook(path, read_only=True)[training.NAME].iter_rows(max_col=2, min_col=2, values_only=True)
    return next(row for row, (head,) in enumerate(column, start=2) if head == "step")


def rate_cell(path: Path) -> tuple[str, str]:
    return named_cell(path, "chosen_training_rate")


def test_what_a_learner_changes_is_followed(case, made, tmp_path):
    """Another rate, another number in the second example, another example in the first step."""
    top, numbers = table_row(made), isinstance(case.module, Line)
    changes: dict[tuple[str, str], Value] = {rate_cell(made): 0.05, on_rates(made, "F5"): 0.11}
    given = copy.deepcopy(case.given)
    if numbers:
        steps, more = by_turns(given, STEPS), by_turns(given, 30)
        changes |= {(training.NAME, f"C{top}"): 1.5, (training.NAME, f"D{top + 1}"): -2.0}
        changes |= {
            on_rates(made, "D8"): 4.0,
            on_rates(made, "E5"): 0.07,
            on_rates(made, "F5"): 0.11,
        }
        steps[0], steps[1] = (torch.tensor(1.5), steps[0][1]), (steps[1][0], torch.tensor(-2.0))
        more[1] = (more[1][0], torch.tensor(4.0))
    else:
        entries = {entry.what: entry.grid for entry in read_index(made) if entry.key == case.key}
        second = next(grid for what, grid in entries.items() if what == f"example {[*names_of(case)][1]}")
        changes[second.sheet, second.at(*[0] * len(second.shape)).area] = 0.625
        tensor = given[1][case.key] if isinstance(given[1], dict) else given[1][0]
        tensor[(0,) * tensor.ndim] = 0.625
        last = [*names_of(case)][-1]
        changes |= {(training.NAME, f"C{top}"): last, on_rates(made, "C9"): last}
        changes |= {on_rates(made, "E5"): 0.07, on_rates(made, "F5"): 0.11}
        steps, more = by_turns(given, STEPS), by_turns(given, 30)
        steps[0] = more[2] = given[-1]
    path = recalculate(edit(made, changes, tmp_path / "edited.xlsx"), "ironcalc", tmp_path).path
    compare_all(path, case, steps, 0.05, (0.07, 0.11), more)


def names_of(case: Case) -> list[str | int]:
    """The examples as the list offers them."""
    names = [*case.examples] if isinstance(case.examples, dict) else range(1, len(case.examples) + 1)
    return [int(name) if name == "7" else name for name in names]


@pytest.mark.parametrize("engine", ["libreoffice", "formulon", "gnumeric"])
def test_other_engines_agree(engine, tmp_path):
    case = CASES["pictures"]
    train(case.module, case.examples, tmp_path / "made.xlsx", steps=4, rates=LearningRates(RATES, steps=4))
    path = recalculate(tmp_path / "made.xlsx", engine, tmp_path).path
    compare_all(path, case, by_turns(case.given, 4), 0.1, RATES, by_turns(case.given, 4))


TYPED = ("five", "", "-5", "1E6", 3.7, 11, -5, 1e6, 1e300)
"""What people type, and what they paste past a rule; '' is a cell that was emptied."""


@pytest.mark.parametrize("name", only_quick(["pictures", "numbers"], "numbers"))
def test_whatever_is_typed_into_a_yellow_cell_is_used_as_the_sheet_says(name, tmp_path):
    case = CASES[name]
    train(case.module, case.examples, tmp_path / "made.xlsx", steps=4, rates=LearningRates((0.1, 0.2), steps=4))
    live = Live(tmp_path / "made.xlsx", tmp_path)
    top = table_row(tmp_path / "made.xlsx")
    rate, first, another, second = (
        "chosen_training_rate",
        (training.NAME, f"C{top + 1}"),
        on_rates(tmp_path / "made.xlsx", "C8"),
        on_rates(tmp_path / "made.xlsx", "E5"),
    )
    sheets = [training.NAME, training_steps.NAME, rate_steps.NAME]

    def outcome() -> list:
        """The last loss in both tables."""
        (loss,) = [col for col in "DEFG" if live.value((training.NAME, f"{col}{top - 1}")) == "loss"]
        return [live.value((training.NAME, f"{loss}{top + 3}")), live.value(on_rates(tmp_path / "made.xlsx", "E10"))]

    at_first = outcome()
    for cell in (rate, first, another, second):
        original = live.value(cell)
        low, high = (0, 1e6) if cell in (rate, second) else (-1e6, 1e6) if name == "numbers" else (1, 0)
        for typed in TYPED:
            live.type({cell: typed})
            assert [live.errors(sheet) for sheet in sheets] == [{}] * 3, f"{typed!r} in {cell}"
            is_number = isinstance(typed, (int, float))
            is_allowed = is_number and low <= typed <= high
            below = int(second[1][1:]) - 1
            said = words(live, range(1, top) if cell in (rate, first) else range(below, below + 1))
            assert any("please" in text or "red is" in text for text in said) != is_allowed, f"{typed!r} in {cell}"
            if cell == rate:
                used = max(low, min(typed, high)) if is_number else original
                assert live.value("training_rate") == used
            if not is_number or not (is_allowed or cell in (rate, second)):
                assert outcome() == at_first, f"{typed!r} in {cell}: what stood there is used"
            live.type({cell: original})
    assert outcome() == at_first


def words(live: Live, rows: range) -> list[str]:
    """The texts in some rows of Training."""
    return [
        text
        for row in rows
        for col in "BCDE"
        for text in [live.value((training.NAME, f"{col}{row}"))]
        if isinstance(text, str)
    ]


def test_too_large_a_rate_diverges_without_an_error_value(tmp_path):
    train(MLP(), cases(), tmp_path / "made.xlsx", steps=5, learning_rate=1e6, rates=LearningRates((1e6, 0, 1e5)))
    live, row = Live(tmp_path / "made.xlsx", tmp_path), table_row(tmp_path / "made.xlsx") + 4
    assert [live.errors(sheet) for sheet in live.sheets] == [{}] * len(live.sheets)
    last = [live.value((training.NAME, place(row, col))) for col in range(1, 40)]
    assert last.count("diverged") == 3, "the loss, its mean and the status"
    ends = [live.value(on_rates(tmp_path / "made.xlsx", f"{col}36")) for col in "EFG"]
    assert [end == "diverged" for end in ends] == [True, False, True]


@pytest.mark.slow
def test_what_has_diverged_stays_as_it_is(tmp_path):
    """Even where a later step would be a small one: the first point has no gradient once the offset fits it."""
    steps, rate = 20, 0.7
    train(
        Line(),
        points(),
        tmp_path / "made.xlsx",
        steps=steps,
        learning_rate=rate,
        rates=LearningRates((rate,), steps=steps),
    )
    slope, offset, taken = Line().slope.item(), 0.0, 0
    lengths = []
    for x, y in by_turns([(float(x), float(y)) for x, y in points()], steps):
        error = 2 * (slope * x + offset - y)
        step = np.clip([rate * error * x, rate * error], -1000, 1000)
        stopped = max(lengths, default=0) >= 1000
        lengths.append(np.hypot(*step))
        if not stopped:  # the step that is too long is the last one
            slope, offset = slope - step[0], offset - step[1]
        taken += max(lengths) < 1000
    assert 3 < taken < steps
    assert max(lengths) > 1000
    assert min(lengths[taken:]) < 1000
    path = recalculate(tmp_path / "made.xlsx", "ironcalc", tmp_path).path
    found = read_all(path)
    for after in (AFTER_TRAINING, trained_at(1)):
        np.testing.assert_allclose([found["slope", after], found["offset", after]], [slope, offset], **CLOSE)
    assert np.isnan(found["loss", EACH_STEP]).tolist() == [step >= taken for step in range(steps)]
    places = [on_rates(path, f"E{7 + step}") for step in range(steps)]
    sheet = load_sheet(path, places[0][0], data_only=True)
    means = [sheet[place].value for _, place in places]
    assert [mean == "diverged" for mean in means] == [step >= taken for step in range(steps)]


def drawn_cells(sheet, of) -> list:
    """What stands in the cells of a curve."""
    return [cell.value for (cell,) in sheet[of.numRef.f.split("!")[1].replace("$", "")]]


def test_curves_end_where_the_training_diverges(tmp_path):
    """The table says so at each step from there on, and so do the words beside the rate."""
    path, steps = tmp_path / "made.xlsx", 20
    train(Line(), points(), path, steps=steps, learning_rate=0.7, rates=LearningRates((0.01, 0.7), steps=steps))
    sheet, top = load_sheet(path, training.NAME, data_only=True), table_row(path)
    heads = {cell.value: cell.column for cell in reversed(sheet[top - 1])}
    losses = [sheet.cell(top + step, heads["loss"]).value for step in range(steps)]
    first = losses.index("diverged")
    assert 0 < first < steps - 1
    assert losses[first:] == ["diverged"] * (steps - first)
    name, rate = rate_cell(path)
    said = load_sheet(path, name, data_only=True)[f"E{rate[1:]}"].value
    assert said.startswith(f"diverged at step {first + 1}: try ")
    own, compared = sheet._charts
    for series, ends in zip((*own.series, *compared.series), (True, True, False, True), strict=True):
        drawn = drawn_cells(sheet, series.yVal)
        last = first + 1 if ends else steps
        assert drawn_cells(sheet, series.xVal) == [*range(1, last + 1)] + [last] * (steps - last)
        assert (len({*drawn[first:]}) == 1) == ends


def test_what_the_charts_draw_are_numbers_on_their_axes(tmp_path):
    """Also where the table says 'diverged'; a program draws a text as 0."""
    train(MLP(), cases(), tmp_path / "made.xlsx", steps=6, learning_rate=1e3, rates=LearningRates((0.1, 1e3), steps=6))
    sheet, drawn = load_sheet(tmp_path / "made.xlsx", training.NAME, data_only=True), 0
    for chart in sheet._charts:
        low, high = chart.y_axis.scaling.min, chart.y_axis.scaling.max
        for series in chart.series:
            values = drawn_cells(sheet, series.yVal)
            assert len(values) == 6
            assert all(low <= value <= high for value in values)
            assert len(set(values)) > 1
            drawn += high in values
    assert drawn == 3, "the loss and its mean at 1,000, in both tables together"


@pytest.mark.parametrize("case", only_quick(CASES, "numbers"), indirect=True)
def test_a_learner_can_choose_only_what_there_is(case, made):
    sheet = load_sheet(made, training.NAME)
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    rate = rate_cell(made)[1]
    assert (rules[rate].type, rules[rate].formula1, rules[rate].formula2) == ("decimal", "0", "1000000")
    top = table_row(made)
    if isinstance(case.module, Line):
        rule = rules[f"C{top}:C{top + STEPS - 1}"]
        names = sheet.parent.defined_names.items()
        numbers = [item.attr_text for name, item in names if name.startswith("chosen_") and "training" in name]
        of_the_rule = {at.split("!")[1].replace("$", "") for at in numbers}
        assert len(of_the_rule) == 7, "the rule, the rate, and five numbers"
        above = {at for at in rules if int(at.split(":")[0][1:]) < top + STEPS}
        assert above == {*of_the_rule, f"C{top}:C{top + STEPS - 1}", f"D{top}:D{top + STEPS - 1}"}
        below = [on_rates(made, at)[1] for at in ("E5", "F5", "C7", "C36", "D7", "D36")]
        assert set(rules) - above == {*below[:2], ":".join(below[2:4]), ":".join(below[4:])}
        assert (rule.type, rule.formula1, rule.formula2) == ("decimal", "-1000000", "1000000")
    else:
        rule = rules[f"C{top}:C{top + STEPS - 1}"]
        assert (rule.type, rule.formula1) == ("list", f"'Examples'!$B$6:$B${5 + len(case.given)}")
        listed = [cell.value for (cell,) in load_sheet(made, "Examples")["B6:B9"] if cell.value is not None]
        assert listed == names_of(case)


def test_the_training_may_begin_with_other_parameters(tmp_path):
    start = MLP()
    nn.init.constant_(start.output.weight, 0.4)
    train(MLP(), cases(), tmp_path / "made.xlsx", steps=4, start=start, rates=LearningRates((0.5,), steps=4))
    one_by_one(tmp_path / "made.xlsx", start, cases(), 0.1)
    one_by_one(tmp_path / "made.xlsx", start, cases(), 0.5, (each_step_at(1), trained_at(1)))


@pytest.mark.slow
def test_layers_may_have_the_names_of_its_sheets(tmp_path):
    """A big network has a sheet for each layer, also for one that has the name of a sheet of the training."""
    names = ("others", "examples")

    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            for k, name in enumerate(names):
                self.add_module(name, nn.Linear(6 + k % 2, 7 - k % 2))

        def forward(self, x):
            for name in names:
                x = torch.tanh(getattr(self, name)(x))
            return x.square().mean()

    inputs = [(torch.linspace(-1, k, 6),) for k in (1, 2)]
    with patch.multiple(placement, ONE_SHEET=200, ONE_LAYER=5):
        export(Named(), inputs[0], tmp_path / "made.xlsx", rates=LearningRates((0.1,), inputs, steps=2))
    sheets = load_workbook(tmp_path / "made.xlsx", read_only=True).sheetnames
    assert "examples 2" in sheets
    one_by_one(tmp_path / "made.xlsx", Named(), inputs, 0.1, (each_step_at(1), trained_at(1)))


def test_learning_rates_may_begin_with_other_parameters(tmp_path):
    start = MLP()
    nn.init.constant_(start.hidden.bias, -0.3)
    train(MLP(), cases(), tmp_path / "made.xlsx", steps=4, rates=LearningRates((0.5,), steps=4, start=start))
    one_by_one(tmp_path / "made.xlsx", MLP(), cases(), 0.1)
    one_by_one(tmp_path / "made.xlsx", start, cases(), 0.5, (each_step_at(1), trained_at(1)))


def test_learning_rates_alone_with_examples_of_their_own(tmp_path):
    export(MLP(), cases()[0], tmp_path / "made.xlsx", rates=LearningRates((0.4,), cases()[1:], steps=3))
    one_by_one(tmp_path / "made.xlsx", MLP(), cases()[1:], 0.4, (each_step_at(1), trained_at(1)))
    sheets = load_workbook(tmp_path / "made.xlsx", read_only=True).sheetnames
    assert "Rate examples" in sheets
    assert training.NAME not in sheets


def test_a_single_example_has_no_mean(tmp_path):
    train(MLP(), cases()[1:2], tmp_path / "made.xlsx", steps=2)
    one_by_one(tmp_path / "made.xlsx", MLP(), cases()[1:2] * 2, 0.1)
    assert ("loss_mean", EACH_STEP) not in read_all(tmp_path / "made.xlsx")


SPEED = Name("speed")


def test_a_feed_with_columns_groups_settings_and_curves(tmp_path):
    """Everything an author can say, by public names."""
    feed = Feed(
        examples=[cases()[1]],
        choices=(Choice("left", "left", [0.0, 1.0]), Choice("right", "right", [1.0], allowed=(0, 1))),
        columns=(Column("truth", "truth", lambda step: (step.column("left") - step.column("right")) ** 2, "whole"),),
        inputs=lambda step: {
            "x": table((2,), lambda k: step.column(("left", "right")[k])),
            "truth": step.column("truth"),
        },
    )
    size = Column("size", "size", lambda step: SUM(step.value("tanh")), "loss", fades=True)
    train(
        MLP(),
        feed,
        tmp_path / "made.xlsx",
        steps=5,
        learning_rate=0.3,
        settings=(Setting("Output, times", SPEED, 2.0, "faster"),),
        groups=(Group("output's rate", TRAINING_RATE * SPEED, ("output.",)),),
        columns=(size, size.mean("size_mean", "mean size")),
        curves=(Curves("Sizes", "sum", "The sum of the hidden numbers.", (Curve("size", "000000"),), highest=3),),
    )
    module = MLP().double()
    optimiser = torch.optim.SGD(
        [{"params": module.hidden.parameters(), "lr": 0.3}, {"params": module.output.parameters(), "lr": 0.6}]
    )
    sizes = []
    for k in range(5):
        x = torch.tensor([float(k % 2), 1.0]).double()
        loss = module(x, (x[:1] - x[1:]) ** 2)
        sizes.append(torch.tanh(module.hidden(x)).sum().item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    found = read_all(recalculate(tmp_path / "made.xlsx", "ironcalc", tmp_path).path)
    np.testing.assert_allclose(found["size", EACH_STEP], sizes, **CLOSE)
    assert found["size_mean", EACH_STEP][-1] == pytest.approx(np.mean(sizes[-2:]), rel=1e-9)
    for name, parameter in module.named_parameters():
        np.testing.assert_allclose(found[name, AFTER_TRAINING], parameter.detach().numpy(), **CLOSE)


def test_an_input_may_have_the_name_of_the_learning_rate(tmp_path):
    examples = [(*case, torch.tensor(1.0 + k), 2) for k, case in enumerate(cases())]
    export(Scaled(), examples[0], tmp_path / "made.xlsx", training=Training(examples, 4))
    assert rate_cell(tmp_path / "made.xlsx")[0] == training.NAME
    one_by_one(tmp_path / "made.xlsx", Scaled(), examples, 0.1)


def test_a_loss_below_zero_gets_an_axis_that_shows_it(tmp_path):
    class Below(Line):
        def forward(self, input, y):
            return self.slope * input - y

    export(Below(), points()[0], tmp_path / "made.xlsx", training=Training(points(), 3), rates=LearningRates((0.1,)))
    charts = load_sheet(tmp_path / "made.xlsx", training.NAME)._charts
    assert len(charts) == 2
    for chart in charts:
        assert (chart.y_axis.scaling.min, chart.y_axis.scaling.max) == (-5, 5)
        assert chart.y_axis.scaling.logBase is None
