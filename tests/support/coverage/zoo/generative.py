"""Networks that make something, learn by reward, or know graphs: GAN, VAE, diffusion, DQN, GCN and their kin."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def generator(training: bool = True) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(3, 4, 2, 1, 0, bias=False), nn.BatchNorm2d(4), nn.ReLU(True),
        nn.ConvTranspose2d(4, 1, 2, 2, 0, bias=False), nn.Tanh(),
    ).train(training)  # fmt: skip


def discriminator(training: bool = True) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 2, 2, 2, 0, bias=False), nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(2, 3, 2, 1, 0, bias=False),
        nn.BatchNorm2d(3), nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(3, 1, 1), nn.Sigmoid(), nn.Flatten(0),
    ).train(training)  # fmt: skip


class GAN(nn.Module):
    """Both players; the loss of one of them."""

    def __init__(self, of_generator: bool) -> None:
        super().__init__()
        self.G, self.D, self.of_generator = generator(), discriminator(), of_generator

    def forward(self, noise, real):
        made = self.G(noise)
        if self.of_generator:
            return F.binary_cross_entropy(self.D(made), torch.ones(len(noise)))
        right, wrong = self.D(real), self.D(made.detach())
        return F.binary_cross_entropy(right, torch.ones_like(right)) + F.binary_cross_entropy(
            wrong, torch.zeros_like(wrong)
        )


def dcgan_generator() -> Made:
    return GAN(True), (torch.randn(2, 3, 1, 1), torch.randn(2, 1, 4, 4))


def dcgan_discriminator() -> Made:
    return GAN(False), (torch.randn(2, 3, 1, 1), torch.randn(2, 1, 4, 4))


class VAE(nn.Module):
    """pytorch/examples: vae. The noise is an input, or is drawn inside."""

    def __init__(self, draws: bool) -> None:
        super().__init__()
        self.fc1, self.fc21, self.fc22, self.fc3, self.fc4 = (
            nn.Linear(6, 4), nn.Linear(4, 2), nn.Linear(4, 2), nn.Linear(2, 4), nn.Linear(4, 6))  # fmt: skip
        self.draws = draws

    def forward(self, x, noise):
        h = F.relu(self.fc1(x))
        mu, logvar = self.fc21(h), self.fc22(h)
        std = torch.exp(0.5 * logvar)
        z = mu + (torch.randn_like(std) if self.draws else noise) * std
        made = torch.sigmoid(self.fc4(F.relu(self.fc3(z))))
        kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return F.binary_cross_entropy(made, x, reduction="sum") + kld


def vae() -> Made:
    return VAE(False), (torch.rand(2, 6), torch.randn(2, 2))


def vae_that_draws() -> Made:
    return VAE(True), (torch.rand(2, 6), torch.randn(2, 2))


def wgan() -> Made:
    class WGAN(nn.Module):
        def __init__(self):
            super().__init__()
            self.G, self.D = nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1))

        def forward(self, noise, real):
            return self.D(self.G(noise)).mean() - self.D(real).mean()

    return WGAN(), (torch.randn(3, 2), torch.randn(3, 3))


def diffusion() -> Made:
    """DDPM: the noise that was added at a step is to be guessed; the step is embedded by sines."""

    class Diffusion(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(8, 6), nn.SiLU(), nn.Linear(6, 4))
            self.register_buffer("alphas", torch.cumprod(1 - torch.linspace(1e-4, 0.02, 10, dtype=torch.float64), 0))

        def forward(self, x, noise, t):
            alpha = self.alphas[t][:, None]
            noisy = alpha.sqrt() * x + (1 - alpha).sqrt() * noise
            frequencies = torch.exp(-math.log(1e4) * torch.arange(2) / 2)
            angles = t[:, None] * frequencies
            step = torch.cat([angles.sin(), angles.cos()], -1)
            return F.mse_loss(self.net(torch.cat([noisy, step], -1)), noise)

    return Diffusion(), (torch.randn(3, 4), torch.randn(3, 4), torch.tensor([0, 4, 9]))


def realnvp() -> Made:
    """A normalizing flow of two affine couplings."""

    class Flow(nn.Module):
        def __init__(self):
            super().__init__()
            self.nets = nn.ModuleList(nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4)) for _ in range(2))

        def forward(self, x):
            log_det = 0
            for net in self.nets:
                one, other = x.chunk(2, 1)
                scale, shift = net(one).chunk(2, 1)
                scale = torch.tanh(scale)
                x = torch.cat([other * scale.exp() + shift, one], 1)
                log_det = log_det + scale.sum(1)
            return (0.5 * (x**2).sum(1) + 0.5 * 4 * math.log(2 * math.pi) - log_det).mean()

    return Flow(), (torch.randn(3, 4),)


def vq_vae() -> Made:
    """The nearest code, chosen by live distances; straight-through gradient."""

    class VQ(nn.Module):
        def __init__(self):
            super().__init__()
            self.encode, self.codes, self.decode = nn.Linear(4, 2), nn.Embedding(3, 2), nn.Linear(2, 4)

        def forward(self, x):
            z = self.encode(x)
            distances = z.pow(2).sum(1, keepdim=True) + self.codes.weight.pow(2).sum(1) - 2 * z @ self.codes.weight.t()
            q = self.codes(distances.argmin(1))
            loss = F.mse_loss(q, z.detach()) + 0.25 * F.mse_loss(q.detach(), z)
            return F.mse_loss(self.decode(z + (q - z).detach()), x) + loss

    return VQ(), (torch.randn(3, 4),)


def dqn() -> Made:
    """The loss of deep Q-learning: the Q-values of actions taken, against a target network without gradient."""

    class DQN(nn.Module):
        def __init__(self):
            super().__init__()
            self.policy, self.target = (nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2)) for _ in range(2))

        def forward(self, state, action, reward, following, done):
            values = self.policy(state).gather(1, action)
            with torch.no_grad():
                best = self.target(following).max(1).values
            expected = reward + 0.99 * best * (1 - done)
            return F.smooth_l1_loss(values, expected.unsqueeze(1))

    given = (
        torch.randn(3, 4),
        torch.tensor([[0], [1], [1]]),
        torch.randn(3),
        torch.randn(3, 4),
        torch.tensor([0.0, 1, 0]),
    )
    return DQN(), given


def reinforce() -> Made:
    class Policy(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))

        def forward(self, state, action, returns):
            returns = (returns - returns.mean()) / (returns.std() + 1e-8)
            chosen = torch.distributions.Categorical(logits=self.net(state)).log_prob(action)
            return -(chosen * returns).sum()

    return Policy(), (torch.randn(4, 4), torch.tensor([0, 1, 1, 0]), torch.randn(4))


def ppo() -> Made:
    class PPO(nn.Module):
        def __init__(self):
            super().__init__()
            self.actor, self.critic = nn.Linear(3, 2), nn.Linear(3, 1)

        def forward(self, state, action, before, advantage, returns):
            log = F.log_softmax(self.actor(state), -1)
            ratio = (log.gather(1, action[:, None]).squeeze(1) - before).exp()
            policy = -torch.min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage).mean()
            entropy = -(log.exp() * log).sum(-1).mean()
            return policy + 0.5 * F.mse_loss(self.critic(state).squeeze(-1), returns) - 0.01 * entropy

    given = (torch.randn(4, 3), torch.tensor([0, 1, 1, 0]), -torch.rand(4), torch.randn(4), torch.randn(4))
    return PPO(), given


class GraphConvolution(nn.Module):
    """Kipf and Welling's layer."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(before, after)), nn.Parameter(torch.zeros(after))

    def forward(self, x, adjacency):
        return torch.spmm(adjacency, torch.mm(x, self.weight)) + self.bias


