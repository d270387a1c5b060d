"""Procedural hair: sound meshes that cover the scalp, leave the face free and repeat exactly."""

from __future__ import annotations

import dataclasses
import json
from functools import cache

import numpy as np
import pytest

from panic3d.characters.made import stream
from panic3d.characters.palette import draw_palette
from panic3d.characters.parts.hair import (
    FAMILIES,
    Hair,
    HairDesign,
    draw_hair_design,
    hair_tags,
    make_hair,
)
from panic3d.characters.parts.hair.fringe_kinds import FRINGES
from panic3d.characters.parts.hair.ground import Ground, make_ground
from panic3d.characters.parts.hair.guide import Fall, raise_dome, ray, skull_of, spot
from panic3d.characters.parts.hair.locks import joined, rows_by_height, sweep
from panic3d.characters.parts.hair.scalp import hairline_deg
from panic3d.characters.parts.hair.tie_kinds import TIED
from panic3d.characters.parts.hair.ties import grow_tied, tied_fall
from panic3d.characters.shape import HeadShape
from panic3d.errors import ConfigError

SHAPE = HeadShape()
SEEDS = (1, 2)
CASES = [(family, seed) for family in FAMILIES for seed in SEEDS]

KNOWN_TAGS = set(
    """
    ahoge antenna_hair arched_bangs asymmetrical_bangs asymmetrical_sidelocks bangs blunt_bangs
    bob_cut bowl_cut braid braid_over_shoulder choppy_bangs colored_inner_hair colored_tips
    crossed_bangs curly_hair curtained_hair double_bun drill_hair drill_sidelocks flipped_hair
    forehead gradient_hair hair_between_eyes hair_bun hair_flaps hair_intakes hair_over_one_eye
    hair_slicked_back half_updo heart_ahoge high_ponytail hime_cut huge_ahoge inverted_bob
    long_hair long_sidelocks low-tied_long_hair low_ponytail low_twin_braids low_twintails
    medium_hair messy_hair mullet multicolored_hair one_side_up parted_bangs ponytail
    roots_(hair) short_bangs short_hair short_ponytail short_twintails side_braid side_ponytail
    sidelocks single_braid single_hair_bun spiky_hair split-color_hair straight_hair streaked_hair
    swept_bangs twin_braids twin_drills twintails two-tone_hair two_side_up very_long_hair
    very_short_hair wavy_hair wolf_cut
    """.split()
)


@cache
def grown(family: str, seed: int, under_hat: bool = False) -> tuple[HairDesign, Hair]:
    """Make a hairstyle of a family."""
    rng = stream(seed, "hair", family)
    design = draw_hair_design(
        rng, [family], under_hat=under_hat, second_colour=seed == 2, boyish=seed == 2
    )
    palette = draw_palette(stream(seed, "palette"), multicolored=seed == 2)
    return design, make_hair(design, SHAPE, palette, rng)


@pytest.mark.parametrize(("family", "seed"), CASES)
def test_the_mesh_is_sound(family: str, seed: int) -> None:
    design, hair = grown(family, seed)
    json.dumps(dataclasses.asdict(design))
    assert {piece.surface.label for piece in hair.pieces} == {"hair", "scalp"}
    for piece in hair.pieces:
        assert np.isfinite(piece.positions).all()
        assert piece.faces.min() >= 0 and piece.faces.max() < len(piece.positions)
        assert piece.uvs.min() >= 0 and piece.uvs.max() <= 1
        assert np.abs(piece.positions).max() < 0.75
        if piece.normals is not None:
            np.testing.assert_allclose(np.linalg.norm(piece.normals, axis=1), 1, atol=1e-6)
        if piece.weights:
            np.testing.assert_allclose(sum(piece.weights.values()), 1, atol=1e-9)
    assert 4_000 < sum(len(piece.faces) for piece in hair.pieces) < 30_000


def crossings(origin: np.ndarray, direction: np.ndarray, hair: Hair, cap: bool) -> np.ndarray:
    """Return how often each ray (n, 3) meets locks, or the cap (Moeller and Trumbore)."""
    piece = next(p for p in hair.pieces if (p.surface.label == "scalp") == cap)
    corners = piece.positions[piece.faces]
    # Only what is near each ray: the triangles' middles seen along it.
    middle = corners.mean(1)
    hits = np.zeros(len(direction), int)
    for k in range(len(direction)):
        arm = middle - origin[k]
        along = arm @ direction[k]
        beside = np.linalg.norm(arm - along[:, None] * direction[k], axis=1)
        a, b, c = corners[(beside < 0.05) & (along > 0)].swapaxes(0, 1)
        one, two = b - a, c - a
        p = np.cross(direction[k], two)
        det = (one * p).sum(1)
        det = np.where(np.abs(det) < 1e-14, np.inf, det)
        s = origin[k] - a
        u = (s * p).sum(1) / det
        q = np.cross(s, one)
        v = (q @ direction[k]) / det
        t = (two * q).sum(1) / det
        hits[k] = ((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 1e-6)).sum()
    return hits


