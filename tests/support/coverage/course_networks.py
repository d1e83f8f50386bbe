"""Networks of courses, books and repositories that many learn from, built as there, in tiny configurations."""

from __future__ import annotations

from functools import partial

from tests.support.coverage.case import Case, Group
from tests.support.coverage.courses import (
    annotated,
    attention_variants,
    d2l,
    d2l_attention,
    d2l_language,
    decisions,
    densities,
    equations,
    experts_and_sets,
    fastai,
    filters,
    flows,
    frequencies,
    functional_gradients,
    generative,
    gpts,
    gradients,
    graphs,
    halting,
    language_models,
    makemore,
    mixtures,
    orders,
    paths_and_slots,
    policies,
    probabilistic,
    recent_diffusion,
    recent_transformers,
    recent_vision,
    recommenders,
    reinforcement,
    representations,
    sampling,
    scans,
    scenes,
    similarities,
    sounds,
    stanford,
    state_spaces,
    structured,
    surrogates,
    transformer_parts,
    tutorials,
    tutorials_language,
    vision_parts,
    voices,
    worlds,
)
from tests.support.coverage.seeded import seeded

TITLE = "Networks of courses"
INTRODUCTION = (
    "They are built as in their sources, with few units. Of each, other parameters and inputs are typed, too, and the "
    "workbook is held against PyTorch's run with these (`tests/coverage/test_course_networks.py`)."
)
_FILES = (
    d2l,
    d2l_attention,
    d2l_language,
    makemore,
    gpts,
    tutorials,
    tutorials_language,
    fastai,
    stanford,
    annotated,
    reinforcement,
    language_models,
    generative,
    probabilistic,
    gradients,
    scans,
    frequencies,
    attention_variants,
    experts_and_sets,
    vision_parts,
    scenes,
    structured,
    densities,
    flows,
    policies,
    representations,
    recommenders,
    surrogates,
    functional_gradients,
    transformer_parts,
    state_spaces,
    halting,
    sounds,
    graphs,
    sampling,
    orders,
    filters,
    similarities,
    worlds,
    paths_and_slots,
    mixtures,
    recent_transformers,
    recent_vision,
    recent_diffusion,
    voices,
    equations,
    decisions,
)
NETWORKS = {name: partial(seeded, name, make) for file in _FILES for name, make in file.ZOO.items()}
"""How each is made, by what it is called."""


def groups() -> list[Group]:
    """Return a group for each network."""
    return [Group(name, partial(_cases, make)) for name, make in NETWORKS.items()]


def _cases(make) -> list[Case]:
    return [Case("", make)]
