"""Tensors without dimensions, and without elements: each of these is right, or refused in one clear line."""

import torch
import torch.nn.functional as F

from tests.support.traps import Traps

traps = Traps()


# Without dimensions


@traps.right
def stacked(self, x):
    first, second, third = self.l(x).sum(), self.m(x).square().mean(), self.m(x).abs().sum()
    some = torch.stack([first, second]).sum() + first
    return some + torch.stack([first, third]).mean() * third + torch.cat([first[None], self.l(x)[0]]).exp().sum()


@traps.right
def reduced(self, x):
    y = self.l(x).sum()
    value, place = y.max(0)
    largest = value * 2 + place + y.argmax() + y.argmax(0) + y.argmin(dim=-1, keepdim=True)
    return largest + y.sum() + y.mean() * y.max() + y.sum(0) + y.mean(-1) + y.amax() + y.amax(0, keepdim=True)


@traps.right
def along_no_dimension(self, x):
    y = self.l(x).sum()
    return y.softmax(0) * y + y.log_softmax(-1) + F.softmax(y, dim=0) + y.cumsum(0) * y + y.logsumexp(0)


@traps.right
def moved(self, x):
    y = self.l(x).sum()
    return y.flatten()[0] + y.t() + y.permute(()) + y.expand(2).sum() + y.reshape(1, 1).squeeze() + y.unsqueeze(0)[0]


@traps.right
def losses(self, x):
    y = self.l(x).sum()
    return F.mse_loss(y, torch.tensor(1.0)) + F.relu(y) + F.l1_loss(y, self.m(x).sum())


# Without elements

traps.all_right(
    empty_part=lambda self, x: self.l(x).sum() + self.l(x)[:, :0].sum() + self.l(x)[:0].square().sum(),
    empty_joined=lambda self, x: torch.cat([self.l(x), x[:, :0], self.m(x)], 1).square().sum(),
    empty_times_a_number=lambda self, x: (
        (self.l(x)[:, :0] * self.l(x).sum()).sum() + (self.l(x)[:, :0] * torch.zeros(0)).sum() + self.l(x).sum()
    ),
    empty_product=lambda self, x: (self.l(x)[:, :0] @ torch.zeros(0, 4) + self.l(x).sum()).sum(),
    empty_layer=lambda self, x: self.l(x[:0]).sum() + self.l(x).sum(),
)


@traps.right
def nothing_and_joined(self, x):
    kept = torch.tensor([])
    for k in range(3):
        kept = torch.cat([kept, self.l(x)[0] * k])
    return kept.square().sum()


@traps.right
def empty_written(self, x):
    y = self.l(x) * 1
    y[:, :0] = 3
    y[:0] += 1
    return y.sum()


@traps.refused("the loss is a constant")
def empty_mean(self, x):
    return self.l(x)[:0].mean()


@traps.refused("operator 'linear'", "one of its tensors has no elements, and so no cells: leave it out")
def empty_and_a_bias(self, x):
    return F.linear(x[:, :0], self.l.weight[:, :0], self.l.bias).sum()


# Whole numbers that leave the range of their type


@traps.refused("'cast'", "whole numbers of 8 bits begin anew at the other end of their range", "use .long()")
def cast_to_bytes(self, x):
    return self.l(x).sum() * (x * 100).to(torch.int8).sum()


traps.all_refused(
    "whole numbers of 8 bits",
    "use .long()",
    bytes_added=lambda self, x: self.l(x).sum() * ((x > 0).to(torch.uint8) + (x > 0).to(torch.uint8)).sum(),
    powers_of_bytes=lambda self, x: self.l(x).sum() * ((x > 0).to(torch.uint8) ** 2).sum(),
)


@traps.refused("'add'", "truth values", "use .long()")
def truth_values_added(self, x):
    some, others = x > 0, x > -1
    some += others
    return self.l(x).sum() * (some.float() * x).sum()


@traps.refused("'index_add'", "truth values", "use .long()")
def truth_values_added_to_places(self, x):
    places = torch.tensor([0, 0, 1])
    return self.l(x).sum() * torch.zeros(3, dtype=torch.bool).index_add(0, places, x[0] > 0).sum()


@traps.refused("leaves the range of int32 in 'mul'")
def multiplied(self, x):
    n = (x * 1000).int()
    return self.l(x).sum() * (n * n * n * n).sum()


@traps.right
def bytes_that_only_move(self, x):
    pixels = (x > 0).byte().T.flip(0)
    return self.l(x).sum() * pixels.float().sum() / 255


test_right, test_workbook, test_refused = traps.tests()
