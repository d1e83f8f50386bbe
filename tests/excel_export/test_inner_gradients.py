"""Gradients that forward() asks for itself, also by torch.func: each is right, with its gradients, or refused."""

import torch
import torch.nn.functional as F
from torch.autograd import forward_ad, grad

from tests.support.traps import Traps

traps = Traps()


@traps.right
def of_a_gradient(self, x):
    (g,) = grad(self.l(x).tanh().sum(), x, create_graph=True)
    return g.pow(3).sum()


@traps.right
def the_third_one(self, x):
    g = self.m(x).sin().sum()
    for _ in range(3):
        (g,) = grad(g.sum(), x, create_graph=True)
    return (g * x).sum()


@traps.right
def a_constant_for_what_follows(self, x):
    (g,) = grad(self.l(x).exp().sum(), x)
    return (g * self.m(x)).sum() + g.pow(2).sum()


@traps.right
def by_parameters(self, x):
    gw, gb = grad(self.l(x).sigmoid().sum(), [self.l.weight, self.l.bias], create_graph=True)
    return F.linear(x, self.l.weight - 0.3 * gw, self.l.bias - 0.3 * gb).square().sum()


@traps.right
def by_what_is_computed(self, x):
    h = self.m(x)
    y = torch.softmax(h * h, -1)[:, 0].sum()
    (g,) = grad(y, h, create_graph=True)
    return (g * h).sum() + y


@traps.right
def by_both_ends_of_a_way(self, x):
    h = self.m(x)
    gx, gh = grad(h.pow(2).sum() + x.sum(), (x, h), create_graph=True)
    return (gx * x).sum() + gh.square().sum()


@traps.right
def of_several_results_with_gradients_given(self, x):
    a, b = self.l(x), self.m(x).exp()
    (g,) = grad((a, b.sum()), x, (a.detach() * 2, b.sum()), create_graph=True)
    return g.square().sum()


@traps.right
def of_nothing(self, x):
    y = self.l(x).sum()
    none, zeros = grad(y, self.m.weight, allow_unused=True)[0], grad(y, self.m.weight, materialize_grads=True)[0]
    return y if none is None and not zeros.any() else self.m(x).sum()


@traps.right
def past_what_is_detached(self, x):
    h = self.m(x)
    with torch.no_grad():
        k = self.m(x).exp()
    (g,) = grad((h * h.detach() * k).sum(), x, create_graph=True)
    return (g * h).sum()


@traps.right
def from_where_something_begins_to_learn(self, x):
    start = (self.m(x) * 2).detach().requires_grad_()
    with torch.no_grad():
        other = self.m(x).sin()
    other.requires_grad_()
    gs, go = grad((self.m(start) * other).sin().sum(), (start, other), create_graph=True)
    return gs.square().sum() + (go * x).sum()


@traps.right
def by_constants(self, x):
    at = torch.zeros(1, 3, requires_grad=True)
    there = torch.ones(1, 3)
    there.requires_grad = True
    (g,) = grad(self.m(torch.sin(2 * at) + there.exp()).tanh().sum(), at, create_graph=True)
    (h,) = grad(self.l(there.square()).sum(), there, create_graph=True)
    return (g * x).sum() + h.square().sum()


@traps.right
def of_changes_in_place(self, x):
    h = self.m(x) * 2
    h += x
    h[:, 0] *= 3
    h.relu_()
    (g,) = grad(h.pow(2).sum(), x, create_graph=True)
    return g.square().sum()


@traps.right
def of_what_was_changed_since(self, x):
    h = self.m(x) * 2
    y = F.silu(h, inplace=True).sum()
    (g,) = grad(y, x, create_graph=True)
    k = self.m(x)
    z = F.pad(k, (-1, 1)).square().sum()
    k += 1
    (other,) = grad(z, x, create_graph=True)
    other.mul_(2)
    return g.square().sum() + other.square().sum() + h.sum() + k.sum()


@traps.right
def of_parts_and_joined_ones(self, x):
    h = self.m(x)
    a, b, c = h.split(1, dim=1)
    y = torch.cat([a * b, c.expand(1, 2) ** 2, torch.stack([a, c], 1).flatten(1)], 1)
    y = y.view(-1)[2:].unsqueeze(0).repeat(2, 1).transpose(0, 1).flip(0)
    (g,) = grad((y * y).sum(), x, create_graph=True)
    return g.square().sum()


