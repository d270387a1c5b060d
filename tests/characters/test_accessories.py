import json
import re
from collections import Counter
from functools import cache

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from panic3d.characters.palette import draw_palette
from panic3d.characters.parts.accessories.design import (
    KINDS,
    AccessoryDesign,
    Fit,
    HairAnchor,
    accessory_tags,
    draw_accessories,
    make_accessories,
)
from panic3d.characters.parts.accessories.rules import MATCHING, ON_HEAD
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.piece import Piece, Surface, flat_texture
from panic3d.characters.shape import HeadShape
from tests.unchecked import shapes_unchecked

STYLES = ("tail_left", "tail_right")


def uneven(azimuth: np.ndarray, elevation: np.ndarray) -> np.ndarray:
    return 0.018 + 0.008 * np.cos(np.radians(azimuth)) * np.cos(np.radians(elevation))


def tails(shape: HeadShape) -> dict[str, HairAnchor]:
    scalp = Scalp(shape, Fit())
    return {
        f"tail_{side}": HairAnchor(scalp.at(x * 110.0, 36.0), np.array([x * 0.8, 0.0, -0.6]), 0.018)
        for side, x in (("left", 1.0), ("right", -1.0))
    }


SHAPES = (
    HeadShape(),
    HeadShape(width=0.93, depth=1.06, jaw=1.1, eye_y=0.074, ear_size=0.07, crown_y=0.205),
)
FITS = (Fit(), Fit(thickness=uneven, anchors=tails(SHAPES[1])))
# Kinds take turns on the two heads: each is made once, which keeps the tests quick.
HEAD = {name: k % 2 for k, name in enumerate(KINDS)}


@cache
def made(name: str, k: int, seed: int = 5) -> list[Piece]:
    palette = draw_palette(np.random.default_rng(seed))
    rng = np.random.default_rng(seed)
    return make_accessories(AccessoryDesign(items=(name,)), SHAPES[k], palette, FITS[k], rng)


def vertices(pieces: list[Piece]) -> np.ndarray:
    return np.concatenate([piece.positions for piece in pieces])


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_sound_geometry(name):
    pieces = made(name, HEAD[name])
    assert 50 <= sum(len(piece.faces) for piece in pieces) <= 9000
    for piece in pieces:
        assert piece.group == "Accessory"
        assert piece.surface.label == "accessory"
        assert np.isfinite(piece.positions).all()
        assert np.abs(piece.positions - [0, 0.1, 0]).max() < 0.6
        assert piece.faces.min() >= 0
        assert piece.faces.max() < len(piece.positions)
        assert piece.uvs.shape == (len(piece.positions), 2)
        assert (piece.uvs >= 0).all() and (piece.uvs <= 1).all()
        assert piece.surface.texture.shape[0] * piece.surface.texture.shape[1] < 80_000
        # Shown colours vary: something was painted.
        assert piece.surface.texture[..., :3].std((0, 1)).max() > 1.0


@pytest.mark.parametrize("name", KINDS)
def test_normals_are_units_on_the_side_the_faces_show(name):
    for piece in made(name, HEAD[name]):
        assert piece.normals is not None
        assert np.allclose(np.linalg.norm(piece.normals, axis=-1), 1, atol=1e-6)
        corners = piece.positions[piece.faces]
        facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        agree = (facing * piece.normals[piece.faces].sum(1)).sum(-1)
        area = np.linalg.norm(facing, axis=-1)
        assert area[agree < 0].sum() < 0.06 * area.sum()


def touching(pieces: list[Piece], shape: HeadShape, fit: Fit) -> np.ndarray:
    """Return for each connected part whether it holds to the head, itself or through others."""
    positions, faces, start = [], [], 0
    for piece in pieces:
        positions.append(piece.positions)
        faces.append(piece.faces + start)
        start += len(piece.positions)
    points, triangles = np.concatenate(positions), np.concatenate(faces)
    # Vertices in one place are one: seams of the texture do not part a thing.
    _, same = np.unique(np.round(points, 6), axis=0, return_inverse=True)
    edges = same.reshape(-1)[triangles][:, [0, 1, 1, 2]].reshape(-1, 2)
    count = int(same.max()) + 1
    graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    parts, label = connected_components(graph, directed=False)
    label = label[same.reshape(-1)]
    near = Scalp(shape, fit).above(points) < 0.004
    for anchor in fit.anchors.values():
        near |= np.linalg.norm(points - anchor.position, axis=-1) < anchor.radius + 0.008
    held = np.zeros(parts, bool)
    held[label[near]] = True
    if held.all():
        return held
    # Large faces are near things far from their corners.
    corners = points[triangles]
    middles = ((corners + np.roll(corners, 1, 1)) / 2).reshape(-1, 3)
    dense = np.concatenate([points, middles, corners.mean(1)])
    owner = np.concatenate([label, label[triangles[:, 0]].repeat(3), label[triangles[:, 0]]])
    pairs = cKDTree(dense).query_pairs(0.004, output_type="ndarray")
    joined = owner[pairs]
    joined = np.unique(joined[joined[:, 0] != joined[:, 1]], axis=0)
    while True:
        grown = held.copy()
        grown[joined[held[joined[:, 0]], 1]] = True
        grown[joined[held[joined[:, 1]], 0]] = True
        if (grown == held).all():
            return held[np.unique(label)]
        held = grown


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.floats])
def test_nothing_floats(name):
    k = HEAD[name]
    assert touching(made(name, k), SHAPES[k], FITS[k]).all()


