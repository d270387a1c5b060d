"""What the open benchmarks consist of: which characters, of which held-out assets, how drawn.

A recipe fixes everything that is chosen; `frozen.py` keeps what came out of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from panic3d.characters.made import stream
from panic3d.characters.make.engines import KINDS, Kind
from panic3d.characters.splits import Split, check_assets
from panic3d.config import check_choice
from panic3d.errors import ConfigError

Half = Literal["procedural", "real"]
"""Made by rules alone, or remixed from openly licensed models that people made."""

HALF: Mapping[Kind, Half] = {"procedural": "procedural", "remixed": "real"}


class Cell(NamedTuple):
    """One combination of assets: models for remixed characters, families for procedural ones."""

    face: str
    hair: str

    @property
    def assets(self) -> dict[str, str]:
        """Kind of asset to its name, as splits are drawn along."""
        return {"face": self.face, "hair": self.hair}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A benchmark."""

    name: str
    split: Split
    seed: int
    procedural: tuple[Cell, ...]
    """In turn, so that each combination is there equally often."""
    remixed: tuple[Cell, ...]
    each: int = 32
    """Characters of a kind."""
    size: int = 512
    """Of the views and of the aligned illustration, pixels."""
    wild_px: tuple[int, int] = (512, 1024)
    """Shortest and longest long side of a wild picture."""

    def __post_init__(self) -> None:
        for cell in (*self.procedural, *self.remixed):
            check_assets(self.split, cell.assets)
        if not (self.procedural and self.remixed) or self.each < 1 or self.seed < 0:
            raise ConfigError(f"the recipe {self.name} names no combinations or no characters")
        if not 32 <= self.size <= 2048 or not 64 <= self.wild_px[0] <= self.wild_px[1] <= 2048:
            raise ConfigError(
                f"the recipe {self.name} draws {self.size} and {self.wild_px} pixels, expected "
                "32 to 2048 and 64 to 2048"
            )

    def cells(self, kind: Kind) -> tuple[Cell, ...]:
        """Return the combinations of a kind."""
        return self.procedural if kind == "procedural" else self.remixed

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        found: dict[str, Any] = asdict(self)
        for kind in KINDS:
            found[kind] = [cell._asdict() for cell in self.cells(kind)]
        found["wild_px"] = list(self.wild_px)
        return found


class Slot(NamedTuple):
    """One character of a benchmark."""

    name: str
    """As in "real-07"."""
    kind: Kind
    seed: int
    """Of the character."""
    cell: Cell


def slots_of(recipe: Recipe, kinds: tuple[Kind, ...]) -> list[Slot]:
    """List the characters of a benchmark, kinds in turn.

    Those of one kind are the same whether there are others or not.
    """

    def of(kind: Kind) -> Iterator[Slot]:
        cells = recipe.cells(kind)
        for k in range(recipe.each):
            seed = int(stream(recipe.seed, recipe.name, kind, str(k)).integers(2**53))
            yield Slot(f"{HALF[kind]}-{k:02d}", kind, seed, cells[k % len(cells)])

    return [slot for row in zip(*map(of, kinds), strict=True) for slot in row]


def named_recipe(name: str) -> Recipe:
    """Return a benchmark's recipe.

    Raises:
        ConfigError: there is none of that name.
    """
    check_choice("benchmark", name, tuple(RECIPES))
    return RECIPES[name]


RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="open-bench-1",
            split="test",
            seed=1,
            procedural=(
                Cell("doll", "hime"),
                Cell("retro", "drills"),
                Cell("doll", "drills"),
                Cell("retro", "hime"),
            ),
            remixed=(
                Cell("vita", "vita"),
                Cell("godette", "godette"),
                Cell("vita", "hair_sendagaya_shibu"),
                Cell("vita", "hair_darkness_shibu"),
            ),
        ),
        Recipe(
            name="open-bench-1-val",
            split="val",
            seed=1,
            procedural=(
                Cell("drowsy", "two_side_up"),
                Cell("gentle", "wolf"),
                Cell("plain", "half_updo"),
                Cell("drowsy", "half_updo"),
                Cell("gentle", "two_side_up"),
                Cell("plain", "wolf"),
            ),
            remixed=(
                Cell("victoria_rubin", "victoria_rubin"),
                Cell("victoria_rubin", "two_side_up"),
                Cell("victoria_rubin", "wolf"),
                Cell("victoria_rubin", "half_updo"),
            ),
        ),
    )
}
"""Benchmarks by name: one to judge releases by, one to choose by. What they are made from is in
neither the other nor in any training set."""