@traps.right
def of_what_is_looked_up(self, x):
    h = self.table(torch.tensor([[1, 3, 1]])) * x[..., None]
    picked = h[0, torch.tensor([0, 2, 2])].gather(1, torch.tensor([[0], [2], [1]]))
    gt, gx = grad(picked.square().sum(), (self.table.weight, x), create_graph=True)
    return gt.square().sum() + gx.exp().sum()


@traps.right
def of_piecewise_functions(self, x):
    h = self.m(x)
    y = F.relu(h) ** 2 + F.leaky_relu(h, 0.2) + h.abs() ** 3 + h.clamp(-0.5, 0.5) ** 2 + F.elu(h) + F.gelu(h)
    y = y + torch.where(h > 0, h * h, h) + torch.maximum(h, x) ** 2 + F.silu(h) + F.softplus(h) + F.hardtanh(h) ** 2
    (g,) = grad(y.sum(), x, create_graph=True)
    return g.square().sum()


@traps.right
def of_functions_of_single_numbers(self, x):
    h = self.m(x).tanh().square() + 1
    y = h.log() + h.sqrt() + h.rsqrt() + 1 / h + h**1.5 + h.atan() + h.cos() + h.erf() + x / h + h.log1p() + 2**h
    (g,) = grad(y.sum(), x, create_graph=True)
    return g.square().sum()


@traps.right
def of_sums_and_largest(self, x):
    h = self.m(x)
    y = h.mean() ** 2 + h.max() ** 2 + h.max(1).values.sum() ** 2 + h.norm() + h.var() + h.std()
    y = y + h.cumsum(1).pow(2).sum() + h.logsumexp(1).sum() + h.prod() + h.norm(dim=1).sum()
    (g,) = grad(y, x, create_graph=True)
    return g.square().sum()


@traps.right
def of_normalized_ones(self, x):
    h = self.m(torch.cat([x, x * x, x.sin()]))
    y = F.layer_norm(h, (3,)) ** 3 + F.softmax(h, -1) * F.log_softmax(h, 0)
    z = F.group_norm(h[None].transpose(1, 2), 3) ** 3
    (g,) = grad(y.sum() + z.sum(), x, create_graph=True)
    return g.square().sum()


@traps.right
def of_losses(self, x):
    h, target = self.m(x), torch.tensor([1])
    y = F.cross_entropy(h, target) + F.mse_loss(h, x.detach()) + F.smooth_l1_loss(h, x.detach())
    y = y + F.binary_cross_entropy_with_logits(h, torch.ones(1, 3)) + F.kl_div(h, torch.ones(1, 3) / 3)
    (g,) = grad(y, x, create_graph=True)
    return g.square().sum()


@traps.right
def of_convolutions_and_pools(self, x):
    h = (self.m(x).transpose(0, 1) @ x)[None, None].repeat(1, 1, 2, 2)
    weight = self.m.weight[None, None, :2, :2].repeat(2, 1, 1, 1)
    y = F.conv2d(h, weight, self.l.bias, stride=2, padding=1).tanh()
    z = F.max_pool2d(y, 2) ** 2 + F.avg_pool2d(y, 2) ** 3
    gx, gw = grad(z.sum(), (x, self.m.weight), create_graph=True)
    return gx.square().sum() + gw.square().sum()


@traps.right
def of_products(self, x):
    h = self.m(x)
    y = torch.einsum("bi,bj->bij", h, x) @ self.m.weight
    y = y.softmax(-1) @ torch.bmm(y, y.transpose(1, 2)) + torch.outer(h[0], x[0])
    (g,) = grad(y.square().mean(), x, create_graph=True)
    return g.square().sum()


@traps.right
def of_attention(self, x):
    q = self.m(torch.cat([x, x * x, x.sin()]))[None]
    y = F.scaled_dot_product_attention(q, q * 2, q.sin())
    (g,) = grad(y.square().sum(), x, create_graph=True)
    return g.square().sum()


@traps.right
def a_hessian(self, x):
    def energy(at):
        return self.m(at).tanh().pow(2).sum()

    hessian = torch.autograd.functional.hessian(energy, x, create_graph=True)
    return hessian.square().sum()


