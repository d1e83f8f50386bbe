"""The official tutorials of PyTorch, and its examples, small."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def polynomial() -> Made:
    """Learning PyTorch with examples: a module with four scalars."""

    class Polynomial3(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c, self.d = (nn.Parameter(torch.randn(())) for _ in range(4))

        def forward(self, x, y):
            y_pred = self.a + self.b * x + self.c * x**2 + self.d * x**3
            return (y_pred - y).pow(2).sum()

    x = torch.linspace(-math.pi, math.pi, 6)
    return Polynomial3(), (x, torch.sin(x))


def polynomial_with_dynamic_depth() -> Made:
    class Legendre(nn.Module):
        def __init__(self):
            super().__init__()
            self.model, self.flat = nn.Linear(3, 1), nn.Flatten(0, 1)
            self.register_buffer("p", torch.tensor([1, 2, 3]))

        def forward(self, x, y):
            return F.mse_loss(self.flat(self.model(x.unsqueeze(-1).pow(self.p))), y, reduction="sum")

    x = torch.linspace(-1, 1, 5)
    return Legendre(), (x, torch.sin(x))


def mnist_from_scratch() -> Made:
    """What is torch.nn really: log_softmax written out, then a CNN with a Lambda layer."""

    class Lambda(nn.Module):
        def __init__(self, func):
            super().__init__()
            self.func = func

        def forward(self, x):
            return self.func(x)

    class Whole(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = nn.Sequential(
                Lambda(lambda x: x.view(-1, 1, 6, 6)), nn.Conv2d(1, 2, 3, 2, 1), nn.ReLU(), nn.Conv2d(2, 3, 3, 2, 1),
                nn.ReLU(), nn.AdaptiveAvgPool2d(1), Lambda(lambda x: x.view(x.size(0), -1)),
            )  # fmt: skip

        def forward(self, xb, yb):
            x = self.model(xb)
            pred = x - x.exp().sum(-1).log().unsqueeze(-1)
            return -pred[range(yb.shape[0]), yb].mean()

    return Whole(), (torch.randn(2, 36), torch.randint(3, (2,)))


def neural_style() -> Made:
    """Neural transfer: layers that keep their loss as an attribute."""

    def gram_matrix(input):
        a, b, c, d = input.size()
        features = input.view(a * b, c * d)
        return torch.mm(features, features.t()).div(a * b * c * d)

    class ContentLoss(nn.Module):
        def __init__(self, target):
            super().__init__()
            self.target = target.detach()

        def forward(self, input):
            self.loss = F.mse_loss(input, self.target)
            return input

    class StyleLoss(ContentLoss):
        def __init__(self, target_feature):
            super().__init__(gram_matrix(target_feature))

        def forward(self, input):
            self.loss = F.mse_loss(gram_matrix(input), self.target)
            return input

    class Transfer(nn.Module):
        def __init__(self):
            super().__init__()
            conv = nn.Conv2d(1, 2, 3)
            self.content_losses = [ContentLoss(conv(torch.rand(1, 1, 4, 4)))]
            self.style_losses = [StyleLoss(conv(torch.rand(1, 1, 4, 4)))]
            self.model = nn.Sequential(conv, *self.content_losses, *self.style_losses, nn.ReLU())

        def forward(self, input_img):
            self.model(input_img.clamp(0, 1))
            style_score = content_score = 0
            for sl in self.style_losses:
                style_score += sl.loss
            for cl in self.content_losses:
                content_score += cl.loss
            return style_score * 1000 + content_score

    return Transfer(), (torch.rand(1, 1, 4, 4),)


def siamese_contrastive() -> Made:
    class ContrastiveLoss(nn.Module):
        def __init__(self, margin=2.0):
            super().__init__()
            self.margin, self.net = margin, nn.Sequential(nn.Linear(3, 4), nn.PReLU(), nn.Linear(4, 2))

        def forward(self, x1, x2, label):
            distance = F.pairwise_distance(self.net(x1), self.net(x2), keepdim=True)
            return torch.mean((1 - label) * torch.pow(distance, 2)
                              + label * torch.pow(torch.clamp(self.margin - distance, min=0.0), 2))  # fmt: skip

    return ContrastiveLoss(), (torch.randn(3, 3), torch.randn(3, 3), torch.tensor([[1.0], [0], [1]]))


ZOO = {
    "PyTorch tutorial, a polynomial": polynomial,
    "PyTorch tutorial, a polynomial by powers": polynomial_with_dynamic_depth,
    "PyTorch tutorial, what is torch.nn": mnist_from_scratch,
    "PyTorch tutorial, neural style": neural_style,
    "Siamese, contrastive loss": siamese_contrastive,
}
