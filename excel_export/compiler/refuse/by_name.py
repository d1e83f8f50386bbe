"""Functions that are refused by name, from `by_name.toml`: no recorder sees what they do, or no formula shows it."""

import tomllib
from importlib.resources import files

from excel_export.shared.errors import ExportError, UnsupportedOperator
from excel_export.shared.users_code import calling_line

_TEXTS = tomllib.loads((files(__package__) / "by_name.toml").read_text("utf-8"))
_REFUSALS: dict[str, str] = {name: each["why"] for each in _TEXTS["refused"] for name in each["names"]}
_WAYS: dict[str, str] = {name: each["way"] for each in _TEXTS["without_formulas"] for name in each["names"]}
_OF_LISTS = "_foreach_"
"""The prefix of functions that compute with lists of tensors."""


def refuse_by_name(name: str, line: str = "") -> None:
    """Refuse a function whose name is listed in `by_name.toml`; do nothing for any other, as for 'relu'.

    Args:
        name: the function's name: 'backward'.
        line: the line of the user's code, for the message; '' for the line that is running.

    Raises:
        UnsupportedOperator: it has no formulas, as 'linalg_svd'.
        ExportError: no recorder sees what it does, or no formula shows it, as of 'backward'.
    """
    refusal = _REFUSALS.get(_OF_LISTS if name.startswith(_OF_LISTS) else name)
    if refusal:
        single = name.removeprefix(_OF_LISTS).rstrip("_")
        raise ExportError(refusal.format(name=name, single=single, line=line or calling_line()))
    plain = name.strip("_")
    for prefix in ("fft_", "linalg_", "special_"):
        plain = plain.removeprefix(prefix)
    if plain in _WAYS:
        raise UnsupportedOperator(f"operator '{name}' in {calling_line()} has no formulas: {_WAYS[plain]}")
