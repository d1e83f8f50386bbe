import pytest
import torch
from torch import nn

from mnist_adder.data.dataset import DigitDataset, normalise
from mnist_adder.network.scoring import Tally, evaluate


class Recorder(nn.Module):
    """Answers every image with the digit 1 and the sum 1 + number, and remembers what it was asked."""

    head = "regression"

    def __init__(self) -> None:
        super().__init__()
        self.numbers: list[float] = []

    def classify(self, image):
        return torch.eye(10)[[1] * len(image)]

    def add(self, logits, number):
        self.numbers += number.tolist()
        return (1 + number).reshape(-1, 1)


@pytest.mark.parametrize("batch_size", [1, 300, 1000, 5000])
def test_every_test_image_counts_once(sample, batch_size):
    recorder = Recorder()
    score = evaluate(recorder, sample[1], batch_size=batch_size)
    assert score.images == len(recorder.numbers) == 1000
    assert score.digit_accuracy == score.sum_accuracy == pytest.approx(0.1)
    assert score.sum_accuracy_given_digit == 1


def test_numbers_come_from_the_seed(sample):
    recorders = [Recorder() for _ in range(3)]
    for recorder, seed in zip(recorders, (0, 0, 1), strict=True):
        evaluate(recorder, sample[1], seed)
    assert recorders[0].numbers == recorders[1].numbers != recorders[2].numbers


def test_images_come_in_the_order_of_the_data_set(sample):
    seen = []

    class Reader(Recorder):
        def classify(self, image):
            seen.append(image)
            return super().classify(image)

    evaluate(Reader(), sample[1])
    assert torch.equal(torch.cat(seen), normalise(sample[1].pixels.float()))


@pytest.mark.parametrize("head", ["regression", "onehot"])
def test_batches_dont_change_the_score(make_model, sample, head):
    model = make_model(head=head)
    scores = [vars(evaluate(model, sample[1], batch_size=size)) for size in (77, 1000)]
    assert scores[0] == pytest.approx(scores[1], rel=1e-5)


def test_evaluating_leaves_no_trace(make_model, sample):
    model = make_model().train()
    evaluate(model, sample[1])
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_tally_adds_up_batches_of_any_size():
    tally = Tally(torch.device("cpu"))
    tally.add(torch.tensor(3.0), torch.tensor([True, False, True]), torch.tensor([True, False, False]))
    tally.add(torch.tensor(7.0), torch.tensor([True, False]), torch.tensor([False, False]))
    score = tally.score()
    assert (score.images, score.loss) == (5, 2)
    assert (score.digit_accuracy, score.sum_accuracy) == (0.6, 0.2)
    assert score.sum_accuracy_given_digit == pytest.approx(1 / 3)


def test_no_digit_right_is_not_a_division_by_zero(sample):
    ones = sample[1].labels == 1
    without = DigitDataset(sample[1].pixels[~ones].numpy(), sample[1].labels[~ones].numpy())
    assert evaluate(Recorder(), without).sum_accuracy_given_digit == 0
