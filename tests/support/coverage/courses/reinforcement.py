"""Spinning Up and its kin: the losses of VPG, PPO, DDPG, TD3, SAC and A2C, small."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Categorical, Normal

from tests.support.coverage.case import Made


def mlp(sizes, activation, output_activation=nn.Identity):
    layers = []
    for j in range(len(sizes) - 1):
        act = activation if j < len(sizes) - 2 else output_activation
        layers += [nn.Linear(sizes[j], sizes[j + 1]), act()]
    return nn.Sequential(*layers)


def vpg() -> Made:
    class VPG(nn.Module):
        def __init__(self):
            super().__init__()
            self.logits_net = mlp([3, 4, 2], nn.Tanh)

        def forward(self, obs, act, weights):
            logp = Categorical(logits=self.logits_net(obs)).log_prob(act)
            return -(logp * weights).mean()

    return VPG(), (torch.randn(4, 3), torch.randint(2, (4,)), torch.randn(4))


def ppo() -> Made:
    class PPO(nn.Module):
        def __init__(self, clip_ratio=0.2):
            super().__init__()
            self.log_std = nn.Parameter(torch.as_tensor(-0.5 * np.ones(2, dtype=np.float32)))
            self.mu_net, self.v_net, self.clip_ratio = mlp([3, 4, 2], nn.Tanh), mlp([3, 4, 1], nn.Tanh), clip_ratio

        def forward(self, obs, act, adv, logp_old, ret):
            pi = Normal(self.mu_net(obs), torch.exp(self.log_std))
            logp = pi.log_prob(act).sum(axis=-1)
            ratio = torch.exp(logp - logp_old)
            clip_adv = torch.clamp(ratio, 1 - self.clip_ratio, 1 + self.clip_ratio) * adv
            loss_pi = -(torch.min(ratio * adv, clip_adv)).mean()
            approx_kl = (logp_old - logp).mean().item()
            ent = pi.entropy().mean().item()
            self.pi_info = dict(kl=approx_kl, ent=ent)
            return loss_pi + ((torch.squeeze(self.v_net(obs), -1) - ret) ** 2).mean()

    return PPO(), (torch.randn(3, 3), torch.randn(3, 2), torch.randn(3), torch.randn(3) - 2, torch.randn(3))


class Q(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = mlp([5, 4, 1], nn.ReLU)

    def forward(self, obs, act):
        return torch.squeeze(self.q(torch.cat([obs, act], dim=-1)), -1)


def ddpg() -> Made:
    class DDPG(nn.Module):
        def __init__(self):
            super().__init__()
            self.pi, self.q, self.pi_targ, self.q_targ = (mlp([3, 4, 2], nn.ReLU, nn.Tanh), Q(),
                                                          mlp([3, 4, 2], nn.ReLU, nn.Tanh), Q())  # fmt: skip
            for p in self.q_targ.parameters():
                p.requires_grad = False

        def forward(self, o, a, r, o2, d):
            q = self.q(o, a)
            with torch.no_grad():
                q_pi_targ = self.q_targ(o2, self.pi_targ(o2))
                backup = r + 0.99 * (1 - d) * q_pi_targ
            return ((q - backup) ** 2).mean() - self.q(o, self.pi(o)).mean()

    return DDPG(), (torch.randn(3, 3), torch.randn(3, 2), torch.randn(3), torch.randn(3, 3), torch.tensor([0.0, 1, 0]))


def td3() -> Made:
    class TD3(nn.Module):
        def __init__(self):
            super().__init__()
            self.q1, self.q2, self.pi_targ = Q(), Q(), mlp([3, 4, 2], nn.ReLU, nn.Tanh)

        def forward(self, o, a, r, o2, d):
            with torch.no_grad():
                pi_targ = self.pi_targ(o2)
                epsilon = torch.randn_like(pi_targ) * 0.2
                a2 = torch.clamp(pi_targ + torch.clamp(epsilon, -0.5, 0.5), -1, 1)
                backup = r + 0.99 * (1 - d) * torch.min(self.q1(o2, a2), self.q2(o2, a2))
            return ((self.q1(o, a) - backup) ** 2).mean() + ((self.q2(o, a) - backup) ** 2).mean()

    return TD3(), (torch.randn(3, 3), torch.randn(3, 2), torch.randn(3), torch.randn(3, 3), torch.tensor([0.0, 1, 0]))


def sac() -> Made:
    class SAC(nn.Module):
        def __init__(self):
            super().__init__()
            self.net, self.mu_layer, self.log_std_layer = (
                mlp([3, 4], nn.ReLU, nn.ReLU),
                nn.Linear(4, 2),
                nn.Linear(4, 2),
            )
            self.q1, self.q2 = Q(), Q()

        def pi(self, obs):
            net_out = self.net(obs)
            mu, log_std = self.mu_layer(net_out), torch.clamp(self.log_std_layer(net_out), -20, 2)
            pi_distribution = Normal(mu, torch.exp(log_std))
            pi_action = pi_distribution.rsample()
            logp_pi = pi_distribution.log_prob(pi_action).sum(axis=-1)
            logp_pi -= (2 * (np.log(2) - pi_action - F.softplus(-2 * pi_action))).sum(axis=1)
            return torch.tanh(pi_action), logp_pi

        def forward(self, o, a, r, o2):
            with torch.no_grad():
                a2, logp_a2 = self.pi(o2)
                backup = r + 0.99 * (torch.min(self.q1(o2, a2), self.q2(o2, a2)) - 0.2 * logp_a2)
            loss_q = ((self.q1(o, a) - backup) ** 2).mean() + ((self.q2(o, a) - backup) ** 2).mean()
            pi, logp_pi = self.pi(o)
            return loss_q + (0.2 * logp_pi - torch.min(self.q1(o, pi), self.q2(o, pi))).mean()

    return SAC(), (torch.randn(2, 3), torch.randn(2, 2), torch.randn(2), torch.randn(2, 3))


def actor_critic() -> Made:
    """pytorch/examples: the action is drawn from what is computed."""

    class Policy(nn.Module):
        def __init__(self):
            super().__init__()
            self.affine1, self.action_head, self.value_head = nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(4, 1)

        def forward(self, x, returns):
            x = F.relu(self.affine1(x))
            m = Categorical(F.softmax(self.action_head(x), dim=-1))
            action, value = m.sample(), self.value_head(x).squeeze(-1)
            advantage = returns - value.detach()
            return (-m.log_prob(action) * advantage).sum() + F.smooth_l1_loss(value, returns)

    return Policy(), (torch.randn(4, 3), torch.randn(4))


def double_dqn() -> Made:
    class DoubleDQN(nn.Module):
        def __init__(self):
            super().__init__()
            self.feature, self.advantage, self.value = nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(4, 1)
            self.target = nn.Linear(3, 2)

        def online(self, x):
            x = torch.relu(self.feature(x))
            advantage = self.advantage(x)
            return self.value(x) + advantage - advantage.mean(dim=1, keepdim=True)

        def forward(self, state, action, reward, next_state, done):
            q_value = self.online(state).gather(1, action.unsqueeze(1)).squeeze(1)
            with torch.no_grad():
                best = torch.max(self.online(next_state), 1)[1].unsqueeze(1)
                expected = reward + 0.99 * self.target(next_state).gather(1, best).squeeze(1) * (1 - done)
            return F.smooth_l1_loss(q_value, expected)

    return DoubleDQN(), (
        torch.randn(3, 3),
        torch.randint(2, (3,)),
        torch.randn(3),
        torch.randn(3, 3),
        torch.tensor([0.0, 1, 0]),
    )


ZOO = {
    "Spinning Up, VPG": vpg,
    "Spinning Up, PPO": ppo,
    "Spinning Up, DDPG": ddpg,
    "Spinning Up, TD3": td3,
    "Spinning Up, SAC": sac,
    "PyTorch examples, actor-critic": actor_critic,
    "Double DQN with advantages": double_dqn,
}
