"""Places on a sheet, and the rectangles that cover parts of them."""

import numpy as np
import pytest
from openpyxl.utils import range_boundaries

from excel_export.compiler.place.layout import interleaved, matrix, upright
from excel_export.formulas import Grid, matching_cuts


def cells_of(ranges):
    for reference in ranges:
        left, top, right, bottom = range_boundaries(reference.area)
        for row in range(top, bottom + 1):
            for col in range(left, right + 1):
                yield row, col


def matching(left, right):
    cuts = matching_cuts((left.dims, right.dims))
    return list(zip(left.references(cuts[0]), right.references(cuts[1]), strict=True))


def places(grid, index=...):
    """The row and the column of each element."""
    return [*zip(grid.rows[index].ravel().tolist(), grid.cols[index].ravel().tolist(), strict=True)]


def grid(shape, layout=upright, row=3, col=2):
    return Grid("Network", row, col, shape, *layout(shape))


@pytest.mark.parametrize("layout", [upright, matrix])
@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 3, 4, 5), (2, 3, 1, 1), (3, 2, 2), (2, 2, 2, 3, 2)])
def test_no_two_elements_share_a_cell(shape, layout):
    place = grid(shape, layout)
    cells = {*places(place)}
    assert len(cells) == np.prod(shape, dtype=int)
    left, top, right, bottom = range_boundaries(place.area)
    assert {(top, left), (bottom, right)} <= {(3, 2), (3 + place.height - 1, 2 + place.width - 1)}
    assert all(top <= row <= bottom and left <= col <= right for row, col in cells)


@pytest.mark.parametrize(
    ("shape", "index"),
    [
        ((4,), np.s_[1:3]),
        ((2, 3), np.s_[1, :]),
        ((2, 3), np.s_[:, :]),
        ((2, 3, 4, 5), np.s_[1, :, 1:3, 2:5]),
        ((2, 3, 4, 5), np.s_[:, 2, :, :]),
        ((2, 3, 1, 1), np.s_[0, :, 0:1, 0:1]),
    ],
)
def test_ranges_cover_exactly_the_slice(shape, index):
    place = grid(shape)
    assert sorted(cells_of(place[index].ranges)) == sorted(places(place, index))


def test_ranges_of_two_regions_match_element_by_element():
    image, filters = grid((1, 3, 6, 6)), grid((4, 3, 2, 2), matrix, row=50)
    pairs = matching(image[0, :, 2:4, 1:3], filters[3, :, :, :])
    assert len(pairs) == 3
    got = [pair for a, b in pairs for pair in zip(cells_of([a]), cells_of([b]), strict=True)]
    assert got == [*zip(places(image, np.s_[0, :, 2:4, 1:3]), places(filters, 3), strict=True)]


def test_directions_that_differ_are_taken_cell_by_cell():
    column, row = grid((1, 3)), grid((4, 3), matrix)
    pairs = matching(column[0, :], row[2, :])
    assert [(a.area, b.area) for a, b in pairs] == [("B3", "B5"), ("B4", "C5"), ("B5", "D5")]


def test_nothing_is_covered_by_an_empty_slice():
    assert grid((1, 3, 6, 6))[0, :, 2:2, 0:3].ranges == []


@pytest.mark.parametrize("axis", [0, 1])
def test_a_window_over_all_interleaved_channels_is_one_rectangle(axis):
    place = grid((4, 5, 6, 7), lambda shape: interleaved(shape, axis))
    index = [2, 2, slice(1, 4), slice(0, 3)]
    index[axis] = slice(None)
    part = tuple(index)
    assert len(place[part].ranges) == 1
    assert sorted(cells_of(place[part].ranges)) == sorted(places(place, part))
    assert len({*places(place)}) == 4 * 5 * 6 * 7
