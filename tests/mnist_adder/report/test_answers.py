import numpy as np
import pytest
import torch

from mnist_adder.data.find_digit import FoundDigit
from mnist_adder.network.prediction import predict


def test_the_answers_are_those_of_predict(mistaken_network, answers, sample):
    test = sample[1]
    assert len(answers) == 1000
    mixed = np.flatnonzero(answers.sum_right.any(axis=1) & ~answers.sum_right.all(axis=1))
    assert len(mixed) > 10
    chosen = [*range(0, 1000, 50), *mixed[:20]]
    for number in range(10):
        found = predict(mistaken_network, [FoundDigit(test.pixels[i, 0].numpy()) for i in chosen], number)
        for i, one in zip(chosen, found, strict=True):
            assert one.digit == answers.read[i]
            assert one.probability == pytest.approx(answers.probability[i], rel=1e-5)
            assert answers.sum_right[i, number] == (one.sum == test.labels[i] + number)
    logits = mistaken_network.double().classify((test.pixels.double() / 255 - 0.1307) / 0.3081)
    mistaken_network.float()
    losses = torch.logsumexp(logits, 1) - logits[range(1000), test.labels]
    assert answers.loss == pytest.approx(losses.detach().numpy(), abs=1e-4)
