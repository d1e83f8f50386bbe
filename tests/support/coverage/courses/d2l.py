"""Dive into Deep Learning (d2l.ai): its networks, small, built as the book builds them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made
from tests.support.coverage.courses.classics import classified


def softmax_regression_from_scratch() -> Made:
    class SoftmaxRegression(nn.Module):
        def __init__(self):
            super().__init__()
            self.W, self.b = nn.Parameter(torch.randn(6, 3) * 0.1), nn.Parameter(torch.zeros(3))

        def forward(self, X, y):
            X_exp = torch.exp(torch.matmul(X.reshape((-1, self.W.shape[0])), self.W) + self.b)
            y_hat = X_exp / X_exp.sum(1, keepdims=True)
            return -torch.log(y_hat[list(range(len(y_hat))), y]).mean()

    return SoftmaxRegression(), (torch.randn(4, 1, 2, 3), torch.randint(3, (4,)))


def dropout_from_scratch() -> Made:
    def dropout_layer(X, dropout):
        mask = (torch.rand(X.shape) > dropout).float()
        return mask * X / (1.0 - dropout)

    class DropoutMLP(nn.Module):
        def __init__(self):
            super().__init__()
            self.lin1, self.lin2, self.relu = nn.Linear(4, 5), nn.Linear(5, 3), nn.ReLU()

        def forward(self, X, y):
            H1 = self.relu(self.lin1(X.reshape((X.shape[0], -1))))
            if self.training:
                H1 = dropout_layer(H1, 0.5)
            return F.cross_entropy(self.lin2(H1), y)

    return DropoutMLP(), (torch.randn(3, 1, 2, 2), torch.randint(3, (3,)))


def lenet() -> Made:
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.Sigmoid(), nn.AvgPool2d(2, 2), nn.Conv2d(2, 3, 3), nn.Sigmoid(),
        nn.AvgPool2d(2, 2), nn.Flatten(), nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 3),
    )  # fmt: skip
    return classified(net, 2, 1, 8, 8)


def sequence_mask(X, valid_len, value):
    maxlen = X.size(1)
    mask = torch.arange((maxlen), dtype=torch.float32, device=X.device)[None, :] < valid_len[:, None]
    X[~mask] = value
    return X


def masked_softmax(X, valid_lens):
    if valid_lens is None:
        return nn.functional.softmax(X, dim=-1)
    shape = X.shape
    valid_lens = torch.repeat_interleave(valid_lens, shape[1]) if valid_lens.dim() == 1 else valid_lens.reshape(-1)
    X = sequence_mask(X.reshape(-1, shape[-1]), valid_lens, value=-1e6)
    return nn.functional.softmax(X.reshape(shape), dim=-1)


def additive_attention() -> Made:
    class AdditiveAttention(nn.Module):
        def __init__(self, num_hiddens):
            super().__init__()
            self.W_k, self.W_q = nn.LazyLinear(num_hiddens, bias=False), nn.LazyLinear(num_hiddens, bias=False)
            self.w_v = nn.LazyLinear(1, bias=False)

        def forward(self, queries, keys, valid_lens):
            queries, keys_ = self.W_q(queries), self.W_k(keys)
            features = torch.tanh(queries.unsqueeze(2) + keys_.unsqueeze(1))
            scores = self.w_v(features).squeeze(-1)
            self.attention_weights = masked_softmax(scores, valid_lens)
            return torch.bmm(self.attention_weights, keys).square().mean()

    net = AdditiveAttention(3)
    inputs = torch.randn(2, 1, 4), torch.randn(2, 3, 2), torch.tensor([2, 3])
    with torch.no_grad():
        net(*inputs)
    return net, inputs


def seq2seq_with_masked_loss() -> Made:
    class Seq2Seq(nn.Module):
        def __init__(self, tgt_pad):
            super().__init__()
            self.tgt_pad = tgt_pad
            self.enc_embedding, self.enc_rnn = nn.Embedding(5, 3), nn.GRU(3, 3)
            self.dec_embedding, self.dec_rnn, self.dense = nn.Embedding(5, 3), nn.GRU(6, 3), nn.Linear(3, 5)

        def forward(self, src, tgt, label):
            enc_output, hidden_state = self.enc_rnn(self.enc_embedding(src.t().type(torch.int64)))
            embs = self.dec_embedding(tgt.t().type(torch.int32))
            context = enc_output[-1].repeat(embs.shape[0], 1, 1)
            outputs, hidden_state = self.dec_rnn(torch.cat((embs, context), -1), hidden_state)
            Y_hat = self.dense(outputs).swapaxes(0, 1)
            l = F.cross_entropy(Y_hat.reshape(-1, 5), label.reshape(-1), reduction="none")
            mask = (label.reshape(-1) != self.tgt_pad).type(torch.float32)
            return (l * mask).sum() / mask.sum()

    return Seq2Seq(0), (torch.randint(1, 5, (2, 3)), torch.randint(1, 5, (2, 2)), torch.tensor([[2, 0], [3, 1]]))


def skip_gram() -> Made:
    class SigmoidBCELoss(nn.Module):
        def forward(self, inputs, target, mask=None):
            out = nn.functional.binary_cross_entropy_with_logits(inputs, target, weight=mask, reduction="none")
            return out.mean(dim=1)

    class SkipGram(nn.Module):
        def __init__(self):
            super().__init__()
            self.v, self.u, self.loss = nn.Embedding(6, 3), nn.Embedding(6, 3), SigmoidBCELoss()

        def forward(self, center, context_negative, mask, label):
            pred = torch.bmm(self.v(center), self.u(context_negative).permute(0, 2, 1))
            l = self.loss(pred.reshape(label.shape).float(), label.float(), mask)
            return (l / mask.sum(axis=1) * mask.shape[1]).sum()

    return SkipGram(), (torch.randint(6, (2, 1)), torch.randint(6, (2, 4)),
                        torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]]),
                        torch.tensor([[1, 0, 0, 0], [1, 0, 0, 0]]))  # fmt: skip


def text_cnn() -> Made:
    class TextCNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.constant_embedding = nn.Embedding(6, 2), nn.Embedding(6, 2)
            self.decoder, self.pool, self.relu = nn.Linear(4, 2), nn.AdaptiveAvgPool1d(1), nn.ReLU()
            self.convs = nn.ModuleList()
            for c, k in zip([2, 2], [2, 3], strict=True):
                self.convs.append(nn.Conv1d(4, c, k))

        def forward(self, inputs, y):
            embeddings = torch.cat((self.embedding(inputs), self.constant_embedding(inputs)), dim=2).permute(0, 2, 1)
            encoding = torch.cat(
                [torch.squeeze(self.relu(self.pool(conv(embeddings))), dim=-1) for conv in self.convs], dim=1
            )
            return F.cross_entropy(self.decoder(encoding), y)

    return TextCNN(), (torch.randint(6, (2, 5)), torch.randint(2, (2,)))


def style_transfer() -> Made:
    def gram(X):
        num_channels, n = X.shape[1], X.numel() // X.shape[1]
        X = X.reshape((num_channels, n))
        return torch.matmul(X, X.T) / (num_channels * n)

    class SynthesizedImage(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.rand(1, 2, 4, 4))
            self.net = nn.Conv2d(2, 3, 3).requires_grad_(False)

        def forward(self, content, style):
            X = self.weight
            c, s, x = self.net(content), self.net(style), self.net(X)
            content_l = torch.square(x - c.detach()).mean()
            style_l = torch.square(gram(x) - gram(s).detach()).mean()
            tv_l = 0.5 * (torch.abs(X[:, :, 1:, :] - X[:, :, :-1, :]).mean()
                          + torch.abs(X[:, :, :, 1:] - X[:, :, :, :-1]).mean())  # fmt: skip
            return sum([*[style_l * 1e4], *[content_l], tv_l * 10])

    return SynthesizedImage(), (torch.rand(1, 2, 4, 4), torch.rand(1, 2, 4, 4))


ZOO = {
    "d2l.ai, softmax regression from scratch": softmax_regression_from_scratch,
    "d2l.ai, dropout from scratch": dropout_from_scratch,
    "d2l.ai, LeNet": lenet,
    "d2l.ai, additive attention": additive_attention,
    "d2l.ai, seq2seq with a masked loss": seq2seq_with_masked_loss,
    "d2l.ai, skip-gram": skip_gram,
    "d2l.ai, TextCNN": text_cnn,
    "d2l.ai, style transfer": style_transfer,
}
