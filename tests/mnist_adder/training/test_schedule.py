import pytest

from mnist_adder.training.optimizers import START, WARM_UP, learning_rate_factor


@pytest.mark.parametrize("end", [0, 0.25])
def test_one_cycle_rises_in_a_line_and_falls_in_a_cosine_to_its_end(end):
    assert learning_rate_factor("one-cycle", 0, end) == START
    assert learning_rate_factor("one-cycle", WARM_UP / 2, end) == pytest.approx(0.5)
    assert learning_rate_factor("one-cycle", WARM_UP, end) == 1
    assert learning_rate_factor("one-cycle", (1 + WARM_UP) / 2, end) == pytest.approx((1 + end) / 2)
    assert learning_rate_factor("one-cycle", 1, end) == pytest.approx(end)


def test_constant_is_constant():
    assert {learning_rate_factor("constant", i / 10, 1) for i in range(11)} == {1}
