"""From a module to a page: trace → place → write as JavaScript → compute → compare → draw."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from torch import nn

from excel_export.compiler.confirm.near_ties import what_to_do
from excel_export.compiler.front_end import recorded
from excel_export.compiler.place.emit import emit
from excel_export.compiler.place.limits import refuse_large_graph
from excel_export.compiler.place.placement import ONE_SHEET, Placement
from excel_export.compiler.reference.arguments import Inputs
from excel_export.formulas import Expression
from excel_export.formulas.javascript.script import Script
from excel_export.graph.graph import Graph
from excel_export.optim import PLAIN, RULES, LearningRule, as_rule, hyperparameters
from excel_export.pages.accounts import AccountWriter
from excel_export.pages.document import About, asset, declarations, document, words
from excel_export.pages.inputs import Examples, packed_examples
from excel_export.pages.learning_step import add_learning, first_numbers
from excel_export.pages.model import compared_of, given_numbers, keys_of, model_of, texts_of
from excel_export.pages.tensor_arrays import Memory, place
from excel_export.pages.texts import TextsOf, translations
from excel_export.report import Report, compare
from excel_export.shared.errors import ExportError
from excel_export.shared.files import failure_words, replacing
from excel_export.views.elements import Elements
from excel_export.views.plan import ON_A_PAGE, Plan
from excel_export.views.views import views

RUN = "run"
MISSING = (
    "a JavaScript engine checks each page before it is written; in the project's folder, run: pip install '.[page]'"
)


@dataclass(frozen=True)
class Stop:
    """A question for the reader of a page: Stop('predict', 'What if …?', 'It falls, since …')."""

    kind: str
    """The reader's task: 'predict', 'change', 'explain', or 'belief' (to refute what many believe)."""
    ask: str
    """The question."""
    answer: str
    """The answer."""
    show: str = ""
    """The number with the answer: 'grad.conv.weight[0, 1]'; '' for none."""
    change: Mapping[str, float] = field(default_factory=dict)
    """The numbers to change before the question, by their names: {'w[0, 1]': 2.0}."""
    changing: str = ""
    """A sentence on the change, for the reader; '' if there is none."""


