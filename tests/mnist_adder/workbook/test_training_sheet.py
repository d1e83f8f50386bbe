"""The training sheets, recalculated: they are torch's SGD, whatever a learner sets, and never an error value."""

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from openpyxl import load_workbook
from openpyxl.utils import range_boundaries

from excel_export.book.composition import start_book
from excel_export.compiler.trace.tracer import trace
from excel_export.formulas import Text
from excel_export.sheets.training import learning_rates, rate_steps, training, training_steps
from excel_export.sheets.training.learning_rates import each_step_at, trained_at
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.read import read_all
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.network.loss import AdderLoss
from mnist_adder.workbook import digits_sheet
from mnist_adder.workbook.training_sheet import (
    ADDER_SPEED,
    LEARNING_RATE,
    NUMBERS,
    PAIRS,
    PASSES,
    PICTURES,
    RATES,
    SMALL,
    SMALL_DIGITS_SHEET,
    AdderAlone,
    six_rates,
    thirty_steps,
    untrained,
)
from tests.support.cells import named_cell
from tests.support.engines import Recalculated, edit, recalculate
from tests.support.kinds import ONE_HEAD
from tests.support.live import Live
from tests.support.trainings import on_rates

DRAWN = (training.NAME, training_steps.NAME, rate_steps.NAME, SMALL)
STEPS = [(PICTURES[k % len(PICTURES)], NUMBERS[k % len(NUMBERS)]) for k in range(PASSES * len(PICTURES))]
REFERENCE = re.compile(r"'([^']+)'!(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)")
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


@pytest.fixture(scope="module", params=ONE_HEAD)
def head(request) -> str:
    return request.param


# For what does not depend on the head.
with_one_head = pytest.mark.parametrize("head", ["regression"], indirect=True)


@pytest.fixture(scope="module")
def made(head, made_of) -> Path:
    return made_of(f"slice-{head}").path


def trained(head: str, steps: list[tuple[int, int]], rate: float, speed: float):
    """What torch.optim.SGD makes of the same start and the same steps, from raw pixels."""
    module = AdderLoss(untrained(head)).double()
    groups = [
        {"params": module.classifier_parameters(), "lr": rate},
        {"params": module.adder_parameters(), "lr": rate * speed},
    ]
    optimiser = torch.optim.SGD(groups)
    losses, right = [], []
    for picture, number in steps:
        digit = bundled_digits()[picture]
        pixels = torch.tensor(digit.pixels).double().reshape(1, 1, 28, 28)
        loss = module(pixels, torch.tensor([number]).double(), torch.tensor([digit.label]))
        logits = module.classify((pixels - 255 * 0.1307) / (255 * 0.3081))
        right.append(int(logits.argmax()) == digit.label)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return module, losses, right


def compare(path: Path, head: str, steps: list[tuple[int, int]], rate: float, speed: float) -> None:
    found = read_all(path)
    module, losses, right = trained(head, steps, rate, speed)
    assert len(losses) >= 30
    np.testing.assert_allclose(found["loss", training.EACH_STEP], losses, **CLOSE)
    np.testing.assert_array_equal(found["right", training.EACH_STEP], right)
    for name, parameter in module.named_parameters():
        np.testing.assert_allclose(found[name, training.AFTER_TRAINING], parameter.detach().numpy(), **CLOSE)


@pytest.mark.slow
def test_thirty_steps_are_torchs(head, made, tmp_path):
    recalculated = recalculate(made, "ironcalc", tmp_path)
    compare(recalculated.path, head, STEPS, LEARNING_RATE, ADDER_SPEED[head])
    compare_rates(recalculated.path, RATES)
    assert_no_errors(recalculated)


@pytest.mark.slow
@with_one_head
def test_thirty_steps_are_torchs_in_libreoffice_at_another_rate(made, tmp_path):
    edited = edit(made, {named_cell(made, "chosen_training_rate"): 0.07}, tmp_path / "edited.xlsx")
    recalculated = recalculate(edited, "libreoffice", tmp_path)
    compare(recalculated.path, "regression", STEPS, 0.07, ADDER_SPEED["regression"])
    compare_rates(recalculated.path, RATES)
    assert_no_errors(recalculated)


