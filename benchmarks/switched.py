"""Modules that hold changes which a number switches on, and that tell which of them were reached.

An expression becomes `changed if __mutant__(17) else expression` when its module is imported. So one process that has
loaded everything holds all changes of a sample, and a fork of it makes one. What runs at import only (a constant, a
default) is reached by whoever calls a function that speaks of it.
"""

from __future__ import annotations

import ast
import builtins
import json
import marshal
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import NamedTuple

SWAPS: dict[type, tuple[str, type, str]] = {
    ast.Lt: ("<", ast.LtE, "<="), ast.LtE: ("<=", ast.Lt, "<"), ast.Gt: (">", ast.GtE, ">="),
    ast.GtE: (">=", ast.Gt, ">"), ast.Eq: ("==", ast.NotEq, "!="), ast.NotEq: ("!=", ast.Eq, "=="),
    ast.Is: ("is", ast.IsNot, "is not"), ast.IsNot: ("is not", ast.Is, "is"), ast.In: ("in", ast.NotIn, "not in"),
    ast.NotIn: ("not in", ast.In, "in"), ast.Add: ("+", ast.Sub, "-"), ast.Sub: ("-", ast.Add, "+"),
    ast.Mult: ("*", ast.Div, "/"), ast.Div: ("/", ast.Mult, "*"), ast.FloorDiv: ("//", ast.Mult, "*"),
    ast.Pow: ("**", ast.Mult, "*"), ast.And: ("and", ast.Or, "or"), ast.Or: ("or", ast.And, "and"),
}  # fmt: skip
IN_SCRIPTS = {
    "===": "!==", "!==": "===", "<=": "<", ">=": ">", " < ": " <= ", " > ": " >= ", "&&": "||", "||": "&&",
    " + ": " - ", " - ": " + ", " * ": " / ", " / ": " * ", "true": "false", "false": "true",
}  # fmt: skip
TRIED_WITH = {"Example", "Extreme", "example", "extreme", "examples", "cases", "doubles"}
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


class Place(NamedTuple):
    """A change: in Python the number of those of its file that it is, in JavaScript where in the text it stands."""

    file: str
    line: int
    number: int
    change: str


def changes(tree: ast.Module) -> Iterator[tuple[ast.expr, ast.expr, str]]:
    """Every expression that may be changed, what it becomes, and the change in words."""
    untouched = {id(part) for node in ast.walk(tree) for part in _never_run(node)}
    for node in ast.walk(tree):
        if id(node) in untouched:
            continue
        for field in ("op", "ops"):
            kinds = getattr(node, field, [])
            for k, kind in enumerate(kinds if isinstance(kinds, list) else [kinds]):
                if isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare) and type(kind) in SWAPS:
                    old, swapped, new = SWAPS[type(kind)]
                    changed = deepcopy(node)
                    if field == "ops":
                        changed.ops[k] = swapped()
                    else:
                        changed.op = swapped()
                    yield node, changed, f"{old} → {new}"
        if isinstance(node, ast.Constant) and type(node.value) in (bool, int, float):
            value = not node.value if type(node.value) is bool else node.value + 1
            yield node, ast.Constant(value), f"{node.value!r} → {value!r}"
        elif isinstance(node, ast.Return) and node.value and getattr(node.value, "value", "") is not None:
            yield node.value, ast.Constant(None), "return → None"


def places(tree: ast.Module) -> list[tuple[int, int, str]]:
    """What `Place` has behind its file, of each change."""
    return [(node.lineno, number, said) for number, (node, _, said) in enumerate(changes(tree))]


def in_script(text: str) -> list[tuple[int, int, str]]:
    """The same of JavaScript."""
    # What is no code is blanked out, so that places stay where they are.
    code = re.sub(r"/\*.*?\*/|//[^\n]*|'[^'\n]*'|\"[^\"\n]*\"", lambda it: " " * len(it[0]), text, flags=re.DOTALL)
    signs = "|".join(rf"\b{sign}\b" if sign.isalpha() else re.escape(sign) for sign in IN_SCRIPTS)
    found = re.finditer(rf"{signs}|(?<![\w.#])\d+(?:\.\d+)?(?![\w.%])", code)
    return [
        (
            text.count("\n", 0, it.start()) + 1,
            it.start(),
            f"{it[0]} → {IN_SCRIPTS.get(it[0]) or f'{float(it[0]) + 1:g}'}",
        )
        for it in found
    ]