@pytest.mark.parametrize("family", FAMILIES)
def test_the_scalp_is_covered_from_all_sides(family: str) -> None:
    """Rays from within the skull, through where hair grows, meet the cap and mostly locks."""
    _, hair = grown(family, 1)
    k = np.arange(80)
    elevation = np.degrees(np.arcsin(1 - 1.7 * (k + 0.5) / 80))
    azimuth = 137.508 * k
    grows = elevation > hairline_deg(azimuth) + 6
    directions = ray(azimuth, elevation)[grows]
    start = np.broadcast_to(SHAPE.skull_centre, directions.shape)
    assert (crossings(start, directions, hair, cap=True) > 0).all()
    assert (crossings(start, directions, hair, cap=False) > 0).mean() > 0.93


@pytest.mark.parametrize(("family", "seed"), CASES)
def test_no_lock_lies_within_the_head(family: str, seed: int) -> None:
    """Oracle: `HeadShape.contains`, which hair does not use."""
    _, hair = grown(family, seed)
    inside = SHAPE.contains(hair.pieces[1].positions * [1.004, 1.0, 1.004])
    assert inside.mean() < 0.002


@pytest.mark.parametrize(("family", "seed"), CASES)
def test_the_face_is_free(family: str, seed: int) -> None:
    """From the front, the mouth and at least one pupil can be seen."""
    _, hair = grown(family, seed)
    points = [(SHAPE.eye_x, SHAPE.eye_y), (-SHAPE.eye_x, SHAPE.eye_y), (0.0, SHAPE.mouth_y)]
    spots = SHAPE.face(*np.array(points).T)
    ahead = np.broadcast_to([0.0, 0.0, 1.0], spots.shape)
    hidden = crossings(spots + np.array([0.0, 0.0, 0.001]), ahead, hair, cap=False) > 0
    assert not hidden[2]
    assert not (hidden[0] and hidden[1])


def test_the_same_seed_makes_the_same_hair() -> None:
    design, one = grown("wolf", 1)
    grown.cache_clear()
    again, other = grown("wolf", 1)
    assert design == again
    for a, b in zip(one.pieces, other.pieces, strict=True):
        assert a.positions.tobytes() == b.positions.tobytes()
        assert a.surface.texture.tobytes() == b.surface.texture.tobytes()


def test_families_share_neither_fringes_nor_backs() -> None:
    for part in ("fringes", "backs"):
        # Within a family a name may stand twice, to be drawn more often.
        names = [name for family in FAMILIES.values() for name in {*getattr(family, part)}]
        assert len(names) == len(set(names))


def test_tags_are_danboorus_and_say_how_long_the_hair_is() -> None:
    lengths = {"very_short_hair", "short_hair", "medium_hair", "long_hair", "very_long_hair"}
    seen: set[str] = set()
    for seed in range(300):
        tags = hair_tags(draw_hair_design(stream(seed, "hair"), second_colour=seed % 2 == 0))
        assert tags & lengths
        seen |= tags
    assert seen <= KNOWN_TAGS
    assert len(seen) > 60


@pytest.mark.parametrize("family", FAMILIES)
def test_under_a_hat_nothing_stands_up(family: str) -> None:
    _, hair = grown(family, 1, under_hat=True)
    skull = skull_of(SHAPE)
    _, elevation, reach = skull.angles(hair.pieces[1].positions)
    azimuth, _, _ = skull.angles(hair.pieces[1].positions)
    off = reach - skull.radius(azimuth, elevation)
    assert off[elevation > 25].max() < 0.035


def test_room_and_anchors_lie_on_the_hair() -> None:
    _, hair = grown("twintails", 1)
    assert {"tail_left", "tail_right", "temple_left", "temple_right", "crown"} <= set(hair.anchors)
    assert hair.anchors["tail_left"].position[0] > 0 > hair.anchors["tail_right"].position[0]
    for anchor in hair.anchors.values():
        assert np.linalg.norm(anchor.direction) == pytest.approx(1)
        near = np.linalg.norm(hair.pieces[1].positions - anchor.position, axis=1).min()
        assert near < 0.03
    for azimuth, elevation in ((0, 60), (90, 30), (180, 20)):
        assert 0.003 < hair.thickness(azimuth, elevation) < 0.06


def test_another_head_gets_hair_that_fits_it() -> None:
    shape = HeadShape(width=1.1, crown_y=0.225, chin_y=-0.055, back=1.06)
    rng = stream(5, "hair")
    design = draw_hair_design(rng)
    hair = make_hair(design, shape, draw_palette(rng), rng)
    assert shape.contains(hair.pieces[1].positions * [1.004, 1.0, 1.004]).mean() < 0.002
    assert hair.pieces[0].positions[:, 1].max() > shape.crown_y


