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


def linear_regression() -> Made:
    return Loss(nn.Linear(3, 1), nn.MSELoss()), (torch.randn(5, 3), torch.randn(5, 1))


def logistic_regression() -> Made:
    network = nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())
    return Loss(network, nn.BCELoss()), (torch.randn(5, 3), torch.rand(5, 1).round())


def moons() -> Made:
    """micrograd's demo: an MLP with relu, a hinge loss, and L2 regularization over all parameters."""

    class Moons(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))

        def forward(self, x, y):
            data_loss = (1 + -y * self.layers(x).squeeze(-1)).relu().sum() * (1.0 / len(y))
            return data_loss + 1e-4 * sum((p * p).sum() for p in self.parameters())

    return Moons(), (torch.randn(6, 2), torch.tensor([1.0, -1, 1, 1, -1, -1]))


def makemore() -> Made:
    """makemore's MLP: embeddings of three letters, batch normalization in training mode."""
    network = nn.Sequential(
        nn.Embedding(7, 2), nn.Flatten(), nn.Linear(6, 8, bias=False), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 7)
    )
    return Loss(network, F.cross_entropy), (torch.randint(7, (5, 3)), torch.randint(7, (5,)))


def lenet() -> Made:
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(2, 3, 2), nn.Tanh(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3),
    )  # fmt: skip
    return classified(network, 2, 1, 8, 8)


def mnist_example() -> Made:
    """pytorch/examples: mnist, with dropout as in evaluation."""
    network = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(),
        nn.Linear(16, 5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, 3), nn.LogSoftmax(1),
    ).eval()  # fmt: skip
    return Loss(network, F.nll_loss), (torch.randn(2, 1, 8, 8), torch.tensor([0, 2]))


def text_cnn() -> Made:
    """Kim's sentence classifier: convolutions over words, the largest over time."""

    class TextCNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(6, 3)
            self.convs = nn.ModuleList(nn.Conv1d(3, 2, k) for k in (2, 3))
            self.out = nn.Linear(4, 2)

        def forward(self, words, label):
            x = self.words(words).transpose(1, 2)
            pooled = [F.relu(conv(x)).max(2)[0] for conv in self.convs]
            return F.cross_entropy(self.out(torch.cat(pooled, 1)), label)

    return TextCNN(), (torch.randint(6, (2, 5)), torch.tensor([0, 1]))


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


def unet_upsampled() -> Made:
    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.down, self.middle = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
            self.out = nn.Conv2d(4, 1, 1)

        def forward(self, x, mask):
            left = F.relu(self.down(x))
            x = F.relu(self.middle(F.max_pool2d(left, 2)))
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            logits = self.out(torch.cat((left, x), 1))
            dice = 1 - 2 * (logits.sigmoid() * mask).sum() / (logits.sigmoid().sum() + mask.sum() + 1)
            return F.binary_cross_entropy_with_logits(logits, mask) + dice

    return UNet(), (torch.randn(1, 1, 4, 4), torch.rand(1, 1, 4, 4).round())


def autoencoder() -> Made:
    network = nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 6), nn.Sigmoid())

    class AutoEncoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, x):
            return F.mse_loss(self.network(x), x)

    return AutoEncoder(), (torch.rand(2, 6),)


def wavenet() -> Made:
    """Dilated causal convolutions with gates and skip connections."""

    class WaveNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv1d(1, 2, 1)
            self.filters = nn.ModuleList(nn.Conv1d(2, 2, 2, dilation=d) for d in (1, 2))
            self.gates = nn.ModuleList(nn.Conv1d(2, 2, 2, dilation=d) for d in (1, 2))
            self.skips = nn.ModuleList(nn.Conv1d(2, 2, 1) for _ in range(2))
            self.out = nn.Conv1d(2, 1, 1)

        def forward(self, x):
            h, total = self.first(x), 0
            for filter_, gate, skip in zip(self.filters, self.gates, self.skips, strict=True):
                padded = F.pad(h, (filter_.dilation[0], 0))
                z = torch.tanh(filter_(padded)) * torch.sigmoid(gate(padded))
                total, h = total + skip(z), h + z
            return F.mse_loss(self.out(F.relu(total))[..., :-1], x[..., 1:])

    return WaveNet(), (torch.randn(1, 1, 7),)


