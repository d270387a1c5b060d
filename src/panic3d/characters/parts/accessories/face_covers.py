"""Eye patches and masks, with the straps and strings that hold them."""

from __future__ import annotations

import numpy as np

from panic3d.characters.colour import Rgb, shifted
from panic3d.characters.palette import Palette
from panic3d.characters.parts.accessories.glasses import eyewear_kind
from panic3d.characters.parts.accessories.hairbands import flat_section
from panic3d.characters.parts.accessories.kind import Fit, Maker
from panic3d.characters.parts.accessories.paint import (
    BLACK,
    CLOTH,
    WHITE,
    Array,
    Finish,
    Real,
    graded,
    over,
    resampled,
    shade_of,
    soft,
    tile,
)
from panic3d.characters.parts.accessories.scalp import Scalp
from panic3d.characters.parts.accessories.solids import (
    Sheet,
    assembled,
    curve,
    disc,
    frame_of,
    pillow,
    sheet,
    tube,
    unit,
)
from panic3d.characters.piece import Piece, mirrored
from panic3d.characters.shape import HeadShape


def _strap(
    scalp: Scalp, start: Array, azimuth_deg: Real, rise_deg: Real, width: Real, colour: Rgb
) -> Sheet:
    """A band along the skin from a point to an azimuth, where it is lost under the hair."""
    rays = start - scalp.centre
    first = float(np.degrees(np.arctan2(rays[0], rays[2])))
    high = float(np.degrees(np.arctan2(rays[1], np.hypot(rays[0], rays[2]))))
    t = np.linspace(0, 1, 18)
    azimuth = first + (azimuth_deg - first) * t
    elevation = high + rise_deg * t
    path = scalp.at(azimuth, elevation, 0.0015 - 0.006 * soft(t, 0.7, 1.0), 0.0)
    path[0] = start
    up = scalp.normal(azimuth, elevation)
    return sheet(tube(path, disc(10, 4.0) * np.array([width / 2, 0.0012]), up=up), colour, CLOTH)


def patched_side(rng: np.random.Generator) -> float:
    """Draw the side of an eye patch, before all else of it: 1 the character's left, -1 its right.

    Args:
        rng: that the patch is made with.
    """
    return 1.0 if rng.random() < 0.5 else -1.0


def _eyepatch(medical: bool) -> Maker:
    def make(rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit) -> list[Piece]:
        scalp = Scalp(shape, fit)
        side = patched_side(rng)
        white: Rgb = (0.97, 0.97, 0.98)
        colour = (
            white if medical else (BLACK if rng.random() < 0.75 else shade_of(palette.accent, 0.1))
        )
        a = np.linspace(0, 2 * np.pi, 41)
        c, s = np.cos(a), np.sin(a)
        wide, high = shape.eye_width * 0.66, shape.eye_height * 0.86
        if medical:
            x, y = (
                np.sign(c) * np.abs(c) ** 0.7 * wide * 1.02,
                np.sign(s) * np.abs(s) ** 0.7 * high * 0.92,
            )
        else:  # a shield: straight above, round below
            x = np.sign(c) * np.abs(c) ** 0.75 * wide * np.where(s < 0, 1 - 0.28 * s**2, 1.0)
            y = np.where(s > 0, np.abs(s) ** 0.55 * high * 0.72, s * high * 1.08)
        outline = np.stack([x + shape.eye_x, y + shape.eye_y], -1)
        grid = pillow(outline, 0.0085, 0.0005, 6, 2.6)
        # Lies on brow bone and cheek and bridges the eye's hollow; the rim follows the skin.
        smooth = shape.section(grid[..., 1], shape.front_angle_deg(grid[..., 0], grid[..., 1]))
        grid[..., 2] += smooth[..., 2] + 0.0042
        flat = resampled(grid[..., :2], 64, 56) - [shape.eye_x, shape.eye_y]
        v, _ = tile(64, 56)
        rim = 1 - np.abs(2 * v - 1)
        paint = graded(
            [(0, shifted(colour, 0.03)), (0.6, colour), (1, shade_of(colour, 0.06))], rim
        )
        seam = np.exp(-(((rim - 0.82) / 0.03) ** 2))
        stitch = seam * (np.sin(2 * np.pi * np.arctan2(flat[..., 1], flat[..., 0]) * 6) > -0.4)
        paint = over(
            paint, shade_of(colour, 0.22) if medical else shifted(colour, 0.28), stitch * 0.75
        )
        if medical:
            weave = np.exp(-((np.sin(flat[..., 1] / 0.0042 * np.pi) / 0.35) ** 2)) * soft(
                rim, 0.75, 0.6
            )
            paint = over(paint, shade_of(colour, 0.08), weave * 0.6)
        sheets = [sheet(grid, paint, CLOTH)]
        outer = np.array([outline[:, 0].max() - 0.004, shape.eye_y + 0.3 * high])
        inner = np.array([outline[:, 0].min() + 0.006, shape.eye_y + 0.52 * high])
        ends = []
        for x0, y0 in (outer, inner):
            p = shape.section(y0, shape.front_angle_deg(x0, y0))
            ends.append(p + np.array([0.0, 0.0, 0.0045]))
        strap = shade_of(colour, 0.05) if medical else colour
        sheets.append(_strap(scalp, ends[0], 104.0, 4.0, 0.0065, strap))
        sheets.append(_strap(scalp, _forehead(shape), -104.0, 2.0, 0.0065, strap))
        sheets.append(_over_brow(shape, ends[1], strap))
        piece = assembled("Eyepatch", sheets)
        return [piece if side > 0 else mirrored(piece)]

    return make


