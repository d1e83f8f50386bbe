"""Whatever stands in a yellow cell, no sheet shows an error; what is not allowed is not used, and that is said."""

import pytest
import torch
from openpyxl.utils import get_column_letter

from mnist_adder.data.bundled import bundled_digits
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.loss import AdderLoss
from tests.support.drawing import drawn
from tests.support.engines import edit, recalculate
from tests.support.live import Live

TYPED = ("five", "", 11, 3.7, 1e6, -1)
SHOWN, NUMBER = 7, 6
OWN_LABEL, OWN_PIXEL, FULL_INK = ("Digits", "C6"), ("Digits", "M20"), ("Digits", "E8")
CHOSEN = ("chosen_number", "chosen_digit")


@pytest.fixture(scope="module")
def made(request, made_of, tmp_path_factory):
    network, _ = load_checkpoint(bundled_checkpoint("slice", request.param))
    path = made_of(f"slice-{request.param} alone").path
    return AdderLoss(network).double(), Live(path, tmp_path_factory.mktemp(request.param)), path


def loss_of(module, picture=SHOWN, number=NUMBER, digit=None, pixel=None, own=False):
    """PyTorch's loss; a pixel, the one at OWN_PIXEL, is from 0 to 9, as the whole drawing of one's own."""
    shown = bundled_digits()[picture]
    image = torch.tensor(shown.pixels).double().reshape(1, 1, 28, 28)
    if own:
        image = drawn(image, {} if pixel is None else {(14, 7): pixel})
    digit = torch.tensor([shown.label if digit is None else digit])
    return module(image, torch.tensor([number]).double(), digit).item()


def allowed(cell, typed):
    """What is used of what was typed: as arguments of `loss_of`; None where it is refused."""
    known = {
        ("picture", 7): {"picture": 5},
        ("picture", 11): {"picture": 9},
        ("picture", "a clear 2"): {"picture": 4},
        ("chosen_number", 7): {"number": 7},
        ("chosen_digit", 7): {"digit": 7},
        (OWN_LABEL, 7): {"digit": 7},
        (OWN_PIXEL, 3.7): {"pixel": 3.7},
        (OWN_PIXEL, 7): {"pixel": 7},
    }
    return known.get((cell, typed))


def remarks(live):
    """The texts beside the yellow cells that say that something else is used."""
    texts = [live.value(("Start", f"AJ{row}")) for row in range(1, 60)] + [live.value(("Digits", "F4"))]
    return [text for text in texts if isinstance(text, str) and ("please" in text or "counts as" in text)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("made", "cell"),
    [*(("regression", cell) for cell in ("picture", OWN_PIXEL, *CHOSEN, OWN_LABEL)), ("onehot", "chosen_number")],
    indirect=["made"],
)
def test_what_is_not_allowed_is_said_and_not_used(made, cell):
    module, live, _ = made
    own = cell in (OWN_LABEL, OWN_PIXEL)
    live.type({"picture": "my own drawing"} if own else {})
    original = live.value(cell)
    for typed in (*TYPED, 7, "a clear 2"):
        live.type({cell: typed})
        assert not {sheet: found for sheet in live.sheets if (found := live.errors(sheet))}, f"{typed!r} in {cell}"
        used = allowed(cell, typed)
        if cell == OWN_PIXEL and used is None:
            used, refused = {"pixel": 9 if typed in (11, 1e6) else 0}, True
        else:
            refused = used is None
        expected = loss_of(module, own=own, **(used or {}))
        assert live.value("loss") == pytest.approx(expected, rel=1e-9), f"{typed!r} in {cell}"
        assert bool(remarks(live)) == refused, f"{typed!r} in {cell}: {remarks(live)}"
    live.type({cell: original, "picture": "a messy 3"})
    assert not remarks(live)


@pytest.mark.slow
@pytest.mark.parametrize("made", ["regression"], indirect=True)
def test_a_drawing_is_of_single_digits_or_of_grey_values(made):
    """Full ink is 9, so that a pixel is one keystroke, or what the cell beside it says: 255 for MNIST's own."""
    module, live, _ = made
    shown = torch.tensor(bundled_digits()[4].pixels)
    cells = {("Digits", f"{get_column_letter(6 + k)}{6 + i}"): (i, k) for i in range(28) for k in range(28)}
    before = {cell: live.value(cell) for cell in cells}
    assert {*before.values()} <= set(range(10))
    live.type({"picture": "my own drawing", FULL_INK: 255, **{cell: int(shown[at]) for cell, at in cells.items()}})
    assert live.value("loss") == pytest.approx(loss_of(module, 4, digit=3), rel=1e-9)
    live.type({FULL_INK: 9} | {cell: round(int(shown[at]) * 9 / 255) for cell, at in cells.items()})
    assert live.value("loss") == pytest.approx(loss_of(module, 4, digit=3, own=True), rel=1e-9)
    live.type({FULL_INK: "black"})
    assert live.value(("Digits", "E9")) == "1 to 255, please; until then it is 9"
    assert live.value("loss") == pytest.approx(loss_of(module, 4, digit=3, own=True), rel=1e-9)
    live.type({"picture": "a messy 3", FULL_INK: 9, **before})


@pytest.mark.slow
@pytest.mark.parametrize("made", ["regression"], indirect=True)
def test_a_learning_rate_is_any_number_that_a_spreadsheet_can_go_on_with(made):
    _, live, _ = made
    original, after = live.value("learning_rate"), live.value("loss_after")
    for typed in (*TYPED, 1e300):
        live.type({"learning_rate": typed})
        assert not {sheet: found for sheet in live.sheets if (found := live.errors(sheet))}, f"{typed!r}"
        is_number = isinstance(typed, (int, float))
        assert live.value("rate_in_use") == (min(typed, 1e6) if is_number else original)
        assert bool(remarks(live)) == (not is_number or typed > 1e6)
        assert is_number or live.value("loss_after") == after
    live.type({"learning_rate": original})


@pytest.mark.parametrize("made", ["onehot"], indirect=True)
@pytest.mark.parametrize("engine", ["libreoffice", "formualizer"])
def test_a_truth_value_is_no_error(made, engine, tmp_path):
    """To some engines it is the number 1."""
    module, live, path = made
    for name, used in (("picture", {"own": True}), ("chosen_number", {"number": 1}), ("chosen_digit", {"digit": 1})):
        found = recalculate(edit(path, {live.names[name]: True}, tmp_path / "edited.xlsx"), engine, tmp_path)
        loss = found.value(*live.names["loss"])
        assert loss in [pytest.approx(loss_of(module, **choice), rel=1e-9) for choice in ({}, used)], name
