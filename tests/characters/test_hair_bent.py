"""Bent hair: kinds of several families mixed, numbers drawn anew; sound and all different."""

from __future__ import annotations

import dataclasses
import json
from functools import cache

import numpy as np
import pytest

from panic3d.characters.make.engines import open_engine
from panic3d.characters.palette import draw_palette
from panic3d.characters.parts.hair import FAMILIES, HairDesign, draw_hair_design, hair_tags
from panic3d.characters.parts.hair.back_kinds import LOOSE
from panic3d.characters.parts.hair.fringe_kinds import FRINGES
from panic3d.characters.parts.hair.make import Hair, make_hair
from panic3d.characters.parts.hair.side_kinds import SIDES
from panic3d.characters.parts.hair.tie_kinds import TIED
from panic3d.characters.parts.hair.worn_kinds import (
    fringe_kind,
    hem_of,
    loose_kind,
    side_kind,
    tied_kind,
)
from panic3d.characters.shape import HeadShape
from panic3d.characters.splits import assets_of
from tests.characters.test_hair import crossings

SHAPE = HeadShape()
SEEDS = range(24)


def drawn(seed: int, bent: float = 1.0, families: tuple[str, ...] | None = None) -> HairDesign:
    return draw_hair_design(np.random.default_rng(seed), families, bent=bent)


@cache
def grown(seed: int) -> tuple[HairDesign, Hair]:
    rng = np.random.default_rng(seed)
    design = draw_hair_design(rng, bent=1.0, under_hat=seed % 6 == 5)
    return design, make_hair(design, SHAPE, draw_palette(rng), rng)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_mesh_is_sound_and_stands_off_the_head(seed: int) -> None:
    design, hair = grown(seed)
    json.dumps(dataclasses.asdict(design))
    for piece in hair.pieces:
        assert np.isfinite(piece.positions).all()
        assert np.abs(piece.positions).max() < 0.75
        assert piece.uvs.min() >= 0 and piece.uvs.max() <= 1
    assert SHAPE.contains(hair.pieces[1].positions * [1.004, 1.0, 1.004]).mean() < 0.002


@pytest.mark.parametrize("seed", SEEDS)
def test_the_face_is_free(seed: int) -> None:
    """From the front, the mouth and at least one pupil can be seen."""
    _, hair = grown(seed)
    points = [(SHAPE.eye_x, SHAPE.eye_y), (-SHAPE.eye_x, SHAPE.eye_y), (0.0, SHAPE.mouth_y)]
    spots = SHAPE.face(*np.array(points).T) + np.array([0.0, 0.0, 0.001])
    ahead = np.broadcast_to([0.0, 0.0, 1.0], spots.shape)
    hidden = crossings(spots, ahead, hair, cap=False) > 0
    assert not hidden[2]
    assert not (hidden[0] and hidden[1])


@pytest.mark.parametrize("seed", range(8))
def test_kinds_are_those_of_the_tables_where_nothing_is_bent(seed: int) -> None:
    design = drawn(seed, bent=0.0)
    assert design.bend is None
    assert fringe_kind(design) is FRINGES[design.fringe]
    assert side_kind(design) is SIDES[design.side]
    assert loose_kind(design) is LOOSE.get(design.back)
    assert tied_kind(design) is TIED.get(design.back)


def test_bent_kinds_repeat_and_differ_from_each_other() -> None:
    for back in (*LOOSE, *TIED):
        one = dataclasses.replace(drawn(1), back=back, bend=5)
        other = dataclasses.replace(one, bend=6)
        kinds = [(loose_kind(d), tied_kind(d)) for d in (one, one, other)]
        assert kinds[0] == kinds[1]
        assert kinds[0] != kinds[2]


@pytest.mark.parametrize("back", [name for name, kind in TIED.items() if len(kind.ties) > 1])
def test_pairs_of_ties_stay_pairs(back: str) -> None:
    """Metamorphic: left and right differ by the sign of their azimuth alone."""
    for bend in range(10):
        kind = tied_kind(dataclasses.replace(drawn(1), back=back, bend=bend))
        assert kind is not None
        left = [t for t in kind.ties if t.name.endswith("left")]
        right = [t for t in kind.ties if t.name.endswith("right")]
        assert len(left) == len(right) > 0
        for one, other in zip(left, right, strict=True):
            turned = dataclasses.replace(other, name=one.name, azimuth=-other.azimuth)
            assert turned == one


def test_what_is_mixed_comes_from_the_families_that_may_be_used() -> None:
    """Property: parts of held-out families are in no hairstyle for training; others are mixed."""
    families = assets_of("train", {"hair": tuple(FAMILIES)})["hair"]
    fringes = {name for family in families for name in FAMILIES[family].fringes}
    backs = {name for family in families for name in FAMILIES[family].backs}
    mixed = 0
    for seed in range(300):
        design = drawn(seed, families=families)
        assert design.fringe in fringes and design.back in backs
        mixed += design.fringe not in FAMILIES[design.family].fringes
    assert mixed > 200


def test_a_share_is_bent() -> None:
    assert 0.45 < np.mean([drawn(seed, bent=0.6).bend is not None for seed in range(400)]) < 0.75


def test_tags_name_the_length_there_is() -> None:
    """Oracle: the height of the lowest vertex of hair that hangs loose."""
    checked = 0
    for seed in SEEDS:
        design, hair = grown(seed)
        loose = loose_kind(design)
        if loose is None or loose.slick or design.side != "none":
            continue
        hem = hem_of(design, loose)
        lowest = hair.pieces[1].positions[:, 1].min()
        assert abs(lowest - hem) < 0.12
        assert ("long_hair" in hair_tags(design)) == (hem <= -0.10)
        checked += 1
    assert checked


def test_tags_tell_of_sidelocks_of_one_side() -> None:
    """Invariant: they follow from what is drawn, whatever the kind was."""
    designs = [drawn(seed) for seed in range(200)]
    uneven = [side_kind(d).one_sided for d in designs]
    assert ["asymmetrical_sidelocks" in hair_tags(d) for d in designs] == uneven
    became = sum(a and not SIDES[d.side].one_sided for a, d in zip(uneven, designs, strict=True))
    assert became > 5


def test_bent_hair_differs_more_than_that_of_families() -> None:
    """Property: volume behind, width below and turn of tips spread wider."""

    def spread(bent: float) -> np.ndarray:
        kinds = [loose_kind(drawn(seed, bent, ("bob", "long_straight"))) for seed in range(400)]
        found = np.array([(k.fall.back, k.fall.flare, k.flip) for k in kinds if k is not None])
        return found.std(0)

    assert (spread(1.0) > 1.1 * spread(0.0)).all()


def test_varied_characters_by_rules_wear_bent_hair() -> None:
    engine = open_engine("procedural", None, varied=True)
    assets = assets_of("train", engine.assets)
    bends = [engine.make(seed, assets).design["hair"]["bend"] for seed in range(4)]
    assert sum(bend is not None for bend in bends) >= 2
    plain = open_engine("procedural", None)
    assert "bend" not in plain.make(0, assets).design["hair"]
