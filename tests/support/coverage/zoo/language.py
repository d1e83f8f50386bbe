"""Networks for words and sequences, written out: RNNs, attention, GPT, word vectors, and newer ideas."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made
from tests.support.coverage.zoo.classics import Loss


class Recurrent(nn.Module):
    """pytorch/examples: word_language_model."""

    def __init__(self, kind: type[nn.RNNBase], layers: int = 1) -> None:
        super().__init__()
        self.encoder, self.rnn, self.decoder = nn.Embedding(5, 3), kind(3, 4, layers), nn.Linear(4, 5)
        nn.init.uniform_(self.encoder.weight, -1, 1)

    def forward(self, words, following):
        hidden, _ = self.rnn(self.encoder(words))
        return F.nll_loss(F.log_softmax(self.decoder(hidden).view(-1, 5), dim=1), following.view(-1))


def recurrent(kind: type[nn.RNNBase], layers: int = 1) -> Made:
    return Recurrent(kind, layers), (torch.randint(5, (4, 1)), torch.randint(5, (4, 1)))


def char_rnn() -> Made:
    """The tutorial's RNN: one linear layer over letter and state, step by step."""

    class RNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.i2h, self.i2o = nn.Linear(5 + 4, 4), nn.Linear(5 + 4, 3)

        def forward(self, letters, language):
            hidden = torch.zeros(1, 4)
            for letter in letters:
                both = torch.cat((letter, hidden), 1)
                hidden, output = self.i2h(both), F.log_softmax(self.i2o(both), 1)
            return F.nll_loss(output, language)

    return RNN(), (F.one_hot(torch.tensor([[1], [4], [0]]), 5).double(), torch.tensor([2]))


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


def seq2seq() -> Made:
    """A GRU reads, another writes, with Bahdanau's attention in between."""

    class Seq2Seq(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.encoder, self.decoder = (
                nn.Embedding(5, 3),
                nn.GRU(3, 3, batch_first=True),
                nn.GRUCell(6, 3),
            )
            self.Wa, self.Ua, self.Va, self.out = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 1), nn.Linear(3, 5)

        def forward(self, source, target):
            keys, hidden = self.encoder(self.words(source))
            hidden, loss = hidden[0], 0
            word = torch.zeros(len(source), dtype=torch.long)
            for t in range(target.shape[1]):
                scores = self.Va(torch.tanh(self.Wa(hidden.unsqueeze(1)) + self.Ua(keys))).squeeze(2).unsqueeze(1)
                context = torch.bmm(F.softmax(scores, dim=-1), keys).squeeze(1)
                hidden = self.decoder(torch.cat((self.words(word), context), 1), hidden)
                loss, word = loss + F.cross_entropy(self.out(hidden), target[:, t]), target[:, t]
            return loss / target.shape[1]

    return Seq2Seq(), (torch.randint(5, (1, 3)), torch.randint(5, (1, 2)))


