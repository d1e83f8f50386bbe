"""Digits in photographs, drawn by `benchmarks/photograph.py`, which shares no code with what finds them."""

import sys
from pathlib import Path

import numpy as np
import pytest

from mnist_adder.data.find_digit import NOTHING, FoundDigit, find_digit
from mnist_adder.data.picture import read_picture
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.prediction import predict

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
from photograph import photograph
from photographs import CONDITIONS, NOT_ONE, PATCHES

from tests.support.long_proofs import only_quick

sys.path.pop(0)


QUICK = ("clean", "moved", "faint pencil", "lined paper", "shadow", "in a box", "in a circle", "underlined")


@pytest.fixture(scope="module")
def network() -> AdderNetwork:
    return load_checkpoint(bundled_checkpoint("full", "regression"))[0]


@pytest.fixture
def find(sample, tmp_path):
    """Photographs some of the test digits; gives their labels, and what is found."""

    def find(scene, digits: int = 1, count: int = 3) -> list[tuple[int, FoundDigit]]:
        tests, found = sample[1], []
        for i in range(0, 300 * count, 300):
            shown = [pixels[0].numpy() for pixels in tests.pixels[i : i + digits]]
            path = tmp_path / "photograph.jpg"
            path.write_bytes(photograph(shown, scene, np.random.default_rng(i)))
            found.append((int(tests.labels[i]), read_picture(path)))
        return found

    return find


@pytest.mark.parametrize("name", only_quick(CONDITIONS, *QUICK))
def test_a_digit_is_read_and_in_ink_it_is_sure_of_most(find, network, name):
    found = find(CONDITIONS[name], count=4)
    answers = predict(network, [picture for _, picture in found], 3)
    assert [answer.digit for answer in answers] == [digit for digit, _ in found]
    assert sum(answer.sure for answer in answers) >= (0 if "pencil" in name else 4 if name in QUICK else 2)


@pytest.mark.parametrize("name", PATCHES)
def test_in_light_that_falls_in_patches_each_picture_has_an_answer_and_none_is_wrong_and_sure(find, network, name):
    found = find(PATCHES[name], count=4)
    answers = predict(network, [picture for _, picture in found], 3)
    assert all(answer.digit == digit or not answer.sure for answer, (digit, _) in zip(answers, found, strict=True))
    assert all(answer.digit is not None or answer.reason for answer in answers)


@pytest.mark.parametrize("name", only_quick(NOT_ONE, "two digits", "empty page"))
def test_of_what_is_not_one_digit_it_is_not_sure(find, network, name):
    digits, scene = NOT_ONE[name]
    answers = predict(network, [picture for _, picture in find(scene, digits)], 3)
    assert not any(answer.sure for answer in answers)
    refused = sum(answer.digit is None for answer in answers)
    assert digits == 2 or refused == len(answers) or (refused >= 2 and name == "empty page on a dark table")


def test_the_grain_of_a_table_that_goes_on_beyond_the_picture_is_no_digit_and_strong_ink_is():
    page = np.full((400, 600), 240.0)
    page[160:240, 588:] -= 30
    assert find_digit(page).doubt == NOTHING
    page[160:240, 588:] -= 150
    assert find_digit(page).pixels.any()


def test_a_stroke_that_a_thin_pencil_breaks_is_one_digit_and_what_stands_beside_it_is_not():
    page = np.full((400, 600), 240.0)
    y, x = np.mgrid[:400, :600]
    ring = abs(np.hypot(y - 250, (x - 200) / 0.7) - 80) < 3
    page[ring & (abs(x - 200) > 3)] = 120  # a 0 in two halves, seven pixels apart
    whole = find_digit(page)
    assert not whole.doubt
    assert whole.pixels[14, 6:10].any()
    assert whole.pixels[14, 18:22].any()
    page[170:330, 290:296] = 120  # a 1
    assert find_digit(page).doubt == "there is more than one sign"


def test_one_faint_pixel_is_not_the_digit(sample):
    digit = np.kron(sample[1].pixels[0, 0].numpy(), np.ones((8, 8)))
    page = np.full((400, 400), 240.0)
    page[100:324, 90:314] -= 0.9 * digit
    clean = find_digit(page)
    page[3, 395] = 200
    assert np.array_equal(find_digit(page).pixels, clean.pixels)
    assert not clean.doubt


def drawn_page(*strokes: np.ndarray) -> np.ndarray:
    """Give a white page with strokes, bool (400, 600) each, in ink."""
    page = np.full((400, 600), 240.0)
    for stroke in strokes:
        page[stroke] = 40
    return page


def test_a_box_a_circle_and_a_line_are_left_out_and_a_0_keeps_what_is_small_inside_it():
    y, x = np.mgrid[:400, :600]
    ring = abs(np.hypot(y - 200, (x - 300) / 0.7) - 60) < 5  # a 0
    bare = find_digit(drawn_page(ring)).pixels
    away = np.maximum(abs(y - 200), abs(x - 300))
    box, circle = abs(away - 100) < 3, abs(np.hypot(y - 200, x - 300) - 100) < 3
    line = (abs(y - 285) < 3) & (abs(x - 300) < 90)
    for around in (box, circle, line, box & ~((abs(y - 200) < 2) & (x < 300))):
        assert np.array_equal(find_digit(drawn_page(ring, around)).pixels, bare)
    cut_off = drawn_page(ring, box)[:, 205:]  # the picture ends inside the box
    assert np.abs(find_digit(cut_off).pixels.astype(float) - bare).mean() < 4
    torn = box & ~((abs(y - 200) < 40) & (x > 300))  # its right side is open: it surrounds nothing
    assert not np.array_equal(find_digit(drawn_page(ring, torn)).pixels, bare)
    dotted = find_digit(drawn_page(ring, np.hypot(y - 200, x - 300) < 12)).pixels
    assert (dotted[bare > 128] > 128).all()
    assert (dotted > 128).sum() < 1.5 * (bare > 128).sum()  # the dot alone would be a disc


def test_an_empty_box_and_a_line_with_nothing_above_it_stay_what_they_are():
    y, x = np.mgrid[:400, :600]
    box = abs(np.maximum(abs(y - 200), abs(x - 300)) - 100) < 3
    assert find_digit(drawn_page(box)).pixels.any()
    assert find_digit(drawn_page((abs(y - 285) < 5) & (abs(x - 300) < 90))).pixels.any()
