"""Sounds: separation, and a text along them."""

from __future__ import annotations

import math

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


def speech() -> Made:
    """A speech model's loss; CTC adds up all alignments."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l, self.c = nn.Linear(2, 3), nn.CTCLoss()

        def forward(self, x, y):
            return self.c(self.l(x).log_softmax(-1), y, torch.tensor([4, 4]), torch.tensor([2, 2]))

    return M(), (torch.randn(4, 2, 2), torch.tensor([[1, 2], [2, 1]]))


ZOO = {
    "Conv-TasNet": conv_tasnet,
    "CTC loss": speech,
}