class Block(nn.Module):
    """nanoGPT's block; with or without PyTorch's fused attention."""

    def __init__(self, flash: bool) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(4), nn.LayerNorm(4)
        self.c_attn, self.c_proj = nn.Linear(4, 12), nn.Linear(4, 4)
        self.mlp = nn.Sequential(nn.Linear(4, 8), nn.GELU(approximate="tanh"), nn.Linear(8, 4))
        self.register_buffer("bias", torch.tril(torch.ones(4, 4)).view(1, 1, 4, 4))
        self.flash = flash

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = (p.view(B, T, 2, C // 2).transpose(1, 2) for p in self.c_attn(self.ln_1(x)).split(C, dim=2))
        if self.flash:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            att = att.masked_fill(self.bias[:, :, :T, :T] == 0, float("-inf"))
            y = F.softmax(att, dim=-1) @ v
        x = x + self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """nanoGPT: tied weights, positions by arange."""

    def __init__(self, flash: bool, layers: int = 2) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(5, 4), nn.Embedding(4, 4)
        self.h, self.ln_f = nn.ModuleList(Block(flash) for _ in range(layers)), nn.LayerNorm(4)
        self.lm_head = nn.Linear(4, 5, bias=False)
        self.wte.weight = self.lm_head.weight

    def forward(self, idx, targets):
        x = self.wte(idx) + self.wpe(torch.arange(0, idx.size(1), dtype=torch.long))
        for block in self.h:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)


def nano_gpt(flash: bool) -> Made:
    return GPT(flash), (torch.randint(5, (1, 3)), torch.tensor([[1, 4, -1]]))


def transformer_classifier() -> Made:
    """torch.nn's encoder with sines for positions, as in the tutorial."""

    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(5, 4)
            layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
            self.out = nn.Linear(4, 2)
            angles = torch.arange(3)[:, None] * torch.exp(torch.arange(0, 4, 2) * (-math.log(1e4) / 4))
            self.register_buffer("positions", torch.stack([angles.sin(), angles.cos()], 2).flatten(1))

        def forward(self, words, label):
            x = self.words(words) * math.sqrt(4) + self.positions
            x = self.encoder(x, mask=nn.Transformer.generate_square_subsequent_mask(3), is_causal=True)
            return F.cross_entropy(self.out(x.mean(1)), label)

    return Classifier(), (torch.randint(5, (1, 3)), torch.tensor([1]))


def llama_block() -> Made:
    """RMSNorm, rotary positions, SwiGLU, written out."""

    class Llama(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.norm2 = nn.RMSNorm(4), nn.RMSNorm(4)
            self.q, self.k, self.v, self.o = (nn.Linear(4, 4, bias=False) for _ in range(4))
            self.w1, self.w2, self.w3 = (
                nn.Linear(4, 6, bias=False),
                nn.Linear(6, 4, bias=False),
                nn.Linear(4, 6, bias=False),
            )
            angles = torch.outer(torch.arange(3).double(), 1.0 / 1e4 ** (torch.arange(0, 4, 2) / 4))
            self.register_buffer("cos", torch.cat([angles, angles], -1).cos())
            self.register_buffer("sin", torch.cat([angles, angles], -1).sin())

        def rotate(self, x):
            one, other = x.chunk(2, -1)
            return x * self.cos + torch.cat([-other, one], -1) * self.sin

        def forward(self, x, target):
            h = self.norm(x)
            q, k = self.rotate(self.q(h)), self.rotate(self.k(h))
            mask = torch.full((3, 3), float("-inf")).triu(1)
            x = x + self.o(torch.softmax(q @ k.mT / 2 + mask, -1) @ self.v(h))
            h = self.norm2(x)
            return F.mse_loss(x + self.w2(F.silu(self.w1(h)) * self.w3(h)), target)

    return Llama(), (torch.randn(1, 3, 4), torch.randn(1, 3, 4))


def word2vec() -> Made:
    """Skip-gram with negative sampling."""

    class SkipGram(nn.Module):
        def __init__(self):
            super().__init__()
            self.center, self.context = nn.Embedding(6, 3), nn.Embedding(6, 3)

        def forward(self, word, near, far):
            c = self.center(word)
            right = F.logsigmoid((c * self.context(near)).sum(1))
            wrong = F.logsigmoid(-torch.bmm(self.context(far), c.unsqueeze(2)).squeeze(2)).sum(1)
            return -(right + wrong).mean()

    return SkipGram(), (torch.randint(6, (2,)), torch.randint(6, (2,)), torch.randint(6, (2, 3)))


def cbow() -> Made:
    network = nn.Sequential(nn.EmbeddingBag(6, 3, mode="mean"), nn.Linear(3, 6))
    return Loss(network, F.cross_entropy), (torch.randint(6, (2, 4)), torch.randint(6, (2,)))


def matrix_factorization() -> Made:
    class Ratings(nn.Module):
        def __init__(self):
            super().__init__()
            self.users, self.films, self.bias = nn.Embedding(4, 2), nn.Embedding(5, 2), nn.Embedding(5, 1)

        def forward(self, user, film, rating):
            guess = (self.users(user) * self.films(film)).sum(1) + self.bias(film).squeeze()
            return F.mse_loss(guess, rating)

    return Ratings(), (torch.tensor([0, 3, 1]), torch.tensor([4, 4, 0]), torch.tensor([5.0, 3.0, 1.0]))


def clip() -> Made:
    """Pictures and texts that belong together, by cosine."""

    class CLIP(nn.Module):
        def __init__(self):
            super().__init__()
            self.picture, self.text, self.scale = nn.Linear(4, 3), nn.Linear(2, 3), nn.Parameter(torch.tensor(1.2))

        def forward(self, pictures, texts):
            one, other = F.normalize(self.picture(pictures), dim=-1), F.normalize(self.text(texts), dim=-1)
            logits = self.scale.exp() * one @ other.t()
            labels = torch.arange(len(pictures))
            return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2

    return CLIP(), (torch.randn(3, 4), torch.randn(3, 2))


def simclr() -> Made:
    class SimCLR(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Linear(4, 3)

        def forward(self, one, other):
            z = F.normalize(self.net(torch.cat([one, other])), dim=1)
            similar = (z @ z.T / 0.5).masked_fill(torch.eye(4, dtype=torch.bool), -1e9)
            return F.cross_entropy(similar, torch.tensor([2, 3, 0, 1]))

    return SimCLR(), (torch.randn(2, 4), torch.randn(2, 4))


def lora() -> Made:
    class LoRA(nn.Module):
        def __init__(self):
            super().__init__()
            self.base = nn.Linear(4, 3).requires_grad_(False)
            self.A, self.B = nn.Parameter(torch.randn(2, 4)), nn.Parameter(torch.zeros(3, 2))

        def forward(self, x):
            return self.base(x) + 0.5 * (x @ self.A.T) @ self.B.T

    return Loss(LoRA(), F.cross_entropy), (torch.randn(2, 4), torch.tensor([0, 2]))


def mixture_of_experts() -> Made:
    """The two best of three experts, chosen by live numbers."""

    class MoE(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate, self.experts = nn.Linear(4, 3), nn.ModuleList(nn.Linear(4, 2) for _ in range(3))

        def forward(self, x, target):
            weights, chosen = self.gate(x).topk(2, dim=-1)
            spread = torch.zeros(len(x), 3).scatter(1, chosen, weights.softmax(-1))
            results = torch.stack([expert(x) for expert in self.experts], 1)
            return F.mse_loss((spread.unsqueeze(-1) * results).sum(1), target)

    return MoE(), (torch.randn(2, 4), torch.randn(2, 2))


def state_space() -> Made:
    """A selective scan, Mamba's heart, step by step."""

    class Scan(nn.Module):
        def __init__(self):
            super().__init__()
            self.A, self.dt, self.B, self.C = (
                nn.Parameter(torch.rand(2, 3)),
                nn.Linear(2, 2),
                nn.Linear(2, 3),
                nn.Linear(2, 3),
            )

        def forward(self, x):
            state, outputs = torch.zeros(2, 3), []
            for u in x:
                dt = F.softplus(self.dt(u))[:, None]
                state = torch.exp(-dt * self.A.exp()) * state + dt * self.B(u) * u[:, None]
                outputs.append((state * self.C(u)).sum(-1))
            return F.mse_loss(torch.stack(outputs[:-1]), x[1:])

    return Scan(), (torch.randn(4, 2),)


ZOO = {
    "RNN language model": lambda: recurrent(nn.RNN), "LSTM language model": lambda: recurrent(nn.LSTM),
    "LSTM language model, two layers": lambda: recurrent(nn.LSTM, 2), "GRU language model": lambda: recurrent(nn.GRU),
    "char-RNN of the tutorial": char_rnn, "min-char-rnn": min_char_rnn, "seq2seq with attention": seq2seq,
    "nanoGPT": lambda: nano_gpt(False), "nanoGPT, fused attention": lambda: nano_gpt(True),
    "transformer encoder": transformer_classifier, "Llama's block": llama_block, "word2vec": word2vec, "CBOW": cbow,
    "matrix factorization": matrix_factorization, "CLIP loss": clip, "SimCLR loss": simclr, "LoRA": lora,
    "mixture of experts": mixture_of_experts, "state-space scan": state_space,
}  # fmt: skip
