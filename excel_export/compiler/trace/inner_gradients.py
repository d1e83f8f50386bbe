"""Gradients that forward() asks for itself, as `torch.autograd.grad` gives them.

The backward pass from what was computed to what is asked for is recorded, too: each call's part of it is taken apart by
PyTorch, and recorded as any other calls are. So it has formulas, and gradients of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from excel_export.compiler.refuse.users_code import calling_line
from excel_export.compiler.trace.decompose import NotTakenApart, as_users_call_it
from excel_export.compiler.trace.gradient_steps import gradient_steps
from excel_export.compiler.trace.in_place import Changes, Record
from excel_export.compiler.trace.scopes import Scopes
from excel_export.compiler.trace.tape import Evaluation, Tape
from excel_export.graph.graph import Value
from excel_export.shared.errors import ExportError, UnsupportedOperator


class InnerGradients:
    """Records them."""

    def __init__(
        self,
        tape: Tape,
        scopes: Scopes,
        changes: Changes,
        record: Record,
        recording: Callable[[Callable[[], Any]], Any],
    ) -> None:
        self._tape, self._scopes, self._changes = tape, scopes, changes
        self._record, self._recording = record, recording

    def grad(
        self,
        outputs: Any,
        inputs: Any,
        grad_outputs: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        only_inputs: bool = True,
        allow_unused: bool | None = None,
        is_grads_batched: bool = False,
        materialize_grads: bool = False,
    ) -> tuple[Any, ...]:
        """Do what `torch.autograd.grad` does.

        Raises:
            UnsupportedOperator: a part of the backward pass has no formulas.
            ExportError: many gradients are asked for at once.
        """
        if is_grads_batched:
            raise ExportError(f"is_grads_batched=True in {calling_line()} is not supported: use a loop")
        current = self._changes.current
        tops, targets = ([*map(current, _as_tuple(item))] for item in (outputs, inputs))
        grads = _as_tuple(grad_outputs) if grad_outputs is not None else (None,) * len(tops)
        gained: dict[Value, torch.Tensor] = {}
        for top, grad in zip(tops, grads, strict=True):
            self._gain(gained, self._tape.value_of(top), torch.ones_like(top) if grad is None else current(grad))
        wanted = [self._tape.value_of(target) for target in targets]
        self._pass_back(gained, wanted)
        results = [self._result(value, gained.get(value), create_graph) for value in wanted]
        if None in results and materialize_grads:
            return tuple(
                torch.zeros_like(target) if result is None else result
                for target, result in zip(targets, results, strict=True)
            )
        if None in results and not allow_unused:
            raise RuntimeError("One of the differentiated Tensors appears to not have been used in the graph")
        return tuple(results)

    def _gain(self, gained: dict[Value, torch.Tensor], value: Value, grad: torch.Tensor) -> None:
        gained[value] = self._record(torch.add, gained[value], grad) if value in gained else grad

    def _pass_back(self, gained: dict[Value, torch.Tensor], wanted: Sequence[Value]) -> None:
        """Go through the calls from the last to the first that lead from what is wanted to where gradients are."""
        towards, calls = set(wanted), []
        for call, evaluation in zip(self._tape.calls, self._tape.evaluations, strict=True):
            if towards.intersection(call.inputs) and any(map(self._tape.learns, evaluation.results)):
                towards.update(call.outputs)
                calls.append((call, evaluation))
        for call, evaluation in reversed(calls):
            grads = [gained.get(value) for value in call.outputs]
            if any(grad is not None for grad in grads):
                places = [place for place, tensor in enumerate(evaluation.given)
                          if self._tape.learns(tensor) and self._tape.value_of(tensor) in towards]  # fmt: skip
                for place, grad in zip(places, self._backward(call, evaluation, grads, places), strict=True):
                    if grad is not None:
                        self._gain(gained, self._tape.value_of(evaluation.given[place]), grad)

    def _backward(
        self, call: Any, evaluation: Evaluation, grads: Sequence[torch.Tensor | None], places: list[int]
    ) -> list[torch.Tensor | None]:
        """Record the backward pass of one call."""
        if call.operator.drawn and any(getattr(call.operator, key) is not None for key in call.operator.drawn):
            raise UnsupportedOperator(
                f"the gradient of '{call.operator.name}' inside forward() is not supported, as it draws random numbers"
            )
        given, results = evaluation.given, evaluation.results
        try:
            steps = gradient_steps(evaluation.evaluate, given, results, grads, places)
        except NotTakenApart as reason:
            raise UnsupportedOperator(
                f"the gradient of '{call.operator.name}' inside forward(), in {calling_line()}, is not supported: "
                f"{reason}"
            ) from reason
        tensors = [*map(self._as_it_was, (*given, *results, *(grad for grad in grads if grad is not None)))]

        def compute() -> list[torch.Tensor | None]:
            # A list keeps its parts' names.
            return list(self._recording(lambda: steps.run(tensors, as_users_call_it)))

        return self._scopes.apart(f"{call.operator.name}_backward", compute)  # type: ignore[no-any-return]

    def _as_it_was(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return an object for a tensor, which the module may have changed in place since."""
        return tensor if self._changes.current(tensor) is tensor else self._tape.again(tensor)

    def _result(self, value: Value, grad: torch.Tensor | None, create_graph: bool) -> torch.Tensor | None:
        if grad is None:
            return None
        if not create_graph and self._tape.is_live(grad):
            grad = self._record(torch.Tensor.detach, grad)
        self._scopes.name(grad, self._scopes.namespace.new(f"grad_of_{value.name}"))
        if self._tape.is_live(grad) and value.kind != "intermediate":
            self._tape.said.setdefault(self._tape.value_of(grad), f"gradient by {value.name}")
        return grad


def _as_tuple(item: Any) -> tuple[Any, ...]:
    return tuple(item) if isinstance(item, (list, tuple)) else (item,)
