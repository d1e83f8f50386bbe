"""Float64 even where a module asks for less: the exporter computes so, whatever `.float()` says."""

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from excel_export.shared.trees import Args, Kwargs, changed, mapped, tensors_in

NARROW = (torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e4m3fnuz, torch.float8_e5m2,
          torch.float8_e5m2fnuz)  # fmt: skip
_CASTS = (torch.Tensor.float, torch.Tensor.half, torch.Tensor.bfloat16, torch.Tensor.to, torch.Tensor.type,
          torch.Tensor.type_as)  # fmt: skip
_OUT_OF_RANGE = "to type float without overflow"
_LARGEST = torch.finfo(torch.float32).max


class Widen(TorchFunctionMode):
    """While active, functions of narrow floating-point types compute and return float64: with Widen(): x.half() * 2.

    Numbers that are written in a module keep their value: torch.tensor(0.1) is the float32 closest to 0.1, as float64.

    Args:
        rounds: True if casts round: x.half() then has the numbers of a float16, as float64; else those of x.
    """

    def __init__(self, *, rounds: bool = False) -> None:
        super().__init__()
        self.rounds = rounds

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        keeps_types = self.rounds or _writes_numbers(function, (*args, *kwargs.values()))
        args = tuple(_wide(item, keeps_types) for item in args)
        default = torch.get_default_dtype()
        if not keeps_types:  # what a whole number divided by another one is
            torch.set_default_dtype(torch.float64)
        try:
            result = called_in_range(function, args, {key: _wide(item, keeps_types) for key, item in kwargs.items()})
        finally:
            if not keeps_types:
                torch.set_default_dtype(default)
        if not isinstance(result, torch.Tensor) or result.dtype not in NARROW:
            return result
        if function not in _CASTS or self.rounds:
            return result.double()
        # A cast lets the numbers lie as a copy does: a part of rows lies dense then, as `view_as_complex` needs it.
        lies_alike = (result.stride(), result.storage_offset()) == (args[0].stride(), args[0].storage_offset())
        return args[0].double() if lies_alike else args[0].double().clone()


def called_in_range(function: Callable[..., Any], args: Args, kwargs: Kwargs) -> Any:
    """Return function(*args, **kwargs); if a plain number is too large for a type, with numbers limited to ±3.4e38.

    `torch.full((n, n), torch.finfo(x.dtype).min)` has such a number, -1.8e308 for a float32, when x is float64.
    """
    try:
        return function(*args, **kwargs)
    except Exception as error:  # PyTorch's, or what is made of it where a function is taken apart
        if _OUT_OF_RANGE not in str(error):
            raise
        args, kwargs = mapped((args, kwargs), float, lambda number: max(-_LARGEST, min(number, _LARGEST)))
        return function(*args, **kwargs)


def _writes_numbers(function: Callable[..., Any], items: tuple[Any, ...]) -> bool:
    name = getattr(function, "__name__", "")
    return name.startswith("new_") or name.endswith("_like") or not tensors_in(items)


def _wide(item: Any, keeps_types: bool) -> Any:
    """Return an argument with its tensors in float64; a narrow dtype becomes float64 unless types are kept."""
    item = changed(item, lambda tensor: tensor.double() if tensor.dtype in NARROW else tensor)
    return torch.float64 if isinstance(item, torch.dtype) and item in NARROW and not keeps_types else item
