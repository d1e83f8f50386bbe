"""Reinforcement learning, as CleanRL and PyTorch's examples write its losses."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Categorical

from tests.support.coverage.case import Made


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


ZOO = {
    "PyTorch examples, actor-critic": actor_critic,
    "CleanRL, PPO": ppo,
    "CleanRL, C51": categorical_dqn,
}
