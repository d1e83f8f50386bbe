import math

import pytest

from mnist_adder.training.schedule import SCHEDULES

EXPECTED = {
    "one-cycle": {0: 0.02, 0.01: 0.05, 0.1: 0.5, 0.2: 1, 0.6: 0.625, 1: 0.25},
    "cosine": {0: 1, 0.25: 0.625 + 0.375 * math.sqrt(0.5), 0.5: 0.625, 1: 0.25},
    "linear": {0: 1, 0.2: 0.85, 0.5: 0.625, 1: 0.25},
    "constant": {0: 1, 0.3: 1, 1: 1},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_schedule_goes_from_its_start_to_its_end(name):
    for progress, factor in EXPECTED[name].items():
        assert SCHEDULES[name](progress, 0.25) == pytest.approx(factor)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("end", [0, 0.1, 1])
def test_the_rate_is_never_above_its_peak_nor_below_zero(name, end):
    assert all(0 <= SCHEDULES[name](i / 100, end) <= 1 for i in range(101))
