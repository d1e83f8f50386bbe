"""Sounds: spectrograms, separation, transducers, speakers."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def conv_tasnet() -> Made:
    """kaituoxu/Conv-TasNet: overlapping stretches added up, the best order of speakers."""

    EPS = 1e-8

    def overlap_and_add(signal, frame_step):
        outer = signal.size()[:-2]
        frames, fl = signal.size()[-2:]
        sub = math.gcd(fl, frame_step)
        ss, sf = frame_step // sub, fl // sub
        size = frame_step * (frames - 1) + fl
        of = size // sub
        s = signal.view(*outer, -1, sub)
        frame = torch.arange(0, of).unfold(0, sf, ss)
        frame = signal.new_tensor(frame).long().contiguous().view(-1)
        r = signal.new_zeros(*outer, of, sub)
        r.index_add_(-2, frame, s)
        return r.view(*outer, -1)

    from itertools import permutations

    def pit(source, est):
        B, C, T = source.size()
        zt, ze = source - source.mean(2, keepdim=True), est - est.mean(2, keepdim=True)
        st, se = zt.unsqueeze(1), ze.unsqueeze(2)
        dot = torch.sum(se * st, dim=3, keepdim=True)
        en = torch.sum(st**2, dim=3, keepdim=True) + EPS
        proj = dot * st / en
        noise = se - proj
        snr = 10 * torch.log10(torch.sum(proj**2, 3) / (torch.sum(noise**2, 3) + EPS) + EPS)
        perms = source.new_tensor(list(permutations(range(C))), dtype=torch.long)
        idx = torch.unsqueeze(perms, 2)
        oh = source.new_zeros((*perms.size(), C)).scatter_(2, idx, 1)
        ss = torch.einsum("bij,pij->bp", [snr, oh])
        m, _ = torch.max(ss, dim=1, keepdim=True)
        m /= C
        return 0 - torch.mean(m)

    class GLN(nn.Module):
        def __init__(self, c):
            super().__init__()
            self.gamma, self.beta = nn.Parameter(torch.Tensor(1, c, 1)), nn.Parameter(torch.Tensor(1, c, 1))
            self.gamma.data.fill_(1)
            self.beta.data.zero_()

        def forward(self, y):
            mean = y.mean(dim=1, keepdim=True).mean(dim=2, keepdim=True)
            var = (torch.pow(y - mean, 2)).mean(dim=1, keepdim=True).mean(dim=2, keepdim=True)
            return self.gamma * (y - mean) / torch.pow(var + EPS, 0.5) + self.beta

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.enc = nn.Conv1d(1, 3, 2, stride=1, bias=False)
            self.n, self.p, self.dw, self.m, self.dec = (
                GLN(3),
                nn.PReLU(),
                nn.Conv1d(3, 3, 3, padding=1, groups=3),
                nn.Conv1d(3, 6, 1),
                nn.Linear(3, 2, bias=False),
            )

        def forward(self, mix, src):
            w = F.relu(self.enc(mix.unsqueeze(1)))
            m = F.softmax(self.m(self.dw(self.p(self.n(w)))).view(mix.size(0), 2, 3, -1), dim=1)
            e = torch.transpose(w.unsqueeze(1) * m, 2, 3)
            return pit(src, overlap_and_add(self.dec(e), 1))

    return M(), (torch.randn(1, 6), torch.randn(1, 2, 6))


def rnnt() -> Made:
    """The transducer: all alignments, by a table."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.enc, self.pred, self.emb, self.joint = (
                nn.GRU(2, 3, batch_first=True),
                nn.LSTM(2, 3, batch_first=True),
                nn.Embedding(4, 2),
                nn.Linear(3, 4),
            )

        def forward(self, x, y):
            f, _ = self.enc(x)
            g, _ = self.pred(F.pad(self.emb(y), (0, 0, 1, 0)))
            lp = F.log_softmax(self.joint(torch.tanh(f.unsqueeze(2) + g.unsqueeze(1))), -1)[0]
            T, U, _ = lp.shape
            y = y[0]
            alphas = [[None] * U for _ in range(T)]
            alphas[0][0] = lp.new_zeros(())
            for t in range(T):
                for u in range(U):
                    if t == 0 and u == 0:
                        continue
                    terms = []
                    if t > 0:
                        terms.append(alphas[t - 1][u] + lp[t - 1, u, 0])
                    if u > 0:
                        terms.append(alphas[t][u - 1] + lp[t, u - 1, y[u - 1]])
                    alphas[t][u] = torch.logsumexp(torch.stack(terms), 0) if len(terms) > 1 else terms[0]
            return -(alphas[-1][-1] + lp[-1, -1, 0])

    return M(), (torch.randn(1, 3, 2), torch.tensor([[1, 3]]))


