"""torchvision's networks, built from its own classes, as small as these allow."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn
from torchvision import models, ops
from torchvision.models.googlenet import Inception

from tests.support.coverage.case import Made
from tests.support.coverage.courses.classics import Loss, classified


def headed(features: nn.Module, channels: int) -> nn.Module:
    """A classifier of three classes on top of pictures of features."""
    return nn.Sequential(features, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 3))


def resnet(training: bool) -> Made:
    block, down = models.resnet.BasicBlock, nn.Sequential(nn.Conv2d(2, 3, 1, 2, bias=False), nn.BatchNorm2d(3))
    stem = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, bias=False), nn.BatchNorm2d(2), nn.ReLU(inplace=True))
    network = headed(nn.Sequential(stem, block(2, 2), block(2, 3, 2, down)), 3)
    return classified(network.train(training), 2, 1, 4, 4)


def bottleneck() -> Made:
    block = models.resnet.Bottleneck(4, 1)
    return classified(headed(block, 4).eval(), 1, 4, 3, 3)


def resnext() -> Made:
    return classified(headed(models.resnet.Bottleneck(4, 1, groups=2, base_width=128), 4).eval(), 1, 4, 3, 3)


def vgg() -> Made:
    return classified(headed(models.vgg.make_layers([2, "M", 3, "M"], batch_norm=True), 3), 2, 3, 4, 4)


def squeezenet() -> Made:
    return classified(headed(models.squeezenet.Fire(2, 2, 2, 2), 4), 1, 2, 4, 4)


def densenet() -> Made:
    network = models.DenseNet(2, (2, 1), 2, bn_size=1, num_classes=3)
    network.features.conv0 = nn.Conv2d(1, 2, 3, padding=1, bias=False)
    network.features.pool0 = nn.Identity()
    return classified(network, 1, 1, 4, 4)


def inception() -> Made:
    return classified(headed(Inception(2, 1, 1, 2, 1, 2, 1), 6).eval(), 1, 2, 4, 4)


def mobilenet_v2() -> Made:
    return classified(headed(models.mobilenetv2.InvertedResidual(2, 2, 1, 2), 2).eval(), 1, 2, 4, 4)


def mobilenet_v3() -> Made:
    settings = models.mobilenetv3.InvertedResidualConfig(8, 3, 8, 8, True, "HS", 1, 1, 1)
    block = models.mobilenetv3.InvertedResidual(settings, partial(nn.BatchNorm2d, eps=0.001, momentum=0.01))
    return classified(headed(block, 8).eval(), 1, 8, 3, 3)


def shufflenet() -> Made:
    return classified(headed(models.shufflenetv2.InvertedResidual(4, 4, 1), 4).eval(), 1, 4, 3, 3)


def efficientnet() -> Made:
    settings = models.efficientnet.MBConvConfig(1, 3, 1, 8, 8, 1, 1, 1)
    block = models.efficientnet.MBConv(settings, 0.0, nn.BatchNorm2d)
    return classified(headed(block, 8).eval(), 1, 8, 3, 3)


def convnext() -> Made:
    block = models.convnext.CNBlock(2, 1.0, 0.0)
    return classified(headed(block, 2), 1, 2, 4, 4)


def regnet() -> Made:
    block = models.regnet.ResBottleneckBlock(2, 2, 1, nn.BatchNorm2d, nn.ReLU, 2, 1.0, 0.5)
    return classified(headed(block, 2).eval(), 1, 2, 4, 4)


def vision_transformer() -> Made:
    network = models.VisionTransformer(4, 2, 1, 2, 4, 6, num_classes=3)
    nn.init.normal_(network.heads.head.weight)
    return classified(network, 1, 3, 4, 4)


def swin() -> Made:
    network = models.SwinTransformer([2, 2], 4, [2], [2], [2, 2], stochastic_depth_prob=0.0, num_classes=3)
    return classified(network, 1, 3, 8, 8)


def squeeze_excitation() -> Made:
    return classified(headed(ops.SqueezeExcitation(4, 2), 4), 1, 4, 3, 3)


def feature_pyramid() -> Made:
    class Pyramid(nn.Module):
        def __init__(self):
            super().__init__()
            self.fpn = ops.FeaturePyramidNetwork([2, 3], 2)

        def forward(self, large, small):
            found = self.fpn({"large": large, "small": small})
            return sum((item**2).mean() for item in found.values())

    return Pyramid(), (torch.randn(1, 2, 4, 4), torch.randn(1, 3, 2, 2))


def deeplab() -> Made:
    aspp = models.segmentation.deeplabv3.ASPP(2, [1, 2], 2)
    network = nn.Sequential(aspp, nn.Conv2d(2, 2, 1)).eval()
    return Loss(network, nn.CrossEntropyLoss()), (torch.randn(1, 2, 3, 3), torch.randint(2, (1, 3, 3)))


def fcn_head() -> Made:
    network = models.segmentation.fcn.FCNHead(4, 2).eval()
    return Loss(network, nn.CrossEntropyLoss()), (torch.randn(1, 4, 3, 3), torch.randint(2, (1, 3, 3)))


def focal_loss() -> Made:
    loss = partial(ops.sigmoid_focal_loss, reduction="mean")
    return Loss(nn.Linear(3, 2), loss), (torch.randn(4, 3), torch.rand(4, 2).round())


def box_loss() -> Made:
    boxes = torch.tensor([[0.1, 0.2, 2.3, 2.5], [1.1, 1.0, 3.2, 2.0]])

    class Boxes(nn.Module):
        def forward(self, found, wanted):
            return ops.generalized_box_iou_loss(found, wanted, reduction="sum")

    return Boxes(), (boxes, boxes + torch.tensor([[0.3, -0.1, 0.2, 0.4], [0.2, 0.1, -0.3, 0.25]]))


def mlp() -> Made:
    return classified(ops.MLP(4, [5, 3], norm_layer=nn.LayerNorm), 2, 4)


ZOO = {
    "ResNet": lambda: resnet(False), "ResNet in training mode": lambda: resnet(True), "ResNet's bottleneck": bottleneck,
    "ResNeXt": resnext, "VGG with batch norm": vgg, "SqueezeNet": squeezenet, "DenseNet": densenet,
    "GoogLeNet's inception": inception, "MobileNetV2": mobilenet_v2, "MobileNetV3": mobilenet_v3,
    "ShuffleNetV2": shufflenet, "EfficientNet": efficientnet, "ConvNeXt": convnext, "RegNet": regnet,
    "ViT of torchvision": vision_transformer, "Swin": swin, "squeeze and excitation": squeeze_excitation,
    "feature pyramid": feature_pyramid, "DeepLabV3": deeplab, "FCN": fcn_head, "focal loss": focal_loss,
    "box loss": box_loss, "MLP of torchvision": mlp,
}  # fmt: skip
