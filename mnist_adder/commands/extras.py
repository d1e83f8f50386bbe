"""Packages that only some commands need."""

from importlib.util import find_spec

from excel_export.shared.errors import UserError


def require(command: str, extra: str, *modules: str) -> None:
    """Raise UserError, which says how to install the extra, when a module that the command needs is missing."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise UserError(f"{command} needs {' and '.join(missing)}; run: pip install 'mnist-adder[{extra}]'")
