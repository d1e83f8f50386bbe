"""With how many threads a training computes: the time is that of a clock of ours."""

from itertools import accumulate, cycle

import pytest
import torch

from mnist_adder.training.threads import one_thread, set_threads, time_steps


@pytest.fixture(autouse=True)
def as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_each_number_of_threads_has_its_turn_and_one_slow_step_decides_nothing():
    now, calls = [0.0], []

    def step() -> None:
        calls.append(torch.get_num_threads())
        now[0] += {1: 1.0, 2: 3.0}[calls[-1]] + (100 if len(calls) in (1, 4, 5) else 0)

    assert time_steps(step, (1, 2), lambda: now[0]) == {1: 1.0, 2: 3.0}
    assert calls == [1, 2] * 4


def test_one_thread_computes_and_then_as_many_as_before_also_after_an_error():
    seen = []

    @one_thread()
    def fails() -> None:
        seen.append(torch.get_num_threads())
        raise KeyError

    torch.set_num_threads(3)
    with pytest.raises(KeyError):
        fails()
    assert (seen, torch.get_num_threads()) == ([1], 3)


@pytest.fixture
def several(monkeypatch) -> None:
    """PyTorch has two threads, and nobody has said how many."""
    torch.set_num_threads(2)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("seconds", "best", "said"),
    [
        ({1: 1.0, 2: 21.0}, 1, "1 thread, 21.0 times as fast as 2 here; --threads says how many"),
        ({1: 1.6, 2: 1.0}, 2, "2 threads, 1.6 times as fast as 1 here; --threads says how many"),
    ],
)
def test_the_faster_is_taken_and_said(few, recipe_of, lines, seconds, best, said):
    told = accumulate(cycle([0, seconds[1], 0, seconds[2]]))  # before and after a step, by turns
    set_threads(None, recipe_of(), few[0], lines.append, lambda: next(told))
    assert (torch.get_num_threads(), lines) == (best, [said])


@pytest.mark.usefixtures("several")
def test_what_is_asked_for_is_taken_unmeasured(few, recipe_of, lines, monkeypatch):
    set_threads(3, recipe_of(), few[0], lines.append, iter([]).__next__)
    assert torch.get_num_threads() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    set_threads(None, recipe_of(), few[0], lines.append, iter([]).__next__)
    assert (torch.get_num_threads(), lines) == (3, [])


def test_a_step_that_is_timed_changes_nothing_of_the_training(few, recipe_of, tmp_path, lines, monkeypatch):
    from mnist_adder.training.loop import train
    from mnist_adder.training.run_folder import RunFolder

    untimed = train(recipe_of(epochs=1), *few, RunFolder(tmp_path / "a"), lines.append)
    torch.set_num_threads(2)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    set_threads(None, recipe_of(), few[0], lines.append)
    torch.set_num_threads(1)
    timed = train(recipe_of(epochs=1), *few, RunFolder(tmp_path / "b"), lines.append)
    assert all(torch.equal(one, other) for one, other in zip(untimed.parameters(), timed.parameters(), strict=True))