class ScriptEngine:
    """A JavaScript engine without page, network or files: `run` a script, then read `arrays` by name."""

    def __init__(self) -> None:
        """Start the engine.

        Raises:
            ExportError: it is not installed.
        """
        try:
            from py_mini_racer import MiniRacer
        except ImportError as error:
            raise ExportError(MISSING) from error
        self._engine = MiniRacer()

    def run(self, script: str) -> None:
        """Run a script, 'let a1 = [1, 2]'; the next one can use its declarations.

        Raises:
            ExportError: the script fails.
        """
        from py_mini_racer import JSEvalException

        try:
            self._engine.eval(f"{script}\n;0")
        except JSEvalException as error:
            raise ExportError(f"the page's script fails: {str(error).strip().splitlines()[0]}") from error

    def arrays(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Return arrays of the script by name, {'a1': array([1.0, 2.0])}, as float64; Infinity becomes NaN."""
        listed = ",".join(f"{name}:Array.from({name})" for name in names)
        found = json.loads(str(self._engine.eval(f"JSON.stringify({{{listed}}})")))
        return {name: np.array(each, dtype=np.float64) for name, each in found.items()}


def page(
    module: nn.Module,
    inputs: Inputs,
    path: str | Path,
    *,
    title: str = "",
    learning_rate: float = 0.1,
    rule: str | LearningRule = PLAIN,
    freeze_branches: bool = False,
    guide: Sequence[Stop] = (),
    texts: Sequence[TextsOf] = (),
    about: About | None = None,
    examples: Examples | None = None,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> Report:
    """Write a module's forward and backward pass as one page for a browser, which computes it anew at every change.

    Args:
        module: `module(*inputs)` returns a scalar loss. It is not changed.
        inputs: its arguments, as a tuple, or as a dict by argument name.
        path: the .html file to write; it is replaced only once the new one is complete.
        title: the page's title; '' for the name of the module's class.
        learning_rate: the learning rate at first; a reader can change it.
        rule: the learning rule at first: its name, such as 'Adam', or LearningRule('Adam', weight_decay=0.01).
        freeze_branches: let the module read numbers out of tensors, as in `if x.sum() > 0`. They stay as they are.
        guide: questions that a reader goes through: [Stop('predict', 'What if …?', 'It falls, since …')].
        texts: the title and the guide in other languages: {'de': {English: German}}, or the name of a package with a
            file texts/de.json of such pairs.
        about: the page's description, and the addresses of the source and the workbook; None for none.
        examples: further inputs to learn from, many at once; None for none.
        progress: called with the name of a stage and the share of it that is done, from 0 to 1: ('write formulas', 0).

    Returns:
        The comparison of the page's numbers, computed by a JavaScript engine, with PyTorch's; `report.ok` is True.

    Raises:
        UnsupportedOperator: an operator that has no file.
        ExportError: the module cannot be traced, or the trace is not what PyTorch computes; it is too large; the engine
            is not installed; the page's numbers differ from PyTorch's; or the file cannot be written.
    """
    path, rule, engine = Path(path), as_rule(rule), ScriptEngine()
    graph, note = recorded(
        module, inputs, path, (".html", ".htm"), learning_rate, freeze_branches=freeze_branches, progress=progress
    )
    refuse_large_graph(graph)
    try:
        with replacing(path) as file:
            progress("write formulas", 0)
            text, found = page_of(
                graph, title or type(module).__name__, learning_rate, rule, engine, guide, texts, about, examples
            )
            progress("compare with PyTorch", 0)
            report = compare(path, found, graph.tensors, note=note)
            if not report.ok:
                raise ExportError(f"{report.complaint}, so no file was written; {what_to_do(module, inputs)}")
            file.write(text.encode())
            return report
    except OSError as error:
        raise ExportError(f"{path}: cannot write ({failure_words(error)})") from error


def page_of(
    graph: Graph, title: str, learning_rate: float, rule: LearningRule, engine: ScriptEngine,
    guide: Sequence[Stop] = (), texts: Sequence[TextsOf] = (), about: About | None = None,
    examples: Examples | None = None,
) -> tuple[str, Mapping[str, np.ndarray]]:  # fmt: skip
    """Return the page of a graph as HTML, '<!DOCTYPE html>…', and the tensors that the engine computes by its script.

    These are {'w': array, 'grad.w': array, …, 'loss': array}. `learning_rate` and `rule` are those at first; `guide`
    has questions, and `texts` their translations: {'de': {English: German}}, or the name of a package with such files.
    """
    memory, script = Memory(), Script()
    placement = place(graph, memory)
    contents = emit(graph, placement)
    script.compute(RUN, {str(grid.sheet): each for grid, each in contents.items() if isinstance(each, Expression)})
    learning = add_learning(script, memory, graph, placement)
    plan = Plan(graph, placement, ON_A_PAGE)
    shown = views(Elements(graph, placement, contents), plan, learning.updated)
    accounts = AccountWriter(script, shown, is_large=sum(memory.sizes.values()) > 2 * ONE_SHEET)
    model = model_of(graph, placement, plan, shown, learning, accounts)
    model["rule"] = {
        "names": [*RULES],
        "words": [each.words for each in RULES.values()],
        "chosen": [*RULES].index(rule.name),
        "numbers": [
            {"array": learning.numbers[each.key].sheet, "name": each.label, "words": each.words,
             "rules": [name for name in RULES if each in hyperparameters([name])]}
            for each in hyperparameters()
        ],
    }  # fmt: skip
    model["keys"] = keys_of(graph, placement, learning)
    model["guide"] = [asdict(stop) for stop in guide]
    model["examples"] = packed_examples(examples, graph, placement)
    model["gradients"] = [placement.tensors[value].grad.sheet for value in learning.updated.after]
    decimals = {language: each["decimal"] for language, each in words().items() if language != "en"}
    model["texts"] = translations([title, *texts_of(model)], texts, decimals)
    rules, sources = ",".join(learning.rules.values()), ",".join(accounts.functions)
    own = f"{script}\nconst RULES=[{rules}];\nconst SOURCES=[{sources}];"
    numbers = {**given_numbers(contents), **{
        name: np.array([number]) for name, number in first_numbers(learning, rule, learning_rate).items()
    }}  # fmt: skip
    found = _computed(graph, placement, memory, own, numbers, engine)
    return document(title, own, model, memory.sizes, numbers, about or About()), found


def _computed(
    graph: Graph, placement: Placement, memory: Memory, script: str, numbers: Mapping[str, np.ndarray],
    engine: ScriptEngine,
) -> dict[str, np.ndarray]:  # fmt: skip
    engine.run("\n".join([asset("spreadsheet.js"), declarations(memory.sizes), script]))
    for name, each in numbers.items():
        engine.run(f"{name}.set({json.dumps(each.reshape(-1).tolist())})")
    engine.run(f"{RUN}()")
    grids = {**compared_of(graph, placement), "loss": placement.tensors[graph.loss].value}
    arrays = engine.arrays({str(grid.sheet) for grid in grids.values()})
    return {key: arrays[str(grid.sheet)].reshape(grid.shape) for key, grid in grids.items()}
