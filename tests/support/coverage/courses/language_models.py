"""LLMs from scratch, BERT's masks, rotary embeddings, preferences: large language models, very small."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


class LayerNorm(nn.Module):
    """rasbt/LLMs-from-scratch, chapter 4."""

    def __init__(self, emb_dim):
        super().__init__()
        self.eps, self.scale, self.shift = 1e-5, nn.Parameter(torch.ones(emb_dim)), nn.Parameter(torch.zeros(emb_dim))

    def forward(self, x):
        mean, var = x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True, unbiased=False)
        return self.scale * ((x - mean) / torch.sqrt(var + self.eps)) + self.shift


class GELU(nn.Module):
    def forward(self, x):
        return 0.5 * x * (1 + torch.tanh(torch.sqrt(torch.tensor(2.0 / torch.pi)) * (x + 0.044715 * torch.pow(x, 3))))


class MultiHeadAttention(nn.Module):
    def __init__(self, d, context_length, num_heads):
        super().__init__()
        self.d_out, self.num_heads, self.head_dim = d, num_heads, d // num_heads
        self.W_query, self.W_key, self.W_value = (nn.Linear(d, d, bias=False) for _ in range(3))
        self.out_proj, self.dropout = nn.Linear(d, d), nn.Dropout(0.0)
        self.register_buffer("mask", torch.triu(torch.ones(context_length, context_length), diagonal=1))

    def forward(self, x):
        b, num_tokens, _ = x.shape
        keys, queries, values = (
            w(x).view(b, num_tokens, self.num_heads, self.head_dim).transpose(1, 2)
            for w in (self.W_key, self.W_query, self.W_value)
        )
        attn_scores = queries @ keys.transpose(2, 3)
        attn_scores.masked_fill_(self.mask.bool()[:num_tokens, :num_tokens], -torch.inf)
        attn_weights = self.dropout(torch.softmax(attn_scores / keys.shape[-1] ** 0.5, dim=-1))
        return self.out_proj((attn_weights @ values).transpose(1, 2).contiguous().view(b, num_tokens, self.d_out))


class GPTModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok_emb, self.pos_emb = nn.Embedding(5, 4), nn.Embedding(4, 4)
        self.norm1, self.att, self.norm2, self.final_norm = (
            LayerNorm(4),
            MultiHeadAttention(4, 4, 2),
            LayerNorm(4),
            LayerNorm(4),
        )
        self.ff, self.out_head = nn.Sequential(nn.Linear(4, 6), GELU(), nn.Linear(6, 4)), nn.Linear(4, 5, bias=False)

    def forward(self, in_idx):
        batch_size, seq_len = in_idx.shape
        x = self.tok_emb(in_idx) + self.pos_emb(torch.arange(seq_len, device=in_idx.device))
        shortcut = x
        x = self.att(self.norm1(x)) + shortcut
        x = self.ff(self.norm2(x)) + x
        return self.out_head(self.final_norm(x))


def gpt_from_scratch() -> Made:
    class Loss(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = GPTModel()

        def forward(self, input_batch, target_batch):
            return F.cross_entropy(self.model(input_batch).flatten(0, 1), target_batch.flatten())

    return Loss(), (torch.randint(5, (1, 3)), torch.tensor([[2, 4, -100]]))


def grouped_query_attention() -> Made:
    """Llama 3 of the same book: split rotary embeddings, RMSNorm, fewer keys than queries."""

    def compute_rope(x, cos, sin):
        batch_size, num_heads, seq_len, head_dim = x.shape
        x1, x2 = x[..., : head_dim // 2], x[..., head_dim // 2 :]
        cos, sin = cos[:seq_len, :].unsqueeze(0).unsqueeze(0), sin[:seq_len, :].unsqueeze(0).unsqueeze(0)
        rotated = torch.cat((-x2, x1), dim=-1)
        return ((x * cos) + (rotated * sin)).to(dtype=x.dtype)

    class GQA(nn.Module):
        def __init__(self):
            super().__init__()
            self.W_query, self.W_key, self.W_value = nn.Linear(4, 4), nn.Linear(4, 2), nn.Linear(4, 2)
            self.norm = nn.RMSNorm(4, eps=1e-5)
            inv_freq = 1.0 / (10_000 ** (torch.arange(0, 2, 2)[:1].float() / 2))
            angles = torch.arange(4)[:, None] * inv_freq[None, :]
            angles = torch.cat([angles, angles], dim=1)
            self.register_buffer("cos", torch.cos(angles), persistent=False)
            self.register_buffer("sin", torch.sin(angles), persistent=False)

        def forward(self, x, y):
            b, n, _ = x.shape
            h = self.norm(x)
            queries = self.W_query(h).view(b, n, 2, 2).transpose(1, 2)
            keys, values = (
                self.W_key(h).view(b, n, 1, 2).transpose(1, 2),
                self.W_value(h).view(b, n, 1, 2).transpose(1, 2),
            )
            keys, queries = compute_rope(keys, self.cos, self.sin), compute_rope(queries, self.cos, self.sin)
            keys, values = keys.repeat_interleave(2, dim=1), values.repeat_interleave(2, dim=1)
            scores = queries @ keys.transpose(2, 3)
            mask = torch.triu(torch.ones(n, n, device=x.device, dtype=torch.bool), diagonal=1)
            weights = torch.softmax(scores.masked_fill(mask, -torch.inf) / 2**0.5, dim=-1)
            return F.mse_loss((weights @ values).transpose(1, 2).reshape(b, n, 4), y)

    return GQA(), (torch.randn(1, 3, 4), torch.randn(1, 3, 4))


def complex_rotary_embeddings() -> Made:
    """Meta's llama, model.py."""

    def precompute_freqs_cis(dim, end, theta=10000.0):
        freqs = 1.0 / (theta ** (torch.arange(0, dim, 2)[: (dim // 2)].float() / dim))
        freqs = torch.outer(torch.arange(end), freqs).float()
        return torch.polar(torch.ones_like(freqs), freqs)

    def apply_rotary_emb(xq, xk, freqs_cis):
        xq_ = torch.view_as_complex(xq.float().reshape(*xq.shape[:-1], -1, 2))
        xk_ = torch.view_as_complex(xk.float().reshape(*xk.shape[:-1], -1, 2))
        freqs_cis = freqs_cis.view(1, xq_.shape[1], 1, xq_.shape[-1])
        xq_out = torch.view_as_real(xq_ * freqs_cis).flatten(3)
        xk_out = torch.view_as_real(xk_ * freqs_cis).flatten(3)
        return xq_out.type_as(xq), xk_out.type_as(xk)

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.wq, self.wk, self.freqs_cis = (
                nn.Linear(4, 4, bias=False),
                nn.Linear(4, 4, bias=False),
                precompute_freqs_cis(2, 3),
            )

        def forward(self, x, y):
            xq, xk = self.wq(x).view(1, 3, 2, 2), self.wk(x).view(1, 3, 2, 2)
            xq, xk = apply_rotary_emb(xq, xk, freqs_cis=self.freqs_cis)
            return F.mse_loss(torch.einsum("bshd,bthd->bhst", xq, xk), y)

    return Attention(), (torch.randn(1, 3, 4), torch.randn(1, 2, 3, 3))


def bert_with_an_extended_mask() -> Made:
    """transformers' BERT before 4.48: (1 − mask) times the smallest float is added to the scores."""

    class Bert(nn.Module):
        def __init__(self):
            super().__init__()
            self.word_embeddings, self.position_embeddings = nn.Embedding(6, 4, padding_idx=0), nn.Embedding(4, 4)
            self.token_type_embeddings, self.LayerNorm = nn.Embedding(2, 4), nn.LayerNorm(4, eps=1e-12)
            self.query, self.key, self.value, self.dense = (nn.Linear(4, 4) for _ in range(4))
            self.intermediate, self.output, self.pooler, self.classifier = (
                nn.Linear(4, 6), nn.Linear(6, 4), nn.Linear(4, 4), nn.Linear(4, 2))  # fmt: skip
            self.register_buffer("position_ids", torch.arange(4).expand((1, -1)), persistent=False)

        def heads(self, x):
            return x.view(x.size()[:-1] + (2, 2)).permute(0, 2, 1, 3)

        def forward(self, input_ids, attention_mask, labels):
            dtype = self.query.weight.dtype
            extended = attention_mask[:, None, None, :].to(dtype=dtype)
            extended = (1.0 - extended) * torch.finfo(dtype).min
            x = self.word_embeddings(input_ids) + self.position_embeddings(self.position_ids[:, : input_ids.size(1)])
            x = self.LayerNorm(x + self.token_type_embeddings(torch.zeros_like(input_ids)))
            q, k, v = self.heads(self.query(x)), self.heads(self.key(x)), self.heads(self.value(x))
            scores = torch.matmul(q, k.transpose(-1, -2)) / 2**0.5 + extended
            context = torch.matmul(F.softmax(scores, dim=-1), v).permute(0, 2, 1, 3).contiguous()
            x = self.LayerNorm(self.dense(context.view(context.size()[:-2] + (4,))) + x)
            x = self.LayerNorm(self.output(F.gelu(self.intermediate(x))) + x)
            return F.cross_entropy(self.classifier(torch.tanh(self.pooler(x[:, 0]))), labels)

    return Bert(), (torch.tensor([[1, 2, 3], [4, 5, 0]]), torch.tensor([[1, 1, 1], [1, 1, 0]]), torch.randint(2, (2,)))


def bert_with_a_mask_for_sdpa() -> Made:
    """transformers' BERT since: masked_fill of an expanded mask, given to scaled_dot_product_attention."""

    class Bert(nn.Module):
        def __init__(self):
            super().__init__()
            self.embeddings, self.query, self.key, self.value = nn.Embedding(6, 4), *(nn.Linear(4, 4) for _ in range(3))
            self.classifier = nn.Linear(4, 3)

        def forward(self, input_ids, attention_mask, labels):
            x = self.embeddings(input_ids)
            bsz, src_len = attention_mask.size()
            expanded_mask = attention_mask[:, None, None, :].expand(bsz, 1, src_len, src_len).to(x.dtype)
            inverted_mask = torch.tensor(1.0, dtype=x.dtype) - expanded_mask
            mask = inverted_mask.masked_fill(inverted_mask.to(torch.bool), torch.finfo(x.dtype).min)
            q, k, v = (w(x).view(bsz, -1, 2, 2).transpose(1, 2) for w in (self.query, self.key, self.value))
            out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=0.0, is_causal=False)
            logits = self.classifier(out.transpose(1, 2).reshape(bsz, src_len, 4))
            return F.cross_entropy(logits.view(-1, 3), labels.view(-1))

    return Bert(), (torch.tensor([[1, 2, 3], [4, 5, 0]]), torch.tensor([[1, 1, 1], [1, 1, 0]]),
                    torch.tensor([[0, 1, 2], [2, 1, -100]]))  # fmt: skip


def boolean_mask_for_sdpa() -> Made:
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv = nn.Linear(4, 12)

        def forward(self, x, attention_mask, y):
            q, k, v = self.qkv(x).chunk(3, dim=-1)
            mask = attention_mask.bool()[:, None, :] & torch.ones(3, 3, dtype=torch.bool).tril()
            return F.mse_loss(F.scaled_dot_product_attention(q, k, v, attn_mask=mask), y)

    return Masked(), (torch.randn(2, 3, 4), torch.tensor([[1, 1, 1], [1, 1, 0]]), torch.randn(2, 3, 4))


ZOO = {
    "LLMs from scratch, GPT": gpt_from_scratch,
    "LLMs from scratch, Llama's attention": grouped_query_attention,
    "Llama, complex rotary embeddings": complex_rotary_embeddings,
    "BERT, extended attention mask": bert_with_an_extended_mask,
    "BERT, attention mask for SDPA": bert_with_a_mask_for_sdpa,
    "SDPA, boolean mask": boolean_mask_for_sdpa,
}
