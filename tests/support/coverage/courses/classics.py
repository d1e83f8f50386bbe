"""Networks of every textbook, in their classical form and as small as they can be."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


class Loss(nn.Module):
    """A network, and the loss of its result by a target."""

    def __init__(self, network: nn.Module, loss) -> None:
        super().__init__()
        self.network, self.loss = network, loss

    def forward(self, x, target):
        return self.loss(self.network(x), target)


def classified(network: nn.Module, *shape: int, classes: int = 3) -> Made:
    """A network that gives logits, under cross-entropy."""
    return Loss(network, nn.CrossEntropyLoss()), (torch.randn(shape), torch.randint(classes, shape[:1]))


def unet() -> Made:
    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = self.block(1, 2)
            self.middle = self.block(2, 4)
            self.up = nn.ConvTranspose2d(4, 2, 2, stride=2)
            self.last = self.block(4, 2)
            self.out = nn.Conv2d(2, 2, 1)

        @staticmethod
        def block(before, after):
            return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(inplace=True))

        def forward(self, x, mask):
            left = self.down(x)
            x = self.up(self.middle(F.max_pool2d(left, 2)))
            return F.cross_entropy(self.out(self.last(torch.cat((left, x), 1))), mask)

    return UNet(), (torch.randn(1, 1, 4, 4), torch.randint(2, (1, 4, 4)))


def normalized_weights() -> Made:
    """A weight-normed layer, in the form of torch.nn.utils.parametrizations."""
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))
    return classified(nn.Sequential(layer, nn.ReLU(), nn.Linear(4, 3)), 2, 4)


def dcgan_generator() -> Made:
    """pytorch/examples: dcgan. The generator's loss: the discriminator should take what it makes for real."""

    class GAN(nn.Module):
        def __init__(self):
            super().__init__()
            self.G = nn.Sequential(
                nn.ConvTranspose2d(3, 4, 2, 1, 0, bias=False), nn.BatchNorm2d(4), nn.ReLU(True),
                nn.ConvTranspose2d(4, 1, 2, 2, 0, bias=False), nn.Tanh(),
            )  # fmt: skip
            self.D = nn.Sequential(
                nn.Conv2d(1, 2, 2, 2, 0, bias=False), nn.LeakyReLU(0.2, inplace=True),
                nn.Conv2d(2, 3, 2, 1, 0, bias=False), nn.BatchNorm2d(3), nn.LeakyReLU(0.2, inplace=True),
                nn.Conv2d(3, 1, 1), nn.Sigmoid(), nn.Flatten(0),
            )  # fmt: skip

        def forward(self, noise):
            return F.binary_cross_entropy(self.D(self.G(noise)), torch.ones(len(noise)))

    return GAN(), (torch.randn(2, 3, 1, 1),)


def vae() -> Made:
    """pytorch/examples: vae. The noise is drawn inside."""

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1, self.fc21, self.fc22 = nn.Linear(6, 4), nn.Linear(4, 2), nn.Linear(4, 2)
            self.fc3, self.fc4 = nn.Linear(2, 4), nn.Linear(4, 6)

        def forward(self, x):
            h = F.relu(self.fc1(x))
            mu, logvar = self.fc21(h), self.fc22(h)
            std = torch.exp(0.5 * logvar)
            made = torch.sigmoid(self.fc4(F.relu(self.fc3(mu + torch.randn_like(std) * std))))
            kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
            return F.binary_cross_entropy(made, x, reduction="sum") + kld

    return VAE(), (torch.rand(2, 6),)


def min_char_rnn() -> Made:
    """Karpathy's hundred lines, with matrices of their own."""

    class RNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.Wxh, self.Whh, self.Why = (nn.Parameter(torch.randn(*s) * 0.3) for s in ((4, 5), (4, 4), (5, 4)))
            self.bh, self.by = nn.Parameter(torch.zeros(4, 1)), nn.Parameter(torch.zeros(5, 1))

        def forward(self, letters, targets):
            h, loss = torch.zeros(4, 1), 0
            for t in range(letters.shape[0]):
                h = torch.tanh(self.Wxh @ letters[t] + self.Whh @ h + self.bh)
                p = torch.exp(self.Why @ h + self.by)
                loss += -torch.log((p / p.sum() * targets[t]).sum())
            return loss

    words = F.one_hot(torch.tensor([0, 3, 1, 4]), 5).double()[..., None]
    return RNN(), (words[:-1], words[1:])


ZOO = {
    "U-Net": unet,
    "weight normalization": normalized_weights,
    "DCGAN, generator": dcgan_generator,
    "VAE that draws its noise": vae,
    "min-char-rnn": min_char_rnn,
}
