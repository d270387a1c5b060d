"""Clothes: every kind is sound, covers the skin below it, and is called by its names."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from panic3d.characters.build import build_character
from panic3d.characters.palette import draw_palette
from panic3d.characters.parts.bust_mesh import (
    NECK_ROWS,
    grid_normals,
    grids,
    lowered,
    make_bust,
)
from panic3d.characters.parts.bust_paint import vertex_places
from panic3d.characters.parts.clothes import (
    KINDS,
    ClothesDesign,
    clothes_tags,
    colour_word,
    draw_clothes,
    lines,
    make_clothes,
    make_dressed_bust,
)
from panic3d.characters.parts.clothes.built import Fit
from panic3d.characters.parts.clothes.capes import cape
from panic3d.characters.parts.clothes.collars import hood_up, scarf
from panic3d.characters.parts.clothes.cut import borders, cut
from panic3d.characters.parts.clothes.design import Sex
from panic3d.characters.shape import HeadShape
from panic3d.geometry.character import Meta
from panic3d.geometry.posing import Pose, posed

SHAPES = (
    HeadShape(),
    HeadShape(chest=1.0, neck_radius=0.033),
    HeadShape(
        chest=0.0, neck_radius=0.043, neck_length=0.087, shoulder_x=0.146, shoulder_y=-0.140,
        arm_radius=0.040,
    ),
)  # fmt: skip


USUAL = (
    "serafuku", "necktie", "bowtie", "hoodie", "kimono", "turtleneck", "sweater", "scarf", "choker",
    "bare_shoulders", "detached_sleeves", "frills", "cape", "armor", "maid",
    "fur_trim", "hood_up", "plaid_clothes",
)  # fmt: skip
MAIN = ("Shirt", "Sweater", "Kimono", "Dress", "Jacket")


def drawn(kind: str, seed: int = 0) -> tuple[ClothesDesign, HeadShape]:
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    sex: Sex = "female" if KINDS[kind][0] else "male"
    design = draw_clothes(rng, sex, draw_palette(rng), kind)
    return design, SHAPES[(seed + list(KINDS).index(kind)) % 3]


@pytest.fixture(scope="module", params=KINDS)
def outfit(request):
    design, shape = drawn(request.param)
    return design, shape, make_clothes(design, shape)


def test_pieces_hold_together(outfit):
    _, _, (pieces, covered) = outfit
    assert covered.shape == (grids().count,) and covered.any()
    for piece in pieces:
        count = len(piece.positions)
        assert np.isfinite(piece.positions).all(), piece.surface.name
        assert piece.faces.min() >= 0 and piece.faces.max() < count
        assert piece.uvs.shape == (count, 2) and piece.uvs.min() >= 0 and piece.uvs.max() <= 1
        assert np.allclose(sum(piece.weights.values()), 1.0), piece.surface.name
        assert min(share.min() for share in piece.weights.values()) >= 0
        assert piece.group == "Cloth" and piece.surface.label == "cloth"
        texture = piece.surface.texture
        assert (
            texture.dtype == np.uint8 and texture.shape[2] == 4 and (texture[..., 3] == 255).all()
        )
    assert sum(len(piece.faces) for piece in pieces) < 11000


def hidden_skin(skin: np.ndarray, cloth: np.ndarray, sign: float) -> float:
    """Share of cloth faces (f, 3, 3) that look along sign * z and have skin faces before them."""
    facing = np.cross(cloth[:, 1] - cloth[:, 0], cloth[:, 2] - cloth[:, 0])
    facing /= np.maximum(np.linalg.norm(facing, axis=-1, keepdims=True), 1e-12)
    middle = cloth.mean(1)
    # Hems around the neck look inwards; they are behind it by right.
    outside = sign * (middle[:, 2] + 0.010) > 0.015
    seen = (sign * facing[:, 2] > 0.3) & (np.abs(middle[:, 0]) < 0.085) & outside
    middle = middle[seen][::3]
    near = skin[(np.abs(skin[..., 0]).max(1) < 0.11)]
    a, b, c = near[:, 0, :], near[:, 1, :], near[:, 2, :]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    area = np.where(np.abs(area) < 1e-12, 1e-12, area)
    dx, dy = middle[:, :1] - a[:, 0], middle[:, 1:2] - a[:, 1]
    u = (dx * (c - a)[:, 1] - dy * (c - a)[:, 0]) / area
    v = (dy * (b - a)[:, 0] - dx * (b - a)[:, 1]) / area
    depth = a[:, 2] + u * (b - a)[:, 2] + v * (c - a)[:, 2]
    before = (u >= 0) & (v >= 0) & (u + v <= 1) & (sign * (depth - middle[:, 2:]) > 3e-4)
    return float(before.any(1).mean())


@pytest.mark.parametrize("kind", ["t_shirt", "shirt", "sweater", "kimono", "china", "gakuran"])
def test_no_skin_comes_through(kind):
    design, shape = drawn(kind, 1)
    palette = draw_palette(np.random.default_rng(1))
    built = build_character(make_dressed_bust(design, shape, palette), shape, {}, Meta())
    for pose in (Pose(arms_deg=0.0), Pose()):
        groups: dict[str, list[np.ndarray]] = {"skin": [], "cloth": []}
        for part in posed(built.character, pose).parts:
            label = "skin" if part.material.name == "Body" else "cloth"
            if label == "skin" or part.material.name in (
                "Shirt",
                "Sweater",
                "Kimono",
                "Dress",
                "Jacket",
            ):
                groups[label].append(part.positions[part.primitive.faces].astype(np.float64))
        skin, cloth = (np.concatenate(groups[label]) for label in ("skin", "cloth"))
        for sign in (1.0, -1.0):
            assert hidden_skin(skin, cloth, sign) < 0.01


def test_the_check_sees_skin_that_comes_through():
    square = np.array([[[-0.05, -0.2, 0.1], [0.05, -0.2, 0.1], [0.0, -0.1, 0.1]]])
    before = np.array([0.0, 0.0, 0.001])
    assert hidden_skin(square + before, square, 1.0) == 1.0
    assert hidden_skin(square - before, square, 1.0) == 0.0


def test_cutting_follows_the_field():
    bust = make_bust(HeadShape())
    field = -0.2 - bust.positions[:, 1]
    cloth = cut(bust, bust.positions, bust.positions, [field], None)
    assert cloth.positions[:, 1].max() == pytest.approx(-0.2, abs=1e-9)
    assert np.abs(cloth.extra[:, 0] - (-0.2 - cloth.positions[:, 1])).max() < 1e-9
    edges = borders(cloth)
    on = np.abs(cloth.extra[edges, 0]).max(1) < 1e-9
    # The border is closed: each of its points ends one edge and starts another.
    _, place = np.unique(np.round(cloth.positions, 7), axis=0, return_inverse=True)
    ends = place.reshape(-1)[edges[on]]
    assert on.sum() > 40 and sorted(ends[:, 0]) == sorted(ends[:, 1])


def test_sleeves_and_necklines_end_where_the_design_says():
    rng = np.random.default_rng(5)
    design = replace(draw_clothes(rng, "female", draw_palette(rng), "t_shirt"), around="")
    reach = {}
    for sleeve in ("short", "long"):
        pieces = make_clothes(replace(design, sleeve=sleeve), HeadShape()).pieces
        reach[sleeve] = max(np.abs(piece.positions[:, 0]).max() for piece in pieces)
    assert reach["short"] < 0.24 and reach["long"] > 0.45
    depth = {}
    for neckline in ("round", "v"):
        shirt = make_clothes(replace(design, neckline=neckline), HeadShape()).pieces[0].positions
        middle = (np.abs(shirt[:, 0]) < 0.004) & (shirt[:, 2] > 0)
        depth[neckline] = shirt[middle, 1].max()
    assert depth["v"] < depth["round"] - 0.02


def test_a_raised_hood_leaves_room_for_hair():
    rng = np.random.default_rng(6)
    design = replace(draw_clothes(rng, "male", draw_palette(rng), "hoodie"), hood="up")
    shape = HeadShape()
    hood = next(p for p in make_clothes(design, shape).pieces if p.surface.name == "Hood")
    high = hood.positions[hood.positions[:, 1] > 0.05]
    grown = shape.skull_centre + (high - shape.skull_centre) / 1.12
    assert not shape.contains(grown).any()
    assert hood.weights["head"][hood.positions[:, 1] > 0.05].min() > 0.99


def test_is_the_same_each_time():
    design, shape = drawn("maid")
    one, other = make_clothes(design, shape), make_clothes(design, shape)
    for a, b in zip(one.pieces, other.pieces, strict=True):
        assert np.array_equal(a.positions, b.positions) and np.array_equal(a.faces, b.faces)
        assert np.array_equal(a.surface.texture, b.surface.texture)


def test_a_design_survives_json():
    for kind in KINDS:
        design, _ = drawn(kind, 2)
        assert ClothesDesign.from_json(json.loads(json.dumps(design.to_json()))) == design


@pytest.mark.parametrize(
    ("colour", "word"),
    [
        ((0.97, 0.97, 0.97), "white"), ((0.08, 0.08, 0.09), "black"), ((0.80, 0.12, 0.15), "red"),
        ((0.14, 0.18, 0.40), "blue"), ((0.96, 0.70, 0.78), "pink"), ((0.5, 0.5, 0.5), "grey"),
        ((0.2, 0.5, 0.28), "green"), ((0.45, 0.29, 0.18), "brown"), ((0.97, 0.87, 0.3), "yellow"),
    ],
)  # fmt: skip
def test_colours_are_called_by_their_names(colour, word):
    assert colour_word(colour) == word


def test_names_say_what_is_worn():
    tags = {kind: clothes_tags(drawn(kind)[0]) for kind in KINDS}
    assert {"serafuku", "sailor_collar"} <= tags["serafuku"]
    assert {"blazer", "jacket", "collared_shirt"} <= tags["blazer"]
    assert "kimono" in tags["kimono"] and "maid" in tags["maid"]
    for found in tags.values():
        assert all(re.fullmatch(r"[a-z0-9_\-]+", tag) for tag in found)
        assert not {"long_sleeves", "short_sleeves"} <= found


def test_no_kind_is_rare():
    count: dict[str, int] = {}
    n = 300
    palettes = [draw_palette(np.random.default_rng([8, k])) for k in range(40)]
    for seed in range(n):
        rng = np.random.default_rng([9, seed])
        sex: Sex = "female" if rng.random() < 0.65 else "male"
        design = draw_clothes(rng, sex, palettes[seed % 40])
        for tag in clothes_tags(design):
            count[tag] = count.get(tag, 0) + 1
    common = [tag for tag, times in count.items() if times / n >= 0.005]
    assert len(common) >= 80
    for tag in USUAL:
        assert tag in common, tag


def test_backpacks_hang_behind_and_are_named():
    rng = np.random.default_rng(3)
    design = draw_clothes(rng, "female", draw_palette(rng), "shirt", bags=1.0)
    assert {"backpack", "bag"} <= clothes_tags(design)
    assert not clothes_tags(replace(design, bag=False)) & {"backpack", "bag"}
    for shape in SHAPES:
        made = make_clothes(design, shape).pieces
        (bag,) = [piece for piece in made if piece.surface.name == "Backpack"]
        others = make_clothes(replace(design, bag=False), shape).pieces
        behind = min(piece.positions[:, 2].min() for piece in others)
        assert bag.positions[:, 2].min() < behind - 0.03
        # It touches the back and stays below the head.
        assert bag.positions[:, 2].max() > behind - 0.01
        assert bag.positions[:, 1].max() < -0.03


@pytest.mark.parametrize("small", [False, True])
def test_capes_lie_over_shoulders_and_what_is_worn_below(small):
    shape = SHAPES[0]
    if small:
        shape = replace(
            shape, shoulder_x=0.068, shoulder_y=-0.050, neck_radius=0.026, neck_length=0.038,
            arm_radius=0.023, torso_width=0.62, chest=0.05,
        )  # fmt: skip
    fit = Fit(make_bust(shape))
    outside, lining, _ = cape(fit, (0.2, 0.4, 0.2), (0.9, 0.9, 0.9), None, (0.9, 0.8, 0.3))
    cloth = lowered(fit.bust, fit.outer)
    normals = grid_normals(cloth)
    shoulders = normals[:, 1] > 0.3
    cloth, normals = cloth[shoulders], normals[shoulders]
    for piece, least in ((outside, 0.003), (lining, 0.0)):
        rows = piece.positions[53:]  # all but the edge at the neck
        far, near = cKDTree(cloth).query(rows)
        depth = ((rows - cloth[near]) * normals[near]).sum(-1)[far < 0.022]
        assert len(depth) > 100
        assert (depth > least).mean() > 0.995
    off = np.linalg.norm(outside.positions - lining.positions, axis=-1)
    assert np.allclose(off, 0.0022, atol=1e-4)


def test_a_scarf_stays_below_a_chin_that_is_low():
    low = replace(SHAPES[0], neck_length=0.038, shoulder_y=-0.05, chin_y=-0.022)
    for piece in scarf(Fit(make_bust(low)), (0.2, 0.3, 0.8), None, tails=False):
        front = (piece.positions[:, 2] > 0.03) & (np.abs(piece.positions[:, 0]) < 0.01)
        assert front.any() and piece.positions[front, 1].max() < low.chin_y


def test_a_shallow_neckline_behind_is_no_broader_band_on_the_shoulder():
    places = vertex_places()
    field = lines.scoop(0.049, 0.038, 0.012)(places)
    for sheet in (grids().front, grids().back):
        for row in (NECK_ROWS, NECK_ROWS + 1):
            nodes = sheet[row]
            beyond = nodes[(places.across[nodes] > 0.066) & (places.across[nodes] < 0.10)]
            assert len(beyond) and (field[beyond] > 0.0105).all()


def test_narrow_straps_are_cut_whole():
    inner, outer = lines.strap_sides(0.064, 0.021, 0.06)
    places, net, bust = vertex_places(), grids(), make_bust(HeadShape())
    strap = cut(
        bust,
        bust.positions,
        bust.positions,
        [inner(places).astype(np.float64), outer(places).astype(np.float64)],
        None,
    )
    ridge = strap.positions[(strap.positions[:, 0] > 0) & (strap.positions[:, 1] > -0.10)]
    assert net.count == len(bust.positions)
    assert 0.019 < np.ptp(ridge[np.abs(ridge[:, 2] + 0.01) < 0.02, 0]) < 0.026


def test_what_is_put_on_cloth_clears_it():
    fit = Fit(make_bust(HeadShape()))
    places = vertex_places()
    near = (places.y > -0.13) & (places.y < -0.06) & ~places.arm
    points = fit.bust.positions[near] - 0.004 * fit.bust.normals[near]
    raised = fit.off_cloth(points, 0.002)
    height = ((raised - fit.bust.positions[near]) * fit.bust.normals[near]).sum(-1)
    assert np.median(height) > 0.0015
    assert height.min() > -0.001


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hood_that_is_up_is_closed_behind_and_sewn_to_the_cloth(shape):
    fit = Fit(make_bust(shape))
    hood = hood_up(fit, (0.4, 0.5, 0.7), (0.3, 0.3, 0.4))[0].positions
    rows = hood.reshape(-1, 45, 3)
    assert np.abs(rows[-1, :, 0]).max() < 1e-6
    ends = rows[-16:, [0, -1]]
    assert fit.form.distance(ends).max() < 0.002
    assert np.abs(np.diff(rows[-16:, [1, -2]], axis=0)).max() < 0.03
