"""The judge: a small network that says whether a picture shows a digit at all, and which digit."""

from functools import cache
from pathlib import Path

import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_adder.data.augment import DRAWS, augment_images
from mnist_adder.data.dataset import normalise

NO_DIGIT = 10
"""The class behind those of the ten digits: letters, signs, scribbles, paper."""
FILE = Path(__file__).with_name("judge.safetensors")
# A picture is judged as it is, and turned, sheared and moved a little either way: one judgement alone may be luck.
VIEWS = torch.zeros(9, DRAWS)
VIEWS[range(1, 9), (0, 0, 3, 3, 4, 4, 5, 5)] = torch.tensor([0.6, -0.6] * 4)


class Judge(nn.Sequential):
    """A network that tells whether a picture shows a digit: normalised images (N, 1, 28, 28) become logits (N, 11).

    The last class is 'no digit'. It never learned from test images; `benchmarks/train_judge.py` trains it.
    """

    def __init__(self) -> None:
        super().__init__()
        for inside, outside, side, stride in ((1, 16, 5, 2), (16, 32, 3, 1), (32, 48, 3, 2), (48, 48, 3, 1)):
            self.append(nn.Conv2d(inside, outside, side, stride, padding=side // 2, bias=False))
            self.extend((nn.BatchNorm2d(outside), nn.ReLU()))
        self.extend((nn.Flatten(), nn.Dropout(0.2), nn.Linear(48 * 7 * 7, 11)))


@cache
def load_judge() -> Judge:
    """Return the judge that ships with this package, always the same object, in evaluation mode."""
    judge = Judge()
    judge.load_state_dict(safetensors.torch.load(FILE.read_bytes()))
    return judge.eval()


@torch.no_grad()
def judge_pictures(pixels: Tensor) -> Tensor:
    """Return the probabilities of the digits 0 to 9 and of no digit, (N, 11), for grey values 0 to 255, (N, 28, 28)."""
    images = pixels.float()[:, None]
    views = (augment_images(images, view.expand(len(images), -1)) for view in VIEWS)
    judgements = [F.log_softmax(load_judge()(normalise(view)), dim=1) for view in views]
    return torch.stack(judgements).mean(dim=0).softmax(dim=1)
