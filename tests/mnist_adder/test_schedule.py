import pytest

from mnist_adder.schedule import START, WARM_UP, learning_rate_share


def test_one_cycle_rises_in_a_line_and_falls_in_a_cosine():
    assert learning_rate_share("one-cycle", 0) == START
    assert learning_rate_share("one-cycle", WARM_UP / 2) == pytest.approx(0.5)
    assert learning_rate_share("one-cycle", WARM_UP) == 1
    assert learning_rate_share("one-cycle", (1 + WARM_UP) / 2) == pytest.approx(0.5)
    assert learning_rate_share("one-cycle", 1) == pytest.approx(0)


def test_constant_is_constant():
    assert {learning_rate_share("constant", i / 10) for i in range(11)} == {1}
