"""A tensor as a picture of 28 by 39 squares, in the Lens and on a page: what fits is shown, as large as it can be."""

import itertools

import pytest

from excel_export.views.tiles import tiles_of

HEIGHT, WIDTH = 28, 39


@pytest.mark.parametrize(
    "shape", [(), (1,), (39,), (75,), (4, 3), (28, 39), (8, 13, 9), (8, 14, 4), (6, 3, 5, 5)], ids=str
)
def test_no_two_elements_are_in_one_place(shape):
    tiles = tiles_of(shape)
    elements = [*tiles.elements()]
    assert sorted(index for *_, index in elements) == [*itertools.product(*map(range, shape))]
    taken = {
        (row + down, column + right)
        for row, column, _ in elements
        for down, right in itertools.product(range(tiles.size), repeat=2)
    }
    assert len(taken) == len(elements) * tiles.size**2
    assert taken <= {*itertools.product(range(tiles.height), range(tiles.width))}
    assert tiles.height <= HEIGHT
    assert tiles.width <= WIDTH


@pytest.mark.parametrize(("shape", "side"), [((13,), 3), ((19,), 2), ((39,), 1), ((8, 13, 2), 2)])
def test_squares_are_as_large_as_the_picture_has_room_for(shape, side):
    assert tiles_of(shape).size == side


@pytest.mark.parametrize(("shape", "in_a_line"), [((1, 3, 2, 2), 3), ((1, 3, 4, 4), 3), ((2, 1, 2, 2), 2)])
def test_the_channels_of_a_filter_are_in_one_line_and_filters_of_one_channel_beside_each_other(shape, in_a_line):
    begins = {column for _, column, index in tiles_of(shape).elements() if index[2:] == (0, 0)}
    assert len(begins) == in_a_line
