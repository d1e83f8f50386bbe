"""Reinforcement learning, as CleanRL, Spinning Up and others write its losses."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Categorical, Normal

from tests.support.coverage.case import Made


def ppo() -> Made:
    """Advantages backward through time, clipped values too."""

    def layer_init(layer, std=1.4142, bias_const=0.0):
        torch.nn.init.orthogonal_(layer.weight, std)
        torch.nn.init.constant_(layer.bias, bias_const)
        return layer

    class Agent(nn.Module):
        def __init__(self):
            super().__init__()
            self.critic = nn.Sequential(layer_init(nn.Linear(3, 4)), nn.Tanh(), layer_init(nn.Linear(4, 1), std=1.0))
            self.actor = nn.Sequential(layer_init(nn.Linear(3, 4)), nn.Tanh(), layer_init(nn.Linear(4, 2), std=0.01))

        def get_action_and_value(self, x, action=None):
            logits = self.actor(x)
            probs = Categorical(logits=logits)
            if action is None:
                action = probs.sample()
            return action, probs.log_prob(action), probs.entropy(), self.critic(x)

        def forward(self, obs, actions, logprobs, rewards, dones, next_obs, next_done):
            with torch.no_grad():
                values = self.critic(obs).flatten()
                next_value = self.critic(next_obs).reshape(1, -1)
                advantages = torch.zeros_like(rewards)
                lastgaelam = 0
                for t in reversed(range(4)):
                    if t == 3:
                        nextnonterminal = 1.0 - next_done
                        nextvalues = next_value
                    else:
                        nextnonterminal = 1.0 - dones[t + 1]
                        nextvalues = values[t + 1]
                    delta = rewards[t] + 0.99 * nextvalues * nextnonterminal - values[t]
                    advantages[t] = lastgaelam = delta + 0.99 * 0.95 * nextnonterminal * lastgaelam
                returns = advantages + values
            _, newlogprob, entropy, newvalue = self.get_action_and_value(obs, actions.long())
            logratio = newlogprob - logprobs
            ratio = logratio.exp()
            clipfracs = []
            with torch.no_grad():
                self.approx_kl = ((ratio - 1) - logratio).mean()
                clipfracs += [((ratio - 1.0).abs() > 0.2).float().mean().item()]
            adv = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
            pg_loss = torch.max(-adv * ratio, -adv * torch.clamp(ratio, 1 - 0.2, 1 + 0.2)).mean()
            newvalue = newvalue.view(-1)
            v_loss = (
                0.5
                * torch.max(
                    (newvalue - returns) ** 2, (values + torch.clamp(newvalue - values, -0.2, 0.2) - returns) ** 2
                ).mean()
            )
            return pg_loss - 0.01 * entropy.mean() + v_loss * 0.5

    return Agent(), (
        torch.randn(4, 3),
        torch.tensor([0, 1, 1, 0]),
        torch.log(torch.rand(4) * 0.4 + 0.3),
        torch.randn(4),
        torch.zeros(4),
        torch.randn(1, 3),
        torch.zeros(1),
    )


def categorical_dqn() -> Made:
    """Probabilities moved to atoms, row by row, in place."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.net, self.target = nn.Linear(3, 10), nn.Linear(3, 10)
            self.register_buffer("atoms", torch.linspace(-2, 2, steps=5))

        def act(self, net, x, action=None):
            pmfs = torch.softmax(net(x).view(len(x), 2, 5), dim=2)
            q = (pmfs * self.atoms).sum(2)
            if action is None:
                action = torch.argmax(q, 1)
            return action, pmfs[torch.arange(len(x)), action]

        def forward(self, s, a, r, s2, done):
            with torch.no_grad():
                _, np_ = self.act(self.target, s2)
                na = r + 0.99 * self.atoms * (1 - done)
                dz = self.atoms[1] - self.atoms[0]
                tz = na.clamp(-2, 2)
                b = (tz - -2) / dz
                l, u = b.floor().clamp(0, 4), b.ceil().clamp(0, 4)
                dml = (u + (l == u).float() - b) * np_
                dmu = (b - l) * np_
                tp = torch.zeros_like(np_)
                for i in range(tp.size(0)):
                    tp[i].index_add_(0, l[i].long(), dml[i])
                    tp[i].index_add_(0, u[i].long(), dmu[i])
            _, old = self.act(self.net, s, a.flatten())
            return (-(tp * old.clamp(min=1e-5, max=1 - 1e-5).log()).sum(-1)).mean()

    return M(), (
        torch.randn(2, 3),
        torch.tensor([[0], [1]]),
        torch.randn(2, 1),
        torch.randn(2, 3),
        torch.tensor([[0.0], [1.0]]),
    )


