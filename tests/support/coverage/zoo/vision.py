"""Networks of torchvision, built from its own classes, as small as these allow.

Each lets the exporter do what no other network here does, nor one of courses.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import nn
from torchvision import models

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


def headed(features: nn.Module, channels: int) -> nn.Module:
    """A classifier of three classes on top of pictures of features."""
    return nn.Sequential(features, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 3))


def resnet() -> Made:
    block, down = models.resnet.BasicBlock, nn.Sequential(nn.Conv2d(2, 3, 1, 2, bias=False), nn.BatchNorm2d(3))
    stem = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, bias=False), nn.BatchNorm2d(2), nn.ReLU(inplace=True))
    network = headed(nn.Sequential(stem, block(2, 2), block(2, 3, 2, down)), 3)
    return classified(network, 2, 1, 4, 4)


def mobilenet_v3() -> Made:
    settings = models.mobilenetv3.InvertedResidualConfig(8, 3, 8, 8, True, "HS", 1, 1, 1)
    block = models.mobilenetv3.InvertedResidual(settings, partial(nn.BatchNorm2d, eps=0.001, momentum=0.01))
    return classified(headed(block, 8).eval(), 1, 8, 3, 3)


def vision_transformer() -> Made:
    network = models.VisionTransformer(4, 2, 1, 2, 4, 6, num_classes=3)
    nn.init.normal_(network.heads.head.weight)
    return classified(network, 1, 3, 4, 4)


def deeplab() -> Made:
    aspp = models.segmentation.deeplabv3.ASPP(2, [1, 2], 2)
    network = nn.Sequential(aspp, nn.Conv2d(2, 2, 1)).eval()
    return Loss(network, nn.CrossEntropyLoss()), (torch.randn(1, 2, 3, 3), torch.randint(2, (1, 3, 3)))


ZOO = {
    "ResNet in training mode": resnet,
    "MobileNetV3": mobilenet_v3,
    "ViT of torchvision": vision_transformer,
    "DeepLabV3": deeplab,
}
