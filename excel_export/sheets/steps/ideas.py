"""The names and ideas of steps by their operator, from the table `ideas.toml`."""

import tomllib
from functools import cache
from importlib.resources import files

from excel_export.graph.graph import Call

LONGEST_TAB = 20
"""The most characters of a tab's name."""
LONGEST_IDEA = 76
"""The most characters of an idea."""
NOUNS = ("pool", "sigmoid", "softmax", "square", "norm", "cast")
"""The ends of names before which a sentence has an article."""


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("ideas.toml").read_text(encoding="utf-8"))


def first_sentence(call: Call) -> str:
    """Return the first sentence of `call.forward_words`, the call in words: 'Each number becomes one above 0.'."""
    return call.forward_words.split(". ")[0].rstrip(".") + "."


def idea_of(call: Call, what: str) -> str:
    """Return a text about a call's operator: 'ReLU' if `what` is 'tab'; a sentence without a full stop if it is 'idea',
    'deeper' (for a later layer of that kind) or 'back': 'Back through elu: what arrives, times the slope'.
    """
    name = call.kind
    known = _table().get(name, {})
    plain = known.get("tab", name.strip("_").replace("_", " "))
    if what == "tab":
        return plain[:LONGEST_TAB]
    if what == "back":
        return known.get("back", f"Back through {with_article(plain[:30])}: incoming gradient × slope")
    if what == "deeper" and "deeper" in known:
        return known["deeper"]
    first = first_sentence(call).partition(":")[0].rstrip(".")
    name, told = f"{plain[:1].upper()}{plain[1:]}", f"{first[:1].lower()}{first[1:]}"
    return known.get("idea", f"{name}: {told}" if len(name) + len(told) < LONGEST_IDEA else name)


def spoken(call: Call) -> str:
    """Return the name of a call's operator in a sentence: 'ReLU', 'the pool', "'where'"."""
    return with_article(idea_of(call, "tab"))


def with_article(name: str) -> str:
    """Return an operator's name as it stands in a sentence: 'the pool' for 'pool', 'ReLU', "'where'" for 'where'."""
    return "'where'" if name == "where" else f"the {name}" if name.endswith(NOUNS) else name