def test_only_halos_may_float():
    assert {name for name, kind in KINDS.items() if kind.floats} == {"halo", "mechanical_halo"}
    assert not touching(made("halo", 0), SHAPES[0], Fit()).any()


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.paired])
def test_what_comes_in_pairs_is_its_own_mirror_image(name):
    points = vertices(made(name, HEAD[name]))
    away, _ = cKDTree(points).query(points * [-1, 1, 1])
    assert away.max() < 1e-6


@pytest.mark.parametrize("name", ["cat_ears", "big_bow", "witch_hat", "kanzashi", "tail_bows"])
def test_one_seed_gives_one_thing_and_another_seed_another(name):
    first, again, other = made(name, 1), made.__wrapped__(name, 1), made(name, 1, 4)
    assert np.array_equal(vertices(first), vertices(again))
    assert all(
        np.array_equal(a.surface.texture, b.surface.texture)
        for a, b in zip(first, again, strict=True)
    )
    assert [p.surface.texture.tobytes() for p in first] != [
        p.surface.texture.tobytes() for p in other
    ]


def test_what_else_is_worn_later_changes_nothing():
    palette = draw_palette(np.random.default_rng(0))

    def first_of(*items: str) -> np.ndarray:
        rng = np.random.default_rng(1)
        design = AccessoryDesign(items=items)
        return make_accessories(design, SHAPES[0], palette, Fit(), rng)[0].positions

    assert np.array_equal(first_of("beret"), first_of("beret", "square_glasses"))


@pytest.mark.parametrize("name", ["square_glasses", "sunglasses", "red_glasses"])
def test_lenses_stand_ahead_of_the_eyes_and_temples_reach_the_ears(name):
    for k, shape in enumerate(SHAPES):
        points = vertices(made(name, k))
        eye = shape.face(shape.eye_x, shape.eye_y)
        front = points[np.abs(points[:, 0] - shape.eye_x) < 0.015]
        assert front[:, 2].min() > eye[2] + 0.005
        assert front[:, 2].max() < eye[2] + 0.025
        ear = np.array([float(shape.half_width(shape.ear_y)), shape.ear_y, 0.0])
        assert np.linalg.norm(points - ear, axis=-1).min() < 0.025
        # Nothing of the frame is inside the face.
        ahead = points[points[:, 2] > 0.05]
        assert not shape.contains(ahead - [0, 0, 0.0005]).any()


def test_hats_hold_the_hair_beneath_them():
    """Oracle: rays up from the skull's centre leave the hair before they leave the hat."""
    for name in ("witch_hat", "top_hat", "straw_hat", "beanie", "bucket_hat", "chef_hat"):
        for k in (0, 1):
            points = vertices(made(name, k))
            above = Scalp(SHAPES[k], FITS[k]).above(points)
            rays = points - SHAPES[k].skull_centre
            crown = np.degrees(np.arcsin(rays[:, 1] / np.linalg.norm(rays, axis=-1))) > 72
            assert crown.any()
            assert above[crown].min() > -0.002, name


@pytest.fixture(scope="module")
def drawn() -> list[AccessoryDesign]:
    designs = []
    with shapes_unchecked():
        for seed in range(6000):
            rng = np.random.default_rng(seed)
            designs.append(draw_accessories(rng, STYLES if rng.random() < 0.35 else ()))
    return designs


def test_every_tag_is_common_enough_and_few_wear_much(drawn):
    tags = Counter(tag for design in drawn for tag in accessory_tags(design))
    known = {tag for kind in KINDS.values() for tag in kind.tags}
    assert set(tags) == known
    assert len(known) >= 100
    assert min(tags.values()) / len(drawn) > 0.006
    worn = np.array([len(design.items) for design in drawn])
    assert 0.4 < (worn <= 1).mean() < 0.6
    assert (worn >= 4).mean() < 0.12


