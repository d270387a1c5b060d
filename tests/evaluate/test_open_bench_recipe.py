"""The recipes of the open benchmarks: held-out assets alone, each as often as the others."""

from collections import Counter
from dataclasses import replace
from typing import get_args, get_type_hints

import pytest

from panic3d.characters.make.engines import KINDS
from panic3d.characters.procedural import FAMILIES
from panic3d.characters.remix import Library
from panic3d.characters.splits import assets_of, split_of_asset
from panic3d.cli import benchmark as command
from panic3d.errors import CharacterError, ConfigError
from panic3d.evaluate.open_bench.frozen import frozen_path, read_frozen
from panic3d.evaluate.open_bench.recipe import RECIPES, Cell, named_recipe, slots_of
from tests.conftest import SHARED

GROWN = set(FAMILIES["hair"])
"""On the heads of models, too."""


def models_of(recipe):
    return {name for cell in recipe.remixed for name in cell} - GROWN


EACH = pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))


@EACH
def test_no_asset_belongs_to_another_split(recipe):
    """Oracle: the table of splits."""
    for kind in KINDS:
        for cell in recipe.cells(kind):
            for asset, name in cell.assets.items():
                assert split_of_asset(asset, name) == recipe.split


@EACH
def test_every_combination_is_there_equally_often(recipe):
    for kind in KINDS:
        counts = Counter(slot.cell for slot in slots_of(recipe, (kind,)))
        share, left = divmod(32, len(recipe.cells(kind)))
        assert sorted(counts.values(), reverse=True) == [share + 1] * left + [share] * (
            len(recipe.cells(kind)) - left
        )


@EACH
def test_every_held_out_family_is_there(recipe):
    """Oracle: the engine's own lists."""
    wanted = assets_of(recipe.split, FAMILIES)
    for asset, names in wanted.items():
        assert {cell.assets[asset] for cell in recipe.procedural} == set(names)


@pytest.fixture(scope="module")
def library(shared_models):
    return Library.load(SHARED / "data" / "vrm")


@EACH
def test_every_held_out_model_is_there(recipe, library):
    wanted = assets_of(recipe.split, {"hair": library.hairs, "face": library.heads})
    for asset, names in wanted.items():
        found = {cell.assets[asset] for cell in recipe.remixed} - GROWN
        # A head whose hair is of one piece with it counts as both.
        assert found - {"godette"} == set(names) - {"godette"}
    assert models_of(recipe) <= set(library.assets)


@EACH
def test_the_procedural_half_stands_alone(recipe):
    alone = slots_of(recipe, ("procedural",))
    both = slots_of(recipe, KINDS)
    assert [slot for slot in both if slot.kind == "procedural"] == alone
    assert len(both) == 64 and len({slot.name for slot in both}) == 64
    assert len({slot.seed for slot in both}) == 64


def test_an_asset_of_another_split_is_refused():
    with pytest.raises(CharacterError, match="belongs to val"):
        replace(RECIPES["open-bench-1"], procedural=(Cell("drowsy", "hime"),))


def test_the_two_benchmarks_share_nothing():
    test, val = ({slot.seed for slot in slots_of(r, KINDS)} for r in RECIPES.values())
    assert not test & val
    with pytest.raises(ConfigError, match="open-bench-1"):
        named_recipe("open-bench-2")


def test_the_command_offers_all_of_them():
    named = get_args(get_type_hints(command.make)["name"])
    assert set(named) == {*RECIPES, "all"}


@EACH
def test_what_is_frozen_is_of_the_recipe_and_small(recipe):
    path = frozen_path(recipe.name)
    frozen = read_frozen(path)
    if frozen is None:
        pytest.skip(f"{recipe.name} is not frozen yet: panic3d benchmark freeze")
    assert frozen["recipe"] == recipe.to_dict()
    assert set(frozen["characters"]) == {slot.name for slot in slots_of(recipe, KINDS)}
    assert set(frozen["models"]) == models_of(recipe)
    assert path.stat().st_size < 200_000
