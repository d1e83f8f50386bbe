"""CS231n and CS224n, small."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.support.coverage.case import Made


def svm_loss() -> Made:
    """CS231n, assignment 1: multiclass hinge loss with indices, and a regularization."""

    class SVM(nn.Module):
        def __init__(self):
            super().__init__()
            self.W, self.reg = nn.Parameter(torch.randn(4, 3) * 0.3), 0.1

        def forward(self, X, y):
            num_train = X.shape[0]
            scores = X.mm(self.W)
            correct = scores[torch.arange(num_train), y].view(-1, 1)
            margins = torch.clamp(scores - correct + 1, min=0)
            margins[torch.arange(num_train), y] = 0
            return margins.sum() / num_train + self.reg * torch.sum(self.W * self.W)

    return SVM(), (torch.randn(4, 4), torch.randint(3, (4,)))


def captioning() -> Made:
    """CS231n, assignment 3: features to a hidden state, an RNN, a temporal softmax loss with a mask."""

    class CaptioningRNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.W_proj, self.W_embed = nn.Linear(3, 4), nn.Parameter(torch.randn(5, 2))
            self.Wx, self.Wh, self.b = (nn.Parameter(torch.randn(*s) * 0.5) for s in ((2, 4), (4, 4), (4,)))
            self.W_vocab, self._null = nn.Linear(4, 5), 0

        def forward(self, features, captions):
            captions_in, captions_out = captions[:, :-1], captions[:, 1:]
            mask = captions_out != self._null
            h, hs = self.W_proj(features), []
            x = self.W_embed[captions_in]
            for t in range(x.shape[1]):
                h = torch.tanh(x[:, t].mm(self.Wx) + h.mm(self.Wh) + self.b)
                hs.append(h)
            scores = self.W_vocab(torch.stack(hs, dim=1))
            N, T, V = scores.shape
            loss = F.cross_entropy(scores.transpose(1, 2), captions_out, ignore_index=self._null, reduction="sum")
            return loss / N + 0 * mask.sum()

    return CaptioningRNN(), (torch.randn(2, 3), torch.tensor([[1, 2, 3], [4, 1, 0]]))


def translation() -> Made:
    """CS224n, assignment 3: a bidirectional encoder of packed sequences, masked attention, combined outputs."""

    class NMT(nn.Module):
        def __init__(self, h=2):
            super().__init__()
            self.hidden_size, self.source, self.target = h, nn.Embedding(5, 3), nn.Embedding(5, 3)
            self.encoder, self.decoder = nn.LSTM(3, h, bidirectional=True), nn.LSTMCell(3 + h, h)
            self.h_projection, self.c_projection = nn.Linear(2 * h, h, bias=False), nn.Linear(2 * h, h, bias=False)
            self.att_projection, self.combined = nn.Linear(2 * h, h, bias=False), nn.Linear(3 * h, h, bias=False)
            self.target_vocab_projection, self.lengths = nn.Linear(h, 5, bias=False), [3, 2]

        def forward(self, source, target):
            X = pack_padded_sequence(self.source(source), self.lengths)
            enc_hiddens, (last_hidden, last_cell) = self.encoder(X)
            enc_hiddens = pad_packed_sequence(enc_hiddens)[0].permute(1, 0, 2)
            dec_state = (self.h_projection(torch.cat((last_hidden[0], last_hidden[1]), 1)),
                         self.c_projection(torch.cat((last_cell[0], last_cell[1]), 1)))  # fmt: skip
            enc_masks = torch.zeros(enc_hiddens.shape[0], enc_hiddens.shape[1])
            for e_id, src_len in enumerate(self.lengths):
                enc_masks[e_id, src_len:] = 1
            o_prev, outputs = torch.zeros(2, self.hidden_size), []
            enc_proj = self.att_projection(enc_hiddens)
            for Y_t in torch.split(self.target(target[:-1]), split_size_or_sections=1):
                dec_state = self.decoder(torch.cat((torch.squeeze(Y_t, 0), o_prev), dim=1), dec_state)
                e_t = torch.squeeze(torch.bmm(enc_proj, torch.unsqueeze(dec_state[0], 2)), 2)
                e_t.data.masked_fill_(enc_masks.bool(), -float("inf"))
                a_t = torch.squeeze(torch.bmm(torch.unsqueeze(F.softmax(e_t, dim=1), 1), enc_hiddens), 1)
                o_prev = torch.tanh(self.combined(torch.cat((a_t, dec_state[0]), 1)))
                outputs.append(o_prev)
            P = F.log_softmax(self.target_vocab_projection(torch.stack(outputs)), dim=-1)
            target_masks = (target != 0).to(P.dtype)
            gold = torch.gather(P, index=target[1:].unsqueeze(-1), dim=-1).squeeze(-1) * target_masks[1:]
            return -gold.sum(dim=0).mean()

    return NMT(), (torch.tensor([[1, 2], [3, 4], [2, 0]]), torch.tensor([[1, 2], [3, 4], [2, 0]]))


ZOO = {
    "CS231n, SVM loss": svm_loss,
    "CS231n, captioning": captioning,
    "CS224n, translation": translation,
}
