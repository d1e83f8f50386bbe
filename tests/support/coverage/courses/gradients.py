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


def pinn_of_burgers() -> Made:
    """Raissi's equation, as maziarraissi/PINNs has it in its PyTorch versions: two layers, x and t apart."""

    class Burgers(nn.Module):
        def __init__(self):
            super().__init__()
            self.dnn = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
            self.lambda_1, self.lambda_2 = nn.Parameter(torch.tensor([0.5])), nn.Parameter(torch.tensor([-3.0]))

        def forward(self, x, t, u):
            x, t = x.requires_grad_(), t.requires_grad_()
            u_pred = self.dnn(torch.cat([x, t], dim=1))
            ones = torch.ones_like(u_pred)
            u_t = torch.autograd.grad(u_pred, t, grad_outputs=ones, retain_graph=True, create_graph=True)[0]
            u_x = torch.autograd.grad(u_pred, x, grad_outputs=ones, retain_graph=True, create_graph=True)[0]
            u_xx = torch.autograd.grad(u_x, x, grad_outputs=torch.ones_like(u_x), retain_graph=True, create_graph=True)[
                0
            ]
            f = u_t + self.lambda_1 * u_pred * u_x - torch.exp(self.lambda_2) * u_xx
            return torch.mean((u - u_pred) ** 2) + torch.mean(f**2)

    return Burgers(), (torch.randn(2, 1), torch.rand(2, 1), torch.randn(2, 1))


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


def r1_penalty() -> Made:
    """StyleGAN's: the gradient of the sum at real pictures."""

    class R1(nn.Module):
        def __init__(self):
            super().__init__()
            self.d = nn.Sequential(nn.Linear(4, 4), nn.SiLU(), nn.Linear(4, 1))

        def forward(self, real_img):
            real_img = real_img.detach()
            real_img.requires_grad = True
            real_pred = self.d(real_img)
            (grad_real,) = torch.autograd.grad(outputs=real_pred.sum(), inputs=real_img, create_graph=True)
            grad_penalty = grad_real.pow(2).reshape(grad_real.shape[0], -1).sum(1).mean()
            return F.softplus(-real_pred).mean() + 10 / 2 * grad_penalty

    return R1(), (torch.randn(2, 4),)


def maml() -> Made:
    """One inner step by functional weights; the outer loss learns through it."""

    class MAML(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))

        def functional(self, x, w):
            return F.linear(F.relu(F.linear(x, w[0], w[1])), w[2], w[3])

        def forward(self, xs, ys, xq, yq):
            fast = list(self.net.parameters())
            for _ in range(2):
                loss = F.mse_loss(self.functional(xs, fast), ys)
                grads = torch.autograd.grad(loss, fast, create_graph=True)
                fast = [w - 0.1 * g for w, g in zip(fast, grads, strict=True)]
            return F.mse_loss(self.functional(xq, fast), yq)

    return MAML(), (torch.randn(3, 1), torch.randn(3, 1), torch.randn(3, 1), torch.randn(3, 1))


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


def hamiltonian() -> Made:
    """greydanus/hamiltonian-nn: the field is the turned gradient of H."""

    class HNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear1, self.linear2, self.linear3 = nn.Linear(2, 4), nn.Linear(4, 4), nn.Linear(4, 1, bias=False)
            self.register_buffer("M", torch.tensor([[0.0, 1], [-1, 0]]))

        def forward(self, x, dxdt):
            x = x.requires_grad_()
            F2 = self.linear3(torch.tanh(self.linear2(torch.tanh(self.linear1(x)))))
            dF2 = torch.autograd.grad(F2.sum(), x, create_graph=True)[0]
            return (dF2 @ self.M.t() - dxdt).pow(2).mean()

    return HNN(), (torch.randn(3, 2), torch.randn(3, 2))


def adversarial_training() -> Made:
    """FGSM: the network learns on inputs that were moved along the sign of their gradient."""

    class Adversarial(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))

        def forward(self, image, target):
            moved = image.detach().clone().requires_grad_(True)
            loss = F.nll_loss(F.log_softmax(self.net(moved), dim=1), target)
            data_grad = torch.autograd.grad(loss, moved)[0]
            perturbed = torch.clamp(image + 0.1 * data_grad.sign(), -3, 3)
            return F.nll_loss(F.log_softmax(self.net(perturbed), dim=1), target)

    return Adversarial(), (torch.randn(3, 4), torch.randint(3, (3,)))


def energy_based() -> Made:
    """Contrastive divergence: two Langevin steps on the input, without chance."""

    class Energy(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(3, 4), nn.SiLU(), nn.Linear(4, 1))

        def forward(self, real, start):
            x = start
            for _ in range(2):
                x = x.detach().requires_grad_(True)
                x = x - 0.3 * torch.autograd.grad(self.net(x).sum(), x)[0]
            fake = x.detach()
            e_real, e_fake = self.net(real).mean(), self.net(fake).mean()
            return e_real - e_fake + 0.1 * (e_real**2 + e_fake**2)

    return Energy(), (torch.randn(2, 3), torch.randn(2, 3))


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


def eikonal() -> Made:
    """A signed distance by sines (SIREN), whose gradient has length one."""

    class SDF(nn.Module):
        def __init__(self):
            super().__init__()
            self.l1, self.l2, self.l3 = nn.Linear(2, 4), nn.Linear(4, 4), nn.Linear(4, 1)

        def forward(self, coords):
            coords = coords.clone().detach().requires_grad_(True)
            sdf = self.l3(torch.sin(3 * self.l2(torch.sin(3 * self.l1(coords)))))
            gradient = torch.autograd.grad(sdf, [coords], grad_outputs=torch.ones_like(sdf), create_graph=True)[0]
            return torch.abs(gradient.norm(dim=-1) - 1).mean() + torch.abs(sdf).mean()

    return SDF(), (torch.randn(3, 2),)


def influence_of_a_backward() -> Made:
    """loss.backward(create_graph=True) and x.grad, as the book on PINNs of many has it."""

    class Backward(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 1))

        def forward(self, x, y):
            at = x.detach().clone().requires_grad_(True)
            out = self.net(at)
            (slope,) = torch.autograd.grad(out.sum(), at, create_graph=True)
            curvature = [torch.autograd.grad(slope[:, k].sum(), at, create_graph=True)[0][:, k] for k in range(2)]
            laplacian = torch.stack(curvature, dim=1).sum(1, keepdim=True)
            return F.mse_loss(laplacian, y) + F.mse_loss(out, y)

    return Backward(), (torch.randn(3, 2), torch.randn(3, 1))


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
    "PINN, Burgers": pinn_of_burgers,
    "PINN, Laplace": influence_of_a_backward,
    "WGAN-GP": wgan_gp,
    "WGAN-GP, convolutional": wgan_gp_convolutional,
    "R1 penalty": r1_penalty,
    "MAML": maml,
    "first-order MAML": first_order_maml,
    "Hamiltonian network": hamiltonian,
    "adversarial training": adversarial_training,
    "energy-based model": energy_based,
    "sliced score matching": sliced_score_matching,
    "eikonal SIREN": eikonal,
}
