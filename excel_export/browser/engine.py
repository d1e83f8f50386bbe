"""The numbers that a page computes, by a JavaScript engine."""

import json
from collections.abc import Iterable

import numpy as np

from excel_export.shared.errors import ExportError

MISSING = (
    "a JavaScript engine checks each page before it is written; in the project's folder, run: pip install '.[page]'"
)


class ScriptEngine:
    """Runs scripts. No page, no network, no files: the language alone."""

    def __init__(self) -> None:
        try:
            from py_mini_racer import MiniRacer
        except ImportError as error:
            raise ExportError(MISSING) from error
        self._engine = MiniRacer()

    def run(self, script: str) -> None:
        """Run a script; what it declares is there for the next one.

        Raises:
            ExportError: it fails.
        """
        from py_mini_racer import JSEvalException

        try:
            self._engine.eval(f"{script}\n;0")
        except JSEvalException as error:
            raise ExportError(f"the page's script fails: {str(error).strip().splitlines()[0]}") from error

    def arrays(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Read arrays; what is no finite number is NaN."""
        listed = ",".join(f"{name}:Array.from({name})" for name in names)
        found = json.loads(str(self._engine.eval(f"JSON.stringify({{{listed}}})")))
        return {name: np.array(each, dtype=np.float64) for name, each in found.items()}