@pytest.mark.slow
def test_the_rates_the_pictures_and_the_numbers_retrain_it(head, made, tmp_path):
    steps = [*STEPS]
    steps[3], steps[20] = (17, 9), (12, 4)
    changes = {named_cell(made, "chosen_training_rate"): 0.03, named_cell(made, "chosen_adder_speed"): 0.05}
    top = table_of(made)
    names = [name for name, _ in digits_sheet.DigitsSheet(bundled_digits()[0], 0).pictures][1:]
    for step in (3, 20):
        changes[training.NAME, f"C{top + step}"] = names[steps[step][0]]
        changes[training.NAME, f"D{top + step}"] = steps[step][1]
    rates = (0.01, 0.03, 0.15, 0.25, 0.07, 0.9)
    changes |= {on_rates(made, f"{col}5"): rate for col, rate in zip("EFGHIJ", rates, strict=True)}
    recalculated = recalculate(edit(made, changes, tmp_path / "edited.xlsx"), "ironcalc", tmp_path)
    compare(recalculated.path, head, steps, 0.03, 0.05)
    compare_rates(recalculated.path, rates)


@pytest.mark.slow
@with_one_head
def test_whatever_is_typed_what_stood_there_at_first_is_used_and_said(made, tmp_path):
    live, top = Live(made, tmp_path), table_of(made)
    hint = (training.NAME, f"C{top - 2}")
    assert live.value(hint) == "what it trains on"
    columns = {live.value((training.NAME, f"{col}{top - 1}")): col for col in "CDEFGHIJKLMNO"}
    loss = (training.NAME, f"{columns['loss']}{top + 29}")
    at_first, pair = live.value(loss), on_rates(made, "C10")
    for typed in ("five", "", "*", "-1", 3.7, 11, -5, 1e6, 1e300):
        live.type({(training.NAME, f"D{top + 8}"): typed, pair: typed})
        assert live.value(hint).startswith("red is not allowed")
        assert live.value(loss) == at_first
        for sheet in DRAWN:
            assert live.errors(sheet) == {}, f"{typed!r} on {sheet}"
        if typed != "*":  # in a list, this stands for any text
            live.type({(training.NAME, f"C{top + 4}"): typed})
            assert live.value(loss) == at_first
            assert live.errors(training.NAME) == {}
    live.type({(training.NAME, f"D{top + 8}"): 9, (training.NAME, f"C{top + 4}"): "nonsense", pair: 5})
    assert live.value(loss) != at_first
    assert live.value(hint).startswith("red is not allowed")


def table_of(path: Path) -> int:
    """The row of the first step."""
    sheet = load_workbook(path, read_only=True)[training.NAME]
    column = sheet.iter_rows(min_row=1, max_row=60, min_col=2, max_col=2, values_only=True)
    return next(row for row, (head,) in enumerate(column, start=2) if head == "step")


@pytest.mark.slow
def test_what_it_learns_is_worth_showing(head, made):
    found = read_all(made)
    for key in ("digit_loss_mean", "sum_loss_mean"):
        means = found[key, training.EACH_STEP]
        assert means[-1] < 0.7 * means[5]
    assert found["accuracy", training.EACH_STEP][5] < 0.5
    assert found["accuracy", training.EACH_STEP][-1] == 1


@pytest.mark.parametrize(
    ("head", "rate", "speed"),
    [("regression", 1e6, 1), ("onehot", 1e6, 1), ("regression", 0.5, 1e6), ("onehot", 1e300, 1e-300),
     ("regression", 30, 3)],
    indirect=["head"],
)  # fmt: skip
@pytest.mark.slow
def test_a_rate_too_large_diverges_without_an_error_value(made, tmp_path, rate, speed):
    extremes = zip("EFGHIJ", (1e6, 1e300, -5, 0, 100, 3), strict=True)
    changes = {on_rates(made, f"{letter}5"): extreme for letter, extreme in extremes}
    changes |= {named_cell(made, "chosen_training_rate"): rate, named_cell(made, "chosen_adder_speed"): speed}
    recalculated = recalculate(edit(made, changes, tmp_path / "edited.xlsx"), "ironcalc", tmp_path)
    texts = assert_no_errors(recalculated)
    losses = read_all(recalculated.path)["loss", training.EACH_STEP]
    assert np.isnan(losses[-1]), "the table says 'diverged'"
    assert texts[training.NAME][table_of(made) + 28].count("diverged") > 0
    last = texts[training.NAME][int(on_rates(made, "E7")[1][1:]) + len(PAIRS) * PASSES - 2][4:10]
    assert [last[k] for k in (0, 1, 4, 5)] == ["diverged"] * 4
    assert isinstance(last[2], float)
    assert isinstance(last[3], float)


def assert_no_errors(recalculated: Recalculated) -> dict[str, list[tuple]]:
    """Look at every cell of the training sheets; return their rows."""
    book = load_workbook(recalculated.path, data_only=True, read_only=True)
    rows = {name: list(book[name].iter_rows(values_only=True)) for name in DRAWN}
    for name, lines in rows.items():
        for value in (value for line in lines for value in line):
            assert not (isinstance(value, str) and value.startswith("#")), f"{name}: {value}"
            assert not (isinstance(value, float) and not np.isfinite(value)), f"{name}: {value}"
    return rows