def test_long_ears_come_out_of_the_hair() -> None:
    """Beside where a long ear stands off the head, hair lies closer than over a round ear."""
    design, _ = grown("bob", 1)
    palette = draw_palette(stream(1, "palette"))
    skull = skull_of(SHAPE, ears=False)
    off = []
    for point in (0.0, 1.0):
        hair = make_hair(design, SHAPE, palette, stream(3, "hair"), ear_point=point)
        azimuth, elevation, reach = skull.angles(hair.pieces[1].positions)
        near = (np.abs(np.abs(azimuth) - 108) < 8) & (np.abs(elevation + 14) < 8)
        off.append((reach - skull.radius(azimuth, elevation))[near].max())
    assert off[1] < off[0] - 0.008


def test_a_fringe_in_two_colours_has_a_border_to_be_coloured_by() -> None:
    for seed in range(200):
        design = draw_hair_design(stream(seed, "hair"), second_colour=True)
        if design.colour in ("fringe", "two_tone"):
            assert not design.part_deg and design.fringe != "slicked"


def test_below_a_hat_hair_shows_from_before() -> None:
    drawn = [
        draw_hair_design(stream(seed, "hair"), ["swept_short"], under_hat=True)
        for seed in range(60)
    ]
    assert not any(d.fringe == "slicked" or d.back == "combed_back" for d in drawn)
    bare = [draw_hair_design(stream(seed, "hair"), ["swept_short"]) for seed in range(60)]
    assert any(d.fringe == "slicked" for d in bare)


def test_hime_cuts_are_of_their_own_family_alone() -> None:
    for seed in range(80):
        design = draw_hair_design(stream(seed, "hair"), ["long_straight"])
        assert FRINGES[design.fringe].blunt[1] < 0.2
        assert not hair_tags(design) & {"blunt_bangs", "hime_cut"}


def test_tips_of_combed_hair_have_one_colour_in_all_layers() -> None:
    rng = stream(3, "hair", "combed")
    drawn = (draw_hair_design(rng, ["swept_short"]) for _ in range(60))
    design = dataclasses.replace(next(d for d in drawn if d.back == "combed_back"), colour="tips")
    hair = make_hair(design, SHAPE, draw_palette(stream(3, "palette"), multicolored=True), rng)
    for piece in hair.pieces:
        low = (piece.positions[:, 1] < 0.04) & (piece.positions[:, 2] < -0.03)
        assert low.sum() > 20
        assert piece.uvs[low, 1].min() > 0.86, piece.surface.name


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown; there are hime"):
        draw_hair_design(stream(1, "hair"), ["mohawk"])


def test_hair_combed_back_rises_from_the_hairline_without_a_step() -> None:
    rng = stream(3, "hair", "combed")
    drawn = (draw_hair_design(rng, ["swept_short"]) for _ in range(60))
    design = next(d for d in drawn if d.back == "combed_back")
    hair = make_hair(design, SHAPE, draw_palette(stream(3, "palette"), multicolored=False), rng)
    skull = skull_of(SHAPE, ears=False)
    azimuth, elevation, reach = skull.angles(hair.pieces[1].positions)
    off = reach - skull.radius(azimuth, elevation)
    above = elevation - hairline_deg(azimuth, skull.nape_deg)
    front = np.abs(azimuth) < 40
    assert off[front & (above < 4)].max() < 0.006, "flat on the forehead"
    assert off[front & (above > 25)].max() > 0.012, "full behind it"
    edge = hair.pieces[0].positions[:145]  # the lowest row of the cap
    azimuth, elevation, _ = skull.angles(edge)
    line = (elevation - hairline_deg(azimuth, skull.nape_deg))[np.abs(azimuth) < 40]
    assert len(line) > 20 and np.abs(line).max() < 4.0, "it wanders a little"
    order = np.argsort(azimuth[np.abs(azimuth) < 40])
    assert np.abs(np.diff(line[order])).max() < 1.0, "and has no teeth"


def test_the_nape_of_short_hair_has_the_colour_of_its_tips() -> None:
    rng = stream(4, "hair", "nape")
    short = dataclasses.replace(draw_hair_design(rng, ["swept_short"]), colour="gradient")
    rows = {}
    for back in ("short_messy", "long_straight"):
        design = dataclasses.replace(short, back=back, fringe="swept_short")
        cap = make_hair(design, SHAPE, draw_palette(stream(4, "palette"), True), rng).pieces[0]
        rows[back] = cap.uvs[:, 1].max()
    assert rows["short_messy"] > 0.8 and rows["long_straight"] <= 0.5


