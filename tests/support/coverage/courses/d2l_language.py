"""Dive into Deep Learning (d2l.ai): sequences, words, recommendations and detection."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


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


def bidirectional_sentiment() -> Made:
    class BiRNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.encoder = nn.Embedding(6, 2), nn.LSTM(2, 2, num_layers=1, bidirectional=True)
            self.decoder = nn.Linear(8, 2)

        def forward(self, inputs, y):
            self.encoder.flatten_parameters()
            outputs, _ = self.encoder(self.embedding(inputs.T))
            return F.cross_entropy(self.decoder(torch.cat((outputs[0], outputs[-1]), dim=1)), y)

    return BiRNN(), (torch.randint(6, (2, 3)), torch.randint(2, (2,)))


def decomposable_attention() -> Made:
    def mlp(num_inputs, num_hiddens, flatten):
        net = [nn.Dropout(0.0), nn.Linear(num_inputs, num_hiddens), nn.ReLU()]
        if flatten:
            net.append(nn.Flatten(start_dim=1))
        return nn.Sequential(*net)

    class DecomposableAttention(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.f, self.g = nn.Embedding(6, 3), mlp(3, 3, False), mlp(6, 3, False)
            self.h, self.linear = mlp(6, 3, True), nn.Linear(3, 3)

        def forward(self, premises, hypotheses, y):
            A, B = self.embedding(premises), self.embedding(hypotheses)
            e = torch.bmm(self.f(A), self.f(B).permute(0, 2, 1))
            beta = torch.bmm(F.softmax(e, dim=-1), B)
            alpha = torch.bmm(F.softmax(e.permute(0, 2, 1), dim=-1), A)
            V_A, V_B = self.g(torch.cat([A, beta], dim=2)).sum(dim=1), self.g(torch.cat([B, alpha], dim=2)).sum(dim=1)
            return F.cross_entropy(self.linear(self.h(torch.cat([V_A, V_B], dim=1))), y)

    return DecomposableAttention(), (torch.randint(6, (2, 3)), torch.randint(6, (2, 2)), torch.randint(3, (2,)))


def bert_masked_language_model() -> Made:
    class MaskLM(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.segments = nn.Embedding(6, 4), nn.Embedding(2, 4)
            self.pos_embedding = nn.Parameter(torch.randn(1, 8, 4))
            self.mlp = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.LayerNorm(4), nn.Linear(4, 6))
            self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

        def forward(self, tokens, segments, pred_positions, mlm_weights, mlm_Y):
            X = self.embedding(tokens) + self.segments(segments)
            X = X + self.pos_embedding[:, : X.shape[1], :]
            X = X + self.attention(X, X, X, need_weights=False)[0]
            num_pred_positions = pred_positions.shape[1]
            pred_positions = pred_positions.reshape(-1)
            batch_size = X.shape[0]
            batch_idx = torch.repeat_interleave(torch.arange(0, batch_size), num_pred_positions)
            masked_X = X[batch_idx, pred_positions].reshape((batch_size, num_pred_positions, -1))
            mlm_Y_hat = self.mlp(masked_X)
            mlm_l = F.cross_entropy(mlm_Y_hat.reshape(-1, 6), mlm_Y.reshape(-1), reduction="none")
            mlm_l = mlm_l * mlm_weights.reshape(-1, 1).squeeze(-1)
            return mlm_l.sum() / (mlm_weights.sum() + 1e-8)

    return MaskLM(), (torch.randint(6, (2, 4)), torch.randint(2, (2, 4)), torch.tensor([[1, 2], [0, 3]]),
                      torch.tensor([[1.0, 1], [1, 0]]), torch.randint(6, (2, 2)))  # fmt: skip


def neural_matrix_factorization() -> Made:
    class NeuMF(nn.Module):
        def __init__(self):
            super().__init__()
            self.P, self.Q, self.U, self.V = (
                nn.Embedding(4, 3),
                nn.Embedding(5, 3),
                nn.Embedding(4, 3),
                nn.Embedding(5, 3),
            )
            self.mlp = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3), nn.ReLU())
            self.prediction_layer = nn.Linear(6, 1, bias=False)

        def score(self, user_id, item_id):
            gmf = self.P(user_id) * self.Q(item_id)
            mlp = self.mlp(torch.cat([self.U(user_id), self.V(item_id)], dim=1))
            return torch.sigmoid(self.prediction_layer(torch.cat([gmf, mlp], dim=1)))

        def forward(self, user_id, item_id, neg_item):
            distances = self.score(user_id, item_id) - self.score(user_id, neg_item)
            return -torch.sum(torch.log(torch.sigmoid(distances)), 0, keepdim=True).mean()

    return NeuMF(), (torch.randint(4, (3,)), torch.randint(5, (3,)), torch.randint(5, (3,)))


def deep_factorization_machine() -> Made:
    class DeepFM(nn.Module):
        def __init__(self, field_dims, num_factors):
            super().__init__()
            num_inputs = int(sum(field_dims))
            self.embedding, self.fc = nn.Embedding(num_inputs, num_factors), nn.Embedding(num_inputs, 1)
            self.linear_layer = nn.Linear(1, 1)
            self.mlp = nn.Sequential(nn.Linear(len(field_dims) * num_factors, 4), nn.ReLU(), nn.Linear(4, 1))

        def forward(self, x, y):
            embed_x = self.embedding(x)
            square_of_sum = torch.sum(embed_x, axis=1) ** 2
            sum_of_square = torch.sum(embed_x**2, axis=1)
            inputs = torch.reshape(embed_x, (-1, embed_x.shape[1] * embed_x.shape[2]))
            x = (self.linear_layer(self.fc(x).sum(1)) + 0.5 * (square_of_sum - sum_of_square).sum(1, keepdims=True)
                 + self.mlp(inputs))  # fmt: skip
            return F.binary_cross_entropy(torch.sigmoid(x), y)

    return DeepFM([3, 2], 2), (torch.tensor([[0, 3], [2, 4], [1, 3]]), torch.tensor([[1.0], [0], [1]]))


def single_shot_detection() -> Made:
    class TinySSD(nn.Module):
        def __init__(self):
            super().__init__()
            self.blk = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2))
            self.cls, self.bbox = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(2, 8, 3, padding=1)

        def forward(self, X, cls_labels, bbox_labels, bbox_masks):
            Y = self.blk(X)
            cls_preds = torch.flatten(self.cls(Y).permute(0, 2, 3, 1), start_dim=1)
            cls_preds = cls_preds.reshape(cls_preds.shape[0], -1, 2)
            bbox_preds = torch.flatten(self.bbox(Y).permute(0, 2, 3, 1), start_dim=1)
            cls = F.cross_entropy(cls_preds.reshape(-1, 2), cls_labels.reshape(-1), reduction="none")
            cls = cls.reshape(X.shape[0], -1).mean(dim=1)
            bbox = F.l1_loss(bbox_preds * bbox_masks, bbox_labels * bbox_masks, reduction="none").mean(dim=1)
            return (cls + bbox).mean()

    return TinySSD(), (
        torch.randn(2, 1, 4, 4),
        torch.randint(2, (2, 8)),
        torch.randn(2, 32),
        torch.randint(2, (2, 32)).double(),
    )


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
    "d2l.ai, seq2seq with a masked loss": seq2seq_with_masked_loss,
    "d2l.ai, skip-gram": skip_gram,
    "d2l.ai, TextCNN": text_cnn,
    "d2l.ai, bidirectional LSTM": bidirectional_sentiment,
    "d2l.ai, decomposable attention": decomposable_attention,
    "d2l.ai, BERT's masked language model": bert_masked_language_model,
    "d2l.ai, NeuMF": neural_matrix_factorization,
    "d2l.ai, DeepFM": deep_factorization_machine,
    "d2l.ai, single shot detection": single_shot_detection,
    "d2l.ai, style transfer": style_transfer,
}
