"""The page's texts on a network in other languages: files `texts/de.json` of packages, keyed by the English.

A key may have blanks, such as {size} or {grad.w:.4f}. The text in a blank is copied, with the language's decimal sign.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files

from excel_export.formulas import gradient_name

QUOTED = "„{}“"
"""The spelling of a name within a sentence: in quotation marks it needs no case and no gender."""
OWN = "excel_export.pages"
"""The package with the words of steps and learning rules."""
TextsOf = str | Mapping[str, Mapping[str, str]]
"""A package with files of texts, or the texts themselves by language and English text."""
_BLANK = re.compile(r"\{([^{}]+)\}")
_ANYTHING = r"((?:(?!\. ).)+)"
"""The pattern of a blank's text: not the end of a sentence."""
_BETWEEN_SENTENCES = re.compile(r"(?<=[.?!]) (?=\S)")
_SIGNS = re.compile(r"( [+−·×/] )")
_AND = re.compile(r"(, | and )")
_AROUND = re.compile(r"(←  )?(.+?)(  →| \d+|ᵀ|²)?")
_GRADIENT = re.compile(r"∂L/∂(?:\((.+)\)|(.+))")
_LONGEST = 3
"""Words before the "of" in a name; with more, it is a sentence."""
_NUMBER = re.compile(r"\(?[−-]?\d+\.\d+(e[−-]?\d+)?\)?")


class Texts:
    """The texts about networks in one language: Texts({'the inputs': 'die Eingaben'}, ',') with the decimal sign."""

    def __init__(self, entries: Mapping[str, str], decimal: str, names: Mapping[str, str] | None = None) -> None:
        """Store the texts by the English, which may have blanks, {size}; the decimal sign; and the names of tensors."""
        self._decimal, self._names = decimal, names or {}
        self._exact = {key: text for key, text in entries.items() if not _BLANK.search(key)}
        # Those that say more of a sentence come first.
        keys = sorted(entries.keys() - self._exact.keys(), key=lambda key: (-len(_BLANK.sub("", key)), key))
        self._patterns = [(pattern(key), _BLANK.findall(key), entries[key]) for key in keys]

    def find(self, text: str) -> str | None:
        """Return a text in this language; if it has no entry, sentence by sentence, each of which needs one; or None.

        What fills a blank is copied, with the language's decimal sign; names of tensors, 'x and y', are translated.

        Example:
            >>> Texts({"the {size} numbers": "die {size} Zahlen"}, ",").find("the 2.5 numbers")
            'die 2,5 Zahlen'
        """
        if text in self._names:
            return self._names[text]
        if whole := self._whole(text):
            return whole
        found = [self._whole(sentence) for sentence in sentences(text)]
        if found and all(found):
            return " ".join(filter(None, found))
        return self._listed(text, "{}") if len(found) == 1 else None

    def _listed(self, text: str, quoted: str) -> str | None:
        """Return names, as those that a step reads; None if none of them has a translation."""
        parts, found = self._apart(text), False
        for k in range(0, len(parts), 2):
            if name := self.name(parts[k]):
                parts[k], found = quoted.format(name), True
        return "".join(part if part != " and " else " und " for part in parts) if found else None

    def _apart(self, text: str) -> list[str]:
        parts = _AND.split(text)
        for k in range(len(parts) - 3, -1, -2):
            if "".join(parts[k : k + 3]) in self._names:
                parts[k : k + 3] = ["".join(parts[k : k + 3])]
        return parts

    def name(self, text: str) -> str | None:
        """Return a tensor's name in this language, 'die Eingaben' for 'the inputs'; None if nothing is translated.

        Signs around the name are kept, '∂L/∂(die Eingaben)'; 'a of b' becomes 'a (b)'.
        """
        if text in self._names:
            return self._names[text]
        if gradient := _GRADIENT.fullmatch(text):
            inside = self.name(gradient[1] or gradient[2])
            return gradient_name(inside) if inside else None
        around = _AROUND.fullmatch(text)
        if around and (around[1] or around[3]) and (inside := self.name(around[2])):
            return f"{around[1] or ''}{inside}{around[3] or ''}"
        what, of, inside = text.partition(" of ")
        if of and ": " not in text and len(what.split()) <= _LONGEST:
            return f"{self.name(what) or what} ({self.name(inside) or inside})"
        parts = _SIGNS.split(text)
        found = [self.name(part) for part in parts[::2]] if len(parts) > 1 else []
        if not any(found):
            return None
        parts[::2] = [name or part for name, part in zip(found, parts[::2], strict=True)]
        return "".join(parts)

    def _whole(self, text: str) -> str | None:
        if text in self._exact:
            return self._exact[text]
        for known, blanks, other in self._patterns:
            if found := known.fullmatch(text):
                return self._filled(other, dict(zip(blanks, found.groups(), strict=True)))
        return None

    def _filled(self, other: str, taken: Mapping[str, str]) -> str:
        def resolved(blank: re.Match[str]) -> str:
            text = taken[blank[1]]
            if _NUMBER.fullmatch(text):
                return text.replace(".", self._decimal)
            return self._listed(text, QUOTED) or text

        return _BLANK.sub(resolved, other)


def translations(
    shown: Iterable[str], texts: Sequence[TextsOf], decimals: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Return translations of a page's texts, {'de': {'the inputs': 'die Eingaben'}}; those without one are left out.

    Args:
        shown: the English texts.
        texts: names of packages with files of texts, 'excel_export.lessons', or {'de': {English: German}}.
        decimals: the decimal sign of each language: {'de': ','}.
    """
    distinct, found = dict.fromkeys(shown), {}
    for language, decimal in decimals.items():
        known = Texts(entries(language, OWN, *texts), decimal, entries(f"names.{language}", OWN, *texts))
        found[language] = {text: other for text in distinct if (other := known.find(text))}
    return found


def entries(language: str, *texts: TextsOf) -> dict[str, str]:
    """Return the texts of a language, 'de', by the English ones: {'the inputs': 'die Eingaben'}; later ones count.

    Each of `texts` is the name of a package, whose file texts/de.json is read if there is one, or {'de': {English:
    German}}.
    """
    found: dict[str, str] = {}
    for each in texts:
        if not isinstance(each, str):
            found |= each.get(language, {})
        elif (file := files(each).joinpath("texts", f"{language}.json")).is_file():
            found |= json.loads(file.read_text(encoding="utf-8"))
    return found


def sentences(text: str) -> list[str]:
    """Return the sentences of a text: after '.', '?' or '!', a blank begins another one.

    Example:
        >>> sentences("One is 2.5. Two!")
        ['One is 2.5.', 'Two!']
    """
    return _BETWEEN_SENTENCES.split(text)


def pattern(key: str) -> re.Pattern[str]:
    """Return a pattern that matches the texts of a key: of 'the {size} numbers' 'the 6 numbers', with a group '6'."""
    literal = _BLANK.split(key)[::2]
    return re.compile(_ANYTHING.join(map(re.escape, literal)))
