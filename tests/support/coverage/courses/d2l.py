"""Dive into Deep Learning (d2l.ai): its networks, small, built as the book builds them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made
from tests.support.coverage.zoo.classics import classified


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


def weight_decay_from_scratch() -> Made:
    class WeightDecay(nn.Module):
        def __init__(self):
            super().__init__()
            self.w, self.b, self.lambd = nn.Parameter(torch.randn(5, 1)), nn.Parameter(torch.zeros(1)), 3

        def forward(self, X, y):
            y_hat = torch.matmul(X, self.w) + self.b
            return ((y_hat - y) ** 2 / 2).mean() + self.lambd * (self.w**2).sum() / 2

    return WeightDecay(), (torch.randn(4, 5), torch.randn(4, 1))


def mlp_from_scratch() -> Made:
    def relu(X):
        return torch.max(X, torch.zeros_like(X))

    class MLPScratch(nn.Module):
        def __init__(self):
            super().__init__()
            self.W1, self.b1 = nn.Parameter(torch.randn(4, 5) * 0.5), nn.Parameter(torch.zeros(5))
            self.W2, self.b2 = nn.Parameter(torch.randn(5, 3) * 0.5), nn.Parameter(torch.zeros(3))

        def forward(self, X, y):
            H = relu(torch.matmul(X.reshape((-1, 4)), self.W1) + self.b1)
            return F.cross_entropy(torch.matmul(H, self.W2) + self.b2, y, reduction="mean")

    return MLPScratch(), (torch.randn(3, 1, 2, 2), torch.randint(3, (3,)))


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


def network_in_network() -> Made:
    def nin_block(inputs, outputs, kernel, strides, padding):
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, kernel, strides, padding), nn.ReLU(), nn.Conv2d(outputs, outputs, 1), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 1), nn.ReLU(),
        )  # fmt: skip

    net = nn.Sequential(
        nin_block(1, 2, 3, 2, 0), nn.MaxPool2d(3, 1), nn.Dropout(0.0), nin_block(2, 3, 1, 1, 0),
        nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(),
    )  # fmt: skip
    return classified(net, 2, 1, 9, 9)


def googlenet_block() -> Made:
    class Inception(nn.Module):
        def __init__(self, i, c1, c2, c3, c4):
            super().__init__()
            self.b1_1 = nn.Conv2d(i, c1, 1)
            self.b2_1, self.b2_2 = nn.Conv2d(i, c2[0], 1), nn.Conv2d(c2[0], c2[1], 3, padding=1)
            self.b3_1, self.b3_2 = nn.Conv2d(i, c3[0], 1), nn.Conv2d(c3[0], c3[1], 5, padding=2)
            self.b4_1, self.b4_2 = nn.MaxPool2d(3, stride=1, padding=1), nn.Conv2d(i, c4, 1)

        def forward(self, x):
            b1 = F.relu(self.b1_1(x))
            b2 = F.relu(self.b2_2(F.relu(self.b2_1(x))))
            b3 = F.relu(self.b3_2(F.relu(self.b3_1(x))))
            b4 = F.relu(self.b4_2(self.b4_1(x)))
            return torch.cat((b1, b2, b3, b4), dim=1)

    net = nn.Sequential(Inception(1, 1, (1, 2), (1, 1), 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 3))
    return classified(net, 2, 1, 4, 4)


def batch_norm_from_scratch(training: bool) -> Made:
    def batch_norm(X, gamma, beta, moving_mean, moving_var, eps, momentum):
        if not torch.is_grad_enabled():
            X_hat = (X - moving_mean) / torch.sqrt(moving_var + eps)
        else:
            mean = X.mean(dim=(0, 2, 3), keepdim=True)
            var = ((X - mean) ** 2).mean(dim=(0, 2, 3), keepdim=True)
            X_hat = (X - mean) / torch.sqrt(var + eps)
            moving_mean = (1.0 - momentum) * moving_mean + momentum * mean
            moving_var = (1.0 - momentum) * moving_var + momentum * var
        return gamma * X_hat + beta, moving_mean.data, moving_var.data

    class BatchNorm(nn.Module):
        def __init__(self, num_features):
            super().__init__()
            shape = (1, num_features, 1, 1)
            self.gamma, self.beta = nn.Parameter(torch.ones(shape)), nn.Parameter(torch.zeros(shape))
            self.moving_mean, self.moving_var = torch.zeros(shape), torch.ones(shape)

        def forward(self, X):
            if self.moving_mean.device != X.device:
                self.moving_mean, self.moving_var = self.moving_mean.to(X.device), self.moving_var.to(X.device)
            Y, self.moving_mean, self.moving_var = batch_norm(
                X, self.gamma, self.beta, self.moving_mean, self.moving_var, eps=1e-5, momentum=0.1
            )
            return Y

    net = nn.Sequential(nn.Conv2d(1, 2, 2), BatchNorm(2), nn.Sigmoid(), nn.Flatten(), nn.Linear(8, 3)).train(training)
    return classified(net, 3, 1, 3, 3)


def residual() -> Made:
    class Residual(nn.Module):
        def __init__(self, inputs, num_channels, use_1x1conv=False, strides=1):
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, num_channels, 3, padding=1, stride=strides)
            self.conv2 = nn.Conv2d(num_channels, num_channels, 3, padding=1)
            self.conv3 = nn.Conv2d(inputs, num_channels, 1, stride=strides) if use_1x1conv else None
            self.bn1, self.bn2 = nn.BatchNorm2d(num_channels), nn.BatchNorm2d(num_channels)

        def forward(self, X):
            Y = F.relu(self.bn1(self.conv1(X)))
            Y = self.bn2(self.conv2(Y))
            if self.conv3:
                X = self.conv3(X)
            Y += X
            return F.relu(Y)

    net = nn.Sequential(
        Residual(1, 2, use_1x1conv=True, strides=2), Residual(2, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(2, 3),
    )  # fmt: skip
    return classified(net, 2, 1, 4, 4)


class Scratch(nn.Module):
    """The recurrent cells of the book, written out."""

    def __init__(self, kind: str, inputs: int, hidden: int):
        super().__init__()
        gates = {"rnn": ["h"], "gru": ["z", "r", "h"], "lstm": ["i", "f", "o", "c"]}[kind]
        self.kind, self.hidden = kind, hidden
        for gate in gates:
            setattr(self, f"W_x{gate}", nn.Parameter(torch.randn(inputs, hidden) * 0.5))
            setattr(self, f"W_h{gate}", nn.Parameter(torch.randn(hidden, hidden) * 0.5))
            setattr(self, f"b_{gate}", nn.Parameter(torch.zeros(hidden)))

    def gate(self, name, X, H):
        return X @ getattr(self, f"W_x{name}") + H @ getattr(self, f"W_h{name}") + getattr(self, f"b_{name}")

    def forward(self, inputs):
        H = torch.zeros((inputs.shape[1], self.hidden), device=inputs.device)
        C, outputs = torch.zeros_like(H), []
        for X in inputs:
            if self.kind == "rnn":
                H = torch.tanh(self.gate("h", X, H))
            elif self.kind == "gru":
                Z, R = torch.sigmoid(self.gate("z", X, H)), torch.sigmoid(self.gate("r", X, H))
                H_tilde = torch.tanh(torch.matmul(X, self.W_xh) + torch.matmul(R * H, self.W_hh) + self.b_h)
                H = Z * H + (1 - Z) * H_tilde
            else:
                F_, I, O = (torch.sigmoid(self.gate(name, X, H)) for name in "fio")
                C = F_ * C + I * torch.tanh(self.gate("c", X, H))
                H = O * torch.tanh(C)
            outputs.append(H)
        return outputs


def language_model_from_scratch(kind: str) -> Made:
    class RNNLMScratch(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = Scratch(kind, 4, 3)
            self.W_hq, self.b_q = nn.Parameter(torch.randn(3, 4) * 0.5), nn.Parameter(torch.zeros(4))

        def forward(self, X, Y):
            embs = F.one_hot(X.T, 4).type(torch.get_default_dtype())
            logits = torch.stack([torch.matmul(H, self.W_hq) + self.b_q for H in self.rnn(embs)], 1)
            return F.cross_entropy(logits.reshape((-1, logits.shape[-1])), Y.reshape((-1,)))

    return RNNLMScratch(), (torch.randint(4, (2, 3)), torch.randint(4, (2, 3)))


ZOO = {
    "d2l.ai, softmax regression from scratch": softmax_regression_from_scratch,
    "d2l.ai, weight decay from scratch": weight_decay_from_scratch,
    "d2l.ai, MLP from scratch": mlp_from_scratch,
    "d2l.ai, dropout from scratch": dropout_from_scratch,
    "d2l.ai, LeNet": lenet,
    "d2l.ai, network in network": network_in_network,
    "d2l.ai, GoogLeNet's block": googlenet_block,
    "d2l.ai, batch norm from scratch": lambda: batch_norm_from_scratch(True),
    "d2l.ai, residual": residual,
    "d2l.ai, RNN from scratch": lambda: language_model_from_scratch("rnn"),
    "d2l.ai, GRU from scratch": lambda: language_model_from_scratch("gru"),
    "d2l.ai, LSTM from scratch": lambda: language_model_from_scratch("lstm"),
}
