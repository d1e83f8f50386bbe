"""Recipes as TOML files, which a person can read, change and train with."""

import json
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from excel_export.shared.errors import UserError, first_line
from excel_export.shared.reading import read_text, refuse_pipe
from mnist_adder.training.recipe import ALLOWED, RECIPES, Recipe

MOST_BYTES = 1 << 16


def as_toml(recipe: Recipe) -> str:
    """Write all fields of a recipe, a line each."""
    return "".join(f"{field} = {_value(value)}\n" for field, value in asdict(recipe).items())


def _value(value: str | bool | int | float) -> str:
    return json.dumps(value) if isinstance(value, str | bool) else repr(value)


def read_recipe_file(path: Path) -> dict[str, Any]:
    """Read fields of a recipe.

    Args:
        path: a TOML file with any fields of `Recipe`, and `recipe`, the one that they change.

    Returns:
        What the file says, by field; the values are checked when a recipe is made of them.

    Raises:
        UserError: the file can't be read, isn't TOML, or has a field that no recipe has.
    """
    refuse_pipe(path)
    try:
        fields = tomllib.loads(read_text(path, MOST_BYTES, "recipe"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path} isn't a TOML file ({first_line(error)[:100]})") from None
    if unknown := [field for field in fields if field not in (*ALLOWED, "recipe")]:
        raise UserError(f"{path}: a recipe has no {unknown[0]:.100}; it has: {', '.join(ALLOWED)}")
    if fields.get("recipe", "reference") not in RECIPES:
        raise UserError(f"{path}: there is no recipe {fields['recipe']!s:.100}; there are: {', '.join(RECIPES)}")
    return fields