def _never_run(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that a user's numbers never meet: annotations, and what operators are tried with."""
    parts = [getattr(node, name, None) for name in ("annotation", "returns")]
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        parts += node.body
    called = getattr(node, "func", None)
    if isinstance(node, ast.pattern) or getattr(called, "id", getattr(called, "attr", "")) in TRIED_WITH:
        parts.append(node)
    if isinstance(node, FUNCTION) and (
        node.name in TRIED_WITH or any(getattr(each, "attr", "") == "examples" for each in node.decorator_list)
    ):
        parts.append(node)
    for part in parts:
        if part is not None:
            yield from ast.walk(part)


def plan(places: list[Place], trees: dict[str, ast.Module]) -> dict[str, dict]:
    """What each file must hold: its places with their numbers, and what functions, by their lines, reach as well."""
    files: dict[str, dict] = defaultdict(lambda: {"places": [], "functions": defaultdict(list), "at import": []})
    made_of = [each for tree in trees.values() for each in _made_at_import(tree)]
    functions = [
        (file, str(node.lineno), {node.name} | _mentioned(node))
        for file, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, FUNCTION)
    ]
    for number, place in enumerate(places):
        if place.file not in trees:
            continue
        files[place.file]["places"].append((place.number, number))
        node, *_ = list(changes(trees[place.file]))[place.number]
        names = _at_import(trees[place.file]).get(id(node))
        if names is None:
            continue
        files[place.file]["at import"].append(number)
        for _ in range(3):  # What is made of a constant is spoken of by its own name.
            names = names.union(*(made for made, of in made_of if names & of))
        for file, line, mentioned in functions:
            if names & mentioned:
                files[file]["functions"][line].append(number)
    return files


def _at_import(tree: ast.Module) -> dict[int, set[str]]:
    """The expressions that run at import only, with the names by which functions speak of them."""
    found: dict[int, set[str]] = {}

    def look(node: ast.AST, names: set[str]) -> None:
        found[id(node)] = names
        if isinstance(node, (*FUNCTION, ast.Lambda)):
            own = {node.name} if isinstance(node, FUNCTION) and not node.name.startswith("__") else set()
            inside = [*node.args.defaults, *(each for each in node.args.kw_defaults if each)]
            for each in [*getattr(node, "decorator_list", []), *inside]:
                look(each, names | own)
            return
        if isinstance(node, ast.ClassDef):
            names = {node.name}
        elif isinstance(node, ast.stmt):
            names = names | _stored(node)
        for each in ast.iter_child_nodes(node):
            look(each, names)

    look(tree, set())
    return found


def _made_at_import(tree: ast.Module) -> Iterator[tuple[set[str], set[str]]]:
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            yield _stored(node), {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} - _stored(node)


def _stored(node: ast.stmt) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def _mentioned(function: ast.AST) -> set[str]:
    walked = [each for part in getattr(function, "body", []) for each in ast.walk(part)]
    return {getattr(each, "id", getattr(each, "attr", "")) for each in walked} - {""}


class _Switches(ast.NodeTransformer):
    def __init__(self, tree: ast.Module, planned: dict) -> None:
        listed, self._planned = list(changes(tree)), planned
        self._changed: dict[int, list[tuple[int, ast.expr]]] = defaultdict(list)
        for number_in_file, number in planned["places"]:
            node, changed, _ = listed[number_in_file]
            self._changed[id(node)].append((number, changed))

    def visit(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node, FUNCTION):
            reached = self._planned["functions"].get(str(node.lineno), [])
            node.body[bool(ast.get_docstring(node)) : 0] = [ast.Expr(_asked(number)) for number in reached]
        for number, changed in self._changed.get(id(node), []):
            node = ast.IfExp(_asked(number), changed, node)
        return node


def _asked(number: int) -> ast.Call:
    return ast.Call(ast.Name("__mutant__", ast.Load()), [ast.Constant(number)], [])


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        kept = _folder / "code" / f"{fullname} in {_tree.replace('/', '+')}"
        if not kept.exists():
            tree = ast.parse(self.get_data(self.path))
            tree = ast.fix_missing_locations(_Switches(tree, _planned[_file(self.path)]).visit(tree))
            kept.parent.mkdir(exist_ok=True)
            kept.write_bytes(marshal.dumps(compile(tree, self.path, "exec", dont_inherit=True)))
        return marshal.loads(kept.read_bytes())


class _Finder:
    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in _packages:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec and spec.origin and _file(spec.origin) in _planned:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


def _file(path: str) -> str:
    return path.removeprefix(f"{_tree}/")


_active, _seen, _told = -1, set[int](), -1
_folder, _tree, _planned, _packages = Path(), "", dict[str, dict](), set[str]()


def install(folder: Path, tree: str, change: int = -1) -> None:
    """Let the packages of a tree be imported with the switches that a folder has planned."""
    global _folder, _tree, _planned, _packages, _told
    _folder, _tree = folder, tree
    _planned = json.loads((folder / "switches.json").read_text(encoding="utf-8"))
    _packages = {file.partition("/")[0] for file in _planned}
    _told = os.open(folder / "reached", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    builtins.__mutant__ = _reached
    sys.meta_path.insert(0, _Finder())
    make(change)


def make(change: int) -> None:
    """Make the change of this number, here and in processes that are begun from here; -1 is none."""
    global _active
    _active = change
    os.environ["MUTANT"] = str(change)


def at_import() -> set[int]:
    """The places that run at import only."""
    return {number for planned in _planned.values() for number in planned["at import"]}


def _reached(number: int) -> bool:
    if number not in _seen:
        _seen.add(number)
        os.write(_told, b"%d\n" % number)
    return number == _active


def take() -> list[int]:
    """What was reached since this was asked last, here and in processes that were begun from here."""
    _seen.clear()
    said = os.pread(_told, 1 << 20, 0)
    os.ftruncate(_told, 0)
    return sorted({int(each) for each in said.split()})