def test_what_excludes_each_other_is_never_worn_together(drawn):
    for design in drawn:
        slots = [KINDS[name].slot for name in design.items]
        assert len(slots) == len(set(slots))
        if "hat" in slots:
            assert not {"headwear", "headphones", "ears", "horns", "halo"} & set(slots)
            assert design.needs_flat_hair
        if "eye_cover" in slots:
            assert "glasses" not in slots


def test_one_thing_at_most_stands_on_a_head(drawn):
    several = [
        design.items
        for design in drawn
        if sum(KINDS[name].slot in ON_HEAD for name in design.items) > 1
    ]
    # Ears and horns of one species are the exception.
    for items in several:
        ears = next(name for name in items if name in MATCHING)
        assert set(items) & set(MATCHING[ears])
    assert 0 < len(several) < 0.03 * len(drawn)
    for design in drawn:
        if design.covers & {"hat", "headwear", "ears", "horns", "headphones"}:
            assert "side_ornament" not in design.covers


def test_nothing_is_worn_where_strands_grow(unchecked):
    worn = {
        styles: {
            name
            for seed in range(600)
            for name in draw_accessories(np.random.default_rng(seed), styles).items
        }
        for styles in ((), STYLES, ("tail_back",), ("bun_top",), ("braid_left", "braid_right"))
    }
    assert worn[()] >= {"veil", "hairband", "hachimaki", "big_bow", "tiara", "headphones"}
    for styles in worn.keys() - {()}:
        assert "veil" not in worn[styles]
    assert not worn[STYLES] & {"hairband", "tiara", "hachimaki", "circlet", "headphones"}
    assert not worn[("tail_back",)] & {"hachimaki", "big_bow", "flower_wreath"}
    assert "hairband" in worn[("tail_back",)]
    assert "hairband" not in worn[("bun_top",)]
    assert "hairband" in worn[("braid_left", "braid_right")]


def test_standing_strands_bear_no_bands(unchecked):
    worn = {
        name
        for seed in range(600)
        for name in draw_accessories(np.random.default_rng(seed), spiky=True).items
    }
    assert not worn & {"hairband", "hachimaki", "goggles_on_head", "veil", "maid_headdress"}
    assert worn >= {"headphones", "circlet", "cat_ears"}


def lumpy(azimuth: np.ndarray, elevation: np.ndarray) -> np.ndarray:
    """Return hair of locks that stand out 9 mm, one every 30 degrees."""
    a, e = np.broadcast_arrays(azimuth, elevation)
    return 0.014 + 0.009 * np.clip(np.cos(np.radians(12 * a)), 0, 1) * np.cos(np.radians(e))


@pytest.mark.parametrize("name", ["hachimaki", "goggles_on_head", "hairband", "circlet", "veil"])
def test_bands_neither_dip_into_the_hair_nor_stand_clear_of_it(name):
    shape = SHAPES[0]
    palette = draw_palette(np.random.default_rng(3))
    pieces = make_accessories(
        AccessoryDesign(items=(name,)),
        shape,
        palette,
        Fit(thickness=lumpy),
        np.random.default_rng(3),
    )
    points = vertices(pieces)
    rays = points - shape.skull_centre
    reach = np.linalg.norm(rays, axis=-1)
    elevation = np.degrees(np.arcsin(rays[:, 1] / reach))
    azimuth = np.degrees(np.arctan2(rays[:, 0], rays[:, 2]))
    skull = np.linalg.norm(shape.skull(azimuth, elevation) - shape.skull_centre, axis=-1)
    above = reach - skull - lumpy(azimuth, elevation)
    # Where it is seen: stretches of the way, without its ends that go down into the hair.
    seen, along = {
        "circlet": (np.abs(azimuth) < 75, azimuth),
        "hairband": (elevation > 32, np.degrees(np.arctan2(rays[:, 0], rays[:, 1]))),
        "goggles_on_head": (np.abs(azimuth) > 50, azimuth),
        "hachimaki": (elevation > 0, azimuth),
        "veil": (elevation < 40, azimuth),
    }[name]
    patch = np.round(along[seen] / 10)
    top = np.array([above[seen][patch == k].max() for k in np.unique(patch)])
    assert len(top) > 10
    assert top.min() > 0.0
    if name in ("hachimaki", "circlet"):
        low = np.array([above[seen][patch == k].min() for k in np.unique(patch)])
        assert low.max() < 0.004


def test_strands_are_tied_only_where_there_are_some(unchecked):
    for seed in range(300):
        bare = draw_accessories(np.random.default_rng(seed), ())
        assert "tail_ornament" not in bare.covers
    tied = [draw_accessories(np.random.default_rng(seed), STYLES).covers for seed in range(300)]
    assert 0.4 < np.mean(["tail_ornament" in covers for covers in tied]) < 0.8


def test_barred_slots_stay_free(unchecked):
    for seed in range(300):
        design = draw_accessories(np.random.default_rng(seed), STYLES, barred=("hat", "ears"))
        assert not design.covers & {"hat", "ears"}