def quantile_dqn() -> Made:
    """Quantile Huber loss, dueling."""

    class NoisyLinear(nn.Module):
        def __init__(self, i, o):
            super().__init__()
            self.mu_w, self.sig_w, self.mu_b, self.sig_b = (
                nn.Parameter(torch.empty(*s).uniform_(-0.5, 0.5)) for s in ((o, i), (o, i), (o,), (o,))
            )
            self.register_buffer("we", torch.empty(o, i))
            self.register_buffer("be", torch.empty(o))
            self.i, self.o = i, o
            self.reset_noise()

        def f(self, n):
            x = torch.randn(n)
            return x.sign().mul(x.abs().sqrt())

        def reset_noise(self):
            a, b = self.f(self.i), self.f(self.o)
            self.we.copy_(b.outer(a))
            self.be.copy_(b)

        def forward(self, x):
            return (
                F.linear(x, self.mu_w + self.sig_w * self.we, self.mu_b + self.sig_b * self.be)
                if self.training
                else F.linear(x, self.mu_w, self.mu_b)
            )

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.v, self.a = NoisyLinear(3, 3), NoisyLinear(3, 6)
            self.register_buffer("taus", (torch.arange(3) + 0.5) / 3)

        def forward(self, s, a, tz):
            v, adv = self.v(s).view(-1, 1, 3), self.a(s).view(-1, 2, 3)
            q = v + adv - adv.mean(1, keepdim=True)
            th = q.gather(1, a[:, None, None].expand(-1, -1, 3)).squeeze(1)
            u = tz.unsqueeze(1) - th.unsqueeze(2)
            hub = torch.where(u.abs() <= 1, 0.5 * u.pow(2), u.abs() - 0.5)
            return (torch.abs(self.taus[None, :, None] - (u.detach() < 0).float()) * hub).sum(1).mean()

    return M(), (torch.randn(2, 3), torch.tensor([0, 1]), torch.randn(2, 3))


def grpo() -> Made:
    """Advantages within groups, per token."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.emb, self.gru, self.head = nn.Embedding(5, 3), nn.GRU(3, 3, batch_first=True), nn.Linear(3, 5)

        def forward(self, ids, old_lp, ref_lp, rewards, mask):
            logits = self.head(self.gru(self.emb(ids))[0])[:, :-1]
            lp = logits.log_softmax(-1).gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)
            g = rewards.view(-1, 2)
            adv = ((g - g.mean(1, keepdim=True)) / (g.std(dim=1, keepdim=True) + 1e-4)).view(-1, 1)
            c1 = torch.exp(lp - old_lp)
            c2 = torch.clamp(c1, 0.8, 1.2)
            kl = torch.exp(ref_lp - lp) - (ref_lp - lp) - 1
            per = -torch.min(c1 * adv, c2 * adv) + 0.04 * kl
            return ((per * mask).sum(dim=1) / mask.sum(dim=1)).mean()

    return M(), (
        torch.tensor([[1, 2, 3], [0, 4, 2]]),
        -torch.rand(2, 2) - 1,
        -torch.rand(2, 2) - 1,
        torch.tensor([1.0, 0.0]),
        torch.tensor([[1.0, 1], [1, 0]]),
    )


def mlp(sizes, activation, output_activation=nn.Identity):
    layers = []
    for j in range(len(sizes) - 1):
        act = activation if j < len(sizes) - 2 else output_activation
        layers += [nn.Linear(sizes[j], sizes[j + 1]), act()]
    return nn.Sequential(*layers)


class Q(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = mlp([5, 4, 1], nn.ReLU)

    def forward(self, obs, act):
        return torch.squeeze(self.q(torch.cat([obs, act], dim=-1)), -1)


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


ZOO = {
    "CleanRL, PPO": ppo,
    "CleanRL, C51": categorical_dqn,
    "QR-DQN with noisy layers": quantile_dqn,
    "GRPO": grpo,
    "Spinning Up, SAC": sac,
    "PyTorch examples, actor-critic": actor_critic,
}