def gcn() -> Made:
    class GCN(nn.Module):
        def __init__(self):
            super().__init__()
            self.gc1, self.gc2 = GraphConvolution(3, 4), GraphConvolution(4, 2)

        def forward(self, x, adjacency, labels):
            x = F.dropout(F.relu(self.gc1(x, adjacency)), 0.5, training=False)
            return F.nll_loss(F.log_softmax(self.gc2(x, adjacency), dim=1)[:3], labels)

    adjacency = (torch.rand(5, 5) > 0.5).double() + torch.eye(5)
    return GCN(), (torch.randn(5, 3), adjacency / adjacency.sum(1, keepdim=True), torch.tensor([0, 1, 1]))


def message_passing() -> Made:
    """A graph layer by edges: gather, scatter_add."""

    class Messages(nn.Module):
        def __init__(self):
            super().__init__()
            self.message, self.out = nn.Linear(6, 3), nn.Linear(3, 2)
            self.register_buffer("edges", torch.tensor([[0, 1, 2, 3, 0], [1, 2, 3, 0, 2]]))

        def forward(self, x, labels):
            source, target = self.edges
            messages = F.relu(self.message(torch.cat([x[source], x[target]], 1)))
            gathered = torch.zeros(4, 3).index_add(0, target, messages)
            return F.cross_entropy(self.out(gathered), labels)

    return Messages(), (torch.randn(4, 3), torch.tensor([0, 1, 1, 0]))


def gat() -> Made:
    """Graph attention: softmax over neighbours, others masked."""

    class GAT(nn.Module):
        def __init__(self):
            super().__init__()
            self.W, self.a = nn.Parameter(torch.randn(3, 4)), nn.Parameter(torch.randn(8, 1))
            self.register_buffer("adjacency", torch.tensor([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]]))

        def forward(self, x, labels):
            h = x @ self.W
            e = F.leaky_relu(h @ self.a[:4] + (h @ self.a[4:]).T, 0.2)
            attention = F.softmax(torch.where(self.adjacency > 0, e, -9e15 * torch.ones_like(e)), dim=1)
            return F.cross_entropy(F.elu(attention @ h), labels)

    return GAT(), (torch.randn(4, 3), torch.tensor([0, 1, 3, 0]))


ZOO = {
    "DCGAN, generator": dcgan_generator, "DCGAN, discriminator": dcgan_discriminator, "VAE": vae,
    "VAE that draws its noise": vae_that_draws, "Wasserstein GAN": wgan, "DDPM": diffusion, "RealNVP": realnvp,
    "VQ-VAE": vq_vae, "DQN loss": dqn, "REINFORCE": reinforce, "PPO loss": ppo, "GCN": gcn,
    "message passing": message_passing, "GAT": gat,
}  # fmt: skip