def test_where_every_slot_is_barred_nothing_is_worn():
    barred = tuple(sorted({kind.slot for kind in KINDS.values()}))
    for seed in range(50):
        assert not draw_accessories(np.random.default_rng(seed), STYLES, barred=barred).items


def test_tags_are_written_as_danbooru_writes_them():
    for kind in KINDS.values():
        assert kind.tags
        for tag in kind.tags:
            assert re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", tag), tag


def test_a_design_survives_json_and_unknown_names_are_refused(drawn):
    design = next(d for d in drawn if len(d.items) > 2)
    assert AccessoryDesign.from_json(json.loads(json.dumps(design.as_json()))) == design
    with pytest.raises(ValueError, match="pillbox"):
        AccessoryDesign(items=("pillbox",))


@pytest.mark.parametrize("name", ["halo", "mechanical_halo"])
def test_a_halo_floats_over_a_bun_that_is_tied_high(name):
    palette = draw_palette(np.random.default_rng(1))

    def over(**anchors: HairAnchor) -> np.ndarray:
        rng = np.random.default_rng(1)
        return vertices(KINDS[name].make(rng, SHAPES[0], palette, Fit(anchors=anchors)))

    bun = HairAnchor(np.array([0.0, 0.30, -0.05]), np.array([0.0, 0.9, -0.4]), 0.035)
    low, high = over(), over(bun_top=bun)
    near = np.abs(high[:, 2] - bun.position[2]) < 0.04
    assert low[near][:, 1].min() < 0.30 < 0.305 < high[near][:, 1].min()
    aside = bun._replace(position=np.array([0.20, 0.12, -0.02]))
    assert np.array_equal(over(bun_left=aside), low)


def shell(shape: HeadShape, room: float) -> Piece:
    """Hair as a shell `room` above the skull, with a ridge over each temple."""
    azimuth, elevation = np.meshgrid(np.arange(-180, 181, 4.0), np.arange(-30, 91, 4.0))
    ridge = 0.010 * np.exp(-(((np.abs(azimuth) - 50) / 7) ** 2))
    points = Scalp(shape, Fit()).at(azimuth, elevation, room + ridge, 0.0)
    n, m = azimuth.shape
    ids = np.arange(n * m).reshape(n, m)
    a, b, c, d = ids[:-1, :-1], ids[:-1, 1:], ids[1:, 1:], ids[1:, :-1]
    faces = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], 2).reshape(-1, 3)
    surface = Surface(name="Hair", label="hair", texture=flat_texture((0.5, 0.3, 0.2)))
    return Piece(
        surface=surface,
        positions=points.reshape(-1, 3),
        faces=faces.astype(np.int32),
        uvs=np.full((n * m, 2), 0.5),
    )


@pytest.mark.parametrize("room", [0.014, 0.030])
def test_clips_lie_on_the_very_locks_however_roughly_the_hair_was_measured(room):
    shape = HeadShape()
    hair = shell(shape, room)
    fit = Fit(thickness=lambda a, e: np.full(np.broadcast(a, e).shape, 0.022), hair=(hair,))
    palette = draw_palette(np.random.default_rng(5))
    design = AccessoryDesign(items=("star_clip",))
    clip = vertices(make_accessories(design, shape, palette, fit, np.random.default_rng(5)))
    far, _ = cKDTree(hair.positions).query(clip)
    radius = np.linalg.norm(clip - shape.skull_centre, axis=-1)
    scalp = Scalp(shape, Fit(thickness=lambda a, e: np.full(np.broadcast(a, e).shape, room)))
    ground = radius - scalp.above(clip)
    assert np.median(radius - ground) > 0.002
    assert far.min() < 0.006


def test_glasses_and_headphones_clear_the_locks_they_cross():
    shape = HeadShape()
    hair = shell(shape, 0.022)
    palette = draw_palette(np.random.default_rng(5))
    for name in ("black_glasses", "headphones"):
        bare, covered = (
            vertices(
                make_accessories(
                    AccessoryDesign(items=(name,)), shape, palette, fit, np.random.default_rng(5)
                )
            )
            for fit in (Fit(), Fit(hair=(hair,)))
        )
        if name == "headphones":
            assert covered[:, 1].max() > bare[:, 1].max() + 0.004
        else:
            assert covered[:, 2].max() > bare[:, 2].max() + 0.004


@pytest.mark.parametrize("name", ["goat_horns", "oni_horns", "antlers"])
def test_horns_are_rooted_in_the_skull(name):
    k = HEAD[name]
    left = made(name, k)[0]
    points = left.positions[np.abs(left.positions[:, 0]) < 0.12]
    assert (Scalp(SHAPES[k], Fit()).above(points) < -0.015 - 0.004).any()
