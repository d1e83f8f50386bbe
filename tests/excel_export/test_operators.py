"""Each operator against float64 autograd, recalculated by an engine from stripped files, edge cases included."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export, read_tensors, verify
from excel_export.formulas.operator import all_operators
from tests.support.engines import each_engine, recalculate


class Apply(nn.Module):
    """A weighted sum of a function's result, so that every element gets a gradient of its own."""

    def __init__(self, function, *inputs):
        super().__init__()
        self.function = function
        size = function(*(x.clone() for x in inputs)).numel()
        self.register_buffer("mix", torch.linspace(-1.3, 2.1, size) if size > 1 else torch.ones(1))

    def forward(self, x, y=None):
        result = self.function(x) if y is None else self.function(x, y)
        return F.mse_loss(result.flatten().float(), self.mix)


def randn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape))).double()


TIES = torch.tensor([[1.0, 2, 2, 0], [2, 1, 3, 3], [0, 0, -1, -1], [0, 0, -1, -1]]).reshape(1, 1, 4, 4)
IMAGE, FILTERS = randn(2, 3, 6, 5), randn(4, 3, 3, 2)
BORDERS = torch.tensor([[-1.0, 0.0, 2.0, -0.0]])
FAR = torch.tensor([[-1000.0, -700, -20, -1e-7, 0], [1e-7, 20, 21, 700, 1000]], dtype=torch.float64)
SATURATED = torch.tensor([[1000.0, -1000, 0], [-700, 700, 699], [-700, -700, -700]])
LABELS = torch.tensor([0, 3, 1])
MAP_LABELS = torch.tensor([[[0, 2], [1, 1]], [[2, 2], [0, 1]]])
CLASS_WEIGHT = torch.tensor([0.5, 2.0, 1.0, 0.25], dtype=torch.float64)
PROBABILITIES = torch.tensor([[0.0, 1.0, 0.5], [0.25, 1e-3, 0.999]]).double()
FAR_TARGETS = torch.tensor([[1.0, 0, 1, 0.5, 1], [0, 1, 0, 0, 1]], dtype=torch.float64)
TARGETS = torch.tensor([[0.0, 1.0, 1.0], [0.3, 0.0, 0.9]])


class Residual(nn.Module):
    """A block that is used twice, each time with a way around it."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.Tanh())

    def forward(self, x):
        x = x + self.body(x)
        return x + self.body(x)


class Attention(nn.Module):
    """One attention head over (N, T, F)."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(6, 18)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        return F.softmax(q @ k.mT / 6**0.5, dim=-1) @ v


class Normed(nn.Module):
    """Batch norm with statistics of its own, in eval mode."""

    def __init__(self, layer, channels):
        super().__init__()
        self.norm = layer(channels)
        with torch.no_grad():
            self.norm.running_mean.copy_(torch.linspace(-0.5, 0.7, channels))
            self.norm.running_var.copy_(torch.linspace(0.3, 2.0, channels))
            if self.norm.affine:
                self.norm.weight.copy_(torch.linspace(-1, 2, channels))
                self.norm.bias.copy_(torch.linspace(0.1, 0.4, channels))
        self.eval()

    def forward(self, x):
        return self.norm(x)


class Indexed(nn.Module):
    """Indexing by a buffer."""

    def __init__(self):
        super().__init__()
        self.register_buffer("places", torch.tensor([2, 0, 2, -1]))
        self.register_buffer("mask", torch.tensor([True, False, True]))

    def forward(self, x):
        return x[self.places] * x[self.mask].sum()


class Losses(nn.Module):
    """Class weights as a buffer."""

    def __init__(self, **settings):
        super().__init__()
        self.loss = nn.CrossEntropyLoss(weight=CLASS_WEIGHT, **settings)

    def forward(self, x, target):
        return self.loss(x, target)


class Lookup(nn.Module):
    """An embedding of a constant and of an input."""

    def __init__(self, **settings):
        super().__init__()
        self.table = nn.Embedding(5, 3, **settings)
        self.register_buffer("words", torch.tensor([4, 1, 4]))

    def forward(self, x):
        return self.table(self.words) + self.table(x)


def module(cls, *args, **kwargs):
    torch.manual_seed(0)
    return cls(*args, **kwargs).eval()


