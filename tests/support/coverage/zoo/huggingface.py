"""Networks of the package `transformers`, with its own code: one or two layers of width 4 or 8."""

from __future__ import annotations

import importlib.util
from typing import Any

import torch
from torch import nn

from tests.support.coverage.case import Made

INSTALLED = importlib.util.find_spec("transformers") is not None
SIZES = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 6, "vocab_size": 7}
QUIET = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
GPT = {"vocab_size": 7, "n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 6, "bos_token_id": 0, "eos_token_id": 0}
LLAMA = {**SIZES, "num_key_value_heads": 1, "max_position_embeddings": 8, "use_cache": False,
         "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}  # fmt: skip
BERT = {**SIZES, **QUIET, "max_position_embeddings": 8, "pad_token_id": 0}


class WithLoss(nn.Module):
    """A network that computes its own loss."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.eval()

    def forward(self, x, labels):
        return self.network(x, labels=labels).loss


def made(
    network: str, config: str, x: torch.Tensor | None = None, labels: torch.Tensor | None = None, **sizes: Any
) -> Made:
    """Return a network of `transformers`, and its inputs: three words, and what they should become."""
    import transformers

    settings = getattr(transformers, config)(**sizes)
    words = torch.tensor([[1, 5, 2]])
    return WithLoss(getattr(transformers, network)(settings)), (
        words if x is None else x,
        words if labels is None else labels,
    )


def language(name: str, **sizes: Any):
    return lambda: made(f"{name}ForCausalLM", f"{name}Config", **{**LLAMA, **sizes})


def classifier(name: str, **sizes: Any):
    label = torch.tensor([1])
    return lambda: made(f"{name}ForSequenceClassification", f"{name}Config", labels=label, **{**BERT, **sizes})


def picture(name: str, **sizes: Any):
    def make() -> Made:
        settings = {"image_size": 4, "patch_size": 2, "num_channels": 1, **SIZES, **QUIET, **sizes}
        return made(
            f"{name}ForImageClassification", f"{name}Config", torch.randn(1, 1, 4, 4), torch.tensor([1]), **settings
        )

    return make


def t5() -> Made:
    return made("T5ForConditionalGeneration", "T5Config", vocab_size=7, d_model=8, d_kv=4, d_ff=6, num_layers=1,
                num_heads=2, dropout_rate=0.0, decoder_start_token_id=0, use_cache=False)  # fmt: skip


def bart() -> Made:
    return made("BartForConditionalGeneration", "BartConfig", vocab_size=7, d_model=8, encoder_layers=1,
                decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=6,
                decoder_ffn_dim=6, max_position_embeddings=8, dropout=0.0, use_cache=False, pad_token_id=0,
                bos_token_id=0, eos_token_id=3, forced_eos_token_id=3, decoder_start_token_id=0)  # fmt: skip


ZOO = {
    "GPT-2": lambda: made("GPT2LMHeadModel", "GPT2Config", use_cache=False, **GPT),
    "GPT-2, eager attention": lambda: made(
        "GPT2LMHeadModel", "GPT2Config", use_cache=False, attn_implementation="eager", **GPT),
    "GPT-Neo": lambda: made(
        "GPTNeoForCausalLM", "GPTNeoConfig", vocab_size=7, hidden_size=8, num_layers=2, num_heads=2,
        attention_types=[[["global", "local"], 1]], intermediate_size=6, max_position_embeddings=8, window_size=2),
    "GPT-NeoX": language("GPTNeoX"),
    "Llama": language("Llama"),
    "Llama, eager attention": language("Llama", attn_implementation="eager"),
    "Mistral": language("Mistral", sliding_window=2),
    "Qwen2": language("Qwen2"),
    "Gemma": language("Gemma", head_dim=4),
    "Phi": language("Phi", num_key_value_heads=2),
    "OPT": lambda: made(
        "OPTForCausalLM", "OPTConfig", vocab_size=7, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        ffn_dim=6, max_position_embeddings=8, word_embed_proj_dim=8, dropout=0.0, pad_token_id=0),
    "BLOOM": lambda: made("BloomForCausalLM", "BloomConfig", vocab_size=7, hidden_size=8, n_layer=1, n_head=2),
    "Mixtral": language("Mixtral", num_local_experts=2, num_experts_per_tok=1, experts_implementation="eager"),
    "BERT": classifier("Bert"),
    "BERT, masked words": lambda: made("BertForMaskedLM", "BertConfig", **BERT),
    "RoBERTa": classifier("Roberta"),
    "ELECTRA": classifier("Electra", embedding_size=4),
    "ALBERT": classifier("Albert", embedding_size=4),
    "DistilBERT": lambda: made(
        "DistilBertForSequenceClassification", "DistilBertConfig", labels=torch.tensor([1]), vocab_size=7, dim=8,
        n_layers=1, n_heads=2, hidden_dim=6, max_position_embeddings=8, pad_token_id=0),
    "T5": t5,
    "BART": bart,
    "ViT": picture("ViT"),
    "DeiT": picture("DeiT"),
    "BEiT": picture("Beit"),
    "ConvNeXt of transformers": lambda: made(
        "ConvNextForImageClassification", "ConvNextConfig", torch.randn(1, 1, 8, 8), torch.tensor([1]), num_channels=1,
        patch_size=2, num_stages=2, hidden_sizes=[4, 4], depths=[1, 1]),
}  # fmt: skip