def sgd_on_pairs(rate: float) -> tuple[AdderAlone, list[float]]:
    module = AdderAlone().double()
    optimiser = torch.optim.SGD(module.parameters(), lr=rate)
    losses = []
    for digit, number in PAIRS * PASSES:
        loss = module(torch.tensor([digit]).double(), torch.tensor([number]).double())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return module, losses


def compare_rates(path: Path, rates: tuple[float, ...]) -> None:
    found = read_all(path)
    assert len(rates) >= 6
    for k, rate in enumerate(rates, start=1):
        module, losses = sgd_on_pairs(rate)
        # Once a step would move a weight by more than 1000, the sheet stops; up to there it is torch's.
        count = next((step for step, loss in enumerate(losses) if not loss < 1000), len(losses))
        np.testing.assert_allclose(found["loss", each_step_at(k)][:count], losses[:count], **CLOSE)
        assert count >= (1 if rate >= 0.5 else 50)
        if count == len(losses):
            for name, parameter in module.named_parameters():
                np.testing.assert_allclose(found[name, trained_at(k)], parameter.detach().numpy(), **CLOSE)


def drawn_for(head: str) -> dict[str, Canvas]:
    module = AdderAlone()
    graph = trace(module, (torch.zeros(1), torch.zeros(1)))
    book = start_book(graph, 0.1, module=module, options=(thirty_steps(head), six_rates()))
    for sheet in (SMALL_DIGITS_SHEET, training.SHEET, learning_rates.SHEET):
        book.draw(sheet)
    return {canvas.name: canvas for canvas in book.canvases if canvas.name in DRAWN}


def test_every_number_is_a_formula_but_what_a_learner_sets_and_the_first_weights(head):
    canvases = drawn_for(head)
    assert set(canvases) == set(DRAWN)
    typed = dict.fromkeys(DRAWN, 0)
    for canvas in canvases.values():
        for line in canvas.cells.values():
            for content, style in line.values():
                if isinstance(content, (int, float)):
                    assert style in {"edit", "rate_edit", "input", "parameter", "step_number"}, (
                        f"{canvas.name}: {content} {style}"
                    )
                    typed[canvas.name] += style == "parameter"
    parameters = sum(parameter.numel() for parameter in untrained(head).parameters())
    assert typed[training_steps.NAME] == parameters
    assert typed[rate_steps.NAME] == sum(parameter.numel() for parameter in AdderAlone().parameters())


def test_painting_a_picture_retrains_nothing(head):
    """The training reads its own sheets, and of the digits none that a learner paints or chooses for the network."""
    own, seen = digits_sheet.FIRST_ROW, set()
    for canvas in drawn_for(head).values():
        for line in canvas.cells.values():
            for content, _ in line.values():
                if not isinstance(content, str) or isinstance(content, Text) or "HYPERLINK" in content:
                    continue
                for sheet, area in REFERENCE.findall(content):
                    seen.add(sheet)
                    if sheet == digits_sheet.NAME:
                        left, first_row, *_ = range_boundaries(area.replace("$", ""))
                        size = digits_sheet.SIDE if left >= digits_sheet.PICTURE_COL else 1
                        assert first_row >= own + size
    assert seen == {*DRAWN, digits_sheet.NAME}


@pytest.mark.slow
def test_charts_have_titles_axes_and_words(made):
    book = load_workbook(made)
    charts = book[training.NAME]._charts
    assert len(charts) == 4
    for chart in charts:
        for title in (chart.title, chart.x_axis.title, chart.y_axis.title):
            assert title.tx.rich.p[0].r[0].t
        assert not chart.x_axis.delete
        assert not chart.y_axis.delete
    with zipfile.ZipFile(made) as package:
        parts = [part for part in package.namelist() if re.match(r"xl/drawings/drawing\d", part)]
        drawings = [package.read(part).decode() for part in parts]
    described = sum(len(re.findall(r'descr="[^"]{40,}"', drawing)) for drawing in drawings)
    assert described == 4 + (2 if "What arg-max says" in "".join(drawings) else 1), "and the story's charts"


def test_the_six_rates_run_from_slow_to_too_fast():
    compared = six_rates()
    assert [*compared.rates] == sorted(compared.rates)
    assert {float(rate) for rate in re.findall(r"at (0\.\d+)", compared.alt)} < {*compared.rates}
