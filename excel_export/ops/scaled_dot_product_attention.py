"""scaled_dot_product_attention: each query looks at all keys, and takes a weighted mean of their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, Grid, Helper, OperandLike, Operator, Tensor, operator, unequal
from excel_export.formulas.arrays import reduce, sum_of_products, table
from excel_export.formulas.functions import EXP, IF, SQRT
from excel_export.formulas.idioms import WRITTEN_OUT, unbroadcast
from excel_export.formulas.words import counted, figure
from excel_export.shared.infinity import HIDDEN, INFINITY

At = int | slice
_EVERY = slice(None)


@operator(F.scaled_dot_product_attention)
class scaled_dot_product_attention(Operator):
    """softmax(Q Kᵀ · scale) V, of queries Q (…, L, E), keys K (…, S, E) and values V (…, S, D): (…, L, D).

    A score is −∞ where a query may not look at a key: by `is_causal` or a mask of truth values. Another mask is added.
    A `dropout_p` above 0 is refused. With `enable_gqa`, several heads of queries share one of keys and values.
    """

    query: Tensor
    key: Tensor
    value: Tensor
    attn_mask: Tensor | None = None
    dropout_p: float = 0.0
    is_causal: bool = False
    scale: float | None = None
    enable_gqa: bool = False

    of_sequences = True
    called = "attention"
    forward_words = (
        "Each query takes the mean of the {values}{looked_at}, by its weights: a row of weights times a column of v."
    )
    forward_math = "y = W v:  yᵢₑ = Σⱼ Wᵢⱼ vⱼₑ"
    backward_words = (
        "A value gets g times each weight that it had. "
        "More weight on a value would have moved the result towards it: this is what the scores feel, and through them the queries and the keys."
    )
    backward_math = "∂L/∂v = Wᵀ g,  ∂L/∂W = g vᵀ,  ∂L/∂s = W ∘ (∂L/∂W − Σ W ∘ ∂L/∂W),  ∂L/∂q = ∂L/∂s k / √d,  ∂L/∂k = (∂L/∂s)ᵀ q / √d"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        looked_at = ", of those that it may look at" if self._is_masked else ""
        return {"values": counted(self.key.shape[-2], "value"), "looked_at": looked_at}

    def index_names(self, y: Tensor) -> tuple[str, ...]:
        return (*self._heads, "place", "number")

    @property
    def _heads(self) -> tuple[str, ...]:
        names = ("sample", "head")
        return tuple(f"index {k + 1}" for k in range(len(self._lead) - 2)) + names[2 - min(len(self._lead), 2) :]

    @property
    def _is_masked(self) -> bool:
        return self.is_causal or self.attn_mask is not None

    @property
    def _lead(self) -> tuple[int, ...]:
        return self.query.shape[:-2]

    @property
    def _pairs(self) -> tuple[int, ...]:
        """The shape of the scores: for each query one for each key."""
        return (*self.query.shape[:-1], self.key.shape[-2])

    def check(self) -> str | None:
        if self.dropout_p > 0:
            return "dropout_p > 0 is random, so it is not supported: call .eval() on the module"
        if not self.enable_gqa and not self._lead == self.key.shape[:-2] == self.value.shape[:-2]:
            return "query, key and value must have the same dimensions before the last two"
        return None

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        call = cls.bind(function, *args, **kwargs)
        mask: Any = call.attn_mask
        if mask is not None and mask.is_floating_point():  # of nothing but −∞, PyTorch makes weights of 0
            mask = mask.masked_fill(mask <= HIDDEN, -torch.inf)
        return function(**{**call.arguments, "attn_mask": mask})

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        lines, pairs = (*self._pairs[:-1], 1), self._pairs
        names = (*self._heads, "query", "key")
        may, hidden = (
            (", −∞ where it may not look", "; −∞ where the query may not look") if self._is_masked else ("", "")
        )
        found = {
            "scores": _rows(
                pairs, f"s = q kᵀ{self._scaled}{may}", self._scores, math=f"s = q kᵀ{self._scaled}{may}",
                words=f"How well each query (a row) fits each key (a column): multiplied pair by pair and added up{hidden}.",
                index_names=names,
            ),
            "largest": _rows(lines, "max s of each query", lambda: self._by_query("MAX", y.helpers["scores"])),
            "exp": _rows(pairs, "exp(s − max s)", lambda: self._powers(y)),
            "total": _rows(lines, "Σ exp(s − max s)", lambda: self._by_query("SUM", y.helpers["exp"])),
            "weights": _rows(
                pairs, "W = exp(s − max s) / Σ", lambda: self._weights(y),
                math="W = softmax(s):  exp(s − max s) / Σ exp(s − max s)",
                words="How much each query (a row) looks at each key (a column): the scores as probabilities. "
                      "A row adds up to 1.",
                readable=lambda: EXP(y.helpers["scores"] - y.helpers["largest"]) / y.helpers["total"],
                index_names=names,
            ),
        }  # fmt: skip
        if pairs[-1] > WRITTEN_OUT and len(pairs) > 2:
            # SUMPRODUCT wants both ranges in the same direction.
            found["columns of v"] = Helper(
                (*self.value.shape[:-2], *self.value.shape[:-3:-1]), "v, each column laid across",
                lambda: self.value.cells.swapped,
            )  # fmt: skip
        return {**found, **self._backward_helpers(y)} if y.has_grad else found

    def _backward_helpers(self, y: Tensor) -> dict[str, Helper]:
        if not any(x.has_grad for x in (self.query, self.key, self.attn_mask) if x is not None):
            return {}
        lines, pairs = (*self._pairs[:-1], 1), self._pairs
        found = {
            "∂L/∂weights": _rows(pairs, "g vᵀ", lambda: self._of_pairs(y.grad, self.value), band="backward"),
            "mean": _rows(lines, "Σ W ∘ ∂L/∂W", lambda: sum_of_products(lines, lambda *index: (
                y.helpers["weights"][(*index[:-1], self._seen(index[-2]))],
                y.helpers["∂L/∂weights"][(*index[:-1], self._seen(index[-2]))],
            )), band="backward"),
            "∂L/∂scores": _rows(pairs, "W ∘ (∂L/∂W − Σ W ∘ ∂L/∂W)", lambda: (
                y.helpers["weights"] * (y.helpers["∂L/∂weights"] - y.helpers["mean"])
            ), band="backward"),
        }  # fmt: skip
        if pairs[-1] > WRITTEN_OUT and len(pairs) > 2 and self.query.has_grad:
            found["columns of k"] = Helper(
                (*self.key.shape[:-2], *self.key.shape[:-3:-1]), "k, each column laid across",
                lambda: self.key.cells.swapped, "backward",
            )  # fmt: skip
        return found

    def _seen(self, query: int) -> slice:
        """The keys that a query may look at. What comes later is not even read."""
        return slice(0, query + 1) if self.is_causal else _EVERY

    def _seeing(self, key: int) -> slice:
        """The queries that may look at a key."""
        return slice(key, None) if self.is_causal else _EVERY

    def _by_query(self, function: str, pairs: Grid) -> Expression:
        shape = (*self._pairs[:-1], 1)
        return reduce(function, shape, lambda *index: pairs[(*index[:-1], self._seen(index[-2]))])

    @property
    def _scaled(self) -> str:
        if self.scale is not None:
            return f" · {figure(self.scale)}"
        return f" / √{self.query.shape[-1]}"

    def _times_scale(self, formulas: Expression) -> Expression:
        return formulas / SQRT(self.query.shape[-1]) if self.scale is None else formulas * self.scale

    def _scores(self) -> Expression:
        scores = self._times_scale(self._of_pairs(self.query.value, self.key))
        if self.is_causal:
            return table(self._pairs, lambda *index: scores.element(index) if index[-1] <= index[-2] else -INFINITY)
        if self.attn_mask is None:
            return scores
        if self.attn_mask.is_float:
            return scores + self.attn_mask
        return IF(unequal(self.attn_mask, 0), scores, -INFINITY)

    def _powers(self, y: Tensor) -> Expression:
        scores = y.helpers["scores"]
        powers = EXP(scores - y.helpers["largest"])
        return powers if self.attn_mask is None else IF(scores <= HIDDEN, 0, powers)

    def _weights(self, y: Tensor) -> Expression:
        total = y.helpers["total"]
        weights = y.helpers["exp"] / total
        # Who may look at nothing has no weights.
        return weights if self.attn_mask is None else IF(total > 0, weights, 0)

    def forward(self, y: Tensor) -> OperandLike:
        return self._by_row(y.shape, y.helpers["weights"], self.value, y.helpers.get("columns of v"))

    def backward(self, y: Tensor) -> Gradients:
        yield self.value, self._by_column(self.value, y.helpers["weights"], y.grad)
        if "∂L/∂scores" not in y.helpers:
            return
        felt, columns = y.helpers["∂L/∂scores"], y.helpers.get("columns of k")
        if self.query.has_grad:
            yield self.query, self._times_scale(self._by_row(self.query.shape, felt, self.key, columns))
        yield self.key, self._times_scale(self._by_column(self.key, felt, self.query.value))
        if self.attn_mask is not None:
            yield self.attn_mask, unbroadcast(self.attn_mask, felt)

    def _of_pairs(self, one: Grid, other: Tensor) -> Expression:
        """Σ over a row of each, of a tensor of the queries and of one of the keys: for each pair."""
        return sum_of_products(self._pairs, lambda *index: (
            one[(*index[:-1], _EVERY)], other[(*self._own(index[:-2], other), index[-1], _EVERY)],
        ))  # fmt: skip

    def _by_row(self, shape: tuple[int, ...], pairs: Grid, x: Tensor, columns: Grid | None) -> Expression:
        """Σ over the keys, of a tensor of pairs and of one of the keys, or its columns, laid across: for each query."""

        def row_and_column(*index: int) -> tuple[Any, Any]:
            *lead, i, e = index
            own, seen = self._own(lead, x), self._seen(i)
            return pairs[(*lead, i, seen)], x[(*own, seen, e)] if columns is None else columns[(*own, e, seen)]

        return sum_of_products(shape, row_and_column)

    def _by_column(self, x: Tensor, pairs: Grid, met: Grid) -> Expression:
        """Σ over the queries, of a tensor of pairs and of one of the queries: for each key."""

        def column_and_column(*index: int) -> tuple[Any, Any]:
            *own, j, e = index
            lead = self._all(own, x)
            return pairs[(*lead, self._seeing(j), j)], met[(*lead, self._seeing(j), e)]

        return sum_of_products(x.shape, column_and_column)

    def _repeats(self, x: Tensor) -> int:
        """The number of query heads that share a head of keys and values."""
        return self._lead[-1] // x.shape[-3] if self.enable_gqa else 1

    def _own(self, lead: Sequence[int], x: Tensor) -> tuple[int, ...]:
        """Return the index of the keys or values that a query reads."""
        return (*lead[:-1], lead[-1] // self._repeats(x)) if self.enable_gqa else tuple(lead)

    def _all(self, own: Sequence[int], x: Tensor) -> tuple[At, ...]:
        """Return the indices of the queries that read keys or values."""
        each = self._repeats(x)
        return (*own[:-1], slice(own[-1] * each, (own[-1] + 1) * each)) if each > 1 else tuple(own)


def _rows(shape: tuple[int, ...], text: str, formula: Callable[[], OperandLike], **more: Any) -> Helper:
    """A helper in which each query is a row, whatever the number of dimensions."""
    return Helper(shape, text, formula, layout="matrix" if len(shape) == 2 else "upright", **more)
