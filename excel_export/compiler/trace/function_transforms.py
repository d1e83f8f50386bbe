"""torch.func: `grad`, `vjp`, `jvp`, `jacrev`, `hessian` and `vmap`, run as plain code that can be recorded.

PyTorch wraps tensors for each of them, and nothing of a wrapped tensor can be recorded. Here a gradient is one of
`torch.autograd.grad`, and a batch is computed one sample after the other.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch._C._functorch import get_unwrapped, is_functorch_wrapped_tensor
from torch._functorch import apis, eager_transforms
from torch._functorch.vmap import _broadcast_to_and_flatten, _process_batched_inputs

from excel_export.compiler.trace.patches import Patch
from excel_export.shared.trees import Function, tree_flatten, tree_map_only, tree_unflatten


def _learning(tree: Any, level: int | None = None) -> Any:
    return tree_map_only(torch.Tensor, torch.Tensor.requires_grad_, tree)


def _gradients(
    outputs: Sequence[torch.Tensor],
    inputs: Sequence[torch.Tensor],
    grad_outputs: Sequence[torch.Tensor] | None = None,
    retain_graph: bool = False,
    create_graph: bool = True,
) -> tuple[torch.Tensor, ...]:
    given: Sequence[Any] = grad_outputs or [None] * len(outputs)
    pairs = [(out, grad) for out, grad in zip(outputs, given, strict=True) if out.requires_grad]
    if not pairs:
        return tuple(map(torch.zeros_like, inputs))
    learning, grads = zip(*pairs, strict=True)
    found: tuple[torch.Tensor, ...] = torch.autograd.grad(
        learning, inputs, grads, create_graph=create_graph, materialize_grads=True
    )
    return found


def _of_rows(function: Function, argnums: Any = 0, has_aux: bool = False, **options: Any) -> Any:
    return eager_transforms.jacrev(function, argnums, has_aux=has_aux)


def transforms_run_plainly(is_live: Callable[[torch.Tensor], bool]) -> list[Patch]:
    """Return patches, (module, name, function), by which torch.func.grad, vmap and the like run on plain tensors.

    A gradient is one of torch.autograd.grad, a batch is computed sample by sample. is_live(tensor) returns whether a
    tensor depends on an input or a parameter.
    """
    own: dict[int, torch.Tensor] = {}
    """The tensors that only the transformed function knows, by their ids."""

    def noted(tensor: torch.Tensor) -> torch.Tensor:
        own[id(tensor)] = tensor
        return tensor

    def apart(tree: Any, level: int | None = None) -> Any:
        # Nothing but the function reads these copies: its gradients are by its arguments alone.
        return tree_map_only(
            torch.Tensor, lambda each: noted(each.clone()) if id(each) not in own and is_live(each) else each, tree
        )

    def forward(function: Function, primals: Any, tangents: Any, argnums: Any, *, has_aux: bool, **options: Any) -> Any:
        # As of `jvp`: a backward pass is linear in its starting gradient, and is differentiated by that.
        primals = _learning(apart(primals))
        given = tree_flatten(primals if argnums is None else eager_transforms._slice_argnums(primals, argnums))[0]
        with torch.enable_grad():
            result = function(*primals)
            results, spec = tree_flatten(result[0] if has_aux else result)
            starts = [torch.ones_like(each).requires_grad_() for each in results]
            back = _gradients(results, given, starts)
            slopes = tree_unflatten(_gradients(back, starts, tree_flatten(tangents)[0]), spec)
        return (result[0], slopes, result[1]) if has_aux else (result, slopes)

    def one_after_the_other(
        function: Function, in_dims: Any, out_dims: Any, randomness: str, chunk_size: Any, *args: Any, **kwargs: Any
    ) -> Any:
        count, dims, flat, spec = _process_batched_inputs(in_dims, args, function)

        def of(k: int) -> Any:
            pairs = zip(flat, dims, strict=True)
            parts = [item if dim is None else noted(item.select(dim, k)) for item, dim in pairs]
            named = tree_map_only(torch.Tensor, lambda item: item.select(0, k), kwargs)
            return function(*tree_unflatten(parts, spec), **named)

        results = [tree_flatten(of(k)) for k in range(count)]
        places = _broadcast_to_and_flatten(out_dims, results[0][1]) or [0] * len(results[0][0])
        columns = zip(*(parts for parts, _ in results), strict=True)
        stacked = [torch.stack(column, place or 0) for column, place in zip(columns, places, strict=True)]
        return tree_unflatten(stacked, results[0][1])

    return [
        (eager_transforms, "grad_increment_nesting", lambda: nullcontext(0)),
        (eager_transforms, "_wrap_all_tensors", apart),
        (eager_transforms, "_create_differentiable", _learning),
        (eager_transforms, "_undo_create_differentiable", lambda tree, level=None: tree),
        (eager_transforms, "_autograd_grad", _gradients),
        (eager_transforms, "_jvp_with_argnums", forward),
        (eager_transforms, "jacfwd", _of_rows),
        (apis, "vmap_impl", one_after_the_other),
    ]


def unwrapped(tensor: torch.Tensor) -> torch.Tensor | None:
    """Return the tensor inside of `tensor` if torch.vmap or the like has wrapped it, one layer less; None if it is
    plain.
    """
    return get_unwrapped(tensor) if is_functorch_wrapped_tensor(tensor) else None