def mlp_mixer() -> Made:
    class Mixer(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches = nn.Conv2d(1, 4, 2, stride=2)
            self.norms = nn.ModuleList(nn.LayerNorm(4) for _ in range(2))
            self.tokens = nn.Sequential(nn.Linear(4, 3), nn.GELU(), nn.Linear(3, 4))
            self.channels = nn.Sequential(nn.Linear(4, 5), nn.GELU(), nn.Linear(5, 4))
            self.head = nn.Linear(4, 3)

        def forward(self, x, label):
            x = self.patches(x).flatten(2).transpose(1, 2)
            x = x + self.tokens(self.norms[0](x).transpose(1, 2)).transpose(1, 2)
            x = x + self.channels(self.norms[1](x))
            return F.cross_entropy(self.head(x.mean(1)), label)

    return Mixer(), (torch.randn(1, 1, 4, 4), torch.tensor([1]))


def super_resolution() -> Made:
    """pytorch/examples: super_resolution, with its pixel shuffle."""
    network = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 4, 3, padding=1), nn.PixelShuffle(2))
    return Loss(network, nn.MSELoss()), (torch.randn(1, 1, 3, 3), torch.randn(1, 1, 6, 6))


def style_transfer() -> Made:
    """A picture's own pixels learn: content, style by Gram matrices, and total variation."""

    class Style(nn.Module):
        def __init__(self):
            super().__init__()
            self.picture = nn.Parameter(torch.rand(1, 2, 4, 4))
            self.features = nn.Conv2d(2, 3, 3, padding=1).requires_grad_(False)

        def gram(self, x):
            x = x.view(x.size(1), -1)
            return x.mm(x.t()).div(x.numel())

        def forward(self, content, style):
            mine = F.relu(self.features(self.picture))
            loss = F.mse_loss(mine, F.relu(self.features(content)).detach())
            loss = loss + 10 * F.mse_loss(self.gram(mine), self.gram(F.relu(self.features(style))).detach())
            return loss + (self.picture[..., 1:] - self.picture[..., :-1]).abs().sum() * 0.01

    return Style(), (torch.rand(1, 2, 4, 4), torch.rand(1, 2, 4, 4))


def spatial_transformer() -> Made:
    class STN(nn.Module):
        def __init__(self):
            super().__init__()
            self.theta = nn.Linear(16, 6)
            self.out = nn.Linear(16, 3)

        def forward(self, x, label):
            theta = 0.1 * self.theta(x.flatten(1)).view(-1, 2, 3) + torch.eye(2, 3)
            grid = F.affine_grid(theta, x.size(), align_corners=False)
            return F.cross_entropy(self.out(F.grid_sample(x, grid, align_corners=False).flatten(1)), label)

    return STN(), (torch.randn(1, 1, 4, 4), torch.tensor([2]))


def siamese() -> Made:
    """One network for two pictures, under a contrastive loss."""

    class Siamese(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))

        def forward(self, one, other, same):
            distance = F.pairwise_distance(self.network(one), self.network(other))
            return (same * distance**2 + (1 - same) * F.relu(1 - distance) ** 2).mean()

    return Siamese(), (torch.randn(3, 4), torch.randn(3, 4), torch.tensor([1.0, 0, 1]))


def highway() -> Made:
    class Highway(nn.Module):
        def __init__(self):
            super().__init__()
            self.change, self.gate = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x):
            gate = torch.sigmoid(self.gate(x))
            return gate * F.relu(self.change(x)) + (1 - gate) * x

    return classified(nn.Sequential(Highway(), Highway(), nn.Linear(4, 3)), 3, 4)


def normalized_weights() -> Made:
    """A weight-normed layer, in the form of torch.nn.utils.parametrizations."""
    return classified(
        nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)), nn.ReLU(), nn.Linear(4, 3)), 2, 4
    )


def deep_sets() -> Made:
    class DeepSets(nn.Module):
        def __init__(self):
            super().__init__()
            self.each, self.all = nn.Linear(2, 4), nn.Linear(4, 3)

        def forward(self, x):
            return self.all(F.elu(self.each(x)).sum(1))

    return classified(DeepSets(), 2, 5, 2)


ZOO = {
    "linear regression": linear_regression, "logistic regression": logistic_regression, "micrograd's moons": moons,
    "makemore, batch norm in training mode": makemore, "LeNet": lenet, "pytorch/examples: mnist": mnist_example,
    "TextCNN": text_cnn, "U-Net": unet, "U-Net, bilinear, Dice loss": unet_upsampled, "autoencoder": autoencoder,
    "WaveNet": wavenet, "MLP-Mixer": mlp_mixer, "super-resolution, pixel shuffle": super_resolution,
    "style transfer": style_transfer, "spatial transformer": spatial_transformer, "Siamese network": siamese,
    "highway network": highway, "weight normalization": normalized_weights, "Deep Sets": deep_sets,
}  # fmt: skip
