"""Recurrent networks, and those with a memory that they address."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.support.coverage.case import Made


def min_char_rnn() -> Made:
    """Karpathy's hundred lines, with matrices of their own."""

    class RNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.Wxh, self.Whh, self.Why = (nn.Parameter(torch.randn(*s) * 0.3) for s in ((4, 5), (4, 4), (5, 4)))
            self.bh, self.by = nn.Parameter(torch.zeros(4, 1)), nn.Parameter(torch.zeros(5, 1))

        def forward(self, letters, targets):
            h, loss = torch.zeros(4, 1), 0
            for t in range(letters.shape[0]):
                h = torch.tanh(self.Wxh @ letters[t] + self.Whh @ h + self.bh)
                p = torch.exp(self.Why @ h + self.by)
                loss += -torch.log((p / p.sum() * targets[t]).sum())
            return loss

    words = F.one_hot(torch.tensor([0, 3, 1, 4]), 5).double()[..., None]
    return RNN(), (words[:-1], words[1:])


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


def on_lstm() -> Made:
    """Ordered neurons: cumax; phased LSTM by fmod; peepholes; zoneout in eval."""

    def cumsoftmax(x, dim=-1):
        return torch.cumsum(F.softmax(x, dim=dim), dim=dim)

    class M(nn.Module):
        def __init__(self, i=2, h=4, c=2):
            super().__init__()
            self.ih, self.hh = nn.Linear(i, 4 * h + 2 * (h // c)), nn.Linear(h, 4 * h + 2 * (h // c))
            self.h, self.c = h, c
            self.tau, self.s, self.r_on = (
                nn.Parameter(torch.exp(torch.rand(h)) * 1.5),
                nn.Parameter(torch.rand(h)),
                nn.Parameter(torch.ones(h) * 0.3),
            )
            self.peep = nn.Parameter(torch.randn(h))

        def forward(self, x, times, y):
            hx = cx = x.new_zeros(x.size(0), self.h)
            for t in range(x.size(1)):
                g = self.ih(x[:, t]) + self.hh(hx)
                n = self.h // self.c
                cin, cfg = g[:, : 2 * n].chunk(2, 1)
                o, c, i, f = g[:, 2 * n :].view(-1, 4, n, self.c).chunk(4, 1)
                cin, cfg = 1 - cumsoftmax(cin), cumsoftmax(cfg)
                cin, cfg = cin[:, :, None], cfg[:, :, None]
                o, c, i, f = o.squeeze(1).sigmoid(), c.squeeze(1).tanh(), i.squeeze(1).sigmoid(), f.squeeze(1).sigmoid()
                ov = cfg * cin
                f = f * ov + (cfg - ov)
                i = i * ov + (cin - ov)
                cy = f * cx.view(-1, n, self.c) + i * c
                cy = cy.view(-1, self.h)
                hy = o.reshape(-1, self.h) * torch.tanh(cy + self.peep * cx)
                phi = torch.fmod(times[:, t : t + 1] - self.s, self.tau).abs() / self.tau.abs()
                k = torch.where(
                    phi < self.r_on * 0.5,
                    2 * phi / self.r_on,
                    torch.where(phi < self.r_on, 2 - 2 * phi / self.r_on, 0.001 * phi),
                )
                cx = k * cy + (1 - k) * cx
                hx = k * hy + (1 - k) * hx
            return F.mse_loss(hx, y)

    return M(), (torch.randn(1, 3, 2), torch.rand(1, 3) * 5, torch.randn(1, 4))


def turing() -> Made:
    """Addresses by content, by a shift and by sharpening."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.ctrl, self.k, self.p, self.out = nn.Linear(2, 4), nn.Linear(4, 2), nn.Linear(4, 6), nn.Linear(2, 2)
            self.register_buffer("mem0", torch.randn(3, 2))

        def forward(self, xs, ys):
            mem = self.mem0
            w = torch.tensor([1.0, 0, 0])
            loss = 0
            for x, y in zip(xs, ys, strict=False):
                h = torch.tanh(self.ctrl(x))
                k = self.k(h)
                b, g, s, gm = (
                    F.softplus(self.p(h)[0]),
                    torch.sigmoid(self.p(h)[1]),
                    F.softmax(self.p(h)[2:5], 0),
                    1 + F.softplus(self.p(h)[5]),
                )
                wc = F.softmax(b * F.cosine_similarity(mem + 1e-16, k[None] + 1e-16, dim=-1), dim=0)
                wg = g * wc + (1 - g) * w
                t = torch.cat([wg[-1:], wg, wg[:1]])
                ws = F.conv1d(t.view(1, 1, -1), s.view(1, 1, -1)).view(-1)
                w = ws**gm
                w = torch.div(w, torch.sum(w) + 1e-16)
                mem = mem * (1 - torch.ger(w, torch.sigmoid(k))) + torch.ger(w, torch.tanh(k))
                loss = loss + F.mse_loss(self.out(w @ mem), y)
            return loss

    return M(), (torch.randn(2, 2), torch.randn(2, 2))


def dnc() -> Made:
    """ixaxaar/pytorch-dnc: allocation by sorting, links in time."""

    def cumprod_exclusive(t, dim=-1):
        return torch.cumprod(torch.cat([torch.ones_like(t.narrow(dim, 0, 1)), t], dim), dim).narrow(dim, 0, t.size(dim))

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.i, self.o = (
                nn.LSTMCell(4, 3),
                nn.Linear(3, 2 + 1 + 2 + 2 + 1 + 1 + 2 + 1 + 1 + 3),
                nn.Linear(5, 2),
            )

        def forward(self, x, y):
            B = x.size(0)
            mem, usage, rw, ww, link, prec, r = (
                torch.full((B, 3, 2), 1e-6),
                torch.zeros(B, 3),
                torch.zeros(B, 3),
                torch.zeros(B, 3),
                torch.zeros(B, 3, 3),
                torch.zeros(B, 3),
                torch.zeros(B, 2),
            )
            h = c = torch.zeros(B, 3)
            loss = 0
            for t in range(x.size(1)):
                h, c = self.c(torch.cat([x[:, t], r], 1), (h, c))
                rk, rs, wk, er, wv_s, fg, wv, ag, wg, rm = torch.split(self.i(h), [2, 1, 2, 2, 1, 1, 2, 1, 1, 3], 1)
                usage = usage + (1 - usage) * ww
                usage = usage * (1 - torch.sigmoid(fg) * rw)
                us = 0.005 + 0.99 * usage
                su, phi = torch.topk(us, 3, dim=1, largest=False)
                sa = (1 - su) * cumprod_exclusive(su, 1)
                _, inv = torch.sort(phi, 1)
                alloc = sa.gather(1, inv)
                cont = lambda mem, k, s: F.softmax(
                    F.cosine_similarity(mem + 1e-6, k.unsqueeze(1), dim=-1) * (1 + F.softplus(s)), 1
                )
                wg_, ag_ = torch.sigmoid(wg), torch.sigmoid(ag)
                ww = wg_ * (ag_ * alloc + (1 - ag_) * cont(mem, torch.tanh(wk), wv_s))
                mem = mem * (1 - ww.unsqueeze(2) * torch.sigmoid(er).unsqueeze(1)) + ww.unsqueeze(2) * torch.tanh(
                    wv
                ).unsqueeze(1)
                wi, wj = ww.unsqueeze(2), ww.unsqueeze(1)
                link = ((1 - wi - wj) * link + wi * prec.unsqueeze(1)) * (1 - torch.eye(3).unsqueeze(0))
                prec = (1 - ww.sum(1, keepdim=True)) * prec + ww
                f, b = (
                    torch.bmm(link, rw.unsqueeze(2)).squeeze(2),
                    torch.bmm(link.transpose(1, 2), rw.unsqueeze(2)).squeeze(2),
                )
                m = F.softmax(rm, 1)
                rw = m[:, 0:1] * b + m[:, 1:2] * f + m[:, 2:3] * cont(mem, torch.tanh(rk), rs)
                r = torch.bmm(rw.unsqueeze(1), mem).squeeze(1)
                loss = loss + F.mse_loss(self.o(torch.cat([h, r], 1)), y[:, t])
            return loss

    return M(), (torch.randn(1, 3, 2), torch.randn(1, 3, 2))


ZOO = {
    "min-char-rnn": min_char_rnn,
    "fast.ai, AWD-LSTM": awd_lstm,
    "d2l.ai, seq2seq with a masked loss": seq2seq_with_masked_loss,
    "CS224n, translation": translation,
    "ON-LSTM and phased LSTM": on_lstm,
    "neural Turing machine": turing,
    "DNC": dnc,
}
