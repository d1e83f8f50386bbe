"""What a page says of a network in other languages: files `texts/de.json` of packages, keyed by the English.

A key may have blanks, such as {size} or {grad.w:.4f}. What is there is taken over, numbers as the language has them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files

OWN = "excel_export.browser"
"""The package with the words of steps and learning rules."""
_BLANK = re.compile(r"\{([^{}]+)\}")
_ANYTHING = r"((?:(?!\. ).)+)"
"""What may stand in a blank: not the end of a sentence."""
_BETWEEN_SENTENCES = re.compile(r"(?<=[.?!]) (?=\S)")
_NUMBER = re.compile(r"\(?[−-]?\d+\.\d+(e[−-]?\d+)?\)?")


class Texts:
    """The texts of one language."""

    def __init__(self, entries: Mapping[str, str], decimal: str) -> None:
        """Take the texts by the English, and what stands before the decimals of a number."""
        self._decimal = decimal
        self._exact = {key: text for key, text in entries.items() if not _BLANK.search(key)}
        # Those that say more of a sentence come first.
        keys = sorted(entries.keys() - self._exact.keys(), key=lambda key: (-len(_BLANK.sub("", key)), key))
        self._patterns = [(pattern(key), _BLANK.findall(key), entries[key]) for key in keys]

    def find(self, text: str) -> str | None:
        """Return the text, or all of its sentences, in this language; None where something has no translation."""
        if whole := self._whole(text):
            return whole
        found = [self._whole(sentence) for sentence in sentences(text)]
        return " ".join(filter(None, found)) if all(found) else None

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
            return text.replace(".", self._decimal) if _NUMBER.fullmatch(text) else text

        return _BLANK.sub(resolved, other)


def translated(shown: Iterable[str], packages: Sequence[str], decimals: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what is shown by language and English text, where there is a translation.

    Args:
        shown: the English texts.
        packages: with files of texts, beside this one.
        decimals: the languages, and what stands before the decimals of a number in each.
    """
    distinct, found = dict.fromkeys(shown), {}
    for language, decimal in decimals.items():
        texts = Texts(entries(language, OWN, *packages), decimal)
        found[language] = {text: other for text in distinct if (other := texts.find(text))}
    return found


def entries(language: str, *packages: str) -> dict[str, str]:
    """The texts of packages by the English; of a package without a file there are none."""
    found: dict[str, str] = {}
    for package in packages:
        file = files(package).joinpath("texts", f"{language}.json")
        if file.is_file():
            found |= json.loads(file.read_text(encoding="utf-8"))
    return found


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return _BETWEEN_SENTENCES.split(text)


def pattern(key: str) -> re.Pattern[str]:
    """What the texts have in common for which a key stands."""
    literal = _BLANK.split(key)[::2]
    return re.compile(_ANYTHING.join(map(re.escape, literal)))