def _forehead(shape: HeadShape) -> Array:
    """Where the strap that rises from the inner corner meets the temple of the other side."""
    y = shape.eye_y + 0.75 * shape.eye_height + 0.016
    return shape.section(y, -62.0) + np.array([-0.002, 0.0, 0.001])


def _over_brow(shape: HeadShape, inner: Array, colour: Rgb) -> Sheet:
    """The strap's way across the forehead."""
    t = np.linspace(0, 1, 14)
    goal = _forehead(shape)
    first = float(shape.front_angle_deg(inner[0], inner[1]))
    angle = first * (1 - t) - 62.0 * t
    y = inner[1] * (1 - t) + goal[1] * t + 0.004 * np.sin(np.pi * t)
    path = shape.section(y, angle)
    out = unit(path * np.array([1.0, 0.0, 1.0]))
    path = path + out * 0.0028
    path[-1] = goal
    return sheet(tube(path, disc(10, 4.0) * np.array([0.0033, 0.0012]), up=out), colour, CLOTH)


def _surgical_mask(
    rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit
) -> list[Piece]:
    """A pleated mask over nose, mouth and chin, with loops to the ears."""
    colours: tuple[Rgb, ...] = (
        (0.96, 0.97, 0.98),
        (0.80, 0.90, 0.96),
        (0.16, 0.16, 0.18),
        (0.97, 0.84, 0.87),
    )
    colour = colours[int(rng.choice(4, p=[0.45, 0.2, 0.25, 0.1]))]
    top = shape.nose_y + 0.26 * (shape.eye_y - shape.nose_y)
    bottom = shape.chin_y + 0.10 * (shape.mouth_y - shape.chin_y)
    n, m = 15, 19
    v = np.linspace(0, 1, n)[:, None]
    u = np.linspace(-1, 1, m)[None, :]
    # Narrower at the chin, its upper edge peaked over the nose.
    y = bottom + (top - bottom) * v + 0.006 * v * (1 - np.abs(u) ** 1.6) - 0.002
    y = y + (0.010 * (1 - v)) * np.abs(u) ** 2
    angle = u * (56 + 10 * np.sin(np.pi * np.clip(v, 0, 1) * 0.8)) + 0 * v
    skin = shape.section(np.maximum(y, shape.chin_y + 0.002), angle)
    skin[..., 1] = y
    relief = np.maximum(shape.relief(skin[..., 0], y), 0.0)
    puff = 0.0045 + 0.0125 * np.exp(-((u / 0.42) ** 2)) * np.exp(-(((v - 0.52) / 0.36) ** 2))
    lift = np.maximum(puff, relief + 0.0028 + 0 * u)
    # Cloth does not follow every hollow: smooth across.
    for _ in range(2):
        lift[:, 1:-1] = np.maximum(lift[:, 1:-1], (lift[:, :-2] + lift[:, 2:]) / 2)
        lift[1:-1] = np.maximum(lift[1:-1], (lift[:-2] + lift[2:]) / 2)
    front = (
        skin + np.array([0.0, 0.0, 1.0]) * lift[..., None] * np.cos(np.radians(angle))[..., None]
    )
    front[..., 0] += lift * np.sin(np.radians(angle)) * 0.8
    pleat = 0.0008 * np.sin(2 * np.pi * v * 3.5) * (np.abs(u) < 0.97)
    front[..., 2] += pleat
    back = front - np.array([0.0, 0.0, 0.0018])
    grid = np.concatenate([front, back[::-1], front[:1]])
    vv, uu = tile(96, 56)
    w = np.clip(1 - np.abs(vv * 2.08 - 1), 0, 1)  # up the front and down again behind
    w = np.where(vv * 31 / 15 <= 1, vv * 31 / 15, 0.5)
    paint = graded([(0, shade_of(colour, 0.05)), (0.5, colour), (1, shifted(colour, 0.02))], w)
    folds = (
        np.exp(-((np.abs(((w * 3.5) % 1) - 0.1) / 0.05) ** 2))
        * soft(np.abs(uu - 0.5), 0.5, 0.42)
        * soft(w, 0.08, 0.15)
        * soft(w, 0.95, 0.85)
    )
    paint = over(paint, shade_of(colour, 0.16), folds * 0.75)
    hem = soft(w, 0.07, 0.05) + soft(w, 0.93, 0.95) + soft(np.abs(uu - 0.5), 0.45, 0.46)
    paint = over(paint, shifted(shade_of(colour, 0.05), 0.03), hem * 0.8)
    sheets = [sheet(grid, paint, Finish(0.55, 0.35), flipped=_inside_out(grid))]
    ear = np.array([float(shape.half_width(shape.ear_y)) + 0.002, shape.ear_y, -0.010])
    upper, lower = front[-2, -1], front[1, -1]
    high, low = (
        ear + np.array([0, 0.30 * shape.ear_size, 0.002]),
        ear + np.array([-0.003, -0.34 * shape.ear_size, 0.0]),
    )
    loop = curve(
        [
            upper,
            (upper + high) / 2 + np.array([0.0045, 0.002, 0.0]),
            high,
            ear + np.array([0.002, 0.0, -0.006]),
            low,
            (lower + low) / 2 + np.array([0.0045, 0.0, 0.0]),
            lower,
        ],
        36,
    )
    string = shifted(colour, 0.02) if colour[0] > 0.5 else shifted(colour, 0.06)
    left = assembled("MaskLoop", [sheet(tube(loop, disc(6) * 0.0014), string, CLOTH)])
    return [assembled("SurgicalMask", sheets), left, mirrored(left)]


