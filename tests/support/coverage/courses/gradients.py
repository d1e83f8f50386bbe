"""Networks with a gradient inside forward: physics-informed networks, penalties, MAML, energies, attacks."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def pinn_of_an_oscillation() -> Made:
    """y″ = −y with y(0) = 0 and y′(0) = 1, by a network of one hidden layer."""

    class PINN(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1))

        def forward(self, t):
            t = t.requires_grad_(True)
            y = self.net(t)
            dy = torch.autograd.grad(y, t, torch.ones_like(y), create_graph=True)[0]
            d2y = torch.autograd.grad(dy, t, torch.ones_like(dy), create_graph=True)[0]
            t0 = torch.zeros(1, 1, requires_grad=True)
            y0 = self.net(t0)
            dy0 = torch.autograd.grad(y0, t0, torch.ones_like(y0), create_graph=True)[0]
            return torch.mean((d2y + y) ** 2) + (torch.squeeze(y0) - 0) ** 2 + (torch.squeeze(dy0) - 1) ** 2

    return PINN(), (torch.rand(3, 1),)


def wgan_gp() -> Made:
    """The critic's loss of eriklindernoren/PyTorch-GAN: alpha is an input."""

    class WGANGP(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = nn.Sequential(nn.Linear(4, 5), nn.LeakyReLU(0.2, inplace=True), nn.Linear(5, 1))

        def gradient_penalty(self, real, fake, alpha):
            interpolates = (alpha * real + ((1 - alpha) * fake)).requires_grad_(True)
            d_interpolates = self.model(interpolates)
            fake = torch.autograd.Variable(torch.Tensor(real.shape[0], 1).fill_(1.0), requires_grad=False)
            gradients = torch.autograd.grad(
                outputs=d_interpolates, inputs=interpolates, grad_outputs=fake.to(real.dtype), create_graph=True,
                retain_graph=True, only_inputs=True,
            )[0]  # fmt: skip
            gradients = gradients.view(gradients.size(0), -1)
            return ((gradients.norm(2, dim=1) - 1) ** 2).mean()

        def forward(self, real, fake, alpha):
            penalty = self.gradient_penalty(real.data, fake.data, alpha)
            return -torch.mean(self.model(real)) + torch.mean(self.model(fake)) + 10 * penalty

    return WGANGP(), (torch.randn(3, 4), torch.randn(3, 4), torch.rand(3, 1))


def wgan_gp_convolutional() -> Made:
    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.disc = nn.Sequential(nn.Conv2d(1, 2, 2, 2), nn.LeakyReLU(0.2), nn.Conv2d(2, 1, 2))

        def forward(self, real, fake, epsilon):
            mixed = (real * epsilon + fake * (1 - epsilon)).requires_grad_()
            scores = self.disc(mixed)
            gradient = torch.autograd.grad(
                inputs=mixed, outputs=scores, grad_outputs=torch.ones_like(scores), create_graph=True, retain_graph=True
            )[0]
            gradient = gradient.view(gradient.shape[0], -1)
            penalty = torch.mean((gradient.norm(2, dim=1) - 1) ** 2)
            return -(torch.mean(self.disc(real)) - torch.mean(self.disc(fake))) + 10 * penalty

    return Critic(), (torch.randn(2, 1, 4, 4), torch.randn(2, 1, 4, 4), torch.rand(2, 1, 1, 1))


def first_order_maml() -> Made:
    """The inner gradient is a constant for the outer one."""

    class FOMAML(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(2, 3)

        def forward(self, xs, ys, xq, yq):
            inner = F.cross_entropy(self.l(xs), ys)
            gw, gb = torch.autograd.grad(inner, [self.l.weight, self.l.bias])
            return F.cross_entropy(F.linear(xq, self.l.weight - 0.4 * gw, self.l.bias - 0.4 * gb), yq)

    return FOMAML(), (torch.randn(3, 2), torch.randint(3, (3,)), torch.randn(3, 2), torch.randint(3, (3,)))


def sliced_score_matching() -> Made:
    class Score(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(2, 4), nn.Softplus(), nn.Linear(4, 2))

        def forward(self, samples, vectors):
            samples = samples.requires_grad_(True)
            grad1 = self.net(samples)
            gradv = torch.sum(grad1 * vectors)
            grad2 = torch.autograd.grad(gradv, samples, create_graph=True)[0]
            return (torch.sum(grad1 * grad1, dim=-1) / 2.0 + torch.sum(vectors * grad2, dim=-1)).mean()

    return Score(), (torch.randn(3, 2), torch.randn(3, 2))


def pinn_by_functions() -> Made:
    """torch.func, as newer tutorials have it: the network as a function of one time, its derivatives by vmap(grad)."""

    class PINN(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(1, 3), nn.Tanh(), nn.Linear(3, 1))

        def forward(self, t):
            parameters = dict(self.net.named_parameters())

            def y(t, parameters):
                return torch.func.functional_call(self.net, parameters, (t.unsqueeze(0),)).squeeze()

            dydt2 = torch.func.vmap(torch.func.grad(torch.func.grad(y)), in_dims=(0, None))
            residual = dydt2(t, parameters) + torch.func.vmap(y, in_dims=(0, None))(t, parameters)
            return residual.square().mean() + (y(torch.zeros(()).to(t.dtype), parameters) - 1) ** 2

    return PINN(), (torch.rand(3),)


ZOO = {
    "PINN by torch.func": pinn_by_functions,
    "PINN, y'' = -y": pinn_of_an_oscillation,
    "WGAN-GP": wgan_gp,
    "WGAN-GP, convolutional": wgan_gp_convolutional,
    "first-order MAML": first_order_maml,
    "sliced score matching": sliced_score_matching,
}
