"""Constants, and parameters that do not learn, which forward() changes after it has read them, or before."""

import torch
import torch.nn.functional as F

from tests.support.traps import Traps

traps = Traps()


@traps.refused("PyTorch itself cannot run", "modified by an inplace operation")
def a_buffer_that_was_read(self, x):
    y = self.m(x)
    loss = (y * self.mean).square().sum()
    with torch.no_grad():
        self.mean.mul_(0.9).add_(y.mean(0), alpha=0.1)
    return loss + (y * self.mean).sum()


@traps.right
def a_buffer_that_autograd_has_kept(self, x):
    y = self.m(x)
    size = y.std(1, keepdim=True).detach() + 1
    factor = (size / self.mean).clamp(0.1, 9)
    self.mean.mul_(0.9).add_(size.mean() * 0.1)
    return (y * factor).square().sum() + (y * self.mean).sum()


@traps.refused("PyTorch itself cannot run", "modified by an inplace operation")
def places_that_autograd_has_kept(self, x):
    places = torch.arange(2)
    rows = self.m.weight[places]
    places += 1
    return (rows * self.m.weight[places] * x).sum()


@traps.right
def a_list_of_places_that_grows(self, x):
    places = [0, 1]
    rows = self.m.weight[places]
    places.append(1)
    return rows.square().sum() + (self.m.weight[places] * x).sum()


def moved(self):
    """What does not learn, beside what it follows."""
    return zip(self.teacher.parameters(), self.m.parameters(), strict=True)


@traps.right
def a_teacher_after_it_was_read(self, x):
    loss = F.mse_loss(self.m(x), self.teacher(x))
    with torch.no_grad():
        for teacher, student in moved(self):
            teacher.mul_(0.9).add_(student, alpha=0.1)
    return loss


@traps.right
def a_teacher_before_it_is_read(self, x):
    with torch.no_grad():
        for teacher, student in moved(self):
            teacher.copy_(0.9 * teacher + 0.1 * student)
    return F.mse_loss(self.m(x), self.teacher(x))


@traps.right
def a_teacher_by_its_data(self, x):
    for teacher, student in moved(self):
        teacher.data = 0.9 * teacher.data + 0.1 * student.data
    return F.mse_loss(self.m(x), self.teacher(x))


@traps.right
def a_row_for_each_that_is_picked(self, x):
    h = x.reshape(3, 1) * self.m.weight
    h[x[0] > 0] = self.m.bias * 2
    h[x[0] < -1] = torch.ones(1, 3)
    return (h * self.m.weight).exp().sum()


@traps.right
def a_row_for_each_of_a_block(self, x):
    h = (x.reshape(3, 1) * self.m.weight).repeat(2, 1, 1)
    h[h.sum(2) > 0] = self.m.bias
    return h.pow(3).sum()


@traps.refused("which of several numbers goes where depends on the inputs")
def several_rows_for_those_that_are_picked(self, x):
    h = x.reshape(3, 1) * self.m.weight
    h[x[0] > 0] = self.l.weight
    return h.sum()


@traps.right
def a_mask_of_the_least_number_there_is(self, x):
    y = self.m(x.reshape(3, 1) * self.m.weight)
    mask = torch.triu(torch.full((3, 3), torch.finfo(y.dtype).min), 1)
    return ((y @ y.T + mask).softmax(-1) @ y).square().sum()


@traps.right
def a_mask_filled_with_the_least_number_there_is(self, x):
    y = self.m(x.reshape(3, 1) * self.m.weight)
    mask = torch.zeros(3).masked_fill(x[0] > 0, torch.finfo(y.dtype).min)
    return ((y @ y.T + mask).softmax(-1) @ y).square().sum()


test_recorded, test_workbook, test_refused = traps.tests()
