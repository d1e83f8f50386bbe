"""fast.ai's networks, small."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def tabular() -> Made:
    """fast.ai: embeddings of categories, batch norm of numbers, blocks of linear, relu, batch norm."""

    class TabularModel(nn.Module):
        def __init__(self):
            super().__init__()
            self.embeds = nn.ModuleList([nn.Embedding(3, 2), nn.Embedding(4, 2)])
            self.emb_drop, self.bn_cont = nn.Dropout(0.0), nn.BatchNorm1d(2)
            self.layers = nn.Sequential(
                nn.Sequential(nn.Linear(6, 4, bias=False), nn.ReLU(inplace=True), nn.BatchNorm1d(4)),
                nn.Sequential(nn.Linear(4, 2)),
            )

        def forward(self, x_cat, x_cont, y):
            x = [e(x_cat[:, i]) for i, e in enumerate(self.embeds)]
            x = self.emb_drop(torch.cat(x, 1))
            x = torch.cat([x, self.bn_cont(x_cont)], 1)
            return F.cross_entropy(self.layers(x), y)

    return TabularModel(), (torch.tensor([[0, 3], [2, 1], [1, 0]]), torch.randn(3, 2), torch.randint(2, (3,)))


def mnist_loss() -> Made:
    """fast.ai, lesson 4: 3 or 7, with torch.where as the loss."""

    class Threes(nn.Module):
        def __init__(self):
            super().__init__()
            self.w1, self.b1 = nn.Parameter(torch.randn(4, 3)), nn.Parameter(torch.randn(3))
            self.w2, self.b2 = nn.Parameter(torch.randn(3, 1)), nn.Parameter(torch.randn(1))

        def forward(self, xb, targets):
            res = (xb @ self.w1 + self.b1).max(torch.tensor(0.0))
            predictions = (res @ self.w2 + self.b2).sigmoid()
            return torch.where(targets == 1, 1 - predictions, predictions).mean()

    return Threes(), (torch.randn(3, 4), torch.tensor([[1], [0], [1]]))


def awd_lstm() -> Made:
    """fast.ai: weights of an LSTM dropped by a mask that is drawn, and activation regularization."""

    class WeightDropout(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.rnn, self.decoder = nn.Embedding(5, 3), nn.LSTM(3, 3, batch_first=True), nn.Linear(3, 5)
            self.raw, self.weight_p = nn.Parameter(self.rnn.weight_hh_l0.data.clone()), 0.5

        def forward(self, x, y):
            self.rnn.flatten_parameters()
            raw, _ = self.rnn(self.encoder(x))
            mixed = raw @ F.dropout(self.raw[:3], p=self.weight_p, training=self.training)
            loss = F.cross_entropy(self.decoder(mixed).view(-1, 5), y.view(-1))
            loss += 2.0 * raw.float().pow(2).mean()
            return loss + 1.0 * (raw[:, 1:] - raw[:, :-1]).float().pow(2).mean()

    return WeightDropout(), (torch.randint(5, (1, 3)), torch.randint(5, (1, 3)))


def label_smoothing_and_mixup() -> Made:
    class Smoothed(nn.Module):
        def __init__(self, eps=0.1):
            super().__init__()
            self.eps, self.net = eps, nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 3))

        def loss(self, output, target):
            c = output.size()[1]
            log_preds = F.log_softmax(output, dim=1)
            loss = -log_preds.sum(dim=1).mean()
            return loss * self.eps / c + (1 - self.eps) * F.nll_loss(log_preds, target.long())

        def forward(self, x, y, lam):
            shuffle = torch.arange(len(x) - 1, -1, -1)
            mixed = torch.lerp(x[shuffle], x, lam)
            preds = self.net(mixed)
            return torch.lerp(self.loss(preds, y[shuffle]), self.loss(preds, y), lam.mean())

    return Smoothed(), (torch.randn(3, 3), torch.randint(3, (3,)), torch.rand(3, 1))


ZOO = {
    "fast.ai, tabular": tabular,
    "fast.ai, threes and sevens": mnist_loss,
    "fast.ai, AWD-LSTM": awd_lstm,
    "fast.ai, label smoothing and mixup": label_smoothing_and_mixup,
}