@traps.right
def a_hessian_times_a_vector(self, x):
    loss = self.l(x).sin().sum()
    grads = grad(loss, list(self.l.parameters()), create_graph=True)
    products = grad(sum((g * g.detach()).sum() for g in grads), list(self.l.parameters()), create_graph=True)
    return sum(p.square().sum() for p in products) + loss


@traps.right
def of_a_function(self, x):
    slope = torch.func.grad(lambda t: (self.m(t).tanh() * x).sum())(x)
    value = torch.func.grad_and_value(lambda t: self.l(t).sin().sum())(x * 2)
    return (slope * x).sum() + value[0].square().sum() + value[1]


@traps.right
def of_each_example(self, x):
    def energy(t, scale):
        return (self.m(t).tanh() * scale).sum()

    points = torch.cat([x, x * x, x.sin()])
    second = torch.func.vmap(torch.func.grad(lambda t: torch.func.grad(energy)(t, 2.0).pow(2).sum()))(points)
    mixed = torch.vmap(energy, in_dims=(1, None))(points, x[0, 0])
    return second.square().sum() + mixed.exp().sum() + torch.vmap(lambda t: (t, t * t), out_dims=1)(points)[1].sum()


@traps.right
def of_a_dict_of_parameters(self, x):
    def loss(parameters, x):
        return torch.func.functional_call(self.l, parameters, (x,)).square().sum()

    parameters = dict(self.l.named_parameters())
    grads = torch.func.grad(loss)(parameters, x)
    return loss({name: parameters[name] - 0.1 * grads[name] for name in parameters}, x.cos())


@traps.refused("the gradient of 'dropout' inside forward() is not supported, as it draws random numbers")
def past_a_dropout(self, x):
    return grad(F.dropout(self.m(x)).square().sum(), x, create_graph=True)[0].sum()


@traps.refused("is_grads_batched=True in test_inner_gradients.py", "use a loop")
def many_at_once(self, x):
    return grad(self.l(x), x, torch.eye(2)[:, None], is_grads_batched=True)[0].sum()


@traps.refused("forward() calls backward() in test_inner_gradients.py, line", "use torch.autograd.grad")
def backward_in_forward(self, x):
    loss = self.l(x).square().sum()
    loss.backward(create_graph=True)
    return loss


@traps.refused("the gradient of 'conv_transpose2d' inside forward(), in test_inner_gradients.py", "is not supported")
def of_a_transposed_convolution(self, x):
    y = F.conv_transpose2d(self.m(x)[None, None], torch.ones(1, 1, 2, 2), stride=2)
    return grad(y.square().sum(), x, create_graph=True)[0].sum()


@traps.refused("appears to not have been used in the graph")
def of_what_is_not_there(self, x):
    return grad(self.l(x).sum(), self.m.weight)[0].sum()


@traps.right
def all_of_a_function(self, x):
    rows = torch.func.jacrev(lambda t: self.l(t).tanh())(x[0])
    curvature = torch.func.hessian(lambda t: self.m(t).sin().sum())(x[0])
    result, back = torch.func.vjp(self.l, x)
    columns = torch.func.jacfwd(lambda t: self.l(t).sigmoid())(x[0])
    value, slopes = torch.func.jvp(lambda t: self.m(t).cos(), (x,), (x * x,))
    y = rows.square().sum() + curvature.trace() + (back(result.exp())[0] * x).sum()
    return y + (columns**3).sum() + (value * slopes).sum()


@traps.right
def in_a_direction_beside_the_same_tensor(self, x):
    """As mean flows do: the function reads what it is given, and what that was made of."""
    z = (1 - x) * self.l.weight[0]
    value, slopes = torch.func.jvp(lambda t: (z * t).tanh() * self.m(x), (x,), (x * x,))
    weighted, moved = torch.func.jvp(lambda w: w @ self.m.weight.tanh().T, (self.m.weight,), (self.m.weight**2,))
    return (value + slopes**2).sum() + (weighted * moved).sum()


@traps.refused("torch.autograd.forward_ad in test_inner_gradients.py", "use torch.func.jvp")
def in_forward_mode(self, x):
    with forward_ad.dual_level():
        return forward_ad.unpack_dual(self.m(forward_ad.make_dual(x, x.cos())).tanh()).tangent.sum()


traps.all_right(
    in_forward_mode_another_way=lambda self, x: torch.func.jvp(lambda t: self.m(t).tanh(), (x,), (x.cos(),))[1].sum(),
)
test_right, test_workbook, test_refused = traps.tests()