def _inside_out(grid: Array) -> bool:
    """Say whether a grid's first half faces away from +z."""
    p = grid[len(grid) // 4, grid.shape[1] // 2]
    d = grid[len(grid) // 4 + 1, grid.shape[1] // 2] - p
    e = grid[len(grid) // 4, grid.shape[1] // 2 + 1] - p
    return bool(np.cross(e, d)[2] > 0)


def _fox_mask(
    rng: np.random.Generator, shape: HeadShape, palette: Palette, fit: Fit
) -> list[Piece]:
    """A painted fox mask pushed to the side of the head."""
    scalp = Scalp(shape, fit)
    a = np.linspace(0, 2 * np.pi, 73)
    # Radii of the face's outline: chin, cheeks, ears with the dip between them.
    degrees = [-90, -55, -20, 15, 38, 52, 63, 74, 90, 106, 117, 128, 142, 165, 200, 235, 270]
    radii = [
        0.92,
        0.74,
        0.84,
        0.86,
        0.90,
        1.10,
        1.34,
        0.95,
        0.74,
        0.95,
        1.34,
        1.10,
        0.90,
        0.86,
        0.84,
        0.74,
        0.92,
    ]
    angle = (np.degrees(a) + 90) % 360 - 90
    r = np.interp(angle, degrees, radii)
    size = 0.060
    outline = np.stack([np.cos(a) * 0.86, np.sin(a)], -1) * r[:, None] * size
    grid = pillow(outline, 0.019, 0.0, 7, 2.4)
    x, y = grid[..., 0] / size, grid[..., 1] / size
    front = np.arange(len(grid))[:, None] <= 7
    muzzle = 0.024 * np.exp(-((x / 0.30) ** 2) - (((y + 0.38) / 0.34) ** 2))
    brow = 0.005 * np.exp(-(((np.abs(x) - 0.34) / 0.2) ** 2) - (((y - 0.22) / 0.16) ** 2))
    grid[..., 2] += np.where(front, muzzle + brow, 0.0)
    # A mask is a shell: its back is hollow and close behind its face.
    grid[..., 2] = np.where(front, grid[..., 2], np.minimum(grid[::-1][..., 2] - 0.004, 0.0))
    flat = resampled(grid[..., :2], 110, 110) / size
    x, y = flat[..., 0], flat[..., 1]
    ax = np.abs(x)
    half = tile(110, 110)[0] <= 0.5
    paint = over(
        np.broadcast_to(np.array(WHITE), (110, 110, 3)),
        shade_of(WHITE, 0.10),
        soft(np.hypot(x / 0.8, y / 1.0), 0.62, 1.15),
    )
    red: Rgb = (0.82, 0.15, 0.18) if rng.random() < 0.75 else palette.accent
    ink: Rgb = (0.16, 0.12, 0.14)
    ear = soft(np.hypot((ax - 0.50) / 0.14, (y - 0.88) / 0.24), 1.05, 0.9)
    paint = over(paint, red, ear)
    slant = y - 0.10 - 0.42 * (ax - 0.36)
    eye = soft(np.hypot((ax - 0.37) / 0.20, slant / 0.058), 1.05, 0.85)
    ring = soft(np.hypot((ax - 0.39) / 0.29, (slant - 0.01) / 0.115), 1.05, 0.9)
    paint = over(over(paint, red, ring), ink, eye)
    for k in range(3):
        whisker = np.abs(y + 0.22 + 0.12 * k - 0.18 * (ax - 0.5)) / 0.026
        paint = over(
            paint,
            red,
            soft(whisker, 1.2, 0.7)
            * soft(ax, 0.40, 0.46)
            * soft(ax, 0.74 - 0.04 * k, 0.66 - 0.04 * k),
        )
    mark = soft(np.hypot(x / 0.075, (y - 0.48) / 0.17), 1.05, 0.85) + soft(
        np.hypot((ax - 0.17) / 0.06, (y - 0.46) / 0.11), 1.05, 0.85
    )
    paint = over(paint, red, mark)
    nose = soft(np.hypot(x / 0.10, (y + 0.48) / 0.062), 1.05, 0.85)
    mouth = soft(np.abs(y + 0.66 - 0.35 * ax), 0.026, 0.014) * soft(ax, 0.26, 0.22)
    paint = over(over(paint, ink, nose), red, mouth)
    paint = np.where(half[..., None], paint, np.array((0.80, 0.76, 0.72)))
    side = 1.0 if rng.random() < 0.5 else -1.0
    place = scalp.frame(62.0, 38.0).rolled(-16.0)
    ahead = unit(place.axes[2] + np.array([0.0, 0.05, 0.35]))
    place = frame_of(place.origin + place.axes[2] * 0.006, ahead, place.axes[1])
    sheets = [sheet(place.place(grid), paint, Finish(0.8, 0.3, 0.25), flipped=False)]
    # The cord runs round the head; both ends are below the mask.
    azimuth = np.linspace(62 - 360, 62, 97)
    elevation = 38 - 14 * (1 - np.cos(np.radians(azimuth - 62)))
    lift = 0.001 + 0.0045 * np.clip(1 - np.cos(np.radians(azimuth)), 0.0, 1.0)
    path = scalp.at(azimuth, elevation, lift, 1.0, outside=True)
    cord = tube(path, flat_section(0.0052, 0.0052), up=scalp.normal(azimuth, elevation))
    sheets.append(sheet(cord, red, CLOTH))
    piece = assembled("FoxMask", sheets)
    return [piece if side > 0 else mirrored(piece)]


KINDS = (
    eyewear_kind("eyepatch", "eye_cover", _eyepatch(False), 0.56, "eyepatch"),
    eyewear_kind(
        "medical_eyepatch", "eye_cover", _eyepatch(True), 0.46, "eyepatch", "medical_eyepatch"
    ),
    eyewear_kind(
        "surgical_mask",
        "face_cover",
        _surgical_mask,
        0.51,
        "mask",
        "mouth_mask",
        "surgical_mask",
        paired=True,
    ),
    eyewear_kind("fox_mask", "mask_on_head", _fox_mask, 1.75, "fox_mask", "mask", "mask_on_head"),
)