def wavenet() -> Made:
    """vincentherrmann/pytorch-wavenet, with mu-law."""

    def mu_law(x, mu):
        return torch.sign(x) * torch.log1p(mu * torch.abs(x)) / math.log1p(mu)

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.start = nn.Conv1d(4, 2, 1)
            self.filter_convs, self.gate_convs, self.residual_convs, self.skip_convs = (
                nn.ModuleList() for _ in range(4)
            )
            for i in range(2):
                self.filter_convs.append(nn.Conv1d(2, 2, 2, dilation=2**i))
                self.gate_convs.append(nn.Conv1d(2, 2, 2, dilation=2**i))
                self.residual_convs.append(nn.Conv1d(2, 2, 1))
                self.skip_convs.append(nn.Conv1d(2, 3, 1))
            self.e1, self.e2 = nn.Conv1d(3, 3, 1), nn.Conv1d(3, 4, 1)

        def forward(self, wav):
            q = torch.bucketize(mu_law(wav, 3), torch.linspace(-1, 1, 5)[1:-1])
            x = F.one_hot(q, 4).transpose(1, 2).to(wav.dtype)
            x = self.start(x)
            skip = 0
            for i in range(2):
                res = x
                x = torch.tanh(self.filter_convs[i](res)) * torch.sigmoid(self.gate_convs[i](res))
                s = self.skip_convs[i](x)
                try:
                    skip = skip[:, :, -s.size(2) :]
                except TypeError:
                    skip = 0
                skip = s + skip
                x = self.residual_convs[i](x) + res[:, :, -x.size(2) :]
            o = self.e2(F.relu(self.e1(F.relu(skip))))
            return F.cross_entropy(o[:, :, :-1], q[:, -o.size(2) + 1 :])

    return M(), (torch.rand(1, 7) * 1.8 - 0.9,)


def ge2e() -> Made:
    """CorentinJ/Real-Time-Voice-Cloning: speakers and their centroids, with NumPy for the indices."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.linear = nn.LSTM(2, 3, 1, batch_first=True), nn.Linear(3, 3)
            self.similarity_weight, self.similarity_bias = (
                nn.Parameter(torch.tensor([10.0])),
                nn.Parameter(torch.tensor([-5.0])),
            )

        def forward(self, utt):
            out, (hidden, cell) = self.lstm(utt)
            raw = F.relu(self.linear(hidden[-1]))
            e = raw / (torch.norm(raw, dim=1, keepdim=True) + 1e-5)
            e = e.view(2, 3, -1)
            S, U = e.shape[:2]
            ci = torch.mean(e, dim=1, keepdim=True)
            ci = ci.clone() / (torch.norm(ci, dim=2, keepdim=True) + 1e-5)
            ce = torch.sum(e, dim=1, keepdim=True) - e
            ce /= U - 1
            ce = ce.clone() / (torch.norm(ce, dim=2, keepdim=True) + 1e-5)
            sim = torch.zeros(S, U, S)
            mask = 1 - np.eye(S, dtype=int)
            for j in range(S):
                m = np.where(mask[j])[0]
                sim[m, :, j] = (e[m] * ci[j]).sum(dim=2)
                sim[j, :, j] = (e[j] * ce[j]).sum(dim=1)
            sim = sim * self.similarity_weight + self.similarity_bias
            sim = sim.reshape(S * U, S)
            gt = np.repeat(np.arange(S), U)
            target = torch.from_numpy(gt).long()
            return nn.CrossEntropyLoss()(sim, target)

    return M(), (torch.randn(6, 3, 2),)


ZOO = {
    "Conv-TasNet": conv_tasnet,
    "RNN-T": rnnt,
    "WaveNet": wavenet,
    "GE2E": ge2e,
}
