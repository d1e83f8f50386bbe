"""The official tutorials of PyTorch, and its examples, small."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def polynomial_with_dynamic_depth() -> Made:
    class Legendre(nn.Module):
        def __init__(self):
            super().__init__()
            self.model, self.flat = nn.Linear(3, 1), nn.Flatten(0, 1)
            self.register_buffer("p", torch.tensor([1, 2, 3]))

        def forward(self, x, y):
            return F.mse_loss(self.flat(self.model(x.unsqueeze(-1).pow(self.p))), y, reduction="sum")

    x = torch.linspace(-1, 1, 5)
    return Legendre(), (x, torch.sin(x))


def neural_style() -> Made:
    """Neural transfer: layers that keep their loss as an attribute."""

    def gram_matrix(input):
        a, b, c, d = input.size()
        features = input.view(a * b, c * d)
        return torch.mm(features, features.t()).div(a * b * c * d)

    class ContentLoss(nn.Module):
        def __init__(self, target):
            super().__init__()
            self.target = target.detach()

        def forward(self, input):
            self.loss = F.mse_loss(input, self.target)
            return input

    class StyleLoss(ContentLoss):
        def __init__(self, target_feature):
            super().__init__(gram_matrix(target_feature))

        def forward(self, input):
            self.loss = F.mse_loss(gram_matrix(input), self.target)
            return input

    class Transfer(nn.Module):
        def __init__(self):
            super().__init__()
            conv = nn.Conv2d(1, 2, 3)
            self.content_losses = [ContentLoss(conv(torch.rand(1, 1, 4, 4)))]
            self.style_losses = [StyleLoss(conv(torch.rand(1, 1, 4, 4)))]
            self.model = nn.Sequential(conv, *self.content_losses, *self.style_losses, nn.ReLU())

        def forward(self, input_img):
            self.model(input_img.clamp(0, 1))
            style_score = content_score = 0
            for sl in self.style_losses:
                style_score += sl.loss
            for cl in self.content_losses:
                content_score += cl.loss
            return style_score * 1000 + content_score

    return Transfer(), (torch.rand(1, 1, 4, 4),)


def siamese_contrastive() -> Made:
    class ContrastiveLoss(nn.Module):
        def __init__(self, margin=2.0):
            super().__init__()
            self.margin, self.net = margin, nn.Sequential(nn.Linear(3, 4), nn.PReLU(), nn.Linear(4, 2))

        def forward(self, x1, x2, label):
            distance = F.pairwise_distance(self.net(x1), self.net(x2), keepdim=True)
            return torch.mean((1 - label) * torch.pow(distance, 2)
                              + label * torch.pow(torch.clamp(self.margin - distance, min=0.0), 2))  # fmt: skip

    return ContrastiveLoss(), (torch.randn(3, 3), torch.randn(3, 3), torch.tensor([[1.0], [0], [1]]))


def bilstm_crf() -> Made:
    """Advanced: the forward algorithm, in log space, over a loop of tags."""

    def log_sum_exp(vec):
        _, idx = torch.max(vec, 1)
        max_score = vec.gather(1, idx.view(-1, 1))[0, 0]
        max_score_broadcast = max_score.view(1, -1).expand(1, vec.size()[1])
        return max_score + torch.log(torch.sum(torch.exp(vec - max_score_broadcast)))

    class CRF(nn.Module):
        def __init__(self, tags=4, start=2, stop=3):
            super().__init__()
            self.tagset_size, self.start, self.stop = tags, start, stop
            self.embeds, self.lstm = nn.Embedding(5, 2), nn.LSTM(2, 2, num_layers=1, bidirectional=True)
            self.hidden2tag, self.transitions = nn.Linear(4, tags), nn.Parameter(torch.randn(tags, tags))
            self.transitions.data[start, :], self.transitions.data[:, stop] = -100, -100

        def _forward_alg(self, feats):
            init_alphas = torch.full((1, self.tagset_size), -100.0)
            init_alphas[0][self.start] = 0.0
            forward_var = init_alphas
            for feat in feats:
                alphas_t = []
                for next_tag in range(self.tagset_size):
                    emit_score = feat[next_tag].view(1, -1).expand(1, self.tagset_size)
                    trans_score = self.transitions[next_tag].view(1, -1)
                    alphas_t.append(log_sum_exp(forward_var + trans_score + emit_score).view(1))
                forward_var = torch.cat(alphas_t).view(1, -1)
            return log_sum_exp(forward_var + self.transitions[self.stop])

        def _score_sentence(self, feats, tags):
            score = torch.zeros(1)
            tags = torch.cat([torch.tensor([self.start], dtype=torch.long), tags])
            for i, feat in enumerate(feats):
                score = score + self.transitions[tags[i + 1], tags[i]] + feat[tags[i + 1]]
            return score + self.transitions[self.stop, tags[-1]]

        def forward(self, sentence, tags):
            hidden = torch.zeros(2, 1, 2), torch.zeros(2, 1, 2)
            lstm_out, _ = self.lstm(self.embeds(sentence).view(len(sentence), 1, -1), hidden)
            feats = self.hidden2tag(lstm_out.view(len(sentence), 4))
            return (self._forward_alg(feats) - self._score_sentence(feats, tags)).sum()

    return CRF(), (torch.randint(5, (2,)), torch.randint(2, (2,)))


ZOO = {
    "PyTorch tutorial, a polynomial by powers": polynomial_with_dynamic_depth,
    "PyTorch tutorial, neural style": neural_style,
    "Siamese, contrastive loss": siamese_contrastive,
    "PyTorch tutorial, BiLSTM-CRF": bilstm_crf,
}
