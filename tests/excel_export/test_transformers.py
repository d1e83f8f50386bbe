"""PyTorch's own transformers, with every kind of mask: the graph is what PyTorch computes, without its short cuts."""

import pytest
import torch
from torch import nn

from excel_export import ExportError, verify
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.engines import recalculate
from tests.support.passes import each_writer

CAUSAL = nn.Transformer.generate_square_subsequent_mask(3).double()
PADDED = torch.tensor([[False, False, True], [False, False, False]])
generator = torch.Generator().manual_seed(0)
X, MEMORY = torch.randn(3, 2, 4, generator=generator), torch.randn(5, 2, 4, generator=generator)
SAMPLES, OTHERS = X.transpose(0, 1).contiguous(), MEMORY.transpose(0, 1).contiguous()
K, V = torch.randn(6, 2, 3, generator=generator), torch.randn(6, 2, 5, generator=generator)


class Net(nn.Module):
    """Mixes what a module returns, so that every element gets a gradient of its own."""

    def __init__(self, module, call, training=False):
        super().__init__()
        self.module, self.call = module, call
        module.train(training)
        for parameter in module.parameters():
            if parameter.dim() == 1:  # zeros and ones would hide mistakes
                nn.init.normal_(parameter, std=0.5)

    def forward(self, x, y=None, z=None):
        found = self.call(self.module, *(item for item in (x, y, z) if item is not None))
        results = [item for item in (found if isinstance(found, tuple) else (found,)) if item is not None]
        return sum((item * torch.linspace(-1, 2, item.numel()).reshape(item.shape)).sum() for item in results)


def attention(*inputs, settings=(), **call):
    def run(module, x, y=None, z=None):
        y = x if y is None else y
        return module(x, y, y if z is None else z, **call)

    return lambda: (nn.MultiheadAttention(4, 2, **dict(settings)), run, *(inputs or (X,)))


def encoder(x, settings=(), **call):
    return lambda: (nn.TransformerEncoderLayer(4, 2, 6, **dict(settings)), lambda m, x: m(x, **call), x)


def decoder(x, memory, settings=(), **call):
    return lambda: (nn.TransformerDecoderLayer(4, 2, 6, **dict(settings)), lambda m, x, y: m(x, y, **call), x, memory)


def stack(kind, x, *memory, settings=(), norm=None, **call):
    def make():
        layer = getattr(nn, f"Transformer{kind}Layer")(4, 2, 6, **dict(settings))
        return getattr(nn, f"Transformer{kind}")(layer, 2, norm=norm), lambda m, *x: m(*x, **call), x, *memory

    return make


def masked_attention(**call):
    return lambda m, x, mask: m(x, x, x, attn_mask=mask, **call)


FIRST, BATCH = {"norm_first": True}, {"batch_first": True}
CASES = {
    "on itself": attention(),
    "without weights": attention(need_weights=False),
    "weights of each head": attention(average_attn_weights=False),
    "on another sequence": attention(X, MEMORY),
    "other widths": attention(X, K, V, settings={"kdim": 3, "vdim": 5}),
    "bias_kv": attention(settings={"add_bias_kv": True}),
    "zero_attn": attention(settings={"add_zero_attn": True}),
    "both and a mask": attention(settings={"add_bias_kv": True, "add_zero_attn": True}, attn_mask=CAUSAL),
    "no bias": attention(settings={"bias": False}),
    "batch first": attention(settings=BATCH),
    "batch first, without weights": attention(settings=BATCH, need_weights=False),
    "no batch": attention(X[:, 0]),
    "no batch, without weights": attention(X[:, 0], need_weights=False),
    "mask": attention(attn_mask=CAUSAL),
    "mask of truth values": attention(attn_mask=CAUSAL < 0, need_weights=False),
    "mask for each head": attention(attn_mask=CAUSAL.expand(4, 3, 3), need_weights=False),
    "causal": attention(attn_mask=CAUSAL, is_causal=True, need_weights=False),
    "padding": attention(key_padding_mask=PADDED),
    "padding and mask": attention(key_padding_mask=PADDED, attn_mask=CAUSAL < 0, need_weights=False),
    "mask as an input": lambda: (nn.MultiheadAttention(4, 2), masked_attention(), X, CAUSAL),
    "truth values as an input": lambda: (
        nn.MultiheadAttention(4, 2), masked_attention(need_weights=False), X, CAUSAL < 0
    ),
    "encoder layer": encoder(X),
    "encoder layer, norm first": encoder(SAMPLES, FIRST | BATCH, src_mask=CAUSAL, is_causal=True),
    "encoder layer, padded": encoder(SAMPLES, BATCH, src_key_padding_mask=PADDED),
    "encoder layer, no batch": encoder(X[:, 0], FIRST | {"activation": "gelu"}),
    "decoder layer": decoder(X, MEMORY, tgt_mask=CAUSAL),
    "decoder layer, norm first": decoder(SAMPLES, OTHERS, FIRST | BATCH, tgt_mask=CAUSAL, tgt_is_causal=True),
    "encoder": stack("Encoder", SAMPLES, settings=BATCH, src_key_padding_mask=PADDED),
    "encoder with a norm": stack("Encoder", X, norm=nn.LayerNorm(4), mask=CAUSAL),
    "decoder": stack("Decoder", X, MEMORY, tgt_mask=CAUSAL, tgt_is_causal=True),
    "transformer": lambda: (nn.Transformer(4, 2, 1, 1, 6), lambda m, x, y: m(y, x, tgt_mask=CAUSAL), X, MEMORY),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES)
def test_a_transformer_is_recorded_as_pytorch_computes_it(case):
    torch.manual_seed(0)
    module, call, *inputs = CASES[case]()
    confirmed_trace(Net(module, call), tuple(inputs))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", ["no batch", "encoder layer, norm first", "decoder layer"])
@each_writer
def test_a_workbook_of_a_transformer_agrees_with_pytorch(case, write, tmp_path):
    torch.manual_seed(0)
    module, call, *inputs = CASES[case]()
    net = Net(module, call)
    write(net, tuple(inputs), tmp_path / "net.xlsx")
    report = verify(recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path).path, net, tuple(inputs))
    assert report.ok, report


def test_in_training_without_dropout():
    confirmed_trace(Net(nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0), lambda m, x: m(x), training=True), (X,))


def test_a_causal_mask_that_has_a_gradient_is_refused():
    net = Net(nn.Transformer(4, 2, 1, 1, 6), lambda m, x, y, mask: m(y, x, tgt_mask=mask))
    with pytest.raises(ExportError, match="an attention mask that is an input is the causal one"):
        confirmed_trace(net, (X, MEMORY, CAUSAL))
    free = Net(nn.Transformer(4, 2, 1, 1, 6), lambda m, x, y, mask: m(y, x, tgt_mask=mask, tgt_is_causal=False))
    confirmed_trace(free, (X, MEMORY, CAUSAL))
