"""Arguments for which PyTorch has no gradient, such as the weights of a loss: it takes none that asks for one."""

from __future__ import annotations

import re


def argument_without_gradient(error: Exception) -> str:
    """Return the name of the argument that an error is about; '' for other errors."""
    found = re.search(r"is not differentiable with respect to argument '(\w+)'", str(error))
    return found[1] if found else ""


def is_without_gradient(error: Exception) -> bool:
    """Whether an error says that there is no gradient, of an argument or of a whole function."""
    return bool(argument_without_gradient(error)) or "derivative for aten::" in str(error)
