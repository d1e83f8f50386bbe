"""Packages that only some commands need."""

from importlib.util import find_spec

from excel_export.shared.errors import UserError


def require(command: str, extra: str, *modules: str) -> None:
    """Check that the packages a command needs are installed.

    Args:
        command: the command or option that needs them, for the message.
        extra: the extra of this package that installs them.
        modules: the modules that must be there.

    Raises:
        UserError: one is missing; the message says how to install it.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise UserError(
            f"{command} needs {' and '.join(missing)}; in the project's folder, run: pip install '.[{extra}]'"
        )