def combed(family: str, back: str, seed: int) -> tuple[Ground, list[np.ndarray], Hair]:
    """Grow tied hair; also the edges (locks, rings, 2, 3) of what is combed to each tie."""
    design = draw_hair_design(stream(seed, "hair"), [family])
    design = dataclasses.replace(design, back=back)
    palette = draw_palette(stream(seed, "palette"))
    hair = make_hair(design, SHAPE, palette, stream(seed, "locks"))
    kind = TIED[back]
    ground = make_ground(SHAPE, design, tied_fall(kind), stream(seed, "locks"), bare_ears=True)
    found, _, _ = grow_tied(ground, kind)
    return ground, [batch.edges for batch in found if batch.edges is not None], hair


def test_joined_locks_leave_no_gap() -> None:
    turn = np.linspace(0, 2 * np.pi, 9)[:-1]
    down = np.linspace(0.1, 0.9, 6)
    rays = np.stack(
        [
            np.cos(turn)[:, None] * np.sin(down),
            np.broadcast_to(np.cos(down), (8, 6)),
            np.sin(turn)[:, None] * np.sin(down),
        ],
        -1,
    )
    locks = joined(0.1 * rays, rays, np.ones(8), closed=True)
    solid = sweep(dataclasses.replace(locks, along=rows_by_height(skull_of(SHAPE), locks.path)))
    outer = solid.positions[~solid.inner].reshape(8, 6, 4, 3)
    edges = outer[:, :, [0, -1]].transpose(0, 2, 1, 3).reshape(16, -1)
    apart = np.abs(edges[:, None] - edges[None]).max(-1)
    assert (np.sort(apart, axis=1)[:, 1] < 1e-12).all(), "each edge lies on a neighbour's"
    corners = solid.positions[solid.faces]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    outside = ~solid.inner[solid.faces].any(1)
    assert ((facing * corners.mean(1)).sum(-1)[outside] > 0).all()


@pytest.mark.parametrize("seed", (1, 2, 3))
def test_parted_hair_meets_along_the_parting(seed: int) -> None:
    ground, halves, _ = combed("twintails", "high_twintails", seed)
    roots = [np.concatenate([half[:, 0, 0], half[:, 0, 1]]) for half in halves]
    shared = []
    for root in roots[0]:
        if np.linalg.norm(roots[1] - root, axis=1).min() < 1e-9:
            shared.append(root)
    azimuth, elevation, _ = ground.skull.angles(np.array(shared))
    aside = 3.0 * ground.design.asymmetry
    behind = (np.abs(azimuth) > 90) & (elevation < 80)
    assert behind.sum() > 5
    assert np.abs(np.mod(azimuth[behind] - aside + 360, 360) - 180).max() < 0.01
    assert elevation[behind].min() < -35 and elevation.max() > 70


@pytest.mark.parametrize("back", ("high_ponytail", "side_ponytail", "low_ponytail"))
def test_bound_hair_passes_through_a_ring(back: str) -> None:
    _, (comb,), hair = combed("ponytail", back, 4)
    anchor = next(a for name, a in hair.anchors.items() if name.startswith("tail"))
    ends = comb[:, -1, 0] - anchor.position
    along = ends @ anchor.direction
    across = np.linalg.norm(ends - along[:, None] * anchor.direction, axis=1)
    assert np.ptp(along) < 1e-6
    assert np.ptp(across) < 1e-6 and 0.6 < across.mean() / anchor.radius < 1.2


def test_hair_that_passes_behind_the_shoulders_does_not_fold() -> None:
    small = dataclasses.replace(SHAPE, shoulder_x=0.062, shoulder_y=-0.055, arm_radius=0.021)
    for shape in (SHAPE, small):
        dome = raise_dome(shape, Fall(flare=0.1))
        azimuth = np.arange(75.0, 180.0, 5.0)
        x = dome.at(spot(azimuth, dome.run_to(azimuth, -0.16)))[0][:, 0]
        assert (np.diff(x) < 0).all(), "what comes from farther in front lies farther outside"


def test_streaks_lie_over_their_neighbours() -> None:
    design = draw_hair_design(stream(3, "hair"), ["long_straight"])
    design = dataclasses.replace(design, back="long_straight")
    palette = draw_palette(stream(3, "palette"), multicolored=True)
    design = dataclasses.replace(design, colour="streaked")
    _, locks = make_hair(design, SHAPE, palette, stream(3, "locks")).pieces
    skull = skull_of(SHAPE)
    azimuth, elevation, reach = skull.angles(locks.positions)
    off = reach - skull.radius(azimuth, elevation)
    second = locks.uvs[:, 0] > 0.5
    level = (np.abs(azimuth) > 110) & (np.abs(elevation - 30) < 12)
    assert (second & level).sum() > 10
    assert off[second & level].mean() > off[~second & level].mean() + 0.002
