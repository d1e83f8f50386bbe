"""More of `torch_nn_calls`: normalization, recurrent layers, attention, embeddings, containers, losses."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from tests.support.coverage.torch_nn_calls import CALLS, Two, distinct, evaluated, labels, rand, randn, signs

# Normalization.
for _d, _size in ((1, (4,)), (2, (3, 2)), (3, (2, 2, 2))):
    for _kind in ("BatchNorm", "InstanceNorm"):
        _class = getattr(nn, f"{_kind}{_d}d")
        CALLS[f"{_kind}{_d}d"] = {
            "in evaluation": lambda _c=_class, _s=_size: (
                evaluated(_c(2, affine=True, track_running_stats=True)), randn(3, 2, *_s)),
            "in training": lambda _c=_class, _s=_size: (_c(2, affine=True), randn(3, 2, *_s)),
            "without parameters": lambda _c=_class, _s=_size: (_c(2, affine=False), randn(3, 2, *_s)),
        }  # fmt: skip
        _lazy = getattr(nn, f"Lazy{_kind}{_d}d")
        CALLS[_lazy.__name__] = {"after its first call": lambda _c=_lazy, _s=_size: (_c(), randn(3, 2, *_s))}
CALLS["BatchNorm1d"]["of rows"] = lambda: (nn.BatchNorm1d(3), randn(4, 3))
CALLS["SyncBatchNorm"] = {"in evaluation": lambda: (evaluated(nn.SyncBatchNorm(2)), randn(3, 2, 3))}
CALLS["LayerNorm"] = {
    "plain": lambda: (nn.LayerNorm(4), randn(2, 3, 4)),
    "of two dimensions": lambda: (nn.LayerNorm((3, 4)), randn(2, 3, 4)),
    "without parameters": lambda: (nn.LayerNorm(4, elementwise_affine=False), randn(3, 4)),
    "without bias": lambda: (nn.LayerNorm(4, bias=False), randn(3, 4)),
}
CALLS["RMSNorm"] = {
    "plain": lambda: (nn.RMSNorm(4), randn(3, 4)),
    "with eps": lambda: (nn.RMSNorm(4, 1e-3), randn(3, 4)),
}
CALLS["GroupNorm"] = {
    "plain": lambda: (nn.GroupNorm(2, 4), randn(2, 4, 3)),
    "one group": lambda: (nn.GroupNorm(1, 4), randn(2, 4, 2, 2)),
}
CALLS["LocalResponseNorm"] = {"plain": lambda: (nn.LocalResponseNorm(2), randn(1, 4, 2, 2))}
CALLS["CrossMapLRN2d"] = {"plain": lambda: (nn.CrossMapLRN2d(3), randn(1, 4, 2, 2))}

# Recurrent layers.
for _name in ("RNN", "LSTM", "GRU"):
    _class, _cell = getattr(nn, _name), getattr(nn, f"{_name}Cell")
    CALLS[_name] = {
        "plain": lambda _c=_class: (_c(2, 3), randn(4, 2, 2)),
        "batch first": lambda _c=_class: (_c(2, 3, batch_first=True), randn(2, 4, 2)),
        "two layers": lambda _c=_class: (_c(2, 3, 2), randn(3, 1, 2)),
        "both directions": lambda _c=_class: (_c(2, 2, bidirectional=True), randn(3, 1, 2)),
        "unbatched, without bias": lambda _c=_class: (_c(2, 3, bias=False), randn(3, 2)),
    }
    CALLS[f"{_name}Cell"] = {
        "plain": lambda _c=_cell: (_c(2, 3), randn(2, 2)),
        "unbatched": lambda _c=_cell: (_c(2, 3), randn(2)),
    }
CALLS["RNN"]["with relu"] = lambda: (nn.RNN(2, 3, nonlinearity="relu"), randn(3, 1, 2))
CALLS["RNN"]["with a first state"] = lambda: (nn.RNN(2, 3), randn(3, 1, 2), randn(1, 1, 3))
CALLS["GRUCell"]["with a state"] = lambda: (nn.GRUCell(2, 3), randn(2, 2), randn(2, 3))
CALLS["LSTM"]["with first states"] = lambda: (nn.LSTM(2, 3), randn(3, 1, 2), (randn(1, 1, 3), randn(1, 1, 3)))
CALLS["LSTM"]["with a projection"] = lambda: (nn.LSTM(2, 3, proj_size=2), randn(3, 1, 2))

# Attention.
CALLS["MultiheadAttention"] = {
    "plain": lambda: (nn.MultiheadAttention(4, 2), randn(3, 2, 4), randn(3, 2, 4), randn(3, 2, 4)),
    "batch first, one head, without bias": lambda: (
        nn.MultiheadAttention(4, 1, bias=False, batch_first=True), randn(1, 3, 4), randn(1, 2, 4), randn(1, 2, 4)),
    "keys and values of other widths": lambda: (
        nn.MultiheadAttention(4, 2, kdim=3, vdim=2), randn(3, 1, 4), randn(2, 1, 3), randn(2, 1, 2)),
}  # fmt: skip


def _layer(kind: type[nn.Module], **more) -> nn.Module:
    return kind(4, 2, 6, dropout=0.0, **more)


CALLS["TransformerEncoderLayer"] = {
    "plain": lambda: (_layer(nn.TransformerEncoderLayer), randn(3, 1, 4)),
    "norm first, gelu, batch first": lambda: (
        _layer(nn.TransformerEncoderLayer, norm_first=True, activation="gelu", batch_first=True), randn(1, 3, 4)),
    "in evaluation": lambda: (evaluated(_layer(nn.TransformerEncoderLayer, batch_first=True)), randn(1, 3, 4)),
}  # fmt: skip
CALLS["TransformerDecoderLayer"] = {
    "plain": lambda: (_layer(nn.TransformerDecoderLayer), randn(3, 1, 4), randn(2, 1, 4))
}
CALLS["TransformerEncoder"] = {
    "two layers": lambda: (nn.TransformerEncoder(_layer(nn.TransformerEncoderLayer), 2, enable_nested_tensor=False),
                           randn(3, 1, 4))
}  # fmt: skip
CALLS["TransformerDecoder"] = {
    "two layers": lambda: (nn.TransformerDecoder(_layer(nn.TransformerDecoderLayer), 2), randn(3, 1, 4), randn(2, 1, 4))
}
CALLS["Transformer"] = {"plain": lambda: (nn.Transformer(4, 2, 1, 1, 6, dropout=0.0), randn(3, 1, 4), randn(2, 1, 4))}

# Linear layers, embeddings, distances, containers.
CALLS["Linear"] = {
    "plain": lambda: (nn.Linear(4, 3), randn(2, 4)),
    "without bias": lambda: (nn.Linear(4, 3, bias=False), randn(2, 3, 4)),
    "unbatched": lambda: (nn.Linear(4, 3), randn(4)),
}
CALLS["LazyLinear"] = {"after its first call": lambda: (nn.LazyLinear(3), randn(2, 4))}
CALLS["Bilinear"] = {"plain": lambda: (nn.Bilinear(3, 2, 2), randn(4, 3), randn(4, 2))}
CALLS["Embedding"] = {
    "plain": lambda: (nn.Embedding(5, 3), labels(2, 4, classes=5)),
    "with padding": lambda: (nn.Embedding(5, 3, padding_idx=0), torch.tensor([0, 2, 0, 4])),
}
CALLS["EmbeddingBag"] = {
    "mean": lambda: (nn.EmbeddingBag(5, 3), labels(2, 4, classes=5)),
    "sum, with offsets": lambda: (nn.EmbeddingBag(5, 3, mode="sum"), labels(6, classes=5), torch.tensor([0, 2])),
    "max": lambda: (nn.EmbeddingBag(5, 3, mode="max"), labels(2, 4, classes=5)),
}
CALLS["CosineSimilarity"] = {"plain": lambda: (nn.CosineSimilarity(), randn(3, 4), randn(3, 4))}
CALLS["PairwiseDistance"] = {
    "plain": lambda: (nn.PairwiseDistance(), randn(3, 4), randn(3, 4)),
    "p = 1": lambda: (nn.PairwiseDistance(1), randn(3, 4), randn(3, 4)),
}
CALLS["Sequential"] = {"plain": lambda: (nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), randn(2, 3))}
CALLS["ModuleList"] = {
    "plain": lambda: (
        Two(nn.ModuleList([nn.Linear(3, 3), nn.Tanh()]), lambda layers, x: layers[1](layers[0](x))), randn(2, 3))
}  # fmt: skip
CALLS["ModuleDict"] = {
    "plain": lambda: (
        Two(nn.ModuleDict({"a": nn.Linear(3, 3), "b": nn.Tanh()}), lambda layers, x: layers["b"](layers["a"](x))),
        randn(2, 3))
}  # fmt: skip
CALLS["ParameterList"] = {
    "plain": lambda: (
        Two(nn.ParameterList([randn(3, 2), randn(2)]), lambda items, x: x @ items[0] + items[1]), randn(2, 3))
}  # fmt: skip
CALLS["ParameterDict"] = {
    "plain": lambda: (
        Two(nn.ParameterDict({"w": randn(3, 2), "b": randn(2)}), lambda items, x: x @ items["w"] + items["b"]),
        randn(2, 3))
}  # fmt: skip

# Losses.
CALLS["L1Loss"] = {"plain": lambda: (nn.L1Loss(), randn(3, 4), randn(3, 4))}
CALLS["MSELoss"] = {"plain": lambda: (nn.MSELoss(), randn(3, 4), randn(3, 4))}
CALLS["HuberLoss"] = {"plain": lambda: (nn.HuberLoss(), randn(3, 4), randn(3, 4))}
CALLS["SmoothL1Loss"] = {"plain": lambda: (nn.SmoothL1Loss(beta=0.5), randn(3, 4), randn(3, 4))}
CALLS["CrossEntropyLoss"] = {
    "plain": lambda: (nn.CrossEntropyLoss(), randn(3, 4), labels(3, classes=4)),
    "of pictures": lambda: (nn.CrossEntropyLoss(), randn(2, 3, 2, 2), labels(2, 2, 2, classes=3)),
    "weights, smoothing, ignored": lambda: (
        nn.CrossEntropyLoss(rand(4), ignore_index=1, label_smoothing=0.1), randn(3, 4), torch.tensor([0, 1, 3])),
    "soft labels": lambda: (nn.CrossEntropyLoss(), randn(3, 4), rand(3, 4).softmax(1)),
    "label −100": lambda: (nn.CrossEntropyLoss(), randn(3, 4), torch.tensor([0, -100, 3])),
}  # fmt: skip
CALLS["NLLLoss"] = {"plain": lambda: (nn.NLLLoss(), randn(3, 4).log_softmax(1), labels(3, classes=4))}
CALLS["NLLLoss2d"] = {"plain": lambda: (nn.NLLLoss2d(), randn(2, 3, 2, 2).log_softmax(1), labels(2, 2, 2, classes=3))}
CALLS["LinearCrossEntropyLoss"] = {
    "plain": lambda: (nn.LinearCrossEntropyLoss(4, 3), randn(2, 4), labels(2, classes=3))
}
CALLS["AdaptiveLogSoftmaxWithLoss"] = {
    "plain": lambda: (nn.AdaptiveLogSoftmaxWithLoss(4, 8, [2, 5]), randn(5, 4), torch.tensor([0, 3, 7, 1, 4]))
}
CALLS["BCELoss"] = {"plain": lambda: (nn.BCELoss(), rand(3, 4) * 0.8 + 0.1, rand(3, 4))}
CALLS["BCEWithLogitsLoss"] = {
    "plain": lambda: (nn.BCEWithLogitsLoss(), randn(3, 4), rand(3, 4)),
    "weights": lambda: (nn.BCEWithLogitsLoss(pos_weight=rand(4)), randn(3, 4), rand(3, 4)),
}
CALLS["CTCLoss"] = {
    "plain": lambda: (
        nn.CTCLoss(),
        randn(6, 1, 3).log_softmax(2),
        torch.tensor([[1, 2]]),
        torch.tensor([6]),
        torch.tensor([2]),
    )
}
CALLS["CosineEmbeddingLoss"] = {
    "plain": lambda: (nn.CosineEmbeddingLoss(), randn(3, 4), randn(3, 4), torch.tensor([1, -1, 1]))
}
CALLS["GaussianNLLLoss"] = {
    "plain": lambda: (nn.GaussianNLLLoss(), randn(3, 4), randn(3, 4), rand(3, 4) + 0.1),
    "full": lambda: (nn.GaussianNLLLoss(full=True), randn(3, 4), randn(3, 4), rand(3, 1) + 0.1),
}
CALLS["HingeEmbeddingLoss"] = {
    "plain": lambda: (nn.HingeEmbeddingLoss(), randn(3, 4), torch.tensor([[1, -1, 1, -1]] * 3))
}
CALLS["KLDivLoss"] = {
    "plain": lambda: (nn.KLDivLoss(reduction="batchmean"), randn(3, 4).log_softmax(1), rand(3, 4).softmax(1)),
    "log target": lambda: (nn.KLDivLoss(reduction="sum", log_target=True), randn(3, 4), randn(3, 4).log_softmax(1)),
}
CALLS["MarginRankingLoss"] = {
    "plain": lambda: (nn.MarginRankingLoss(0.5), randn(4), randn(4), torch.tensor([1, -1, 1, -1]))
}
CALLS["MultiLabelMarginLoss"] = {
    "plain": lambda: (nn.MultiLabelMarginLoss(), randn(2, 4), torch.tensor([[3, 0, -1, 1], [1, -1, 0, 2]]))
}
CALLS["MultiLabelSoftMarginLoss"] = {
    "plain": lambda: (nn.MultiLabelSoftMarginLoss(), randn(3, 4), (signs(3, 4) + 1) / 2)
}
CALLS["MultiMarginLoss"] = {
    "plain": lambda: (nn.MultiMarginLoss(), randn(3, 4), labels(3, classes=4)),
    "squared": lambda: (nn.MultiMarginLoss(p=2, margin=0.5), randn(3, 4), labels(3, classes=4)),
}
CALLS["PoissonNLLLoss"] = {
    "plain": lambda: (nn.PoissonNLLLoss(), randn(3, 4), rand(3, 4) * 3),
    "full, not of logs": lambda: (nn.PoissonNLLLoss(log_input=False, full=True), rand(3, 4) + 0.5, rand(3, 4) * 5),
}
CALLS["SoftMarginLoss"] = {"plain": lambda: (nn.SoftMarginLoss(), randn(3, 4), signs(3, 4).long())}
CALLS["TripletMarginLoss"] = {
    "plain": lambda: (nn.TripletMarginLoss(), randn(3, 4), randn(3, 4), randn(3, 4)),
    "swap": lambda: (nn.TripletMarginLoss(swap=True), distinct(3, 4), distinct(3, 4), distinct(3, 4)),
}
CALLS["TripletMarginWithDistanceLoss"] = {
    "plain": lambda: (nn.TripletMarginWithDistanceLoss(), randn(3, 4), randn(3, 4), randn(3, 4)),
    "a distance of one's own": lambda: (
        nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: F.l1_loss(x, y, reduction="none").sum(1)),
        randn(3, 4), randn(3, 4), randn(3, 4)),
}  # fmt: skip