CASES = {
    "relu": (F.relu, randn(3, 4)),
    "relu at zero": (F.relu, BORDERS),
    "relu method": (lambda x: x.relu(), randn(3, 4)),
    "relu module": (nn.ReLU(inplace=True), randn(3, 4)),
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.2), randn(3, 4)),
    "leaky_relu at zero": (nn.LeakyReLU(inplace=True), BORDERS),
    "sigmoid": (torch.sigmoid, randn(3, 4)),
    "sigmoid saturated": (lambda x: x.sigmoid(), FAR),
    "sigmoid module": (nn.Sigmoid(), randn(2, 3)),
    "tanh": (torch.tanh, randn(3, 4)),
    "tanh saturated": (nn.Tanh(), FAR),
    "gelu": (F.gelu, randn(3, 4) * 3),
    "gelu saturated": (nn.GELU(), FAR),
    "gelu tanh": (lambda x: F.gelu(x, approximate="tanh"), randn(3, 4) * 3),
    "gelu tanh saturated": (nn.GELU("tanh"), FAR),
    "silu": (F.silu, randn(3, 4)),
    "silu saturated": (nn.SiLU(inplace=True), FAR),
    "elu": (lambda x: F.elu(x, 1.5), randn(3, 4)),
    "elu at zero": (nn.ELU(), BORDERS),
    "elu saturated": (nn.ELU(0.7), FAR),
    "softplus": (F.softplus, randn(3, 4)),
    "softplus saturated": (nn.Softplus(), FAR),
    "softplus beta and threshold": (nn.Softplus(beta=2.5, threshold=3), FAR),
    "softplus threshold": (lambda x: F.softplus(x, threshold=1), randn(3, 4)),
    "softmax": (lambda x: F.softmax(x, dim=1), randn(3, 4)),
    "softmax saturated": (lambda x: x.softmax(-1), SATURATED),
    "softmax of one": (lambda x: torch.softmax(x, 1), randn(3, 1)),
    "softmax vector": (nn.Softmax(dim=0), randn(7)),
    "softmax first dim": (lambda x: x.softmax(0), randn(3, 4)),
    "softmax channels": (lambda x: x.softmax(1), IMAGE),
    "softmax rows": (lambda x: x.softmax(-2), randn(2, 3, 4)),
    "log_softmax": (lambda x: F.log_softmax(x, dim=1), randn(3, 4)),
    "log_softmax saturated": (nn.LogSoftmax(dim=-1), SATURATED),
    "log_softmax channels": (lambda x: torch.log_softmax(x, -3), IMAGE),
    "log_softmax vector": (lambda x: x.log_softmax(0), randn(7)),
    "add": (lambda x, y: x + y, randn(3, 4), randn(3, 4)),
    "add broadcast": (lambda x, y: x + y, randn(3, 4), randn(4)),
    "add broadcast both": (lambda x, y: torch.add(x, y), randn(3, 1), randn(1, 4)),
    "add broadcast over hundreds": (lambda x, y: x + y, randn(40, 15), randn(1)),
    "add broadcast over images": (lambda x, y: x + y, IMAGE, randn(3, 1, 1)),
    "add broadcast nothing": (lambda x, y: x + y, randn(1, 3), randn(3)),
    "add number": (lambda x: 2.5 + x, randn(3, 4)),
    "add negative number": (lambda x: x + -2.5, randn(3, 4)),
    "add tiny number": (lambda x: x + 1e-5, randn(3, 4)),
    "add alpha": (lambda x, y: x.add(y, alpha=-2), randn(3, 4), randn(4)),
    "add itself": (lambda x: x + x, randn(3, 4)),
    "sub": (lambda x, y: x - y, randn(3, 4), randn(3, 1)),
    "sub broadcast first": (lambda x, y: x - y, randn(1, 4), randn(3, 4)),
    "sub alpha": (lambda x, y: torch.sub(x, y, alpha=0.5), randn(3, 4), randn(3, 4)),
    "sub negative number": (lambda x: x - -1.5, randn(3, 4)),
    "rsub": (lambda x: 1 - x, randn(3, 4)),
    "rsub negative number": (lambda x: -1.5 - x, randn(3, 4)),
    "rsub tensor": (lambda x, y: torch.rsub(x, y), randn(4), randn(3, 4)),
    "mul": (lambda x, y: x * y, randn(3, 4), randn(3, 1)),
    "mul broadcast both": (lambda x, y: x * y, randn(3, 1), randn(1, 4)),
    "mul broadcast over hundreds": (lambda x, y: x * y, randn(40, 15), randn(1)),
    "mul broadcast over images": (lambda x, y: x * y, randn(3, 1, 1), IMAGE),
    "mul broadcast outer": (lambda x, y: x * y, randn(2, 1, 1, 5), randn(3, 4, 1)),
    "mul negative number": (lambda x: x * -1.5, randn(3, 4)),
    "div": (lambda x, y: x / y, randn(3, 4), randn(3, 4) + 3),
    "div broadcast": (lambda x, y: x / y, randn(3, 4), randn(1, 4) + 3),
    "div broadcast first": (lambda x, y: torch.div(x, y), randn(4), randn(3, 4) + 4),
    "div broadcast over hundreds": (lambda x, y: x / y, randn(40, 15), torch.tensor([2.5])),
    "div number": (lambda x: x / -3, randn(3, 4)),
    "rdiv": (lambda x: -2 / x, randn(3, 4) + 4),
    "reciprocal": (lambda x: x.reciprocal(), randn(3, 4) + 4),
    "rdiv one": (lambda x: 1 / x, randn(3, 4) - 4),
    "neg": (lambda x: -x, randn(3, 4)),
    "neg twice": (lambda x: torch.neg(-x) - (-x), randn(3, 4)),
    "pow": (lambda x: x**2, randn(3, 4)),
    "pow of a negative": (lambda x: -(x**2), randn(3, 4)),
    "pow three": (lambda x: torch.pow(x, 3), BORDERS),
    "pow one and zero": (lambda x: x**1 + x.pow(0), BORDERS),
    "pow negative": (lambda x: x**-2, randn(3, 4) + 4),
    "pow fraction": (lambda x: x**1.5, randn(3, 4).abs()),
    "pow negative fraction": (lambda x: x**-0.5, randn(3, 4).abs() + 0.1),
    "square": (lambda x: x.square(), BORDERS),
    "exp": (torch.exp, randn(3, 4)),
    "exp of much": (lambda x: x.exp(), torch.tensor([-1000.0, 0.0, 30.0])),
    "log": (lambda x: torch.log(x), randn(3, 4).abs() + 1e-3),
    "sqrt": (lambda x: x.sqrt(), randn(3, 4).abs() + 1e-3),
    "abs": (lambda x: abs(x), BORDERS),
    "abs function": (torch.abs, randn(3, 4)),
    "clamp": (lambda x: x.clamp(-0.5, 0.5), torch.tensor([[-2.0, -0.5, 0.1, 0.5, 3.0]])),
    "clamp below": (lambda x: torch.clamp(x, min=0), BORDERS),
    "clamp above": (lambda x: x.clamp(max=0), BORDERS),
    "clamp one side": (lambda x: x.clamp_min(-0.25) + torch.clamp_max(x, 0.25), randn(3, 4)),
    "hardtanh": (nn.Hardtanh(-0.5, 1), torch.tensor([[-2.0, -0.5, 0.1, 1, 3.0]])),
    "hardtanh relu6": (lambda x: F.relu6(x), torch.tensor([[-2.0, 0, 0.1, 6, 7.0]])),
    "matmul": (lambda x, y: x @ y, randn(3, 4), randn(4, 2)),
    "matmul long": (lambda x, y: x @ y, randn(3, 9), randn(9, 7)),
    "matmul itself": (lambda x: x @ x.T, randn(3, 9)),
    "matmul dot": (lambda x, y: torch.matmul(x, y), randn(9), randn(9) + 1),
    "matmul vector matrix": (lambda x, y: x @ y, randn(9), randn(9, 3)),
    "matmul matrix vector": (lambda x, y: x.mv(y), randn(3, 9), randn(9)),
    "matmul short matrix vector": (lambda x, y: x @ y, randn(3, 2), randn(2)),
    "matmul batched": (lambda x, y: torch.bmm(x, y), randn(2, 3, 4), randn(2, 4, 5)),
    "matmul batched long": (lambda x, y: x @ y, randn(2, 3, 8), randn(2, 8, 7)),
    "matmul broadcast": (lambda x, y: x @ y, randn(2, 3, 8), randn(8, 7)),
    "matmul broadcast left": (lambda x, y: x @ y, randn(3, 8), randn(2, 8, 2)),
    "matmul broadcast both": (lambda x, y: x @ y, randn(2, 1, 3, 6), randn(3, 6, 2)),
    "matmul batch vector": (lambda x, y: x @ y, randn(2, 3, 8), randn(8)),
    "matmul vector batch": (lambda x, y: x @ y, randn(8), randn(2, 8, 3)),
    "sum": (lambda x: x.sum(), randn(3, 4)),
    "sum over one": (lambda x: x.sum(1), randn(3, 4)),
    "sum over several": (lambda x: x.sum(dim=(0, -1), keepdim=True), randn(2, 3, 4)),
    "sum of images": (lambda x: torch.sum(x, dim=[2, 3]), IMAGE),
    "sum of everything": (lambda x: x.sum(), IMAGE),
    "sum of comparisons": (lambda x: (x > 0).sum(1).float() * x.sum(axis=1), randn(3, 4)),
    "mean": (lambda x: x.mean(), randn(3, 4)),
    "mean over one": (lambda x: torch.mean(x, 0, keepdim=True), randn(3, 4)),
    "mean over channels": (lambda x: x.mean(1), IMAGE),
    "mean of images": (lambda x: x.mean((-2, -1)), IMAGE),
    "max": (lambda x: x.max(), randn(3, 4)),
    "max ties": (lambda x: torch.max(x), TIES),
    "max over one": (lambda x: x.max(1).values, randn(3, 4)),
    "max over one, ties": (lambda x: torch.max(x, dim=0)[0], TIES[0, 0]),
    "max over channels": (lambda x: x.max(dim=1, keepdim=True)[0] - x, IMAGE),
    "max places": (lambda x: (lambda pair: pair[0] * pair[1])(x.max(-1)), randn(2, 3, 4)),
    "max of a vector": (lambda x: x.max(0).values, randn(5)),
    "min": (lambda x: x.min(), TIES),
    "min over one": (lambda x: x.min(dim=1)[0], randn(3, 4)),
    "min over channels": (lambda x: x.min(1)[0], TIES.reshape(1, 4, 2, 2)),
    "amax": (lambda x: x.amax(1), TIES[0, 0]),
    "amax over several": (lambda x: torch.amax(x, (1, 3), keepdim=True), IMAGE),
    "amin": (lambda x: x.amin(dim=(0, 1)), TIES[0]),
    "maximum": (lambda x, y: torch.maximum(x, y), BORDERS, torch.zeros(1, 4)),
    "maximum broadcast": (lambda x, y: torch.maximum(x, y), randn(3, 4), randn(1)),
    "minimum": (lambda x, y: torch.minimum(x, y), randn(1, 4), randn(3, 1)),
    "argmax": (lambda x: torch.argmax(x, dim=1).float(), randn(3, 4)),
    "argmax ties": (lambda x: x.argmax(1).float(), torch.tensor([[1.0, 3, 3], [2, 2, 2]])),
    "argmax first dim": (lambda x: x.argmax(0, keepdim=True) * x, TIES[0, 0]),
    "argmax channels": (lambda x: x.argmax(1) + x.sum(1), IMAGE),
    "argmax over all": (lambda x: x.argmax() + x, TIES),
    "argmin": (lambda x: x.argmin(1).float(), TIES[0, 0]),
    "argmin channels": (lambda x: torch.argmin(x, -3).float(), TIES.reshape(1, 4, 2, 2)),
    "one_hot": (lambda x: F.one_hot(x.long(), 4).float(), torch.tensor([0.0, 3, 1])),
    "one_hot image": (lambda x: F.one_hot(x.long(), 3) * x[..., None], torch.tensor([[0.0, 2], [1, 1]])),
    "gt": (lambda x, y: (x > y).float() * x, randn(3, 4), randn(4)),
    "gt at zero": (lambda x: (x > 0) * x.exp(), BORDERS),
    "ge": (lambda x: (x >= 0) * x.exp(), BORDERS),
    "lt": (lambda x: (x > 0.5) * x + (x < 0) * x.exp(), BORDERS),
    "le": (lambda x: torch.le(x, 0).double() * x.exp(), BORDERS),
    "eq": (lambda x: (x == 0) * x.exp(), BORDERS),
    "ne": (lambda x: (x != 0) * x.exp(), BORDERS),
    "where": (lambda x, y: torch.where(x > 0, x, y), randn(3, 4), randn(3, 4)),
    "where number": (lambda x: torch.where(x > 0, x, -0.5), BORDERS),
    "where broadcast": (lambda x, y: torch.where(x > 0, y, x), randn(3, 4), randn(1)),
    "where method": (lambda x, y: x.where(y < 0.3, y * 2), randn(4), randn(3, 4)),
    "where constant mask": (lambda x: torch.where(torch.eye(3, dtype=torch.bool), 0.0, x), randn(3, 3)),
    "detach": (lambda x: x * x.detach(), randn(3, 4)),
    "cast": (lambda x: x.double() * x.long() + x.bool() * x, torch.tensor([[-1.7, 0.0, 2.9]])),
    "fan-out": (lambda x: F.relu(x) * x + x, randn(3, 4)),
    "residual connections and shared parameters": (module(Residual), randn(3, 4)),
    "attention": (module(Attention), randn(2, 3, 6)),
    "flatten": (lambda x: torch.flatten(x, 1), IMAGE),
    "flatten module": (nn.Flatten(), IMAGE),
    "flatten middle": (lambda x: x.flatten(1, 2) * 2, IMAGE),
    "reshape": (lambda x: x.reshape(2, -1) * 2, randn(3, 4)),
    "reshape tuple": (lambda x: torch.reshape(x, (4, 3)), randn(3, 4)),
    "reshape view": (lambda x: x.view(x.size(0), -1), IMAGE),
    "reshape view tuple": (lambda x: x.view((2, 6)), randn(3, 4)),
    "reshape view flat": (lambda x: x.view(-1) * 2, randn(3, 4)),
    "unflatten": (nn.Unflatten(1, (2, 2)), randn(3, 4)),
    "permute": (lambda x: x.permute(0, 2, 3, 1) * 2, IMAGE),
    "permute vector": (lambda x: x.permute(0) * 2, randn(3)),
    "permute function": (lambda x: torch.permute(x, (1, 0)), randn(3, 4)),
    "transpose": (lambda x: x.transpose(-1, 1), IMAGE),
    "transpose T": (lambda x: x.T @ x, randn(3, 4)),
    "transpose mT": (lambda x: x.mT * 2, randn(2, 3, 4)),
    "transpose t": (lambda x: x.t(), randn(3, 4)),
    "squeeze": (lambda x: x.squeeze(), randn(1, 3, 1)),
    "squeeze one": (lambda x: torch.squeeze(x, 0), randn(1, 3, 1)),
    "unsqueeze": (lambda x: x.unsqueeze(-1) * x, randn(3)),
    "chunk": (lambda x: (lambda parts: parts[0] * parts[1])(x.chunk(2, dim=1)), randn(3, 4)),
    "chunk, one part unused": (lambda x: torch.chunk(x, 3, -1)[1], randn(3, 7)),
    "split": (lambda x: (lambda parts: parts[0][:, :1] * parts[1])(torch.split(x, [3, 1], dim=1)), randn(3, 4)),
    "split evenly": (lambda x: x.split(2)[1], randn(5, 2)),
    "unbind": (lambda x: x.unbind(1)[0] * torch.unbind(x, 1)[2], randn(3, 4)),
    "select": (lambda x: x.select(1, -1), randn(3, 4)),
    "narrow": (lambda x: x.narrow(1, 1, 2), randn(3, 4)),
    "index_select": (lambda x: x.index_select(0, torch.tensor([1, 1, 0])), randn(3, 4)),
    "getitem": (lambda x: x[0], randn(3, 4)),
    "getitem slices": (lambda x: x[:, 1:, ::2, -1], IMAGE),
    "getitem dots and none": (lambda x: x[..., None, 0] * x[1:, None], randn(3, 4)),
    "getitem list": (lambda x: x[[0, 2, 2]] * x[:, [1]].sum(), randn(3, 4)),
    "getitem pairs": (lambda x: x[torch.arange(3), torch.tensor([3, 0, 0])], randn(3, 4)),
    "getitem buffers": (module(Indexed), randn(3, 4)),
    "pad": (lambda x: F.pad(x, (1, 2)), randn(3, 4)),
    "pad value": (nn.ConstantPad2d((1, 0, 2, 1), -1.5), IMAGE),
    "pad empty": (lambda x: F.pad(x, (0, 0)) * 2, randn(3, 4)),
    "pad cropping": (lambda x: F.pad(x, (-1, 1), value=3), randn(3, 4)),
    "pad reflect": (nn.ReflectionPad2d(2), IMAGE),
    "pad replicate": (lambda x: F.pad(x, (2, 3), mode="replicate"), randn(2, 2, 3)),
    "expand": (lambda x: x.expand(3, -1, 2), randn(4, 1)),
    "expand hundreds": (lambda x: x.expand(300), randn(1)),
    "repeat": (lambda x: x.repeat(2, 3), randn(3, 2)),
    "flip": (lambda x: x.flip(0, 1), randn(3, 4)),
    "clone": (lambda x: x.permute(1, 0).contiguous().view(2, 6) * x.clone().sum(), randn(3, 4)),
    "stack": (lambda x, y: torch.stack((x, y, x), dim=1), randn(3, 4), randn(3, 4)),
    "stack last": (lambda x, y: torch.stack((x, y), -1), randn(3), randn(3) + 1),
    "cat": (lambda x, y: torch.cat([x, y, x], dim=1), randn(3, 4), randn(3, 2)),
    "cat negative dim": (lambda x, y: torch.cat([x, y], -1), randn(3, 4), randn(3, 2)),
    "linear small": (lambda x, y: F.linear(x, y), randn(3, 2), randn(4, 2)),
    "linear wide": (lambda x, y: F.linear(x, y), randn(3, 9), randn(4, 9)),
    "linear module": (module(nn.Linear, 9, 2), randn(1, 9)),
    "linear large batch": (module(nn.Linear, 2, 3), randn(7, 2)),
    "linear vector": (module(nn.Linear, 4, 3), randn(4)),
    "linear long vector": (module(nn.Linear, 9, 7), randn(9)),
    "linear sequence": (module(nn.Linear, 4, 3), randn(2, 3, 4)),
    "linear long sequence": (module(nn.Linear, 9, 7), randn(2, 3, 9)),
    "linear 4-D": (module(nn.Linear, 7, 6, bias=False), randn(2, 2, 3, 7)),
    "batch_norm": (Normed(nn.BatchNorm2d, 3), IMAGE),
    "batch_norm of features": (Normed(nn.BatchNorm1d, 4), randn(3, 4)),
    "batch_norm of sequences": (Normed(nn.BatchNorm1d, 3), randn(2, 3, 4)),
    "batch_norm plain": (Normed(lambda n: nn.BatchNorm2d(n, eps=0.1, affine=False), 3), IMAGE),
    "dropout": (nn.Dropout(0.5).eval(), randn(3, 4)),
    "dropout function": (lambda x: F.dropout(x * 2, training=False), randn(3, 4)),
    "dropout of nothing": (lambda x: F.dropout(x, 0.0) * 2, randn(3, 4)),
    "embedding": (module(Lookup), torch.tensor([0, 4, 0])),
    "embedding padding": (module(Lookup, padding_idx=4), torch.tensor([4, 4, 1])),
    "embedding of sequences": (module(nn.Embedding, 5, 3), torch.tensor([[0, 4], [4, 4]])),
    "embedding of one": (module(nn.Embedding, 5, 3), torch.tensor(2)),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2), IMAGE),
    "avg_pool2d overlapping": (nn.AvgPool2d(3, stride=1), IMAGE),
    "avg_pool2d padded": (nn.AvgPool2d(3, stride=2, padding=1), IMAGE),
    "avg_pool2d padding not counted": (nn.AvgPool2d(3, padding=1, count_include_pad=False), IMAGE),
    "avg_pool2d ceil_mode": (nn.AvgPool2d((2, 3), ceil_mode=True), IMAGE),
    "avg_pool2d ceil_mode padded": (nn.AvgPool2d(3, 2, 1, ceil_mode=True), randn(1, 2, 6, 6)),
    "avg_pool2d divisor": (nn.AvgPool2d(2, divisor_override=3), IMAGE),
    "avg_pool2d unbatched": (nn.AvgPool2d((1, 2), (2, 1)), IMAGE[0]),
    "adaptive_avg_pool2d": (nn.AdaptiveAvgPool2d(1), IMAGE),
    "adaptive_avg_pool2d uneven": (nn.AdaptiveAvgPool2d((4, 3)), IMAGE),
    "adaptive_avg_pool2d growing": (lambda x: F.adaptive_avg_pool2d(x, (None, 7)), IMAGE[0]),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), IMAGE),
    "max_pool2d overlapping": (nn.MaxPool2d(3, stride=1), IMAGE),
    "max_pool2d padded": (nn.MaxPool2d(3, stride=2, padding=1), IMAGE),
    "max_pool2d padded, all negative": (nn.MaxPool2d(2, padding=1), -IMAGE.abs() - 1),
    "max_pool2d ties": (lambda x: F.max_pool2d(x, 2), TIES),
    "max_pool2d overlapping ties": (lambda x: F.max_pool2d(x, 3, 1), TIES),
    "max_pool2d dilation": (nn.MaxPool2d((2, 3), stride=1, dilation=2), IMAGE),
    "max_pool2d dilation ties": (nn.MaxPool2d(2, 1, padding=1, dilation=(1, 2)), TIES),
    "max_pool2d ceil_mode": (nn.MaxPool2d((2, 3), ceil_mode=True), IMAGE),
    "max_pool2d everything": (nn.MaxPool2d((3, 2), (2, 1), (1, 0), (2, 1), ceil_mode=True), randn(2, 2, 7, 6)),
    "max_pool2d unbatched": (nn.MaxPool2d((1, 2), (2, 1)), IMAGE[0]),
    "mse_loss": (lambda x, y: F.mse_loss(x, y), randn(3, 4), randn(3, 4) + 1),
    "mse_loss of few": (lambda x, y: F.mse_loss(x, y), randn(2), randn(2) + 1),
    "mse_loss sum": (nn.MSELoss(reduction="sum"), randn(3, 4), randn(3, 4) + 1),
    "mse_loss none": (nn.MSELoss(reduction="none"), randn(3, 4), randn(3, 4) + 1),
    "mse_loss of images": (F.mse_loss, IMAGE, IMAGE.flip(0)),
    "l1_loss": (nn.L1Loss(), torch.tensor([1.0, 2, 3]), torch.tensor([1.0, 4, 0])),
    "l1_loss sum": (nn.L1Loss(reduction="sum"), randn(3, 4), randn(3, 4) + 1),
    "l1_loss none": (nn.L1Loss(reduction="none"), randn(3, 4), randn(3, 4) + 1),
    "smooth_l1_loss": (nn.SmoothL1Loss(), torch.tensor([1.0, 2, 3, 0.5]), torch.tensor([1.0, 4, 2, 0])),
    "smooth_l1_loss beta": (nn.SmoothL1Loss(reduction="sum", beta=0.3), randn(3, 4), randn(3, 4) + 0.5),
    "smooth_l1_loss beta 0": (lambda x, y: F.smooth_l1_loss(x, y, beta=0), BORDERS, torch.zeros(1, 4)),
    "huber_loss": (nn.HuberLoss(delta=0.7), randn(3, 4), randn(3, 4) + 1),
    "huber_loss at delta": (nn.HuberLoss(reduction="none"), torch.tensor([1.0, -1, 2]), torch.zeros(3)),
    "binary_cross_entropy": (nn.BCELoss(), PROBABILITIES * 0.9 + 0.05, TARGETS.double()),
    "binary_cross_entropy certain": (
        lambda x: F.binary_cross_entropy(torch.sigmoid(x), FAR_TARGETS, reduction="sum"),
        FAR,
    ),
    "binary_cross_entropy impossible": (lambda x: F.binary_cross_entropy(x, TARGETS.double()), PROBABILITIES),
    "binary_cross_entropy weight": (
        lambda x, y: F.binary_cross_entropy(x, y, weight=CLASS_WEIGHT[:3].expand(2, 3), reduction="none"),
        PROBABILITIES * 0.9 + 0.05,
        TARGETS.double(),
    ),
    "binary_cross_entropy_with_logits": (nn.BCEWithLogitsLoss(), randn(2, 3), TARGETS),
    "binary_cross_entropy_with_logits saturated": (
        nn.BCEWithLogitsLoss(reduction="sum"),
        FAR,
        FAR_TARGETS,
    ),
    "binary_cross_entropy_with_logits weights": (
        lambda x, y: F.binary_cross_entropy_with_logits(
            x, y, CLASS_WEIGHT[:3], reduction="none", pos_weight=CLASS_WEIGHT[1:]
        ),
        randn(2, 3),
        TARGETS,
    ),
    "nll_loss": (lambda x, y: F.nll_loss(F.log_softmax(x, 1), y), randn(3, 4), LABELS),
    "nll_loss weight": (nn.NLLLoss(weight=CLASS_WEIGHT), randn(3, 4), LABELS),
    "nll_loss ignore_index": (nn.NLLLoss(weight=CLASS_WEIGHT, ignore_index=3), randn(3, 4), LABELS),
    "nll_loss sum of a map": (nn.NLLLoss(reduction="sum"), randn(2, 3, 2, 2), MAP_LABELS),
    "nll_loss none": (nn.NLLLoss(reduction="none"), randn(3, 4), LABELS),
    "nll_loss of one": (F.nll_loss, randn(4), torch.tensor(3)),
    "cross_entropy": (lambda x, y: F.cross_entropy(x, y), randn(3, 4), LABELS),
    "cross_entropy saturated": (nn.CrossEntropyLoss(), torch.tensor([[700.0, -700, 0]]), torch.tensor([1])),
    "cross_entropy far": (nn.CrossEntropyLoss(reduction="none"), SATURATED, torch.tensor([1, 2, 0])),
    "cross_entropy sure": (nn.CrossEntropyLoss(), SATURATED, torch.tensor([0, 1, 2])),
    "cross_entropy of one": (F.cross_entropy, randn(4), torch.tensor(0)),
    "cross_entropy sum": (nn.CrossEntropyLoss(reduction="sum"), randn(3, 4), LABELS),
    "cross_entropy large batch": (nn.CrossEntropyLoss(), randn(7, 3), torch.tensor([0, 1, 2, 2, 1, 0, 0])),
    "cross_entropy map": (nn.CrossEntropyLoss(), randn(2, 3, 2, 2), MAP_LABELS),
    "cross_entropy map none": (nn.CrossEntropyLoss(reduction="none"), randn(2, 3, 2, 2), MAP_LABELS),
    "cross_entropy weight": (Losses(), randn(3, 4), LABELS),
    "cross_entropy weight sum": (Losses(reduction="sum"), randn(3, 4), LABELS),
    "cross_entropy smoothing": (nn.CrossEntropyLoss(label_smoothing=0.1), randn(3, 4), LABELS),
    "cross_entropy smoothing saturated": (
        nn.CrossEntropyLoss(label_smoothing=0.1, reduction="none"),
        SATURATED,
        torch.tensor([1, 2, 0]),
    ),
    "cross_entropy ignore_index": (nn.CrossEntropyLoss(ignore_index=3), randn(3, 4), LABELS),
    "cross_entropy weight and smoothing": (Losses(label_smoothing=0.2), randn(3, 4), LABELS),
    "cross_entropy weight and smoothing and ignore_index": (
        Losses(label_smoothing=0.2, ignore_index=1),
        randn(7, 4),
        torch.tensor([0, 1, 2, 3, 1, 0, 0]),
    ),
    "cross_entropy weight map": (Losses(label_smoothing=0.2, reduction="none"), randn(2, 4, 2, 2), MAP_LABELS),
    "cross_entropy probabilities": (F.cross_entropy, randn(3, 4), randn(3, 4).softmax(1)),
    "cross_entropy probabilities, weight": (Losses(label_smoothing=0.1), randn(3, 4), randn(3, 4).softmax(1)),
    "conv2d": (lambda x, y: F.conv2d(x, y), IMAGE, FILTERS),
    "conv2d module": (nn.Conv2d(3, 4, 3), IMAGE),
    "conv2d 1x1": (nn.Conv2d(3, 4, 1), IMAGE),
    "conv2d no bias": (nn.Conv2d(3, 2, (3, 2), bias=False), IMAGE),
    "conv2d whole image": (nn.Conv2d(3, 4, (6, 5)), IMAGE),
    "conv2d stride": (nn.Conv2d(3, 4, 3, stride=2), IMAGE),
    "conv2d padding": (nn.Conv2d(3, 4, 3, padding=2), IMAGE),
    "conv2d dilation": (nn.Conv2d(3, 4, 2, dilation=(3, 2)), IMAGE),
    "conv2d groups": (nn.Conv2d(4, 6, 3, groups=2), randn(2, 4, 5, 5)),
    "conv2d everything": (
        nn.Conv2d(4, 8, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=4),
        randn(1, 4, 7, 6),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_tensor_equals_autograd(case, tmp_path):
    torch.manual_seed(len(case))
    function, *inputs = CASES[case]
    function = function.double() if isinstance(function, nn.Module) else function
    module = Apply(function, *inputs)
    export(module, tuple(inputs), tmp_path / "case.xlsx")
    recalculated = recalculate(tmp_path / "case.xlsx", "ironcalc", tmp_path)
    report = verify(recalculated.path, module, tuple(inputs))
    assert report.ok, report


def cube(x):
    return (x / 10) ** 3


class Saturated(nn.Module):
    """All that could overflow, on numbers as far out as ±1000."""

    def forward(self, far, logits, targets, labels):
        total = F.binary_cross_entropy_with_logits(far, targets) + F.cross_entropy(logits, labels)
        total = total + F.nll_loss(logits.log_softmax(1), labels) + F.mse_loss(logits.softmax(0), logits / 1000)
        total = total + F.cross_entropy(logits, labels, label_smoothing=0.1)
        total = total + F.binary_cross_entropy(far.sigmoid(), torch.full((3, 5), 0.5).double())
        total = total + F.smooth_l1_loss(far, targets) + F.huber_loss(far, targets)
        for function in (F.silu, F.gelu, F.softplus, F.elu, torch.tanh, torch.sigmoid, torch.square, cube):
            total = total + function(far).mean()
        return total + F.softplus(far, 3, 1).sum() + F.gelu(far, approximate="tanh").sum() + (-far.abs()).exp().sum()


@each_engine
def test_saturation_on_every_engine(engine, tmp_path):
    # Engines differ in how they overflow and underflow: some take 1/(1+EXP(1000)) or 1E-200^2 as an error.
    far = torch.cat((FAR, torch.tensor([[1e-200, -1e-200, 1e-100, -50, 50]], dtype=torch.float64)))
    inputs = (far, SATURATED.double(), far.sign().abs(), torch.tensor([1, 0, 2]))
    export(Saturated(), inputs, tmp_path / "case.xlsx")
    report = verify(recalculate(tmp_path / "case.xlsx", engine, tmp_path).path, Saturated(), inputs)
    assert report.ok, report


def test_every_operator_has_a_case():
    covered = {re.split("[ ,]", case)[0] for case in CASES}
    assert {operator.name for operator in all_operators()} <= covered


@pytest.mark.parametrize("operator", all_operators(), ids=lambda operator: operator.name)
def test_every_operator_explains_itself(operator):
    assert operator.forward_math
    assert operator.backward_math
    assert type(operator).__doc__


def test_the_first_of_tied_maxima_gets_the_gradient(tmp_path):
    class Tied(nn.Module):
        def forward(self, x):
            return F.mse_loss(F.max_pool2d(x, 2).flatten(), torch.zeros(4))

    export(Tied(), (TIES,), tmp_path / "tied.xlsx")
    grad = read_tensors(tmp_path / "tied.xlsx")["grad.x"][0, 0]
    assert (grad != 0).tolist() == [
        [False, True, False, False],
        [False, False, True, False],
        [False, False, True, False],
        [False, False, False, False],
    ]
    assert np.count_nonzero(grad) == 3
